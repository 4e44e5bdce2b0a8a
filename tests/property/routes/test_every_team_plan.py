"""Laws of every team's plan, on random and adversarial days."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.routes.day.problem import DayProblem
from backend.routes.solver.team import plan_team
from backend.routes.team.check import check_team
from backend.routes.team.plan import TeamPlan
from backend.routes.team.problem import Begun, Done, Member, TeamProblem
from tests.property.routes.random_days import SHIFT_S, days


@st.composite
def begun_days(draw: st.DrawFn, number: int, now_s: int, *, has_lunch: bool) -> Begun:
    """Return what a member has made by now, who has had lunch unless it is to come."""
    times = sorted(draw(st.lists(st.integers(0, now_s + 100), max_size=8)))
    visits = [
        Done(key=f"m{number}-{visit}", start_s=start_s, leave_s=leave_s)
        for visit, (start_s, leave_s) in enumerate(zip(times[::2], times[1::2], strict=False))
    ]
    return Begun(
        visits=tuple(visits),
        since_s=draw(st.integers(0, now_s)),
        travel_s=draw(st.integers(0, SHIFT_S)),
        distance_m=draw(st.integers(0, 10 * SHIFT_S)),
        ate_s=0 if has_lunch else draw(st.integers(0, 100)),
    )


@st.composite
def teams(draw: st.DrawFn) -> TeamProblem:
    """Return a random day shared by one to three reps.

    Some may not visit all, some have begun, some have limits of what was begun and is to come.
    """
    day: DayProblem = draw(days(max_stops=6))
    used: set[int] = {day.start, day.end}
    stops = []
    for stop in day.stops:
        is_free = stop.node is not None and stop.node not in used
        used |= {stop.node} if is_free and stop.node is not None else set()
        stops.append(stop if is_free else msgspec.structs.replace(stop, node=None))
    price = st.one_of(st.none(), st.just(0), st.integers(0, 200))
    lunch = None if day.lunch is None else msgspec.structs.replace(day.lunch, node=None)
    members = []
    for number in range(draw(st.integers(1, 3))):
        now_s = day.shift_start_s + draw(st.integers(0, SHIFT_S // 2))
        to_come = draw(st.sampled_from([None, lunch]))
        begun = begun_days(number, now_s, has_lunch=to_come is not None)
        members.append(
            Member(
                key=f"m{number}",
                start=day.start,
                end=day.end,
                shift_start_s=now_s,
                shift_end_s=day.shift_end_s + draw(st.integers(SHIFT_S // 2, SHIFT_S)),
                lunch=to_come,
                prices_s=tuple(draw(price) for _ in stops),
                begun=draw(st.one_of(st.none(), begun)),
                max_travel_s=draw(st.one_of(st.none(), st.integers(0, 2 * SHIFT_S))),
                max_distance_m=draw(st.one_of(st.none(), st.integers(0, 20 * SHIFT_S))),
            )
        )
    return TeamProblem(
        stops=tuple(stops),
        members=tuple(members),
        durations_s=day.durations_s,
        distances_m=day.distances_m,
        balance_percent=draw(st.one_of(st.none(), st.integers(0, 50))),
        seed=day.seed,
    )


@settings(max_examples=150, deadline=None)
@given(teams())
def test_every_team_plan_keeps_every_rule(team: TeamProblem) -> None:
    assert check_team(team, plan_team(team)) == []


@settings(max_examples=60, deadline=None)
@given(teams(), st.data())
def test_a_check_sees_what_was_begun_undone_moved_or_made_twice(
    team: TeamProblem, data: st.DataObject
) -> None:
    plan = plan_team(team)
    numbers = [n for n, one in enumerate(team.members) if one.begun and one.begun.visits]
    if not numbers:
        return
    number = data.draw(st.sampled_from(numbers))
    day = plan.days[number]
    first = day.begun[0]
    later = msgspec.structs.replace(first, start_s=first.start_s + 1)
    for begun in (day.begun[1:], (later, *day.begun[1:])):
        wrong = list(plan.days)
        wrong[number] = msgspec.structs.replace(day, begun=begun)
        assert check_team(team, TeamPlan(tuple(wrong), plan.forbidden))
    twice = TeamPlan(plan.days, (*plan.forbidden, first.key))
    assert any("told again" in fault for fault in check_team(team, twice))
