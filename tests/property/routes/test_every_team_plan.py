"""Laws of every team's plan, on random and adversarial days."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.routes.day.problem import DayProblem
from backend.routes.solver.team import plan_team
from backend.routes.team.check import check_team
from backend.routes.team.problem import Member, TeamProblem
from tests.property.routes.random_days import SHIFT_S, days


@st.composite
def teams(draw: st.DrawFn) -> TeamProblem:
    """Return a random day shared by one to three reps, some of whom may not visit all."""
    day: DayProblem = draw(days(max_stops=6))
    used: set[int] = {day.start, day.end}
    stops = []
    for stop in day.stops:
        is_free = stop.node is not None and stop.node not in used
        used |= {stop.node} if is_free and stop.node is not None else set()
        stops.append(stop if is_free else msgspec.structs.replace(stop, node=None))
    price = st.one_of(st.none(), st.just(0), st.integers(0, 200))
    members = [
        Member(
            key=f"m{number}",
            start=day.start,
            end=day.end,
            shift_start_s=day.shift_start_s,
            shift_end_s=day.shift_end_s + draw(st.integers(0, SHIFT_S)),
            lunch=None if day.lunch is None else msgspec.structs.replace(day.lunch, node=None),
            prices_s=tuple(draw(price) for _ in stops),
        )
        for number in range(draw(st.integers(1, 3)))
    ]
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
