import pytest

from backend.routes.day.check import check_plan
from backend.routes.day.plan import Reason
from backend.routes.day.problem import ProblemError
from backend.routes.day.schedule import schedule_in_order
from tests.unit.routes.days import HOUR, MINUTE, NOON_LUNCH, between, street_day, visit


def test_the_days_times_add_up() -> None:
    day = street_day([0, 10, 30], visit("near", 1), visit("far", 2))

    plan = schedule_in_order(day, ["far", "near"])

    assert [stop.key for stop in plan.stops] == ["far", "near"]
    assert [stop.arrive_s - 8 * HOUR for stop in plan.stops] == [30 * MINUTE, 60 * MINUTE]
    assert (plan.travel_s, plan.distance_m) == (60 * MINUTE, 60_000)
    assert plan.end_s == 8 * HOUR + 80 * MINUTE
    assert check_plan(day, plan) == []


def test_the_rep_leaves_in_time_for_the_first_opening_and_not_before() -> None:
    day = street_day([0, 20], visit("shop", 1, windows=between(9, 12)))

    plan = schedule_in_order(day, ["shop"])

    assert plan.start_s == 8 * HOUR + 40 * MINUTE
    assert plan.wait_s == 0


def test_a_visit_waits_for_the_window_that_holds_all_of_it() -> None:
    day = street_day([0, 60], visit("shop", 1, minutes=90, windows=between(8, 10, 14, 18)))
    early = street_day([0, 10], visit("shop", 1, minutes=90, windows=between(8, 10, 14, 18)))

    assert schedule_in_order(day, ["shop"]).stops[0].start_s == 14 * HOUR
    assert schedule_in_order(early, ["shop"]).stops[0].start_s == 8 * HOUR + 10 * MINUTE


def test_lunch_is_taken_after_driving_on_when_it_is_still_too_early_to_eat() -> None:
    stops = visit("first", 1, minutes=220), visit("second", 2, minutes=60)
    day = street_day([0, 10, 30], *stops, lunch=NOON_LUNCH)

    plan = schedule_in_order(day, ["first", "second"])

    assert plan.lunch is not None
    assert (plan.lunch.after, plan.lunch.at) == ("first", "second")
    assert plan.lunch.start_s == 12 * HOUR + 10 * MINUTE
    assert plan.stops[1].start_s == plan.lunch.end_s
    assert check_plan(day, plan) == []


def test_lunch_comes_first_when_the_shift_starts_late() -> None:
    day = street_day([0, 70], visit("shop", 1), shift=(12, 17), lunch=NOON_LUNCH)

    plan = schedule_in_order(day, ["shop"])

    assert plan.lunch is not None
    assert (plan.lunch.after, plan.lunch.at, plan.lunch.start_s) == (None, None, 12 * HOUR)
    assert check_plan(day, plan) == []


def test_a_day_that_is_over_by_noon_has_no_break_in_it() -> None:
    day = street_day([0, 10], visit("shop", 1), lunch=NOON_LUNCH)

    plan = schedule_in_order(day, ["shop"])

    assert plan.lunch is None
    assert plan.end_s == 8 * HOUR + 30 * MINUTE
    assert check_plan(day, plan) == []


def test_a_shift_that_starts_after_lunch_has_no_break_in_it() -> None:
    day = street_day([0, 10], visit("shop", 1), shift=(14, 17), lunch=NOON_LUNCH)

    assert schedule_in_order(day, ["shop"]).lunch is None


def test_a_stop_that_cannot_be_kept_is_skipped_and_the_rest_goes_on() -> None:
    day = street_day(
        [0, 60, 10],
        visit("far", 1),
        visit("morning", 2, windows=between(8, 9)),
        visit("forgotten", 2),
    )

    plan = schedule_in_order(day, ["far", "morning"])

    assert [stop.key for stop in plan.stops] == ["far"]
    reasons = {dropped.key: dropped.reason for dropped in plan.dropped}
    assert reasons == {"morning": Reason.NO_TIME_LEFT, "forgotten": Reason.NOT_CHOSEN}
    assert check_plan(day, plan) == []


@pytest.mark.parametrize("order", [["shop", "shop"], ["nobody"]])
def test_an_order_of_unknown_or_repeated_stops_is_refused(order: list[str]) -> None:
    day = street_day([0, 10], visit("shop", 1))

    with pytest.raises(ProblemError) as caught:
        schedule_in_order(day, order)

    assert (caught.value.field, caught.value.stop) == ("order", order[-1])


def test_a_day_without_stops_stays_where_it_starts() -> None:
    day = street_day([0, 60], lunch=NOON_LUNCH, end=1)

    plan = schedule_in_order(day, [])

    assert (plan.travel_s, plan.distance_m, plan.lunch) == (0, 0, None)
    assert plan.start_s == plan.end_s == 8 * HOUR
    assert check_plan(day, plan) == []
