"""One rep's weeks as a problem to solve: accounts, workdays, travel; checked on creation."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Never

import msgspec

from backend.routes.coverage.account import WEEK, Account, CoverageError, check_account
from backend.routes.day.problem import (
    MAX_SEED,
    MAX_STOPS,
    DayProblem,
    Lunch,
    Matrix,
    ProblemError,
)
from backend.routes.day.windows import LATEST_S

MIN_WEEKS, MAX_WEEKS = 4, 12
MAX_ACCOUNTS = MAX_STOPS
"""More than a rep can know, and few enough to be all visited on one day."""

MAX_PRICE_S = 7 * 24 * 3600


class Workday(msgspec.Struct, frozen=True, kw_only=True):
    """A day on which the rep works; `day` counts from the first Monday, 0."""

    day: int
    shift_start_s: int
    shift_end_s: int


class CoverageProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Some weeks of one rep; raises CoverageError when they contradict themselves.

    `first_on` is a Monday. `cycle_week` is which week of the four it begins, from 0, counted on
    over the years for rarer visits. Days before `open_from` are past: only their fixed visits
    count. A day's load, service and travel, shall differ from its share by `balance_percent` at
    most. At most `max_changes` accounts get other days than before, where the rules allow; each
    change costs `change_price_s` seconds of travel. `start` and `end` are rows of the matrices.
    """

    accounts: tuple[Account, ...]
    first_on: date
    weeks: int
    workdays: tuple[Workday, ...]
    start: int
    end: int
    durations_s: Matrix
    distances_m: Matrix
    lunch: Lunch | None = None
    cycle_week: int = 0
    open_from: int = 0
    balance_percent: int = 10
    max_changes: int | None = None
    change_price_s: int = 0
    is_estimate: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        _check_weeks(self)
        _check_workdays(self)
        _check_travel(self)
        _check_accounts(self)

    @property
    def length(self) -> int:
        """Return the number of days, workdays or not."""
        return WEEK * self.weeks

    @property
    def open_days(self) -> tuple[Workday, ...]:
        """Return the workdays that are still to be planned."""
        return tuple(one for one in self.workdays if one.day >= self.open_from)

    def on(self, day: int) -> date:
        """Return a day's date."""
        return self.first_on + timedelta(day)


def _fail(detail: str, field: str, account: Account | None = None) -> Never:
    raise CoverageError(detail, field=field, account=account.key if account else None)


def _check_weeks(problem: CoverageProblem) -> None:
    if problem.first_on.weekday() != 0:
        _fail(f"{problem.first_on} is no Monday; begin with one.", "first_on")
    whole: tuple[tuple[str, int, int, int], ...] = (
        ("weeks", problem.weeks, MIN_WEEKS, MAX_WEEKS),
        ("cycle_week", problem.cycle_week, 0, MAX_SEED),
        ("open_from", problem.open_from, 0, problem.length - 1),
        ("balance_percent", problem.balance_percent, 1, 100),
        ("change_price_s", problem.change_price_s, 0, MAX_PRICE_S),
        ("max_changes", problem.max_changes or 0, 0, MAX_ACCOUNTS),
        ("seed", problem.seed, 0, MAX_SEED),
    )
    for field, value, least, most in whole:
        if not least <= value <= most:
            _fail(f"The {field} is {value}; give {least} to {most}.", field)


def _check_workdays(problem: CoverageProblem) -> None:
    days = [one.day for one in problem.workdays]
    if sorted(set(days)) != days:
        _fail("The workdays are out of order, or one is given twice.", "workdays")
    if not problem.open_days:
        _fail("There is no workday left to plan; give later weeks or more workdays.", "workdays")
    for one in problem.workdays:
        if not 0 <= one.day < problem.length:
            _fail(f"Workday {one.day} lies outside {problem.weeks} weeks.", "workdays")
        if not 0 <= one.shift_start_s < one.shift_end_s <= LATEST_S:
            _fail(
                f"The shift on {problem.on(one.day)} runs from {one.shift_start_s} to "
                f"{one.shift_end_s} seconds; it must start before it ends, between 0 and "
                f"{LATEST_S}.",
                "workdays",
            )


def _check_travel(problem: CoverageProblem) -> None:
    """Let the day say what is wrong with matrices, ends and lunch."""
    shift = problem.workdays[0]
    try:
        DayProblem(
            stops=(),
            start=problem.start,
            end=problem.end,
            durations_s=problem.durations_s,
            distances_m=problem.distances_m,
            shift_start_s=shift.shift_start_s,
            shift_end_s=shift.shift_end_s,
            lunch=problem.lunch,
        )
    except ProblemError as error:
        _fail(error.detail, error.field)


def _check_accounts(problem: CoverageProblem) -> None:
    if len(problem.accounts) > MAX_ACCOUNTS:
        _fail(
            f"{len(problem.accounts)} accounts for one rep; give {MAX_ACCOUNTS} at most.",
            "accounts",
        )
    seen: set[str] = set()
    shifts = {one.day for one in problem.workdays}
    for account in problem.accounts:
        if account.key in seen:
            _fail(f"The account {account.key} is given twice; give it once.", "key", account)
        seen.add(account.key)
        check_account(account, rows=len(problem.durations_s))
        _check_days(problem, account, shifts)


def _check_days(problem: CoverageProblem, account: Account, shifts: set[int]) -> None:
    _check_in_weeks(problem, account, "closed_days", account.closed_days)
    _check_in_weeks(problem, account, "fixed_days", account.fixed_days)
    _check_in_weeks(problem, account, "previous_days", account.previous_days or ())
    if account.last_visit_day is not None and account.last_visit_day >= 0:
        _fail(
            f"The last visit to {account.name} is on day {account.last_visit_day}; visits in these "
            "weeks are fixed_days, those before them have negative days.",
            "last_visit_day",
            account,
        )
    if account.owed_by is not None:
        _check_in_weeks(problem, account, "owed_by", (account.owed_by,))
    for day in account.fixed_days:
        if day >= problem.open_from and day not in shifts:
            _fail(
                f"A visit to {account.name} is fixed for {problem.on(day)}, which is no workday; "
                "move the visit or let the rep work.",
                "fixed_days",
                account,
            )


def _check_in_weeks(
    problem: CoverageProblem, account: Account, field: str, days: Iterable[int]
) -> None:
    given = list(days)
    if sorted(set(given)) != given:
        _fail(f"The {field} of {account.name} are out of order or doubled.", field, account)
    for day in given:
        if not 0 <= day < problem.length:
            _fail(
                f"{account.name} has day {day} in {field}; give 0 to {problem.length - 1}.",
                field,
                account,
            )
