"""An independent check of planned weeks: its own arithmetic, nothing taken over from the solver."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise

from backend.routes.coverage.account import WEEK, Account
from backend.routes.coverage.days import available_days, day_problem
from backend.routes.coverage.patterns import Choices, choices_of
from backend.routes.coverage.plan import CoveragePlan, PlannedDay
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.day.check import check_plan

_ROUNDING = 0.051
"""The spread is told to a tenth of a per cent."""


def check_coverage(problem: CoverageProblem, plan: CoveragePlan) -> list[str]:
    """Return every rule of the weeks that a plan breaks, as sentences; empty for a sound plan."""
    faults = [*_check_calendar(problem, plan)]
    if faults:
        return faults
    first_on: dict[str, int] = {}
    for day in plan.days:
        for key in _keys(day):
            first_on.setdefault(key, day.day)
        faults += _check_day(problem, day, first_on)
    unplaced = {one.key for one in plan.unplaced}
    for account in problem.accounts:
        visits = _Visits(problem, plan, account)
        if account.key in unplaced:
            faults += [f"{account.key} is unplaced and visited."] if visits.planned else []
        else:
            faults += [*visits.check_days(), *visits.check_frequency(), *visits.check_gaps()]
    return [*faults, *_check_totals(problem, plan), *_check_changes(problem, plan)]


def _check_calendar(problem: CoverageProblem, plan: CoveragePlan) -> Iterator[str]:
    known = Counter(account.key for account in problem.accounts)
    workdays = [one.day for one in problem.workdays if one.day >= problem.open_from]
    if [one.day for one in plan.days] != workdays:
        yield "The planned days are not the workdays that are left."
    for day in plan.days:
        if day.on != problem.on(day.day):
            yield f"Day {day.day} has another date."
    said = [
        *(key for day in plan.days for key in _keys(day)),
        *(one.key for one in plan.unplaced),
        *(one.key for one in plan.dropped),
        *plan.changed,
    ]
    yield from (f"Unknown account {key}." for key in sorted(set(said)) if key not in known)
    dropped = Counter((one.key, day.day) for day in plan.days for one in day.plan.dropped)
    told = Counter((one.key, one.day) for one in plan.dropped if one.day is not None)
    if dropped != told:
        yield "The dropped visits are not those that the plan tells."


def _keys(day: PlannedDay) -> list[str]:
    return [*(one.key for one in day.plan.stops), *(one.key for one in day.plan.dropped)]


def _check_day(
    problem: CoverageProblem, planned: PlannedDay, first_on: Mapping[str, int]
) -> Iterator[str]:
    workday = next(one for one in problem.workdays if one.day == planned.day)
    here = set(_keys(planned))
    accounts = [
        account.at_first() if first_on[account.key] == planned.day else account
        for account in problem.accounts
        if account.key in here
    ]
    for fault in check_plan(day_problem(problem, workday, accounts), planned.plan):
        yield f"{planned.on}: {fault}"
    visited = {stop.key for stop in planned.plan.stops}
    service_s = sum(account.service_s for account in accounts if account.key in visited)
    if planned.load_s != service_s + planned.plan.travel_s:
        yield f"{planned.on}: the load is not service and travel."


class _Visits:
    """One account's visits in a plan: kept, dropped, done or promised."""

    def __init__(self, problem: CoverageProblem, plan: CoveragePlan, account: Account) -> None:
        self.problem, self.account = problem, account
        self.free = set(available_days(problem, account).days)
        self.fixed = set(account.fixed_days)
        self.planned = [day.day for day in plan.days if account.key in _keys(day)]
        past = [day for day in account.fixed_days if day < problem.open_from]
        self.days = sorted([*past, *self.planned])
        self.dropped = Counter(
            one.week for one in plan.dropped if one.key == account.key and one.day is None
        )
        self.every = account.frequency.every_weeks

    def check_days(self) -> Iterator[str]:
        """Find visits on days that cannot be, and fixed visits that are not there."""
        key = self.account.key
        yield from (f"{key} misses its fixed day {day}." for day in self.fixed - set(self.days))
        for day in self.planned:
            if day not in self.free | self.fixed:
                yield f"{key} cannot be visited on day {day}."
        for week in self.dropped:
            if any(day // WEEK == week and day not in self.days for day in self.free):
                yield f"{key} misses its visit in week {week}, which has a free day."

    def check_frequency(self) -> Iterator[str]:
        """Count the visits of each week, for every week of the cycle that may be meant."""
        frequency = self.account.frequency
        phases = range(self.every) if frequency.week is None else (frequency.week,)
        if not any(self._is_kept(phase) for phase in phases):
            yield f"{self.account.key} is not visited as {frequency} says, but on {self.days}."

    def _is_kept(self, phase: int) -> bool:
        weeks = range(self.problem.weeks)
        due = {week for week in weeks if (self.problem.cycle_week + week) % self.every == phase}
        open_week = self.problem.open_from // WEEK
        if self.every == 1:
            return all(self._count(week) for week in weeks if week >= open_week)
        if any(self._in(week) for week in self.dropped):
            return False
        extra = [day for day in self.days if day not in self.fixed and day // WEEK not in due]
        empty = {week for week in due if not self._in(week) and not self.dropped[week]}
        if any(self._is_free(week) for week in empty if week > open_week):
            return False
        reached = all(self._is_made_up(week, extra) for week in empty)
        doubled = [w for w in due if len(self._in(w)) > max(1, self._fixed_in(w))]
        is_owed = self.account.owed_by is not None
        most = len(empty) + is_owed
        return reached and len(extra) + len(doubled) <= most

    def _is_made_up(self, week: int, extra: list[int]) -> bool:
        """Return whether a due week without a visit has one near it, or had no day for one."""
        is_past = WEEK * week < self.problem.open_from
        near = range(week - 1, week + (self.every if is_past else 2))
        waiting = [day for day in self.free - set(self.days) if day // WEEK in near]
        return any(day // WEEK in near for day in extra) or (is_past and not waiting)

    def _count(self, week: int) -> bool:
        """Return whether an every-week account has its visits in a week, or had no day for them."""
        wanted = self.account.frequency.visits
        made = len(self._in(week))
        if WEEK * week < self.problem.open_from:
            possible = len({*self._in(week), *(d for d in self.free if d // WEEK == week)})
            return made <= max(wanted, self._fixed_in(week)) and made >= min(wanted, possible)
        owed = self.account.owed_by
        more = owed is not None and week == min(self.days, default=0) // WEEK
        is_enough = (
            made >= wanted if not self.dropped[week] else made + self.dropped[week] == wanted
        )
        return is_enough and made <= max(wanted, self._fixed_in(week)) + more

    def _in(self, week: int) -> list[int]:
        return [day for day in self.days if day // WEEK == week]

    def _fixed_in(self, week: int) -> int:
        return sum(day // WEEK == week for day in self.fixed)

    def _is_free(self, week: int) -> bool:
        return any(day // WEEK == week for day in self.free)

    def check_gaps(self) -> Iterator[str]:
        """Measure the days between visits, those before and after the weeks with them."""
        account, end = self.account, self.problem.length
        last = account.last_visit_day
        known = [*([] if last is None else [last]), *self.days]
        for one, other in pairwise([*known, end]):
            both_fixed = other in self.fixed and (one == last or one in self.fixed)
            least, most = account.min_gap_days, account.max_gap_days
            if least and other != end and other - one < least and not both_fixed:
                yield f"{account.key} is visited on days {one} and {other}, too near."
            if most and other > self._latest(one, other, most):
                yield f"{account.key} is visited on days {one} and {other}, too far apart."
        owed_by = account.owed_by
        if owed_by is not None:
            first = min(self.free, default=end)
            if min(self.days, default=end) > (owed_by if first <= owed_by else first + WEEK - 1):
                yield f"{account.key} is not visited by day {owed_by}."

    def _latest(self, one: int, other: int, most: int) -> int:
        idle = [
            week
            for week in range(max(one // WEEK + 1, 0), other // WEEK)
            if not self._is_free(week)
        ]
        latest = one + most + WEEK * len(idle)
        first = min((day for day in self.free if day > one), default=self.problem.length)
        return latest if first <= latest else first + WEEK - 1


def _check_totals(problem: CoverageProblem, plan: CoveragePlan) -> Iterator[str]:
    if plan.travel_s != sum(day.plan.travel_s for day in plan.days):
        yield "The travel time is not the sum of the days."
    if plan.distance_m != sum(day.plan.distance_m for day in plan.days):
        yield "The distance is not the sum of the days."
    if not 0 <= plan.bound_s <= plan.travel_s:
        yield "The bound is above the travel time."
    even = [day for day in plan.days if day.share_s]
    spread = max((abs(100 * day.load_s / day.share_s - 100) for day in even), default=0.0)
    if abs(spread - plan.spread_percent) > _ROUNDING:
        yield f"Days differ by {spread:.1f} %, not by {plan.spread_percent}."
    if plan.spread_percent > problem.balance_percent and plan.balance_note is None:
        yield "The days are not even, and nothing says why."
    if sum(day.share_s for day in even) > sum(day.load_s for day in even) + len(even):
        yield "The shares are more than the whole load."


def _check_changes(problem: CoverageProblem, plan: CoveragePlan) -> Iterator[str]:
    unplaced = {one.key for one in plan.unplaced}
    changed, forced = [], 0
    for account in problem.accounts:
        if account.previous_days is None or account.key in unplaced:
            continue
        before = tuple(day for day in account.previous_days if day >= problem.open_from)
        if before != tuple(_Visits(problem, plan, account).planned):
            changed.append(account.key)
            found = choices_of(problem, account)
            is_allowed = isinstance(found, Choices) and any(
                pattern.days == before for pattern in found.patterns
            )
            forced += not is_allowed
    if sorted(changed) != sorted(plan.changed):
        yield "The changed accounts are not those whose days differ."
    if problem.max_changes is not None and len(changed) > problem.max_changes + forced:
        yield f"{len(changed)} accounts change; {problem.max_changes} may and {forced} must."
