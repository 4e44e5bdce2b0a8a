"""What the street network and its OSRM process say to each other.

Frames are a length of 4 bytes, big-endian, and MessagePack. Tables travel as the bytes of their
numbers: nothing reads or writes them one by one on the way.
"""

import os
from collections.abc import Sequence

import msgspec

LENGTH_BYTES = 4
TABLE_NUMBER = "<i4"

type Position = tuple[float, float]


class TableQuestion(msgspec.Struct, tag="table"):
    """From each source to each destination, both indexes of `points`, within `radius_m`."""

    points: Sequence[Position]
    sources: Sequence[int]
    destinations: Sequence[int]
    radius_m: float
    within_s: float


class ReachQuestion(msgspec.Struct, tag="reach"):
    """Seconds from the first point to each of the others."""

    points: Sequence[Position]
    radius_m: float
    within_s: float


class PathQuestion(msgspec.Struct, tag="path"):
    """The way through all points."""

    points: Sequence[Position]
    radius_m: float
    within_s: float


class MatchQuestion(msgspec.Struct, tag="match"):
    """The streets a trace ran on; `times_s` are whole and rise, `radiuses_m` are the noise."""

    points: Sequence[Position]
    times_s: Sequence[int]
    radiuses_m: Sequence[float]
    within_s: float


class TableAnswer(msgspec.Struct, tag="table"):
    """Row by row in TABLE_NUMBER, NO_WAY where none leads; `off` is (index, metres or None)."""

    durations_s: memoryview
    distances_m: memoryview
    off: list[tuple[int, int | None]]


class ReachAnswer(msgspec.Struct, tag="reach"):
    """Seconds to each point but the first in TABLE_NUMBER; how far off the first point is."""

    durations_s: memoryview
    origin_off_m: float


class Legs(msgspec.Struct):
    """A line and for each leg its metres, seconds and the index of its first position."""

    line: list[Position]
    metres: list[float]
    seconds: list[float]
    starts: list[int]


class PathAnswer(msgspec.Struct, tag="path"):
    """The way as asked: one leg between each two points."""

    legs: Legs


class Matching(msgspec.Struct):
    """A run of the trace without a break: the points it holds and a leg between each two."""

    indexes: list[int]
    legs: Legs
    confidence: float


class MatchAnswer(msgspec.Struct, tag="match"):
    """All runs; a point that is in none fits no street."""

    matchings: list[Matching]


class Refusal(msgspec.Struct, tag="refusal"):
    """Why there is no answer; `index` is the point or leg meant, -1 for none."""

    code: str
    detail: str
    index: int = -1


class Ready(msgspec.Struct, tag="ready"):
    """Said once, when the graph is loaded."""


type Question = TableQuestion | ReachQuestion | PathQuestion | MatchQuestion
type Answer = TableAnswer | ReachAnswer | PathAnswer | MatchAnswer | Refusal | Ready


def read_frame(descriptor: int) -> bytes | None:
    """Read one frame; None when the other side has closed."""
    head = _read_exactly(descriptor, LENGTH_BYTES)
    return None if head is None else _read_exactly(descriptor, int.from_bytes(head))


def frame(payload: bytes) -> bytes:
    """Put the length before a payload."""
    return len(payload).to_bytes(LENGTH_BYTES) + payload


def _read_exactly(descriptor: int, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        chunk = os.read(descriptor, count - len(parts))
        if not chunk:
            return None
        parts += chunk
    return bytes(parts)
