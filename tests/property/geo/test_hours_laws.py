from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.geo.hours import MINUTES_A_DAY, check_hours, windows_on
from backend.geo.vocabulary import LonLat

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONDAY = date(2025, 11, 17)
days_on = st.dates(date(2000, 1, 1), date(2099, 12, 31))
minutes = st.integers(0, MINUTES_A_DAY)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


# The first place looked up loads the library's time zones and holidays.
@settings(deadline=None)
@given(st.text(max_size=60) | st.text('MoTuFr0189:-,;PH off"|', max_size=60), days_on)
def test_any_text_is_hours_or_unknown_and_the_check_agrees(text: str, on_date: date) -> None:
    windows = windows_on(text, on_date, country="VN", location=LonLat(105.8, 21.0))
    if check_hours(text) is not None:
        assert windows is None


@given(
    st.lists(
        st.tuples(st.sampled_from(DAYS), st.integers(0, 1439), st.integers(1, 1440)), min_size=1
    ),
    days_on,
)
def test_windows_are_in_order_apart_and_within_the_day(
    rules: list[tuple[str, int, int]], on_date: date
) -> None:
    text = ", ".join(f"{day} {clock(start)}-{clock(end)}" for day, start, end in rules)[:500]
    windows = windows_on(text.rpartition(", ")[0] or text, on_date) or []
    assert all(0 <= start < end <= MINUTES_A_DAY for start, end in windows)
    assert all(a.end_minute < b.start_minute for a, b in pairwise(windows))


@given(st.sampled_from(DAYS), st.integers(0, 1438), st.data())
def test_one_rule_opens_its_day_alone(day: str, start: int, data: st.DataObject) -> None:
    end = data.draw(st.integers(start + 1, 1439))
    text = f"{day} {clock(start)}-{clock(end)}"
    for index, name in enumerate(DAYS):
        expected = [(start, end)] if name == day else []
        assert windows_on(text, MONDAY + timedelta(days=index)) == expected
