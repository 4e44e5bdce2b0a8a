"""Firm and wished hours against both readings, minute by minute."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.geo.hours import windows_on
from backend.geo.vocabulary import LonLat
from backend.routes.day.windows import Window
from backend.routes.visiting_hours import AccountHours, visiting_hours

HANOI = LonLat(105.85, 21.03)
SHIFT = Window(8 * 3600, 17 * 3600)
DAY_MINUTES = 1440
spans = st.tuples(st.integers(0, 23), st.integers(0, 23)).map(
    lambda ends: f"{min(ends):02d}:00-{max(ends) + 1:02d}:00"
)
rules = st.tuples(st.sampled_from(["Mo-Fr", "Sa", "Tu,Th", "Mo-Su", "PH"]), spans).map(" ".join)
texts = st.none() | st.lists(rules, min_size=1, max_size=3).map("; ".join)
days = st.integers(0, 400).map(lambda back: date(2026, 12, 31) - timedelta(back))


def minutes_of(text: str | None, on: date) -> set[int] | None:
    found = windows_on(text, on, country="VN", location=HANOI)
    if found is None:
        return None
    return {minute for one in found for minute in range(one.start_minute, one.end_minute)}


def minutes_in(windows: tuple[Window, ...]) -> set[int]:
    return {minute for one in windows for minute in range(one.start_s // 60, one.end_s // 60)}


@settings(deadline=None)
@given(opening=texts, preferred=texts, is_firm=st.booleans(), on=days)
def test_every_minute_is_where_the_hours_put_it(
    opening: str | None,
    preferred: str | None,
    is_firm: bool,  # noqa: FBT001  # drawn
    on: date,
) -> None:
    hours = AccountHours(opening, preferred, is_firm)
    found = visiting_hours(hours, on, "VN", HANOI, unknown=SHIFT)

    is_open, wished = minutes_of(opening, on), minutes_of(preferred, on)
    may = set(range(DAY_MINUTES)) if is_open is None and is_firm and wished is not None else is_open
    may = minutes_in((SHIFT,)) if may is None else may
    if is_firm and wished is not None:
        assert minutes_in(found.windows) == may & wished
        assert found.preferred == ()
        assert not found.is_unwished
    else:
        assert minutes_in(found.windows) == may
        assert minutes_in(found.preferred) == (wished or set())
        assert found.is_unwished == (wished == set())
        assert not found.is_cut
