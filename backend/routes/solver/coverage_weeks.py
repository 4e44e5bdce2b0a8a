"""A rep's weeks compiled for arithmetic: days, accounts and patterns go by their index."""

import numpy as np
import numpy.typing as npt

from backend.routes.coverage.account import WEEK, Account
from backend.routes.coverage.patterns import Choices, choices_of
from backend.routes.coverage.plan import Unplaced
from backend.routes.coverage.problem import CoverageProblem

FAR_S = 10_000_000
"""What a leg without a street costs here: far more than a day, and sums stay whole numbers."""

type Vector = npt.NDArray[np.int64]
type Choice = list[int]
"""Of each account, the index of its pattern."""


class Weeks:
    """The accounts that can be placed, their patterns, and travel between them.

    Rows and columns of `leg_s` are the accounts, then `start` and `end`. `must_hold_s` is a day's
    shift without lunch. An account's first visit takes `first_extra_s` more than its others, or
    less; `has_first` tells the day of it under each pattern, of those where it makes a difference.
    """

    def __init__(self, problem: CoverageProblem) -> None:
        self.problem = problem
        self.days = problem.open_days
        choices = [(account, choices_of(problem, account)) for account in problem.accounts]
        self.unplaced = [found for _, found in choices if isinstance(found, Unplaced)]
        placed = [(one, found) for one, found in choices if isinstance(found, Choices)]
        self.accounts = [account for account, _ in placed]
        self.patterns = [found.patterns for _, found in placed]
        number = {workday.day: index for index, workday in enumerate(self.days)}
        self.visits = [
            [tuple(number[day] for day in pattern.days) for pattern in patterns]
            for patterns in self.patterns
        ]
        self.has_visit = [self._matrix(patterns) for patterns in self.visits]
        self.previous = [self._previous(index) for index in range(len(self.accounts))]
        self.service_s = np.array([one.service_s for one in self.accounts], dtype=np.int64)
        self.first_extra_s = np.array(
            [one.at_first().service_s - one.service_s for one in self.accounts], dtype=np.int64
        )
        self.has_first = {
            account: self._matrix([days[:1] for days in self.visits[account]])
            for account in np.flatnonzero(self.first_extra_s).tolist()
        }
        self.start, self.end = len(self.accounts), len(self.accounts) + 1
        self.leg_s = self._legs()
        lunch_s = problem.lunch.duration_s if problem.lunch else 0
        shifts = [day.shift_end_s - day.shift_start_s for day in self.days]
        self.must_hold_s = np.maximum(np.array(shifts, dtype=np.int64) - lunch_s, 1)

    def accounts_on(self, choice: Choice) -> list[list[int]]:
        """Return the accounts of each day under a choice of patterns."""
        found: list[list[int]] = [[] for _ in self.days]
        for account, pattern in enumerate(choice):
            for day in self.visits[account][pattern]:
                found[day].append(account)
        return found

    def firsts_on(self, choice: Choice) -> list[frozenset[int]]:
        """Return whose first visit, of another length than the others, is on each day."""
        found: list[set[int]] = [set() for _ in self.days]
        for account in self.has_first:
            for day in self.visits[account][choice[account]][:1]:
                found[day].add(account)
        return [frozenset(one) for one in found]

    def shares(self, loads: npt.NDArray[np.floating | np.integer]) -> npt.NDArray[np.float64]:
        """Return the load that each day would have if it were spread like the shifts' lengths."""
        return float(loads.sum()) * self.must_hold_s / max(int(self.must_hold_s.sum()), 1)

    def changed(self, choice: Choice) -> list[Account]:
        """Return the accounts whose days differ from those of the earlier plan."""
        return [
            account
            for index, account in enumerate(self.accounts)
            if account.previous_days is not None and choice[index] != self.previous[index]
        ]

    def as_before(self, choice: Choice) -> Choice:
        """Return a choice with the days of the earlier plan wherever they are still allowed."""
        return [
            wanted if known is None else known
            for wanted, known in zip(choice, self.previous, strict=True)
        ]

    def pattern_price_s(self, account: int) -> npt.NDArray[np.float64]:
        """Return what each of an account's patterns costs, whatever the ways of its days.

        It may be another one than before, and have visits on weekdays that the account does not
        prefer.
        """
        return self._change_price_s(account) + self._unwished_price_s(account)

    def _unwished_price_s(self, account: int) -> npt.NDArray[np.float64]:
        one = self.accounts[account]
        if not one.preferred:
            return np.zeros(len(self.patterns[account]))
        unwished = [0.0 if one.preferred[day.day % WEEK] else 1.0 for day in self.days]
        prices: npt.NDArray[np.float64] = self.has_visit[account] @ np.array(unwished)
        return prices * one.preference_s

    def _change_price_s(self, account: int) -> npt.NDArray[np.float64]:
        prices = np.zeros(len(self.patterns[account]))
        if self.accounts[account].previous_days is not None:
            prices += self.problem.change_price_s
            known = self.previous[account]
            if known is not None:
                prices[known] = 0.0
        return prices

    def max_changes(self) -> int | None:
        """Return how many accounts may change: those without their earlier days have no choice."""
        if self.problem.max_changes is None:
            return None
        forced = sum(
            known is None and account.previous_days is not None
            for known, account in zip(self.previous, self.accounts, strict=True)
        )
        return self.problem.max_changes + forced

    def _previous(self, account: int) -> int | None:
        """Return the pattern that an earlier plan had, if it is still allowed."""
        before = self.accounts[account].previous_days
        if before is None:
            return None
        left = tuple(day for day in before if day >= self.problem.open_from)
        days = [pattern.days for pattern in self.patterns[account]]
        return days.index(left) if left in days else None

    def _matrix(self, patterns: list[tuple[int, ...]]) -> npt.NDArray[np.float64]:
        matrix = np.zeros((len(patterns), len(self.days)))
        for row, days in enumerate(patterns):
            matrix[row, list(days)] = 1.0
        return matrix

    def _legs(self) -> Vector:
        problem = self.problem
        nodes = [*(one.node for one in self.accounts), problem.start, problem.end]
        legs = [[_leg(problem.durations_s, origin, target) for target in nodes] for origin in nodes]
        return np.array(legs, dtype=np.int64)


def _leg(matrix: tuple[tuple[int | None, ...], ...], origin: int | None, target: int | None) -> int:
    entry = None if origin is None or target is None else matrix[origin][target]
    return FAR_S if entry is None else min(entry, FAR_S)
