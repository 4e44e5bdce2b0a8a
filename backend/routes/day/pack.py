"""The day pack: a planned day in a form that a phone carries, to plan it anew without a network."""

import base64
import binascii
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate, batched
from typing import Any

import msgspec

from backend.routes.day.plan import DayPlan
from backend.routes.day.problem import DayProblem, Matrix

_FORMAT = 1
_MAX_BYTES = 16 * 1024 * 1024
"""Far more than a day of 500 stops takes unpacked; nobody's pack fills a phone's memory."""
_WORD = 4
_COUNT_BYTES = 4
_NO_WAY = -1
_LONGEST_LEG = 2**30
"""More seconds or metres than any day has room for; longer legs are packed as this."""
_MATRICES = ("durations_s", "distances_m")


class PackError(ValueError):
    """A pack that cannot be read: damaged, or of a later format."""


class DayPack(msgspec.Struct, frozen=True, kw_only=True):
    """A planned day and where it lies.

    `points` are [longitude, latitude] of each row of the matrices, `midnight` is when the local day
    begins, `lunch_over_s` when the planned lunch ends (None without one).
    """

    problem: DayProblem
    points: tuple[tuple[float, float], ...]
    midnight: datetime
    lunch_over_s: int | None = None


class _Head(msgspec.Struct, frozen=True):
    """All of a pack but the matrices, which follow it as numbers."""

    format: int
    points: tuple[tuple[float, float], ...]
    midnight: datetime
    lunch_over_s: int | None
    problem: dict[str, Any]


def pack_day(
    problem: DayProblem,
    plan: DayPlan,
    points: Sequence[tuple[float, float]],
    midnight: datetime,
) -> str | None:
    """Return the day as text (3 kB for 30 stops, 46 kB for 120), None without its points."""
    if len(points) != len(problem.durations_s):
        return None
    stated = msgspec.structs.asdict(problem)
    head = _Head(
        format=_FORMAT,
        points=tuple((lon, lat) for lon, lat in points),
        midnight=midnight,
        lunch_over_s=None if plan.lunch is None else plan.lunch.end_s,
        problem={name: part for name, part in stated.items() if name not in _MATRICES},
    )
    text = msgspec.json.encode(head)
    numbers = _pack_matrix(problem.durations_s) + _pack_matrix(problem.distances_m)
    whole = len(text).to_bytes(_COUNT_BYTES, "little") + text + numbers
    return base64.b64encode(zlib.compress(whole, 9)).decode()


def unpack_day(text: str) -> DayPack:
    """Return the day of a pack; raise PackError."""
    whole = _inflate(text)
    begin = _COUNT_BYTES + int.from_bytes(whole[:_COUNT_BYTES], "little")
    try:
        head = msgspec.json.decode(whole[_COUNT_BYTES:begin], type=_Head)
        if head.format != _FORMAT:
            raise PackError(f"The pack has format {head.format}; this program knows {_FORMAT}.")
        size, numbers = len(head.points), whole[begin:]
        middle = len(numbers) // 2
        rows = {
            "durations_s": _unpack_matrix(numbers[:middle], size),
            "distances_m": _unpack_matrix(numbers[middle:], size),
        }
        problem = msgspec.convert({**head.problem, **rows}, DayProblem)
    except msgspec.MsgspecError as error:
        raise PackError(f"The pack cannot be read: {error}.") from error
    return DayPack(
        problem=problem,
        points=head.points,
        midnight=head.midnight,
        lunch_over_s=head.lunch_over_s,
    )


def _inflate(text: str) -> bytes:
    try:
        inflater = zlib.decompressobj()
        whole = inflater.decompress(base64.b64decode(text, validate=True), _MAX_BYTES)
    except (zlib.error, binascii.Error, ValueError) as error:
        raise PackError(f"The pack is damaged: {error}.") from error
    if not inflater.eof:
        raise PackError("The pack is cut short, or far too large.")
    return whole


def _pack_matrix(matrix: Matrix) -> bytes:
    """Return the steps from entry to entry, their bytes sorted by weight: most of them are 0."""
    entries = [
        _NO_WAY if entry is None else min(entry, _LONGEST_LEG) for row in matrix for entry in row
    ]
    steps = (after - before for before, after in zip([0, *entries], entries, strict=False))
    words = _little(array("I", ((step << 1) ^ (step >> 63) for step in steps)))
    return b"".join(words[place::_WORD] for place in range(_WORD))


def _unpack_matrix(planes: bytes, size: int) -> list[Iterable[int | None]]:
    if len(planes) != size * size * _WORD:
        raise PackError(f"The pack has {len(planes)} bytes where {size} places need another count.")
    words = bytearray(len(planes))
    for place in range(_WORD):
        words[place::_WORD] = planes[place * size * size : (place + 1) * size * size]
    marks = array("I")
    marks.frombytes(_little(array("I", bytes(words))))
    entries = accumulate((mark >> 1) ^ -(mark & 1) for mark in marks)
    found = (None if entry == _NO_WAY else entry for entry in entries)
    return [tuple(row) for row in batched(found, size, strict=True)] if size else []


def _little(words: array[int]) -> bytes:
    """Return numbers as bytes, the lightest first on every machine (and the other way round)."""
    if sys.byteorder == "big":
        words.byteswap()
    return words.tobytes()
