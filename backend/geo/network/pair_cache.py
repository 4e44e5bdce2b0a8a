"""Keeps travel between pairs of positions, so that a known pair costs a look into an array."""

import threading
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from backend.geo.network.provider import Numbers

# More than MAX_POINTS, so that each matrix fits. All pairs take 2 x 4 bytes: 33 MB a network.
MAX_POSITIONS = 2048
UNKNOWN = -2
_FIRST_POSITIONS = 256
# What a table costs in microseconds of CPU: each source and destination is a search, each pair a
# number to hand over. Only their ratio matters; measured by tests/benchmarks/matrix.py.
_SEARCH_US = 130
_PAIR_US = 0.4
_MICRODEGREES = 1e6  # the engine counts in these, so rounding to them changes no answer

type Key = tuple[int, int]
type Indexes = npt.NDArray[np.intp]


class Known(msgspec.Struct, eq=False):
    """What the cache holds of a matrix: UNKNOWN where it does not know."""

    durations_s: Numbers
    distances_m: Numbers


class Block(msgspec.Struct, frozen=True, eq=False):
    """A part of a matrix: each of the rows by each of the columns."""

    rows: Indexes
    columns: Indexes


class PairCache:
    """Travel by pair of positions, for one version of one network; shared by threads.

    When it is full, the positions that were asked for longest ago make room.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[Key, int] = {}
        self._keys: list[Key | None] = []
        self._off: dict[Key, int | None] = {}
        self._now = 0
        self._used = np.zeros(0, np.int64)
        self._durations_s = np.zeros((0, 0), np.int32)
        self._distances_m = np.zeros((0, 0), np.int32)

    @property
    def bytes(self) -> int:
        """What the tables take."""
        return self._durations_s.nbytes + self._distances_m.nbytes

    def look_up(self, keys: Sequence[Key]) -> tuple[Known, dict[int, int | None]]:
        """Return all that is known between distinct positions, and which of them lie off."""
        size = len(keys)
        known = Known(*(np.full((size, size), UNKNOWN, np.int32) for _ in range(2)))
        with self._lock:
            at = [index for index, key in enumerate(keys) if key in self._slots]
            slots = [self._slots[keys[index]] for index in at]
            if slots:
                self._touch(slots)
                here, there = np.ix_(at, at), np.ix_(slots, slots)
                known.durations_s[here] = self._durations_s[there]
                known.distances_m[here] = self._distances_m[there]
            off = {index: self._off[keys[index]] for index in at if keys[index] in self._off}
        return known, off

    def keep(self, keys: Sequence[Key], known: Known, off: dict[int, int | None]) -> None:
        """Remember all pairs of a matrix that is complete."""
        with self._lock:
            slots = self._slots_of(keys)
            there = np.ix_(slots, slots)
            self._durations_s[there] = known.durations_s
            self._distances_m[there] = known.distances_m
            self._off.update((keys[index], metres) for index, metres in off.items())

    def _slots_of(self, keys: Sequence[Key]) -> list[int]:
        self._touch([self._slots[key] for key in keys if key in self._slots])
        new = [key for key in keys if key not in self._slots]
        slots = self._free_slots(len(new))
        for slot, key in zip(slots, new, strict=True):
            self._slots[key] = slot
            self._keys[slot] = key
        self._touch(slots)
        return [self._slots[key] for key in keys]

    def _touch(self, slots: Sequence[int]) -> None:
        self._now += 1
        self._used[list(slots)] = self._now

    def _free_slots(self, count: int) -> list[int]:
        held = len(self._used)
        while held < MAX_POSITIONS and held - len(self._slots) < count:
            held = min(MAX_POSITIONS, max(_FIRST_POSITIONS, 2 * held))
        self._grow(held)
        self._forget(count - (held - len(self._slots)))
        return [slot for slot, key in enumerate(self._keys) if key is None][:count]

    def _forget(self, count: int) -> None:
        """Drop the positions that were used longest ago; those in use were touched just now."""
        if count <= 0:
            return
        oldest = sorted(self._slots, key=lambda key: self._used[self._slots[key]])[:count]
        gone = [self._slots.pop(key) for key in oldest]
        for key, slot in zip(oldest, gone, strict=True):
            self._off.pop(key, None)
            self._keys[slot] = None
        for numbers in (self._durations_s, self._distances_m):
            numbers[gone, :] = numbers[:, gone] = UNKNOWN

    def _grow(self, size: int) -> None:
        held = len(self._used)
        if size > held:
            self._keys.extend([None] * (size - held))
            self._used = np.concatenate([self._used, np.zeros(size - held, np.int64)])
            self._durations_s = _grown(self._durations_s, size)
            self._distances_m = _grown(self._distances_m, size)


def _grown(numbers: Numbers, size: int) -> Numbers:
    """Return a larger table with what was in a smaller one."""
    grown = np.full((size, size), UNKNOWN, np.int32)
    grown[: len(numbers), : len(numbers)] = numbers
    return grown


def key_of(position: tuple[float, float]) -> Key:
    """Name a position as the engine sees it, to a millionth of a degree (0.1 m)."""
    return round(position[0] * _MICRODEGREES), round(position[1] * _MICRODEGREES)


def position_of(key: Key) -> tuple[float, float]:
    """Return the position that a key names."""
    return key[0] / _MICRODEGREES, key[1] / _MICRODEGREES


def select_blocks(known: Numbers) -> list[Block]:
    """Return what to ask for so that nothing stays UNKNOWN, by the cheapest of two ways.

    Either everything at once, or the new positions by all and the others by the new ones.
    """
    size = len(known)
    everything = np.arange(size)
    unknown = known == UNKNOWN
    if not unknown.any():
        return []
    if unknown.all():
        return [Block(everything, everything)]
    new = _cover(unknown)
    old = np.setdiff1d(everything, new)
    searches = (len(new) + size) + (len(old) + len(new))
    pairs = len(new) * (size + len(old))
    if not len(old) or _cost_us(searches, pairs) >= _cost_us(2 * size, size * size):
        return [Block(everything, everything)]
    return [Block(new, everything), Block(old, new)]


def _cost_us(searches: int, pairs: int) -> float:
    return _SEARCH_US * searches + _PAIR_US * pairs


def _cover(unknown: npt.NDArray[np.bool_]) -> Indexes:
    """Return positions of which each unknown pair holds one, those with the most such pairs first.

    The smallest such set is hard to find; one that is a little larger costs a few searches.
    """
    left = unknown | unknown.T
    whole = np.flatnonzero(left.all(axis=1))
    left[whole, :] = left[:, whole] = False
    chosen = whole.tolist()
    counts = left.sum(axis=1)
    while counts.any():
        most = int(counts.argmax())
        chosen.append(most)
        counts -= left[most]
        left[most, :] = left[:, most] = False
        counts[most] = 0
    return np.array(sorted(chosen), np.intp)
