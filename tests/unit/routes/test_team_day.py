"""Several reps who share a day's visits: near goes to near, within what each may and can."""

import msgspec
import pytest

from backend.routes.day.problem import ProblemError, Stop
from backend.routes.solver.team import plan_team
from backend.routes.team.check import check_team
from backend.routes.team.plan import TeamPlan
from backend.routes.team.problem import Begun, Done, Member, TeamProblem
from tests.unit.routes.days import HOUR, MINUTE, NOON_LUNCH, line, visit

PLACES = [0, 100, *range(5, 100, 10)]
"""Anna lives at 0, Binh at 100; ten shops lie between them, at 5, 15 ... 95."""


def member(key: str, home: int, prices: list[int | None], *, hours: float = 9) -> Member:
    return Member(
        key=key,
        start=home,
        end=home,
        shift_start_s=8 * HOUR,
        shift_end_s=int((8 + hours) * HOUR),
        lunch=None,
        prices_s=tuple(prices),
    )


def team(
    *members: Member, stops: list[Stop] | None = None, balance_percent: int | None = None
) -> TeamProblem:
    return TeamProblem(
        stops=tuple(stops or shops()),
        members=members,
        durations_s=line(PLACES, MINUTE),
        distances_m=line(PLACES, 1000),
        balance_percent=balance_percent,
    )


def shops() -> list[Stop]:
    return [visit(f"s{place}", node) for node, place in enumerate(PLACES[2:], start=2)]


def visits(problem: TeamProblem) -> list[list[str]]:
    plan = plan_team(problem)
    assert check_team(problem, plan) == []
    return [sorted(stop.key for stop in day.plan.stops) for day in plan.days]


def test_everybody_visits_what_is_near() -> None:
    problem = team(member("a", 0, [0] * 10), member("b", 1, [0] * 10), balance_percent=10)
    anna, binh = ({int(key[1:]) for key in keys} for keys in visits(problem))

    assert max(anna) < min(binh), "nobody drives past another's shop"
    assert abs(len(anna) - len(binh)) <= 2


def test_own_accounts_stay_unless_another_saves_more_than_the_price() -> None:
    far_one_is_annas = [*[0] * 5, *[60 * MINUTE] * 4, 0]
    rather_not = [*[30 * MINUTE] * 9, 300 * MINUTE]
    willing = [*[30 * MINUTE] * 9, 30 * MINUTE]

    own = visits(team(member("a", 0, far_one_is_annas), member("b", 1, rather_not)))
    spilt = visits(team(member("a", 0, far_one_is_annas), member("b", 1, willing)))

    assert "s95" in own[0]
    assert "s95" in spilt[1]


def test_who_may_not_does_not_and_what_nobody_may_is_told() -> None:
    problem = team(member("a", 0, [None, *[0] * 8, None]), member("b", 1, [0, *[None] * 8, None]))

    plan = plan_team(problem)

    assert check_team(problem, plan) == []
    assert plan.forbidden == ("s95",)
    assert [stop.key for stop in plan.days[1].plan.stops] == ["s5"]


def test_a_balanced_day_gives_nobody_much_more_than_the_mean() -> None:
    both = (member("a", 0, [0] * 10), member("b", 1, [0] * 10))
    one_sided = [visit(f"s{place}", node, minutes=30) for node, place in enumerate(PLACES[2:6], 2)]
    both = tuple(msgspec.structs.replace(one, prices_s=(0,) * 4) for one in both)

    free = visits(team(*both, stops=one_sided))
    fair = visits(team(*both, stops=one_sided, balance_percent=20))

    assert [len(day) for day in free] == [4, 0]
    assert min(len(day) for day in fair) >= 1


def test_an_absent_reps_visits_go_to_those_who_can() -> None:
    short = member("b", 1, [0] * 10, hours=2)
    anna, binh = visits(team(member("a", 0, [0] * 10, hours=5), short))

    assert len(anna) + len(binh) == 10


def test_a_check_finds_what_is_wrong() -> None:
    problem = team(member("a", 0, [0] * 10), member("b", 1, [None, *[0] * 9]))
    plan = plan_team(problem)
    first, second = plan.days
    swapped = TeamPlan((msgspec.structs.replace(first, plan=second.plan),
                        msgspec.structs.replace(second, plan=first.plan)), ())  # fmt: skip

    assert any("b may not visit s5" in fault for fault in check_team(problem, swapped))
    twice = TeamPlan((first, msgspec.structs.replace(second, plan=first.plan)), ())
    assert any("told 2 times" in fault for fault in check_team(problem, twice))
    assert check_team(problem, TeamPlan(plan.days[::-1], ())) == ["The plan is not of this team."]


def begun(since: float, *, travel_s: int = 0, distance_m: int = 0, ate_s: int = 0) -> Begun:
    visit = Done(key="before", start_s=int(since * HOUR), leave_s=int(since * HOUR) + 600)
    return Begun(
        visits=(visit,),
        since_s=int(since * HOUR),
        travel_s=travel_s,
        distance_m=distance_m,
        ate_s=ate_s,
    )


def late_beginner() -> Member:
    return msgspec.structs.replace(member("a", 0, [0] * 10), begun=begun(9))


def hungry_twice() -> Member:
    ate = begun(8, ate_s=30 * MINUTE)
    return msgspec.structs.replace(member("a", 0, [0] * 10), begun=ate, lunch=NOON_LUNCH)


def test_who_has_begun_goes_on_from_there_and_then() -> None:
    late = msgspec.structs.replace(
        member("a", 5, [0] * 10, hours=9), end=0, shift_start_s=11 * HOUR, begun=begun(8)
    )
    stops = [stop for stop in shops() if stop.node != 5]
    here = msgspec.structs.replace(late, prices_s=(0,) * 9)
    plan = plan_team(problem := team(here, stops=stops))

    assert check_team(problem, plan) == []
    (day,) = plan.days
    assert [visit.key for visit in day.begun] == ["before"]
    assert day.plan.start_s >= 11 * HOUR
    assert day.plan.travel_s == (60 + 95) * MINUTE, "from 35 to the far end, and home"


def test_limits_are_of_the_whole_day() -> None:
    far = member("a", 0, [0] * 10)
    limited = msgspec.structs.replace(far, begun=begun(8), max_distance_m=100_000)
    tired = msgspec.structs.replace(limited, begun=begun(8, distance_m=70_000))
    done = msgspec.structs.replace(limited, begun=begun(8, distance_m=170_000))

    (fresh,), (less,), (nothing,) = (visits(team(one)) for one in (limited, tired, done))

    assert fresh == ["s15", "s25", "s35", "s45", "s5"]
    assert less == ["s15", "s5"]
    assert nothing == []


def test_a_limit_makes_another_take_over_what_does_not_fit() -> None:
    anna = msgspec.structs.replace(
        member("a", 0, [0] * 10), begun=begun(8, travel_s=200 * MINUTE), max_travel_s=210 * MINUTE
    )
    one, other = visits(team(anna, member("b", 1, [0] * 10)))

    assert one == ["s5"]
    assert len(other) == 9


def test_work_done_so_far_counts_for_the_balance() -> None:
    early = msgspec.structs.replace(
        member("a", 0, [0] * 4), shift_start_s=12 * HOUR, begun=begun(7)
    )
    fresh = msgspec.structs.replace(member("b", 1, [0] * 4), shift_start_s=12 * HOUR)
    stops = [visit(f"s{place}", node, minutes=30) for node, place in enumerate(PLACES[2:6], 2)]

    free = visits(team(early, fresh, stops=stops))
    fair = visits(team(early, fresh, stops=stops, balance_percent=20))

    assert [len(day) for day in free] == [4, 0]
    assert len(fair[1]) > len(free[1]), "who came later takes over from who has long begun"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"members": ()}, "members"),
        ({"members": (member("a", 0, [0] * 10),) * 2}, "members"),
        ({"members": (member("a", 0, [0]),)}, "prices_s"),
        ({"members": (member("a", 2, [0] * 10),)}, "stops"),
        ({"members": (member("a", 99, [0] * 10),)}, "members"),
        ({"members": (late_beginner(),)}, "since_s"),
        ({"members": (hungry_twice(),)}, "lunch"),
    ],
    ids=["nobody", "twice", "prices", "same-row", "no-row", "begun-later", "lunch-twice"],
)
def test_a_team_that_cannot_be_is_refused(change: dict[str, object], field: str) -> None:
    sound = team(member("a", 0, [0] * 10))

    with pytest.raises(ProblemError) as caught:
        msgspec.structs.replace(sound, **change)

    assert caught.value.field == field


def test_the_same_team_has_the_same_plan() -> None:
    problem = team(member("a", 0, [0] * 10), member("b", 1, [0] * 10))
    assert plan_team(problem) == plan_team(problem)
