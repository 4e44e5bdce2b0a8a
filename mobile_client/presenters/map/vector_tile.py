"""A reader of Mapbox Vector Tiles (specification 2.1) in the standard library alone.

The phone's build has no protobuf; this reads what a base map holds and skips the rest.
"""

import gzip
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

type Point = tuple[int, int]
type Part = list[Point]
type Value = str | float | int | bool

POINT, LINE, POLYGON = 1, 2, 3
_GZIP_MAGIC = b"\x1f\x8b"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MOVE_TO, _CLOSE_PATH = 1, 7


@dataclass(frozen=True, slots=True)
class Feature:
    """One geometry in tile units (y down): points, lines or rings, with its properties."""

    kind: int
    properties: dict[str, Value]
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Layer:
    """A tile's layer; `extent` is the tile's width in tile units."""

    extent: int
    features: list[Feature]


def decode_tile(blob: bytes) -> dict[str, Layer]:
    """The tile's layers by name; raises ValueError when the bytes are no vector tile."""
    try:
        if blob[:2] == _GZIP_MAGIC:
            blob = gzip.decompress(blob)
        layers = (_layer(body) for field, body in _fields(blob) if field == 3)  # noqa: PLR2004
        return dict(layers)
    except (IndexError, struct.error, OSError, EOFError, TypeError) as broken:
        raise ValueError("The tile is cut off or no vector tile.") from broken


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:  # noqa: PLR2004 - the continuation bit
            return value, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Field numbers with their bytes; a varint is given as its unsigned 8 bytes, little-endian."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        match key & 7:
            case 2:
                size, at = _varint(data, at)
            case 0:
                value, at = _varint(data, at)
                yield key >> 3, (value & (2**64 - 1)).to_bytes(8, "little")
                continue
            case 5:
                size = 4
            case 1:
                size = 8
            case wire:
                raise ValueError(f"The tile holds an unknown wire type {wire}.")
        if at + size > end:
            raise ValueError("The tile is cut off.")
        yield key >> 3, data[at : at + size]
        at += size


def _number(field: bytes) -> int:
    return int.from_bytes(field, "little")


def _packed(data: bytes) -> list[int]:
    """A packed list of varints; the hot loop of decoding."""
    values, value, shift = [], 0, 0
    for byte in data:
        if byte < 128:  # noqa: PLR2004
            values.append(value | byte << shift)
            value = shift = 0
        else:
            value |= (byte & 127) << shift
            shift += 7
    return values


def _zigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


_READ_VALUE: dict[int, Callable[[bytes], Value]] = {
    1: bytes.decode,
    2: lambda data: float(struct.unpack("<f", data)[0]),
    3: lambda data: float(struct.unpack("<d", data)[0]),
    4: lambda data: int.from_bytes(data, "little", signed=True),
    5: _number,
    6: lambda data: _zigzag(_number(data)),
    7: lambda data: bool(_number(data)),
}


def _value(data: bytes) -> Value:
    """A tag's value: text, float, double, int, uint, zigzag int or bool by its field number."""
    for field, body in _fields(data):
        if field in _READ_VALUE:
            return _READ_VALUE[field](body)
    return ""


def _layer(data: bytes) -> tuple[str, Layer]:
    name, extent = "", 4096
    keys: list[str] = []
    values: list[Value] = []
    bodies: list[bytes] = []
    for field, body in _fields(data):
        match field:
            case 1:
                name = body.decode()
            case 2:
                bodies.append(body)
            case 3:
                keys.append(body.decode())
            case 4:
                values.append(_value(body))
            case 5:
                extent = _number(body)
            case _:
                pass
    return name, Layer(extent, [_feature(body, keys, values) for body in bodies])


def _feature(data: bytes, keys: list[str], values: list[Value]) -> Feature:
    tags: list[int] = []
    kind, commands = 0, b""
    for field, body in _fields(data):
        match field:
            case 2:
                tags = _packed(body)
            case 3:
                kind = _number(body)
            case 4:
                commands = body
            case _:
                pass
    properties = {
        keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)
    }
    return Feature(kind, properties, _parts(_packed(commands)))


def _parts(commands: list[int]) -> list[Part]:
    """Command integers to parts; a ring ends on its first point."""
    parts: list[Part] = []
    part: Part = []
    x = y = at = 0
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if command == _CLOSE_PATH:
            part.append(part[0])
            continue
        for _ in range(count):
            x += _zigzag(commands[at])
            y += _zigzag(commands[at + 1])
            at += 2
            if command == _MOVE_TO:
                part = []
                parts.append(part)
            part.append((x, y))
    return parts
