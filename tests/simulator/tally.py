"""Counts of what really happened, the failures, and each device's log to debug them by."""

import threading
import time
from collections import Counter, deque
from typing import TextIO

import msgspec

_TAIL = 120


class Failure(msgspec.Struct, frozen=True):
    """A broken invariant: in which seed, who saw it, what, and what happened before."""

    seed: int
    who: str
    what: str
    detail: list[str]
    tail: list[str]


class Tally:
    """Counts and failures of a run; safe to share between threads."""

    def __init__(self, trace: TextIO | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.failures: list[Failure] = []
        self.began = time.monotonic()
        self._trace = trace
        self._lock = threading.Lock()

    def count(self, name: str, by: int = 1) -> None:
        """Count work done."""
        with self._lock:
            self.counts[name] += by

    def fault(self, name: str, by: int = 1) -> None:
        """Count a fault that happened."""
        with self._lock:
            self.faults[name] += by

    def fail(self, log: "Log", what: str, detail: list[str] | None = None) -> None:
        """Note a broken invariant with the end of the log of who saw it."""
        failure = Failure(log.seed, log.who, what, (detail or [])[:40], list(log.tail))
        log(f"FAILED {what}", *failure.detail)
        with self._lock:
            self.failures.append(failure)

    def begin(self) -> None:
        """Count the time from now on."""
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the run lasts so far."""
        return time.monotonic() - self.began

    def write(self, line: str) -> None:
        """Append a line to the trace, if one is kept."""
        if self._trace is not None:
            with self._lock:
                self._trace.write(line + "\n")


class Log:
    """What one actor of a seed did, in order; the last lines are kept for a failure."""

    def __init__(self, tally: Tally, seed: int, who: str) -> None:
        self.tally = tally
        self.seed = seed
        self.who = who
        self.tail: deque[str] = deque(maxlen=_TAIL)

    def __call__(self, *words: object) -> None:
        line = f"{self.tally.seconds:9.4f} {self.seed} {self.who}: {' '.join(map(str, words))}"
        self.tail.append(line)
        self.tally.write(line)
