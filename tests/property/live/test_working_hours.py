"""Nobody is seen outside the working hours, at any moment, in any zone, whatever the clock does."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.geo.hours import Window
from backend.live.hours import Shift, shift_of
from backend.live.repository import Seen
from backend.live.service import last_position

ZONES = st.sampled_from(
    ["Asia/Ho_Chi_Minh", "UTC", "Europe/Helsinki", "America/St_Johns", "Australia/Lord_Howe",
     "Pacific/Apia", "America/Santiago"]
).map(ZoneInfo)  # fmt: skip
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy adds it
MINUTES = st.tuples(st.integers(0, 1440), st.integers(0, 1440)).map(sorted)
WINDOWS = st.lists(MINUTES.map(lambda one: Window(*one)), max_size=3).map(tuple)
FIXES = st.lists(st.tuples(st.integers(-90_000, 90_000), st.booleans()), max_size=12)
SOMEBODY = UUID(int=7)


@given(ZONES, MOMENTS, WINDOWS, FIXES)
def test_a_position_is_of_the_working_hours_and_of_today(
    zone: ZoneInfo, now: datetime, windows: tuple[Window, ...], told: list[tuple[int, bool]]
) -> None:
    shift = Shift(zone, now.astimezone(zone).date(), windows)
    at = [(now + timedelta(seconds=off), is_fix) for off, is_fix in told]
    seen = [Seen(SOMEBODY, one, 1, 2, 5) for one, is_fix in at if not is_fix]
    fixes = sorted((one.timestamp(), 3.0, 4.0, None) for one, is_fix in at if is_fix)
    found = last_position(shift, seen, fixes, now=now)
    allowed = []
    for one, _ in at:
        local = one.astimezone(zone)
        wall = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
        if (
            one <= now
            and local.date() == now.astimezone(zone).date()
            and any(
                timedelta(minutes=w.start_minute) <= wall < timedelta(minutes=w.end_minute)
                for w in windows
            )
        ):
            allowed.append(one)
    assert (found.at if found else None) == max(allowed, default=None)


@given(ZONES, MOMENTS, WINDOWS)
def test_working_hours_end_at_the_first_minute_outside_them(
    zone: ZoneInfo, now: datetime, windows: tuple[Window, ...]
) -> None:
    shift = Shift(zone, now.astimezone(zone).date(), windows)
    until = shift.ends_after(now)
    assert until >= now
    if not shift.holds(now):
        assert until - now < timedelta(minutes=1)
        return
    assert not shift.holds(until)
    minute = now
    while minute < until:
        assert shift.holds(minute)
        minute += timedelta(minutes=1)


@pytest.mark.parametrize(
    ("at", "is_at_work"),
    [
        ("2026-03-29T00:59:00Z", True),  # 02:59 in Helsinki, before the hour that is left out
        ("2026-03-29T01:00:00Z", False),  # 04:00 the next minute
        ("2026-10-25T00:30:00Z", True),  # 03:30 in summer time
        ("2026-10-25T01:30:00Z", True),  # 03:30 again in winter time
        ("2026-10-25T02:00:00Z", False),
    ],
)
def test_the_clock_on_the_wall_decides_when_it_changes(
    at: str,
    is_at_work: bool,  # noqa: FBT001  # a column of the table
) -> None:
    zone, moment = ZoneInfo("Europe/Helsinki"), datetime.fromisoformat(at)
    shift = Shift(zone, moment.astimezone(zone).date(), (Window(2 * 60, 4 * 60),))
    assert shift.holds(moment) is is_at_work


def test_set_hours_come_before_the_plan_and_without_both_there_are_none() -> None:
    zone, day = ZoneInfo("UTC"), date(2026, 11, 23)
    plan = (datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC))
    at_noon = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)

    def works(hours: str | None, plan: tuple[datetime, datetime] | None) -> bool | None:
        shift = shift_of(zone, day, hours=hours, country="VN", plan=plan)
        return None if shift is None else shift.holds(at_noon)

    assert works(None, None) is None
    assert works(None, plan) is False
    assert works("Mo-Fr 12:00-13:00", plan) is True
    assert works("Tu 12:00-13:00", plan) is False
    assert works("nobody can read this", plan) is False
