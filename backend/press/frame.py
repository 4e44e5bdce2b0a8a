"""From places on the globe to points on paper (Web Mercator, y upwards)."""

import math
from collections.abc import Sequence

import msgspec

from backend.geo.tiles import MAX_MERCATOR_LAT, Tile
from backend.geo.vocabulary import EARTH_RADIUS_M, LonLat

_MARGIN = 0.86
"""Which part of the paper the places may fill."""
_LEAST_M = 800.0
"""A map shows at least so much from left to right, however close the places are."""
_TILE_PT = 160.0
"""Tiles are printed at least so wide: more would be drawn than can be seen."""
_NICE = (5, 2, 1)
_BESIDE = [
    (ring * math.cos(turn * math.pi / 6), ring * math.sin(turn * math.pi / 6))
    for ring in (0.0, 1.2, 2.4, 3.6)
    for turn in range(12 if ring else 1)
]
"""Where a dot may stand: at its spot, then in rings round it."""

type Point = tuple[float, float]


class Frame(msgspec.Struct, frozen=True):
    """A piece of paper of `width` x `height` points over a piece of the world.

    The world is a square of side 1 with its origin in the north-west; `scale` is points a world.
    """

    width: float
    height: float
    scale: float
    west: float
    south: float

    def place(self, point: LonLat) -> Point:
        """Return where a place is on the paper, from its lower left corner."""
        return self.spot(*_world(point))

    def spot(self, x: float, y: float) -> Point:
        """Return where a position of the world square is on the paper."""
        return (x - self.west) * self.scale, (self.south - y) * self.scale

    def holds(self, point: Point) -> bool:
        """Tell whether a point lies on the paper."""
        return 0 <= point[0] <= self.width and 0 <= point[1] <= self.height

    @property
    def metres_a_point(self) -> float:
        """How many metres one point on paper is, in the middle."""
        y = self.south - self.height / 2 / self.scale
        lat = math.atan(math.sinh(math.pi * (1 - 2 * y)))
        return 2 * math.pi * EARTH_RADIUS_M * math.cos(lat) / self.scale

    def zoom(self, least: int, most: int) -> int:
        """Return the zoom whose tiles are printed in a fitting size."""
        return max(least, min(most, int(math.log2(self.scale / _TILE_PT))))

    def tiles(self, zoom: int) -> list[Tile]:
        """Return the tiles of a zoom that lie on the paper."""
        count = 1 << zoom
        x0, x1 = self.west, self.west + self.width / self.scale
        y0, y1 = self.south - self.height / self.scale, self.south
        return [Tile(zoom, x, y) for y in _steps(y0, y1, count) for x in _steps(x0, x1, count)]

    def scale_bar(self, most_pt: float) -> tuple[int, float]:
        """Return a round number of metres and its length on paper, of at most `most_pt` points."""
        most_m = most_pt * self.metres_a_point
        power = 10 ** math.floor(math.log10(most_m))
        length_m = next(step * power for step in _NICE if step * power <= most_m)
        return round(length_m), length_m / self.metres_a_point


def fit(places: Sequence[LonLat], width: float, height: float) -> Frame:
    """Return the frame that shows all the places, in the middle; at least one is needed."""
    spots = [_world(place) for place in places]
    west, east = min(x for x, _ in spots), max(x for x, _ in spots)
    north, south = min(y for _, y in spots), max(y for _, y in spots)
    lat = math.radians(places[0].lat)
    least = _LEAST_M / (2 * math.pi * EARTH_RADIUS_M * max(math.cos(lat), 0.05))
    span_x, span_y = max(east - west, least), max(south - north, least * height / width)
    scale = min(width * _MARGIN / span_x, height * _MARGIN / span_y)
    middle_x, middle_y = (west + east) / 2, (north + south) / 2
    return Frame(width, height, scale, middle_x - width / 2 / scale, middle_y + height / 2 / scale)


def spread(spots: Sequence[Point], apart: float) -> list[Point]:
    """Return where to draw dots of points so that they stand `apart`: at their spot, or beside it.

    Where there is no room near by, a dot stays at its spot and covers others.
    """
    found: list[Point] = []
    for x, y in spots:
        choices = ((x + dx * apart, y + dy * apart) for dx, dy in _BESIDE)
        free = (one for one in choices if all(math.dist(one, other) >= apart for other in found))
        found.append(next(free, (x, y)))
    return found


def _world(point: LonLat) -> Point:
    lat = math.radians(max(-MAX_MERCATOR_LAT, min(MAX_MERCATOR_LAT, point.lat)))
    y = (1 - math.asinh(math.tan(lat)) / math.pi) / 2
    return (point.lon + 180) / 360, y


def _steps(low: float, high: float, count: int) -> range:
    first, last = math.floor(low * count), math.floor(high * count)
    return range(max(0, first), min(count - 1, last) + 1)
