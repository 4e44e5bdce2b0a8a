"""The days on which a rep works: weekends and holidays of any country, and the rep's absences."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

import holidays

from backend.routes.coverage.account import CoverageError
from backend.routes.coverage.problem import Workday

type Hours = tuple[int, int]
"""Start and end of a shift, in seconds since local midnight."""


def weekdays_of(country: str) -> tuple[int, ...]:
    """Return a country's usual weekdays of work, 0 for Monday; CoverageError if it is unknown."""
    weekend = _calendar(country).weekend
    return tuple(weekday for weekday in range(7) if weekday not in weekend)


def holidays_of(country: str, first_on: date, weeks: int) -> dict[date, str]:
    """Return the public holidays of some weeks with their names, as far as they are known.

    `country` is ISO 3166-1 alpha-2; raises CoverageError for one that is unknown.
    """
    calendar = _calendar(country)
    days = (first_on + timedelta(day) for day in range(7 * weeks))
    named = ((day, calendar.get(day)) for day in days)
    return {day: name for day, name in named if name is not None}


def make_workdays(
    first_on: date, weeks: int, shifts: Mapping[int, Hours], *, off: Collection[date] = ()
) -> tuple[Workday, ...]:
    """Return the days of work from a Monday on: `shifts` by weekday, without the days off."""
    days = []
    for day in range(7 * weeks):
        on = first_on + timedelta(day)
        shift = shifts.get(on.weekday())
        if shift is not None and on not in off:
            days.append(Workday(day=day, shift_start_s=shift[0], shift_end_s=shift[1]))
    return tuple(days)


def _calendar(country: str) -> holidays.HolidayBase:
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        raise CoverageError(
            f"No holidays are known for “{country[:20]}”; give a country's two letters.",
            field="country",
        ) from None
