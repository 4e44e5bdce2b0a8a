import msgspec

from backend.routes.day.check import check_plan
from backend.routes.day.plan import DayPlan, Optimality
from backend.routes.day.problem import DayProblem
from backend.routes.solver.day import solve_day
from tests.unit.routes.days import (
    HOUR,
    MINUTE,
    NOON_LUNCH,
    between,
    line,
    street_day,
    visit,
)


def solved(day: DayProblem) -> DayPlan:
    plan = solve_day(day)
    assert check_plan(day, plan) == []
    return plan


def keys(plan: DayPlan) -> list[str]:
    return [stop.key for stop in plan.stops]


def test_the_way_out_and_back_passes_each_stop_once() -> None:
    day = street_day([0, 30, 10, -20], visit("far", 1), visit("near", 2), visit("west", 3))

    plan = solved(day)

    assert plan.travel_s == 100 * MINUTE
    assert plan.optimality is Optimality.PROVEN
    assert plan.bound == plan.objective


def test_a_day_that_ends_elsewhere_goes_one_way() -> None:
    day = street_day([0, 30, 10, 40], visit("far", 1), visit("near", 2), end=3)

    plan = solved(day)

    assert keys(plan) == ["near", "far"]
    assert plan.travel_s == 40 * MINUTE


def test_opening_hours_turn_the_order_round() -> None:
    day = street_day(
        [0, 10, 20],
        visit("near", 1, windows=between(14, 15)),
        visit("far", 2, windows=between(9, 10)),
    )

    assert keys(solved(day)) == ["far", "near"]


def test_a_second_window_saves_the_trip() -> None:
    day = street_day(
        [0, 10, 100],
        visit("near", 1, windows=between(8, 8.5, 16, 17)),
        visit("far", 2, windows=between(9.5, 17)),
        lunch=NOON_LUNCH,
    )

    plan = solved(day)

    assert plan.travel_s == 200 * MINUTE
    assert len(plan.stops) == 2


def test_several_windows_lunch_and_optional_stops_live_together() -> None:
    stops = [
        visit(f"s{number}", number, minutes=40, windows=between(8, 12, 13.5, 18))
        for number in range(1, 8)
    ]
    day = street_day([0, 5, 12, -7, 20, 3, -15, 8], *stops, lunch=NOON_LUNCH)

    plan = solved(day)

    assert len(plan.stops) == 7
    assert plan.travel_s == 70 * MINUTE
    assert plan.lunch is not None


def test_required_stops_that_exclude_each_other_still_give_a_plan() -> None:
    noon = between(12, 12.5)
    day = street_day(
        [0, 60, -60, 5],
        visit("east", 1, windows=noon, is_required=True),
        visit("west", 2, windows=noon, is_required=True),
        visit("extra", 3),
    )

    plan = solved(day)

    assert len(plan.stops) == 2
    assert "extra" in keys(plan)
    (dropped,) = plan.dropped
    assert "must be visited" in dropped.detail


def test_a_required_stop_goes_before_a_more_valuable_one() -> None:
    morning = between(9, 9.5)
    day = street_day(
        [0, 60, -60],
        visit("must", 1, windows=morning, is_required=True, value_minutes=0),
        visit("rich", 2, windows=morning, value_minutes=5000),
    )

    assert keys(solved(day)) == ["must"]


def test_two_stops_at_one_place_are_one_way() -> None:
    day = street_day([0, 10], visit("ground floor", 1), visit("first floor", 1))

    plan = solved(day)

    assert plan.travel_s == 20 * MINUTE
    assert plan.stops[1].leg_duration_s == 0


def test_a_day_without_stops_is_a_plan() -> None:
    plan = solved(street_day([0], lunch=NOON_LUNCH))

    assert plan.stops == ()
    assert plan.optimality is Optimality.PROVEN


def test_a_day_on_which_nothing_is_open_is_a_plan() -> None:
    plan = solved(street_day([0, 5], visit("a", 1, windows=()), visit("b", None)))

    assert plan.stops == ()
    assert len(plan.dropped) == 2


def test_an_estimate_stays_marked() -> None:
    day = street_day([0, 5], visit("a", 1), seed=7)

    plan = solved(msgspec.structs.replace(day, is_estimate=True))

    assert plan.is_estimate
    assert plan.seed == 7


def test_the_same_day_gives_the_same_plan_again() -> None:
    stops = [visit(f"s{number}", number, minutes=25) for number in range(1, 21)]
    positions = [0, *(number * 37 % 83 - 40 for number in range(20))]
    day = street_day(positions, *stops, lunch=NOON_LUNCH, seed=3)

    assert solved(day) == solved(day)


def test_a_one_way_street_is_driven_in_its_direction() -> None:
    there = line([0, 10, 20], MINUTE)
    ring = (there[0], (None, 0, there[1][2]), (there[2][0], None, 0))
    stops = visit("a", 1), visit("b", 2)
    day = DayProblem(
        stops=stops,
        start=0,
        end=2,
        durations_s=ring,
        distances_m=ring,
        shift_start_s=8 * HOUR,
        shift_end_s=17 * HOUR,
    )

    assert keys(solved(day)) == ["a", "b"]
