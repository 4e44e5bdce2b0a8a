"""How long a search may go on: counted where the same answer is wanted, timed where it is raced."""

import time
from typing import Protocol


class Budget(Protocol):
    """Tells how much of it is used: 0 at first, 1 when it is over."""

    def step(self, best_cost: int) -> None:
        """Count one iteration, after which the best plan costs so much."""

    def used(self) -> float:
        """Return the share that is used; may exceed 1."""

    def effort(self, share: float) -> float:
        """Return a share of the whole as CP-SAT's deterministic time, roughly seconds."""


class Iterations:
    """So many iterations; the same answer on a busy machine. `seconds` is what they are about."""

    def __init__(self, count: int, *, seconds: float) -> None:
        self._count, self._seconds, self._done = count, seconds, 0

    def step(self, best_cost: int) -> None:
        """Count one iteration."""
        del best_cost
        self._done += 1

    def used(self) -> float:
        """Return the share that is used."""
        return self._done / self._count

    def effort(self, share: float) -> float:
        """Return a share of the whole as deterministic time."""
        return share * self._seconds


class Patience:
    """Until so many iterations found nothing better, or `most` are done, about `seconds` later."""

    def __init__(self, count: int, *, most: int, seconds: float = 0.0) -> None:
        self._count, self._most, self._seconds = count, most, seconds
        self._done = self._since = 0
        self._best: int | None = None

    def step(self, best_cost: int) -> None:
        """Count one iteration, anew after one that found a better plan."""
        self._done += 1
        self._since += 1
        if self._best is None or best_cost < self._best:
            self._best, self._since = best_cost, 0

    def used(self) -> float:
        """Return the share that is used."""
        return max(self._since / self._count, self._done / self._most)

    def effort(self, share: float) -> float:
        """Return a share of the whole as deterministic time; none where no time is planned."""
        return share * self._seconds


class CpuSeconds:
    """So many seconds of this process's own CPU time, from now on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started = time.process_time()

    def step(self, best_cost: int) -> None:
        """Count nothing: the clock does."""
        del best_cost

    def used(self) -> float:
        """Return the share that is used."""
        return (time.process_time() - self._started) / self._seconds

    def effort(self, share: float) -> float:
        """Return a share of the whole as deterministic time."""
        return share * self._seconds
