"""Days in grains: which column a day stands in, and which days are compared with which."""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from backend.api.problems import malformed_field
from backend.cube.columns import Whole
from backend.cube.schemas import ComparisonAsked, Grain

FIRST_YEAR, LAST_YEAR = 1970, 2200
MOST_DAYS = 3660
DAYS_A_MONTH = 365.2425 / 12
_EPOCH = date(1970, 1, 1)
_MONTHS_A_QUARTER, _MONTHS_A_YEAR = 3, 12
_THURSDAY = 3


class Span(NamedTuple):
    """Days, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def low(self) -> int:
        """The first day, counted from 1970."""
        return (self.first - _EPOCH).days

    @property
    def high(self) -> int:
        """The day after the last, counted from 1970."""
        return self.low + self.days


def day_number(day: date) -> int:
    """Return a day, counted from 1970."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """Return the day of such a number."""
    return _EPOCH + timedelta(days=number)


def span_of(from_date: date | None, to_date: date | None, today: date, field: str = "") -> Span:
    """Return the days that are asked for; without, the twelve months up to today."""
    for name, day in (("from_date", from_date), ("to_date", to_date)):
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise malformed_field(
                field + name, f"Give a day of the years {FIRST_YEAR} to {LAST_YEAR}."
            )
    last = to_date or today
    first = from_date or max(_EPOCH, _years_before(last, 1) + timedelta(days=1))
    if last < first:
        raise malformed_field(
            field + "to_date", "The period ends before it begins.", code="dates_reversed"
        )
    span = Span(first, last)
    if span.days > MOST_DAYS:
        raise malformed_field(
            field + "to_date",
            f"The period is longer than {MOST_DAYS} days: ask for less at once.",
            code="period_too_long",
        )
    return span


def compared_span(asked: ComparisonAsked, span: Span, today: date) -> Span:
    """Return the days to compare with; those of the period itself where areas are compared."""
    match asked.to:
        case "year_before":
            return _back(Span(_years_before(span.first, 1), _years_before(span.last, 1)))
        case "before":
            return _back(_before(span))
        case "dates":
            if asked.from_date is None or asked.to_date is None:
                raise malformed_field(
                    "compare.from_date", "Give from_date and to_date of what to compare with."
                )
            return span_of(asked.from_date, asked.to_date, today, "compare.")
        case _:
            return span


def _back(span: Span) -> Span:
    if span.first < _EPOCH:
        raise malformed_field(
            "compare.to", f"What is compared with lies before {FIRST_YEAR}: ask for later days."
        )
    return span


def _before(span: Span) -> Span:
    """Return as many whole months where the period has those, else as many days."""
    after = span.last + timedelta(days=1)
    last = span.first - timedelta(days=1)
    if span.first.day == after.day == 1:
        months = (after.year - span.first.year) * _MONTHS_A_YEAR + after.month - span.first.month
        at = span.first.year * _MONTHS_A_YEAR + span.first.month - 1 - months
        return Span(date(at // _MONTHS_A_YEAR, at % _MONTHS_A_YEAR + 1, 1), last)
    return Span(span.first - timedelta(days=span.days), last)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - years, day=28)


class Buckets(NamedTuple):
    """A period in grains: each day's column, and the first day of each column."""

    of_day: Whole
    starts: list[date]

    def lengths(self) -> list[int]:
        """Return how many days of the period are in each column."""
        return np.bincount(self.of_day, minlength=len(self.starts)).tolist()


def buckets(span: Span, grain: Grain) -> Buckets:
    """Return the columns of a period."""
    days = np.arange(span.low, span.high)
    match grain:
        case "day":
            number = days
        case "week":
            number = (days + _THURSDAY) // 7
        case _:
            months = days.astype("M8[D]").astype("M8[M]").astype(np.int64)
            by = {"month": 1, "quarter": _MONTHS_A_QUARTER, "year": _MONTHS_A_YEAR}[grain]
            number = months // by
    of_day = number - number[0]
    firsts = np.flatnonzero(np.append(True, of_day[1:] != of_day[:-1]))
    return Buckets(of_day, [day_of(int(days[at])) for at in firsts])


def bucket_key(start: date, grain: Grain) -> str:
    """Return a column's key: 2026-11-22, 2026-W47, 2026-11, 2026-Q4 or 2026."""
    match grain:
        case "day":
            return start.isoformat()
        case "week":
            year, week, _ = start.isocalendar()
            return f"{year}-W{week:02}"
        case "month":
            return f"{start:%Y-%m}"
        case "quarter":
            return f"{start.year}-Q{(start.month - 1) // _MONTHS_A_QUARTER + 1}"
        case _:
            return f"{start.year}"
