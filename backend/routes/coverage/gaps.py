"""The days between an account's visits, across the border of the weeks too."""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from backend.routes.coverage.account import WEEK, Account
from backend.routes.coverage.problem import CoverageProblem


def has_gaps(
    problem: CoverageProblem, account: Account, days: Sequence[int], free: Collection[int]
) -> bool:
    """Return whether visits keep the account's own gaps, as far as there are free days for it.

    Two fixed visits may be as near as they are. Weeks without a free day do not count.
    """
    return not any(
        _is_too_short(problem, account, one, other)
        or _is_too_long(problem, account, (one, other), free)
        for one, other in _steps(problem, account, days)
    )


def soon(problem: CoverageProblem, free: Collection[int], latest: int, *, after: int = -1) -> int:
    """Return the last day to be as good as in time: `latest`, or a week from the first free day."""
    first = min((day for day in free if day > after), default=problem.length)
    return latest if first <= latest else first + WEEK - 1


def usual_gap_error(problem: CoverageProblem, account: Account, days: Sequence[int]) -> int:
    """Return by how many days the first visit is too early or late for the frequency.

    Half and one and a half of its weeks are usual; nothing is asked where the week is fixed, or
    the last visit is unknown and there is one.
    """
    frequency = account.frequency
    if frequency.every_weeks == 1 or frequency.week is not None:
        return 0
    if account.last_visit_day is None:
        return 0 if days else problem.length
    gap = (days[0] if days else problem.length) - account.last_visit_day
    least, most = WEEK * frequency.every_weeks // 2, WEEK * frequency.every_weeks * 3 // 2
    return max(least - gap, gap - most, 0)


def _steps(
    problem: CoverageProblem, account: Account, days: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Yield each visit with the next one; the first after the weeks may be on their next day."""
    last = () if account.last_visit_day is None else (account.last_visit_day,)
    yield from pairwise((*last, *days))
    if days or last:
        yield (*last, *days)[-1], problem.length


def _is_too_short(problem: CoverageProblem, account: Account, one: int, other: int) -> bool:
    least = account.min_gap_days
    is_fixed = other in account.fixed_days and (one < 0 or one in account.fixed_days)
    if least is None or is_fixed or other == problem.length:
        return False
    return other - one < least


def _is_too_long(
    problem: CoverageProblem, account: Account, step: tuple[int, int], free: Collection[int]
) -> bool:
    one, other = step
    if account.max_gap_days is None:
        return False
    idle = sum(
        not any(WEEK * week <= day < WEEK * (week + 1) for day in free)
        for week in range(max(one // WEEK + 1, 0), other // WEEK)
    )
    latest = one + account.max_gap_days + WEEK * idle
    return other > soon(problem, free, latest, after=one)
