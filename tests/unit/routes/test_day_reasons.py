import msgspec
import pytest

from backend.routes.day.check import check_plan
from backend.routes.day.explain import find_hopeless
from backend.routes.day.plan import DayPlan, Dropped, Reason
from backend.routes.day.problem import DayProblem, Lunch, Stop
from backend.routes.day.schedule import schedule_in_order
from backend.routes.day.timetable import Timetable
from backend.routes.solver.day import solve_day
from tests.unit.routes.days import (
    HOUR,
    MINUTE,
    NOON_LUNCH,
    OPEN_ALL_DAY,
    between,
    street_day,
    visit,
)


def only_dropped(day: DayProblem) -> tuple[DayPlan, Dropped]:
    plan = solve_day(day)
    assert check_plan(day, plan) == []
    (dropped,) = plan.dropped
    return plan, dropped


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        (visit("x", 1, windows=()), Reason.CLOSED_TODAY),
        (visit("x", None), Reason.NO_STREET_NEARBY),
        (visit("x", 1, minutes=61, windows=between(9, 10)), Reason.WINDOW_TOO_SHORT),
        (visit("x", 1, windows=between(5, 8)), Reason.OUTSIDE_SHIFT),
        (visit("x", 1, windows=between(16.9, 19)), Reason.OUTSIDE_SHIFT),
        (visit("x", 1, windows=between(8, 8.2, 17, 19)), Reason.OUTSIDE_SHIFT),
    ],
)
def test_a_hopeless_stop_says_why(stop: Stop, reason: Reason) -> None:
    plan, dropped = only_dropped(street_day([0, 15, 5], stop, visit("y", 2)))

    assert dropped.reason is reason
    assert dropped.detail.startswith("x is not planned: ")
    assert [planned.key for planned in plan.stops] == ["y"]


def own(stop: Stop) -> Stop:
    """Return a stop whose windows are its own hours, while it is open at others too."""
    return msgspec.structs.replace(stop, has_own_hours=True)


@pytest.mark.parametrize(
    ("stop", "reason", "words"),
    [
        (visit("x", 1, windows=()), Reason.NO_OWN_HOURS_TODAY, "preferred hours only"),
        (
            visit("x", 1, minutes=61, windows=between(9, 10)),
            Reason.WINDOW_TOO_SHORT,
            "longest stretch of preferred hours is 60",
        ),
        (visit("x", 1, windows=between(5, 8)), Reason.OUTSIDE_SHIFT, "its preferred hours, the"),
    ],
    ids=["none", "short", "early"],
)
def test_hours_of_its_own_are_not_blamed_on_the_opening(
    stop: Stop, reason: Reason, words: str
) -> None:
    _, dropped = only_dropped(street_day([0, 15, 5], own(stop), visit("y", 2)))

    assert dropped.reason is reason
    assert words in dropped.detail
    assert "opening" not in dropped.detail


def test_a_place_that_no_street_leads_to_is_unreachable() -> None:
    day = street_day([0, 15], visit("island", 1))
    cut_off = ((0, None), (900, 0))
    no_way_back = ((0, 900), (None, 0))

    for matrix in (cut_off, no_way_back):
        isolated = msgspec.structs.replace(day, durations_s=matrix, distances_m=matrix)
        assert only_dropped(isolated)[1].reason is Reason.UNREACHABLE


def test_a_window_too_short_tells_by_how_much() -> None:
    day = street_day([0, 5], visit("x", 1, minutes=75, windows=between(9, 10)))

    _, dropped = only_dropped(day)

    assert dropped.facts["missing_s"] == 15 * MINUTE
    assert "15 minutes shorter" in dropped.detail


def test_a_shift_too_short_for_one_stop_tells_the_smaller_change() -> None:
    late = visit("late", 1, windows=between(16.5, 19))
    early = visit("early", 1, windows=between(6, 8.25))

    _, dropped = only_dropped(street_day([0, 25], late))
    assert dropped.facts["shift_later_s"] == 5 * MINUTE
    assert "end 5 minutes later" in dropped.detail

    _, dropped = only_dropped(street_day([0, 25], early))
    assert dropped.facts["shift_earlier_s"] == 20 * MINUTE
    assert "start 20 minutes earlier" in dropped.detail


def test_a_visit_that_takes_all_of_lunch_time_says_so() -> None:
    stop = visit("x", 1, minutes=90, windows=between(11.9, 13.5))

    _, dropped = only_dropped(street_day([0, 5], stop, shift=(11.75, 13.75), lunch=NOON_LUNCH))

    assert dropped.reason is Reason.LUNCH_IN_THE_WAY


def test_a_far_stop_worth_little_has_a_lower_value() -> None:
    far = visit("far", 2, value_minutes=30)

    _, dropped = only_dropped(street_day([0, 5, 65], visit("near", 1), far))

    assert dropped.reason is Reason.LOWER_VALUE
    assert dropped.facts == {
        "extra_travel_s": 120 * MINUTE,
        "value_s": 30 * MINUTE,
        "position": 0,
    }
    assert "would add 120 minutes of travel and is worth 30" in dropped.detail


def test_a_full_day_says_how_much_longer_it_would_have_to_be() -> None:
    day = street_day(
        [0, 5, 5],
        visit("big", 1, minutes=490, value_minutes=900),
        visit("small", 2, minutes=60, value_minutes=100),
    )

    _, dropped = only_dropped(day)

    assert (dropped.key, dropped.reason) == ("small", Reason.NO_TIME_LEFT)
    assert dropped.facts["shift_later_s"] == 20 * MINUTE
    assert dropped.facts["pushes_out"] == "big"
    assert "fits if the shift ends 20 minutes later or if big is left out" in dropped.detail


def test_a_shop_that_opens_too_late_says_how_much_earlier_it_would_have_to() -> None:
    day = street_day(
        [0, 5, 5],
        visit("fixed", 1, minutes=60, windows=between(10, 11), is_required=True),
        visit("late", 2, minutes=30, windows=between(9.75, 10.5)),
    )

    plan, dropped = only_dropped(day)

    assert dropped.facts["opens_earlier_s"] == 15 * MINUTE
    assert "opens 15 minutes earlier" in dropped.detail
    opened = msgspec.structs.replace(day.stops[1], windows=between(9.5, 10.5))
    relaxed = msgspec.structs.replace(day, stops=(day.stops[0], opened))
    assert len(schedule_in_order(relaxed, ["late", plan.stops[0].key]).stops) == 2

    mine = msgspec.structs.replace(day, stops=(day.stops[0], own(day.stops[1])))
    _, dropped = only_dropped(mine)
    assert dropped.facts["visited_earlier_s"] == 15 * MINUTE
    assert "opens_earlier_s" not in dropped.facts
    assert "it can be visited 15 minutes earlier" in dropped.detail


def test_a_label_is_what_people_read() -> None:
    shop = Stop(
        key="7f3a", node=1, service_s=600, windows=OPEN_ALL_DAY, value_s=60, label="Café Ánh"
    )

    _, dropped = only_dropped(street_day([0, 60], shop))

    assert dropped.key == "7f3a"
    assert dropped.detail.startswith("Café Ánh is not planned")


def test_a_required_stop_that_does_not_fit_names_what_it_would_push_out() -> None:
    same_hour = between(9, 10)
    day = street_day(
        [0, 5, -5],
        visit("one", 1, minutes=55, windows=same_hour, is_required=True),
        visit("two", 2, minutes=55, windows=same_hour, is_required=True),
        shift=(8, 12),
    )

    plan, dropped = only_dropped(day)

    assert dropped.facts["pushes_out"] == plan.stops[0].key
    assert dropped.facts["short_s"] == 10 * HOUR // 6 - 40 * MINUTE


def test_a_stop_that_is_in_time_by_way_of_lunch_is_not_called_out_of_reach() -> None:
    lunch = Lunch(earliest_s=9 * HOUR, latest_s=10 * HOUR, duration_s=30 * MINUTE, node=1)
    canteen_road = ((0, 0, 9 * HOUR), (0, 0, 0), (9 * HOUR, 0, 0))
    day = msgspec.structs.replace(
        street_day([0, 1, 2], visit("kiosk", 0), shift=(8, 17), lunch=lunch, end=2),
        durations_s=canteen_road,
        distances_m=canteen_road,
    )

    plan = schedule_in_order(day, ["kiosk"])

    assert [stop.key for stop in plan.stops] == ["kiosk"]
    assert find_hopeless(Timetable(day), 0) is None
