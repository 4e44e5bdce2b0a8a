import pytest

from backend.routes.day.windows import (
    Window,
    clock_time,
    intersect_windows,
    merge_windows,
    start_ranges,
    whole_minutes,
)
from tests.unit.routes.days import between


def test_touching_and_overlapping_windows_become_one() -> None:
    scattered = (Window(50, 60), Window(10, 20), Window(20, 30), Window(25, 40))

    assert merge_windows(scattered) == (Window(10, 40), Window(50, 60))


def test_a_window_within_another_adds_nothing() -> None:
    assert merge_windows((Window(0, 100), Window(20, 30))) == (Window(0, 100),)


def test_opening_hours_meet_the_wish_of_the_account() -> None:
    opening = between(8, 12, 14, 18)
    wish = between(11, 15)

    assert intersect_windows(opening, wish) == between(11, 12, 14, 15)


def test_windows_that_only_touch_have_nothing_in_common() -> None:
    assert intersect_windows(between(8, 12), between(12, 14)) == ()


def test_a_visit_starts_early_enough_to_end_in_its_window() -> None:
    assert start_ranges((Window(0, 100), Window(200, 220)), 30) == ((0, 70),)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00"), (34_259, "09:30"), (90_000, "01:00 the next day")]
)
def test_times_read_as_a_clock(seconds: int, text: str) -> None:
    assert clock_time(seconds) == text


def test_minutes_are_rounded_up() -> None:
    assert [whole_minutes(seconds) for seconds in (0, 1, 60, 61)] == [0, 1, 1, 2]
