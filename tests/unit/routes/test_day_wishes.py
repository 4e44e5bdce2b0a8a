"""Preferred times, a lunch with a place, and limits of a day's travel."""

import msgspec
import pytest

from backend.routes.day.check import check_plan
from backend.routes.day.plan import DayPlan, Optimality, Reason
from backend.routes.day.problem import DayProblem, Lunch, ProblemError, Stop
from backend.routes.day.schedule import schedule_in_order
from backend.routes.solver.day import solve_day
from tests.unit.routes.days import HOUR, MINUTE, between, street_day, visit


def wish(key: str, node: int, *hours: float, minutes: int) -> Stop:
    """Return a visit that prefers some hours by so many minutes of travel."""
    return msgspec.structs.replace(
        visit(key, node), preferred=between(*hours), preference_s=minutes * MINUTE
    )


def sound(day: DayProblem) -> DayPlan:
    plan = solve_day(day)
    assert check_plan(day, plan) == []
    return plan


def test_a_preferred_time_is_kept_when_it_is_worth_the_way() -> None:
    day = street_day([0, 10, 20], wish("x", 1, 12, 13, minutes=30), visit("y", 2))

    plan = sound(day)

    (x,) = [stop for stop in plan.stops if stop.key == "x"]
    assert 12 * HOUR <= x.start_s < x.leave_s <= 13 * HOUR
    assert x.is_preferred


def test_a_preferred_time_gives_way_to_a_long_detour() -> None:
    # Only noon is open far away, where the way back to noon at x would be an hour.
    far = visit("far", 2, windows=between(12, 13), minutes=60)
    day = street_day([0, 10, 70], wish("x", 1, 12, 13, minutes=30), far, shift=(8, 15))

    plan = sound(day)

    assert {stop.key: stop.is_preferred for stop in plan.stops} == {"x": False, "far": True}
    assert plan.objective == plan.travel_s + 30 * MINUTE
    assert plan.optimality is Optimality.PROVEN


def test_on_a_day_that_it_does_not_prefer_no_visit_is_as_preferred() -> None:
    unwished = msgspec.structs.replace(visit("x", 1), is_unwished=True)

    plan = sound(street_day([0, 10, 20], unwished, visit("y", 2)))

    assert {stop.key: stop.is_preferred for stop in plan.stops} == {"x": False, "y": True}


def test_a_visit_that_only_fits_without_another_ones_preference_says_so() -> None:
    day = street_day(
        [0, 1, 1],
        wish("x", 1, 10, 10.2, minutes=60),
        visit("y", 2, windows=between(9.95, 10.45), minutes=20, value_minutes=10),
        shift=(9.9, 10.6),
    )

    plan = sound(day)

    (dropped,) = plan.dropped
    assert (dropped.key, dropped.reason) == ("y", Reason.LOWER_VALUE)
    assert dropped.facts["preferences_lost_s"] == 60 * MINUTE


def test_an_order_of_ones_own_keeps_preferences_where_it_can() -> None:
    day = street_day([0, 10, 20], wish("x", 1, 12, 13, minutes=30), visit("y", 2))

    plan = schedule_in_order(day, ["x", "y"])

    assert check_plan(day, plan) == []
    assert plan.stops[0].start_s == 12 * HOUR


def test_lunch_is_taken_at_its_place() -> None:
    lunch = Lunch(earliest_s=12 * HOUR, latest_s=13 * HOUR, duration_s=30 * MINUTE, node=2)
    day = street_day([0, 5, 20], visit("x", 1), lunch=lunch)

    plan = sound(day)

    assert plan.lunch is not None
    assert plan.lunch.leg_distance_m in {15_000, 20_000}
    assert plan.lunch.at is None
    assert plan.travel_s == 40 * MINUTE
    assert 12 * HOUR <= plan.lunch.start_s <= 13 * HOUR


def test_a_day_without_visits_does_not_drive_to_lunch() -> None:
    lunch = Lunch(earliest_s=12 * HOUR, latest_s=13 * HOUR, duration_s=30 * MINUTE, node=1)

    plan = sound(street_day([0, 5], lunch=lunch))

    assert (plan.lunch, plan.travel_s, plan.objective) == (None, 0, 0)


def test_lunch_at_a_place_beyond_the_shift_is_refused() -> None:
    lunch = Lunch(earliest_s=16 * HOUR, latest_s=17 * HOUR, duration_s=30 * MINUTE, node=1)

    with pytest.raises(ProblemError) as caught:
        solve_day(street_day([0, 50], visit("x", 1), lunch=lunch, shift=(8, 16.5)))

    assert caught.value.field == "lunch.node"


@pytest.mark.parametrize(
    ("limits", "facts"),
    [
        ({"max_travel_s": 50 * MINUTE}, {"travel_more_s": 10 * MINUTE}),
        ({"max_distance_m": 55_000}, {"distance_more_m": 5_000}),
    ],
    ids=["time", "distance"],
)
def test_a_stop_beyond_the_days_travel_tells_by_how_much(
    limits: dict[str, int], facts: dict[str, int]
) -> None:
    day = msgspec.structs.replace(
        street_day([0, 5, 30], visit("near", 1), visit("far", 2)), **limits
    )

    plan = sound(day)

    assert [stop.key for stop in plan.stops] == ["near"]
    (dropped,) = plan.dropped
    assert (dropped.key, dropped.reason, dropped.facts) == ("far", Reason.TOO_FAR, facts)
    assert "The day would have to be" in dropped.detail


def test_a_limit_on_the_way_chooses_the_dearer_visit() -> None:
    day = msgspec.structs.replace(
        street_day(
            [10, 0, 20], visit("left", 1, value_minutes=100), visit("right", 2, value_minutes=200)
        ),
        max_distance_m=20_000,
    )

    assert [stop.key for stop in sound(day).stops] == ["right"]


def test_a_wish_that_holds_only_past_another_visit_is_no_fault() -> None:
    wished = msgspec.structs.replace(
        visit("wished", 2), preferred=between(8, 9), preference_s=10 * MINUTE
    )
    day = street_day([0, 5, 10], visit("between", 1), wished)
    rows = [list(row) for row in day.durations_s]
    rows[0][2] = (
        120 * MINUTE
    )  # the street that the leg takes is jammed, the way past the other free
    day = msgspec.structs.replace(day, durations_s=tuple(tuple(row) for row in rows))

    plan = sound(day)

    assert [(stop.key, stop.is_preferred) for stop in plan.stops] == [
        ("between", True),
        ("wished", True),
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"preference_s": 601 * MINUTE}, "preference_s"),
        ({"preference_s": -1}, "preference_s"),
        ({"preferred": between(12, 11)}, "preferred"),
        ({"preferred": between(8, 9, 9, 10)}, "preferred"),
    ],
)
def test_wishes_that_contradict_themselves_are_refused(
    change: dict[str, object], field: str
) -> None:
    stop = msgspec.structs.replace(visit("x", 1), **change)

    with pytest.raises(ProblemError) as caught:
        street_day([0, 5], stop)

    assert (caught.value.field, caught.value.stop) == (field, "x")
