"""An account's hours of dates as those of seven weekdays, and the days on which it is closed."""

from collections import Counter
from datetime import date, timedelta
from functools import reduce

import msgspec

from backend.geo.vocabulary import LonLat
from backend.routes.coverage.account import WEEK
from backend.routes.day.windows import Window, intersect_windows
from backend.routes.visiting_hours import PREFERENCE_S, AccountHours, Windows, visiting_hours

_TENTH = 1
"""Decimals of a degree: sunrise differs by less than half a minute within a tenth."""


class Opening(msgspec.Struct, frozen=True):
    """When an account may be visited: windows by weekday that hold on days not in `closed_days`.

    `preferred` are the windows of a wish by weekday, empty for an account that has none. `is_cut`
    says that the account is open longer, and visited at firm hours of its own only.
    """

    windows: tuple[Windows, ...]
    closed_days: tuple[int, ...]
    preferred: tuple[Windows, ...] = ()
    is_cut: bool = False

    @property
    def preference_s(self) -> int:
        """Return the travel that a visit as preferred is worth."""
        return PREFERENCE_S if self.preferred else 0


class Hours:
    """The hours of many accounts over the same dates; those with the same hours are read once."""

    def __init__(self, first_on: date, length: int, country: str, unknown: Window) -> None:
        self._dates = [first_on + timedelta(day) for day in range(length)]
        self._country = country
        self._unknown = unknown
        self._known: dict[tuple[AccountHours, LonLat], Opening] = {}

    def opening(self, hours: AccountHours, location: tuple[float, float]) -> Opening:
        """Return when an account may be visited; the whole shift where nobody knows."""
        near = LonLat(round(location[0], _TENTH), round(location[1], _TENTH))
        key = (hours, near)
        if key not in self._known:
            self._known[key] = self._read(hours, near)
        return self._known[key]

    def _read(self, hours: AccountHours, near: LonLat) -> Opening:
        found_on = [
            visiting_hours(hours, on, self._country, near, unknown=self._unknown)
            for on in self._dates
        ]
        days = [one.windows for one in found_on]
        windows = [_common(days[weekday::WEEK]) for weekday in range(WEEK)]
        closed = [
            day
            for day, found in enumerate(days)
            if windows[day % WEEK] and intersect_windows(found, windows[day % WEEK])
            != windows[day % WEEK]
        ]  # fmt: skip
        wished = [one.preferred for one in found_on]
        preferred = [_common(wished[weekday::WEEK]) for weekday in range(WEEK)]
        return Opening(
            tuple(windows),
            tuple(closed),
            tuple(preferred) if any(wished) else (),
            is_cut=any(one.is_cut for one in found_on),
        )


def _common(days: list[Windows]) -> Windows:
    """Return what is open on all days that are not closed, else what most of them have."""
    is_open = [one for one in days if one]
    if not is_open:
        return ()
    return reduce(intersect_windows, is_open) or Counter(is_open).most_common(1)[0][0]
