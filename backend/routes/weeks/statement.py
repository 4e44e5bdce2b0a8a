"""From a rep's accounts, visits and accepted days to the weeks as a problem."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec
import numpy as np

from backend.accounts.frequency import (
    CYCLE_WEEKS,
    Frequency,
    FrequencyError,
    frequency_of_days,
    parse_frequency,
)
from backend.geo.network.provider import Matrix
from backend.routes.coverage.account import EVERY_DAY, WEEK, Account, CoverageError
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.day.problem import Lunch
from backend.routes.day.windows import Window
from backend.routes.survey import seconds_of
from backend.routes.weeks.calendar import days_before, first_monday, first_open_day, workdays_of
from backend.routes.weeks.ground_repository import OWED_DAYS, AcceptedDay, AccountFacts
from backend.routes.weeks.opening import Hours
from backend.routes.weeks.schemas import WEEKDAYS, AccountRule, CoverageRequest
from backend.visits.kinds import VisitKind

_BASE = 0


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a rep when the weeks are stated; `accounts` are those with a place."""

    country: str
    today: date
    cycle_week: int
    accounts: tuple[AccountFacts, ...]
    accepted: tuple[AcceptedDay, ...]
    kind_minutes: Mapping[VisitKind, int] = {}
    """Of the kinds of visits that have minutes of their own."""


def make_problem(request: CoverageRequest, facts: Facts, matrix: Matrix) -> CoverageProblem:
    """State the weeks; row 0 of the matrix is the rep's base, the others are the accounts in order.

    Raises CoverageError where they contradict themselves.
    """
    return _Statement(request, facts).problem(matrix)


def check_weeks(request: CoverageRequest, country: str, today: date) -> None:
    """Raise CoverageError for weeks that contradict themselves whoever works in them."""
    facts = Facts(country=country, today=today, cycle_week=0, accounts=(), accepted=())
    nowhere = np.zeros((1, 1), dtype=np.int32)
    make_problem(request, facts, Matrix(nowhere, nowhere, is_estimate=True))


def _frequency_of(rule: AccountRule | None, written: str | None, every_days: int) -> Frequency:
    """Return how often an account is visited: the rule's word, its record's, or its days'."""
    text = (rule.frequency if rule else None) or written
    return frequency_of_days(every_days) if text is None else parse_frequency(text)


class _Statement:
    """The weeks on the way from facts to a problem."""

    def __init__(self, request: CoverageRequest, facts: Facts) -> None:
        self.request, self.facts = request, facts
        self.first_on = first_monday(request.from_on)
        self.length = WEEK * request.weeks
        self.workdays = workdays_of(request, facts.country)
        self.work_dates = {self._on(one.day) for one in self.workdays}
        self.open_on = self._open_on()
        self.open_from = (self.open_on - self.first_on).days
        self.rules = {rule.account_id: rule for rule in request.rules}
        self.before = days_before(facts.accepted, self.first_on, self.length)
        shift = Window(seconds_of(request.shift_start), seconds_of(request.shift_end))
        self.hours = Hours(self.first_on, self.length, facts.country, shift)
        self.planned = _dates_by_account(facts.accepted)

    def problem(self, matrix: Matrix) -> CoverageProblem:
        request, off = self.request, {one.index for one in matrix.off_network}
        if _BASE in off:
            raise CoverageError(
                "The place where the rep's days begin is off every street: set another home.",
                field="rep_ids",
            )
        lunch = None
        if request.lunch_minutes:
            lunch = Lunch(
                earliest_s=seconds_of(request.lunch_earliest),
                latest_s=seconds_of(request.lunch_latest),
                duration_s=request.lunch_minutes * 60,
            )
        return CoverageProblem(
            accounts=tuple(
                self._account(account, None if index in off else index)
                for index, account in enumerate(self.facts.accounts, start=_BASE + 1)
            ),
            first_on=self.first_on,
            weeks=request.weeks,
            workdays=self.workdays,
            start=_BASE,
            end=_BASE,
            durations_s=matrix.duration_rows(),
            distances_m=matrix.distance_rows(),
            lunch=lunch,
            cycle_week=self.facts.cycle_week,
            open_from=self.open_from,
            balance_percent=request.balance_percent,
            max_changes=request.max_changes,
            change_price_s=60 * request.change_minutes,
            is_estimate=matrix.is_estimate,
            seed=request.seed,
        )

    def _account(self, account: AccountFacts, node: int | None) -> Account:
        rule = self.rules.get(account.id)
        frequency = self._frequency(account, rule)
        opening = self.hours.opening(account.hours, account.location or (0.0, 0.0))
        last_on = self._last_visit(account)
        return Account(
            key=str(account.id),
            node=node,
            service_s=self._service_s(account, (rule and rule.kind) or VisitKind.ROUTINE),
            first_service_s=self._first_service_s(account, rule, last_on),
            frequency=frequency,
            windows=opening.windows,
            weekdays=_weekdays(rule),
            closed_days=opening.closed_days,
            preferred=opening.preferred,
            preference_s=opening.preference_s,
            has_own_hours=opening.is_cut,
            min_gap_days=rule.min_gap_days if rule else None,
            max_gap_days=rule.max_gap_days if rule else None,
            last_visit_day=None if last_on is None else (last_on - self.first_on).days,
            owed_by=self._owed_by(account),
            fixed_days=self._fixed_days(account),
            previous_days=self._previous_days(account, frequency),
            label=account.name,
        )

    def _frequency(self, account: AccountFacts, rule: AccountRule | None) -> Frequency:
        try:
            return _frequency_of(rule, account.visit_frequency, account.visit_every_days)
        except FrequencyError as error:
            raise CoverageError(
                f"{account.name}: {error}", field="frequency", account=str(account.id)
            ) from error

    def _service_s(self, account: AccountFacts, kind: VisitKind) -> int:
        return 60 * self.facts.kind_minutes.get(kind, account.visit_minutes)

    def _first_service_s(
        self, account: AccountFacts, rule: AccountRule | None, last_on: date | None
    ) -> int | None:
        """Return how long the first visit of a prospect takes; None where there is none to come."""
        is_known = last_on is not None or account.done_on or not account.is_prospect
        if is_known or (rule and rule.kind):
            return None
        return self._service_s(account, VisitKind.FIRST)

    def _last_visit(self, account: AccountFacts) -> date | None:
        """Return the last visit before the weeks, made or still to come by an accepted plan."""
        coming = [
            on
            for on in self.planned.get(account.id, ())
            if self.facts.today <= on < self.first_on
        ]  # fmt: skip
        return max([*coming, *([account.last_on] if account.last_on else [])], default=None)

    def _fixed_days(self, account: AccountFacts) -> tuple[int, ...]:
        begin = max(self.facts.today, self.first_on)
        coming = [on for on in self.planned.get(account.id, ()) if begin <= on < self.open_on]
        promised = [on for on in account.promised_on if on in self.work_dates]
        dates = {*account.done_on, *coming, *promised}
        return tuple(sorted((on - self.first_on).days for on in dates))

    def _owed_by(self, account: AccountFacts) -> int | None:
        """Return by when a visit is made up for that was planned before, and not made since."""
        known = self.planned.get(account.id, ())
        end = min(self.facts.today, self.first_on)
        skipped = [on for on in known if self.first_on - timedelta(OWED_DAYS) <= on < end]
        if not skipped:
            return None
        made = [*account.done_on, *([account.last_on] if account.last_on else [])]
        coming = [on for on in known if self.facts.today <= on < self.open_on]
        if coming or any(on >= max(skipped) for on in made):
            return None
        return min(self.open_from + WEEK - 1, self.length - 1)

    def _previous_days(self, account: AccountFacts, frequency: Frequency) -> tuple[int, ...] | None:
        """Return the days by the accepted plan; a rhythm of other weeks than four has none."""
        if self.before is None or CYCLE_WEEKS % frequency.every_weeks:
            return None
        return self.before.get(account.id)

    def _open_on(self) -> date:
        """Return the first open day; what was done on a day off is done before it."""
        open_on = first_open_day(self.request, self.facts.today)
        is_off = open_on == self.facts.today and open_on not in self.work_dates
        return open_on + timedelta(is_off and open_on < self._on(self.length - 1))

    def _on(self, day: int) -> date:
        return self.first_on + timedelta(day)


def _weekdays(rule: AccountRule | None) -> tuple[int, ...]:
    if rule is None or rule.weekdays is None:
        return EVERY_DAY
    return tuple(sorted({WEEKDAYS.index(one) for one in rule.weekdays}))


def _dates_by_account(accepted: Sequence[AcceptedDay]) -> Mapping[UUID, tuple[date, ...]]:
    found: dict[UUID, tuple[date, ...]] = {}
    for one in accepted:
        for account_id in one.account_ids:
            found[account_id] = (*found.get(account_id, ()), one.on_date)
    return found
