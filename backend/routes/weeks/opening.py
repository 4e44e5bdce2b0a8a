"""Opening hours of dates as those of seven weekdays, and the days on which it is closed."""

from collections import Counter
from datetime import date, timedelta
from functools import reduce

import msgspec

from backend.geo.hours import windows_on
from backend.geo.vocabulary import LonLat
from backend.routes.coverage.account import WEEK
from backend.routes.day.windows import Window, intersect_windows, merge_windows

type Windows = tuple[Window, ...]

_TENTH = 1
"""Decimals of a degree: sunrise differs by less than half a minute within a tenth."""


class Opening(msgspec.Struct, frozen=True):
    """When an account is open: windows by weekday that hold on days not in `closed_days`."""

    windows: tuple[Windows, ...]
    closed_days: tuple[int, ...]


class Hours:
    """The opening of many accounts over the same dates; those with the same hours are read once."""

    def __init__(self, first_on: date, length: int, country: str, unknown: Window) -> None:
        self._dates = [first_on + timedelta(day) for day in range(length)]
        self._country = country
        self._unknown = unknown
        self._known: dict[tuple[str | None, LonLat], Opening] = {}

    def opening(self, text: str | None, location: tuple[float, float]) -> Opening:
        """Return when an account is open; the whole shift where nobody knows."""
        near = LonLat(round(location[0], _TENTH), round(location[1], _TENTH))
        key = (text, near)
        if key not in self._known:
            self._known[key] = self._read(text, near)
        return self._known[key]

    def _read(self, text: str | None, near: LonLat) -> Opening:
        days = [self._windows(text, on, near) for on in self._dates]
        windows = [_common(days[weekday::WEEK]) for weekday in range(WEEK)]
        closed = [
            day
            for day, found in enumerate(days)
            if windows[day % WEEK] and intersect_windows(found, windows[day % WEEK])
            != windows[day % WEEK]
        ]  # fmt: skip
        return Opening(tuple(windows), tuple(closed))

    def _windows(self, text: str | None, on: date, near: LonLat) -> Windows:
        found = windows_on(text, on, country=self._country, location=near)
        if found is None:
            return (self._unknown,)
        return merge_windows(Window(one.start_minute * 60, one.end_minute * 60) for one in found)


def _common(days: list[Windows]) -> Windows:
    """Return what is open on all days that are not closed, else what most of them have."""
    is_open = [one for one in days if one]
    if not is_open:
        return ()
    return reduce(intersect_windows, is_open) or Counter(is_open).most_common(1)[0][0]
