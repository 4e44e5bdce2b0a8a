"""The dates of some weeks: which are days of work, and what accepted plans say of them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from backend.routes.coverage.account import WEEK
from backend.routes.coverage.problem import Workday
from backend.routes.coverage.workdays import Hours, holidays_of, make_workdays, weekdays_of
from backend.routes.survey import seconds_of
from backend.routes.weeks.ground_repository import AcceptedDay
from backend.routes.weeks.schemas import WEEKDAYS, CoverageRequest

CYCLE_DAYS = 4 * WEEK


def first_monday(on_date: date) -> date:
    """Return the Monday of a date's week."""
    return on_date - timedelta(on_date.weekday())


def first_open_day(request: CoverageRequest, today: date) -> date:
    """Return the first day that is still to be planned: today in weeks that have begun.

    Weeks that are over are planned as if they were to come: to hold them against what happened.
    """
    last_on = first_monday(request.from_on) + timedelta(WEEK * request.weeks - 1)
    return request.from_on if last_on < today else max(request.from_on, today)


def workdays_of(request: CoverageRequest, country: str) -> tuple[Workday, ...]:
    """Return the days of work in the weeks; raise CoverageError for an unknown country."""
    first_on = first_monday(request.from_on)
    hours: Hours = (seconds_of(request.shift_start), seconds_of(request.shift_end))
    weekdays = (
        weekdays_of(country)
        if request.weekdays is None
        else sorted({WEEKDAYS.index(one) for one in request.weekdays})
    )
    off = set(request.days_off)
    if not request.works_on_holidays:
        off |= holidays_of(country, first_on, request.weeks).keys()
    return make_workdays(first_on, request.weeks, dict.fromkeys(weekdays, hours), off=off)


def days_before(
    accepted: Sequence[AcceptedDay], first_on: date, length: int
) -> Mapping[UUID, tuple[int, ...]] | None:
    """Return on which days of new weeks each account would be visited by the accepted plan.

    Where that ends before the weeks, its last four weeks are gone on with; None when it does not
    tell of every day.
    """
    known = {one.on_date: one.account_ids for one in accepted}
    if not known:
        return None
    last_on = max(known)
    found: dict[UUID, list[int]] = {}
    for day in range(length):
        source = first_on + timedelta(day)
        while source > last_on:
            source -= timedelta(CYCLE_DAYS)
        if source not in known:
            return None
        for account_id in known[source]:
            found.setdefault(account_id, []).append(day)
    return {account_id: tuple(days) for account_id, days in found.items()}
