"""The sets of days on which an account may be visited: its frequency, laid on the calendar.

A pattern keeps to the same weekdays in all its weeks. Where one of them is off, the visit moves
to the nearest day of the week, or of a neighbouring week when the frequency leaves that one free.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

from backend.routes.coverage.account import WEEK, Account
from backend.routes.coverage.days import Availability, available_days
from backend.routes.coverage.gaps import has_gaps, soon, usual_gap_error
from backend.routes.coverage.plan import Rule, Unplaced
from backend.routes.coverage.problem import CoverageProblem

_BRANCHES = 3
"""So many visits on days off are tried on several days; further ones go to their nearest."""


class Pattern(msgspec.Struct, frozen=True, order=True):
    """Days of visits in order, and the weeks in which a visit that is due has no day.

    `spare` are fixed visits beyond what the frequency asks for.
    """

    days: tuple[int, ...]
    dropped: tuple[int, ...] = ()
    spare: int = 0


class Choices(msgspec.Struct, frozen=True):
    """What an account may get; `fixed` are its visits that are still to come."""

    patterns: tuple[Pattern, ...]
    fixed: tuple[int, ...]


def choices_of(problem: CoverageProblem, account: Account) -> Choices | Unplaced:
    """Return an account's patterns in order, without days that are past; or why there are none."""
    open_days = available_days(problem, account)
    fixed = tuple(day for day in account.fixed_days if day >= problem.open_from)
    if open_days.why_never and not fixed:
        return Unplaced(key=account.key, rule=Rule.NO_POSSIBLE_DAY, detail=open_days.why_never)
    found = _Patterns(problem, account, open_days)
    patterns = found.allowed()
    if isinstance(patterns, Unplaced):
        return patterns
    return Choices(tuple(sorted(patterns)), fixed)


class _Patterns:
    """One account's patterns on their way from weekdays to what the gaps allow."""

    def __init__(self, problem: CoverageProblem, account: Account, free: Availability) -> None:
        self.problem, self.account = problem, account
        self.free = frozenset(free.days)
        self.work_week = sorted({one.day % WEEK for one in problem.workdays})
        self.fixed = account.fixed_days
        self.can_spread = account.min_gap_days is None and account.max_gap_days is None

    def allowed(self) -> list[Pattern] | Unplaced:
        """Return every pattern that keeps the explicit rules, the usual ones as far as can be."""
        patterns = {*self._resolved()}
        if not patterns:
            return self._too_often()
        patterns = self._with_owed(patterns)
        kept = [
            one for one in patterns if has_gaps(self.problem, self.account, one.days, self.free)
        ]
        if not kept:
            return self._broken_gap(patterns)
        least = min(self._faults(one) for one in kept)
        return [self._still_open(one) for one in kept if self._faults(one) == least]

    def _faults(self, pattern: Pattern) -> tuple[int, int, int]:
        """Return in what a pattern falls short of its frequency: what weighs most comes first."""
        error = usual_gap_error(self.problem, self.account, pattern.days)
        return len(pattern.dropped), pattern.spare, error

    def _resolved(self) -> Iterator[Pattern]:
        for targets in self._targets():
            yield from self._settle(targets)

    def _targets(self) -> Iterator[list[int]]:
        """Yield the days as the notation has them, holidays or not."""
        frequency, weeks = self.account.frequency, range(self.problem.weeks)
        if frequency.every_weeks == 1:
            for weekdays in self._weekday_sets(frequency.visits):
                yield [WEEK * week + weekday for week in weeks for weekday in weekdays]
            return
        phases = range(frequency.every_weeks) if frequency.week is None else (frequency.week,)
        for phase in phases:
            due = [
                week
                for week in weeks
                if (self.problem.cycle_week + week) % frequency.every_weeks == phase
            ]
            for weekday in self._weekdays():
                yield [WEEK * week + weekday for week in due]

    def _weekdays(self) -> list[int]:
        """Return the weekdays with at least one possible day."""
        possible = {day % WEEK for day in (*self.free, *self.fixed)}
        return [weekday for weekday in self.work_week if weekday in possible]

    def _weekday_sets(self, count: int) -> list[tuple[int, ...]]:
        sets = list(combinations(self._weekdays(), count))
        if not self.can_spread or not sets:
            return sets
        roughness = {one: self._roughness(one) for one in sets}
        return [one for one in sets if roughness[one] == min(roughness.values())]

    def _roughness(self, weekdays: Sequence[int]) -> int:
        """Return how unevenly some weekdays lie in the rep's week: squares of the gaps."""
        places = [self.work_week.index(weekday) for weekday in weekdays]
        following = [*places[1:], places[0] + len(self.work_week)]
        return sum((after - place) ** 2 for place, after in zip(places, following, strict=True))

    def _settle(self, targets: Sequence[int]) -> Iterator[Pattern]:
        """Yield the patterns that come of some targets when fixed visits and free days are met."""
        waiting = list(targets)
        spare = 0
        for day in self.fixed:
            same_week = [one for one in waiting if one // WEEK == day // WEEK]
            if same_week:
                waiting.remove(min(same_week, key=lambda one: abs(one - day)))
            else:
                spare += 1
        taken = {*self.fixed, *(one for one in waiting if one in self.free)}
        off = [one for one in waiting if one not in self.free]
        yield from self._move_off(off, Pattern(tuple(taken), spare=spare), branches=_BRANCHES)

    def _move_off(
        self, off: Sequence[int], pattern: Pattern, *, branches: int
    ) -> Iterator[Pattern]:
        """Yield a pattern with its visits on days off moved, one after the other."""
        days, dropped = pattern.days, pattern.dropped
        if not off:
            yield Pattern(tuple(sorted(days)), dropped, pattern.spare)
            return
        moves = self._moves(off[0], set(days))
        if not moves:
            left_out = Pattern(days, (*dropped, off[0] // WEEK), pattern.spare)
            yield from self._move_off(off[1:], left_out, branches=branches)
        for day in moves if branches else moves[:1]:
            moved = Pattern((*days, day), dropped, pattern.spare)
            yield from self._move_off(off[1:], moved, branches=max(branches - 1, 0))

    def _moves(self, target: int, taken: set[int]) -> list[int]:
        """Return the days that may stand in for one that is off, the nearest first."""
        week, every = target // WEEK, self.account.frequency.every_weeks
        moves = self._around(target, taken, week, week)
        if moves or every == 1:
            return moves
        if target < self.problem.open_from:  # skipped: it re-enters before the next is due
            days = sorted(self.free - taken)
            return [day for day in days if day < WEEK * (week + every) and day < days[0] + WEEK]
        return self._around(target, taken, week - 1, week + 1)

    def _around(self, target: int, taken: set[int], first: int, last: int) -> list[int]:
        days = [day for day in self.free - taken if first <= day // WEEK <= last]
        before = max((day for day in days if day < target), default=None)
        after = min((day for day in days if day > target), default=None)
        found = [day for day in (before, after) if day is not None]
        return sorted(found, key=lambda day: abs(day - target))

    def _with_owed(self, patterns: set[Pattern]) -> set[Pattern]:
        """Return the patterns that make up for a skipped visit, with one visit more if need be."""
        if self.account.owed_by is None:
            return patterns
        owed_by = soon(self.problem, self.free, self.account.owed_by)
        early = {one for one in patterns if one.days and one.days[0] <= owed_by}
        if early:
            return early
        return {
            Pattern((day, *one.days), one.dropped, one.spare)
            for one in patterns
            for day in self.free
            if day <= owed_by
        }

    def _still_open(self, pattern: Pattern) -> Pattern:
        days = tuple(day for day in pattern.days if day >= self.problem.open_from)
        dropped = tuple(
            week for week in pattern.dropped if WEEK * (week + 1) > self.problem.open_from
        )
        return Pattern(days, dropped, pattern.spare)

    def _too_often(self) -> Unplaced:
        visits = self.account.frequency.visits
        return Unplaced(
            key=self.account.key,
            rule=Rule.FREQUENCY,
            detail=f"{self.account.name} is not planned: its frequency {self.account.frequency} "
            f"needs {visits} days in every week, and it can be visited on "
            f"{len(self._weekdays())}. Let it be visited less often or on more weekdays.",
        )

    def _broken_gap(self, patterns: Iterable[Pattern]) -> Unplaced:
        account, known = self.account, list(patterns)
        least, most = account.min_gap_days, account.max_gap_days
        if not known:
            rule, wish = Rule.OWED_BY, "a visit that makes up for the skipped one in time"
        elif self._is_kept_without(known, "min_gap_days"):
            rule, wish = Rule.MIN_GAP, f"{least} days at least between visits"
        elif self._is_kept_without(known, "max_gap_days"):
            rule, wish = Rule.MAX_GAP, f"{most} days at most between visits"
        else:
            rule, wish = Rule.BOTH_GAPS, f"{least} to {most} days between visits"
        return Unplaced(
            key=account.key,
            rule=rule,
            detail=f"{account.name} is not planned: with the frequency {account.frequency} and its "
            f"possible days, no plan keeps {wish}. Change that or the frequency.",
        )

    def _is_kept_without(self, patterns: Sequence[Pattern], gap: str) -> bool:
        relaxed = msgspec.structs.replace(self.account, **{gap: None})
        return any(has_gaps(self.problem, relaxed, one.days, self.free) for one in patterns)
