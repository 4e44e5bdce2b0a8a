"""When somebody may be seen: in working hours, on the day itself. Pure.

Hours are what the clock on the wall says: an hour that comes twice counts twice, one that is left
out never comes.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from backend.geo.hours import Window, windows_on

_MINUTE = timedelta(minutes=1)


class Shift(msgspec.Struct, frozen=True):
    """A person's working hours of one local day: by the wall, or from when to when a plan lasts."""

    zone: ZoneInfo
    on_date: date
    windows: tuple[Window, ...] = ()
    plan: tuple[datetime, datetime] | None = None

    def holds(self, at: datetime) -> bool:
        """Whether somebody works at a time."""
        local = at.astimezone(self.zone)
        if local.date() != self.on_date:
            return False
        if self.plan is not None:
            return self.plan[0] <= at <= self.plan[1]
        minute = local.hour * 60 + local.minute
        return any(one.start_minute <= minute < one.end_minute for one in self.windows)

    def ends_after(self, at: datetime) -> datetime:
        """Return the first minute from a time on at which nobody works; that time if they don't."""
        if self.plan is not None:
            return max(at, self.plan[1])
        local, start = at.astimezone(self.zone), at.astimezone(UTC).replace(second=0, microsecond=0)
        minute = local.hour * 60 + local.minute
        left = [one.end_minute - minute for one in self.windows
                if one.start_minute <= minute < one.end_minute]  # fmt: skip
        end = start + (left[0] if left else 0) * _MINUTE
        if self.holds(end) or not self.holds(end - _MINUTE):
            # The clock changes on the way.
            end = start
            while self.holds(end):
                end += _MINUTE
        return max(at, end)


def shift_of(
    zone: ZoneInfo,
    on_date: date,
    *,
    hours: str | None,
    country: str,
    plan: tuple[datetime, datetime] | None,
) -> Shift | None:
    """Return the working hours of a day: those that are set, else those of its plan, else None."""
    if hours is not None:
        windows = windows_on(hours, on_date, country=country) or []
        return Shift(zone, on_date, tuple(windows))
    return None if plan is None else Shift(zone, on_date, plan=plan)
