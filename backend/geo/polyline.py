"""Google's encoded polyline algorithm with precision 6: route lines as short text on the wire."""

from collections.abc import Iterable, Iterator

from backend.geo.vocabulary import GeoError, LonLat, check_lonlat

PRECISION = 1_000_000
_OFFSET = 63
_CHUNK_BITS = 5
_CHUNK = 0x1F
_MORE = 0x20
_LAST_CHARACTER = _OFFSET + _MORE + _CHUNK
# 360 degrees at precision 6, zigzagged, take 30 bits; more is damage, not distance.
_MAX_SHIFT = 30


def encode_polyline(points: Iterable[LonLat]) -> str:
    """Encode positions, latitude first inside as the algorithm wants it, rounded to 1e-6 degree."""
    parts: list[str] = []
    last_lat = last_lon = 0
    for point in points:
        lat, lon = round(point.lat * PRECISION), round(point.lon * PRECISION)
        parts.append(_encode_step(lat - last_lat))
        parts.append(_encode_step(lon - last_lon))
        last_lat, last_lon = lat, lon
    return "".join(parts)


def decode_polyline(text: str) -> tuple[LonLat, ...]:
    """Decode positions; raise GeoError (bad_polyline and those of check_lonlat) for damage."""
    steps = list(_steps(text))
    if len(steps) % 2:
        raise GeoError("bad_polyline", "The polyline ends in the middle of a position.")
    points: list[LonLat] = []
    lat = lon = 0
    for index in range(0, len(steps), 2):
        lat += steps[index]
        lon += steps[index + 1]
        points.append(check_lonlat(lon / PRECISION, lat / PRECISION, field="polyline"))
    return tuple(points)


def _encode_step(step: int) -> str:
    value = ~(step << 1) if step < 0 else step << 1
    letters: list[str] = []
    while value >= _MORE:
        letters.append(chr((_MORE | (value & _CHUNK)) + _OFFSET))
        value >>= _CHUNK_BITS
    letters.append(chr(value + _OFFSET))
    return "".join(letters)


def _steps(text: str) -> Iterator[int]:
    value = shift = 0
    for position, letter in enumerate(text):
        code = ord(letter)
        if not _OFFSET <= code <= _LAST_CHARACTER or shift > _MAX_SHIFT:
            raise GeoError("bad_polyline", f"The polyline is damaged at character {position + 1}.")
        chunk = code - _OFFSET
        value |= (chunk & _CHUNK) << shift
        shift += _CHUNK_BITS
        if chunk < _MORE:
            yield ~(value >> 1) if value & 1 else value >> 1
            value = shift = 0
    if shift:
        raise GeoError("bad_polyline", "The polyline ends in the middle of a number.")
