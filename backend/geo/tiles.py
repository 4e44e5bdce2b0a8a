"""Slippy-map tiles on Web Mercator and their Morton keys.

The world is a square of 2^24 x 2^24 cells with the origin in the north-west. The Morton key of a
position interleaves the bits of its cell, so that a tile is one contiguous range of keys and a
B-tree answers it. The database computes the same keys (`prospect_map.qk`).
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from backend.geo.vocabulary import Bounds, GeoError, LonLat, check_lonlat

WORLD_BITS = 24
WORLD_SIZE = 1 << WORLD_BITS
MAX_ZOOM = 22
# The square map ends where the Mercator y of the north equals the half circumference.
MAX_MERCATOR_LAT = math.degrees(math.atan(math.sinh(math.pi)))
DEFAULT_CELL_BITS = 6  # 64 x 64 cells a tile: at most 4,096 features
# A rectangle over the whole world at zoom 14 is 268 million tiles: always a mistake.
MAX_COVERING_TILES = 1_000_000


class World24(NamedTuple):
    """A cell of the 2^24 x 2^24 world, x to the east, y to the south."""

    x: int
    y: int


class TileRange(NamedTuple):
    """What the tile query binds: keys in [lo, hi), the tile's corner, and two right shifts.

    `(wx - x0) * 4096 >> shift` is a position in the tile; `qk >> cell_shift` names its cell.
    """

    lo: int
    hi: int
    x0: int
    y0: int
    shift: int
    cell_shift: int


class Tile(NamedTuple):
    """A slippy-map tile, y to the south (XYZ, not TMS)."""

    z: int
    x: int
    y: int


def check_tile(z: int, x: int, y: int) -> Tile:
    """Return the tile, or raise GeoError (no_such_tile) outside the pyramid of zooms 0 to 22."""
    if not 0 <= z <= MAX_ZOOM:
        raise GeoError("no_such_tile", f"Zoom {z} is not between 0 and {MAX_ZOOM}.", "z")
    if not (0 <= x < 1 << z and 0 <= y < 1 << z):
        raise GeoError(
            "no_such_tile", f"Tile {z}/{x}/{y} does not exist: x and y go to {(1 << z) - 1}.", "x"
        )
    return Tile(z, x, y)


def spread24(value: int) -> int:
    """Put a zero bit between the 24 bits of a value."""
    value = (value | (value << 16)) & 0x0000_FFFF_0000_FFFF
    value = (value | (value << 8)) & 0x00FF_00FF_00FF_00FF
    value = (value | (value << 4)) & 0x0F0F_0F0F_0F0F_0F0F
    value = (value | (value << 2)) & 0x3333_3333_3333_3333
    return (value | (value << 1)) & 0x5555_5555_5555_5555


def morton(x: int, y: int) -> int:
    """Interleave two cell numbers: x on the even bits, y on the odd ones."""
    return spread24(x) | (spread24(y) << 1)


def lonlat_to_world24(lon: float, lat: float) -> World24:
    """Give the world cell of a position; GeoError (outside_map) beyond 85.05 degrees latitude."""
    point = check_lonlat(lon, lat)
    if abs(point.lat) > MAX_MERCATOR_LAT:
        raise GeoError(
            "outside_map",
            f"Latitude {lat:g} is beyond the map, which ends at 85.05 degrees.",
            "location",
        )
    # One formula with the SQL function tuyen_wy, so that both sides agree on the cell.
    angle = math.radians(point.lat)
    north = math.log(math.tan(angle) + 1 / math.cos(angle)) / math.pi
    x = math.floor((point.lon + 180) / 360 * WORLD_SIZE)
    y = math.floor((1 - north) / 2 * WORLD_SIZE)
    return World24(min(max(x, 0), WORLD_SIZE - 1), min(max(y, 0), WORLD_SIZE - 1))


def lonlat_to_key(lon: float, lat: float) -> int:
    """Give the Morton key (`qk`) of a position."""
    return morton(*lonlat_to_world24(lon, lat))


def world24_to_lonlat(x: float, y: float) -> LonLat:
    """Give the north-west corner of a world cell in degrees; fractions are positions inside."""
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / WORLD_SIZE))))
    return LonLat(x / WORLD_SIZE * 360 - 180, lat)


def tile_range(z: int, x: int, y: int, *, cell_bits: int = DEFAULT_CELL_BITS) -> TileRange:
    """Give the key range of a tile split into 2^cell_bits x 2^cell_bits cells."""
    check_tile(z, x, y)
    shift = WORLD_BITS - z
    key = morton(x, y)
    return TileRange(
        lo=key << 2 * shift,
        hi=(key + 1) << 2 * shift,
        x0=x << shift,
        y0=y << shift,
        shift=shift,
        cell_shift=max(0, 2 * (shift - cell_bits)),
    )


def tile_bounds(z: int, x: int, y: int) -> Bounds:
    """Give the box of a tile in degrees."""
    check_tile(z, x, y)
    shift = WORLD_BITS - z
    north_west = world24_to_lonlat(x << shift, y << shift)
    south_east = world24_to_lonlat((x + 1) << shift, (y + 1) << shift)
    return Bounds(north_west.lon, south_east.lat, south_east.lon, north_west.lat)


def tiles_covering(bounds: Bounds, z: int) -> Iterator[Tile]:
    """Yield the tiles that a box touches, row by row; GeoError (too_many_tiles) over a million."""
    check_tile(z, 0, 0)
    shift = WORLD_BITS - z
    limit = MAX_MERCATOR_LAT
    south, north = max(bounds.south, -limit), min(bounds.north, limit)
    if bounds.west > bounds.east or south > north:
        raise GeoError("bad_bounds", "The box needs west <= east and south <= north on the map.")
    x0, y0 = (v >> shift for v in lonlat_to_world24(bounds.west, north))
    x1, y1 = (v >> shift for v in lonlat_to_world24(bounds.east, south))
    count = (x1 - x0 + 1) * (y1 - y0 + 1)
    if count > MAX_COVERING_TILES:
        raise GeoError(
            "too_many_tiles", f"The box covers {count:,} tiles at zoom {z}; take a smaller one."
        )
    return (Tile(z, x, y) for y in range(y0, y1 + 1) for x in range(x0, x1 + 1))
