"""An area as ranges of Morton keys: cells that lie wholly in it, and cells at its edge.

Cells of the map are boxes in degrees, because Mercator bends neither meridians nor parallels. So a
cell is compared with the area as it was drawn, and what a B-tree finds in the cells inside is in
the area without looking at any place. Only what lies in a cell at the edge is looked at.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from backend.geo.tiles import MAX_MERCATOR_LAT, WORLD_BITS, WORLD_SIZE

MAX_AREA_LAT = 85.05
"""Where the map ends, and no account lies beyond."""
_EDGE_CELLS = 400
"""So many cells at the edge are enough: each costs a descent of the index."""
_FINEST = 21  # a cell of 20 m
# A hundredth of a millimetre: a place at the very edge of a cell may be counted to either cell.
_ROUNDING_DEGREES = 1e-10

_INSIDE, _AT_EDGE = 1, 2

type Cells = npt.NDArray[np.int64]
type Keys = npt.NDArray[np.int64]


class KeyRange(NamedTuple):
    """Morton keys from `lo` up to, not including, `hi`."""

    lo: int
    hi: int


class Cover(NamedTuple):
    """Ranges of keys in rising order: no two overlap, within a list or between both."""

    inner: list[KeyRange]
    """Of cells whose every place lies in the area."""
    edge: list[KeyRange]
    """Of cells in which a place may lie in the area or not."""


def cover(area: shapely.MultiPolygon, *, edge_cells: int = _EDGE_CELLS) -> Cover:
    """Return the cells of an area within MAX_AREA_LAT; what lies in none of them lies outside."""
    shapely.prepare(area)
    level, x, y = _start(area)
    inner: list[tuple[int, Cells]] = []
    while True:
        boxes = _boxes(level, x, y)
        touched = shapely.intersects(area, boxes)
        x, y, boxes = x[touched], y[touched], boxes[touched]
        whole = shapely.covers(area, boxes)
        inner.append((level, _keys(x[whole], y[whole])))
        x, y = x[~whole], y[~whole]
        if len(x) == 0 or level >= _FINEST or 2 * len(x) > edge_cells:
            break
        level += 1
        x = np.concatenate([2 * x, 2 * x + 1, 2 * x, 2 * x + 1])
        y = np.concatenate([2 * y, 2 * y, 2 * y + 1, 2 * y + 1])
    return Cover(_ranges(inner), _ranges([(level, _keys(x, y))]))


def settle(rough: Cover, area: shapely.MultiPolygon, keys: Keys) -> Cover:
    """Return a cover of the same area that has hardly an edge, for places with these keys alone.

    The keys are those of all the places in the edge's ranges. A key is a cell of some two metres:
    only where the area's own border runs through it, its places stay at the edge. Ranges grow over
    what lies between two keys, since no place does.
    """
    if not rough.edge:
        return rough
    keys = np.unique(keys)
    x, y = _compact(keys), _compact(keys >> 1)
    boxes = _boxes(WORLD_BITS, x, y)
    shapely.prepare(area)
    middle = shapely.get_coordinates(shapely.centroid(boxes))
    state = shapely.contains_xy(area, middle).astype(np.int64)
    state[shapely.STRtree(boxes).query(_sides(area), predicate="intersects")[1]] = _AT_EDGE
    part = np.searchsorted([one.lo for one in rough.edge], keys, side="right")
    is_new = np.ones(len(keys), bool)
    is_new[1:] = (state[1:] != state[:-1]) | (part[1:] != part[:-1])
    is_last = np.append(is_new[1:], True)[: len(keys)]
    found: dict[int, list[KeyRange]] = {_INSIDE: [], _AT_EDGE: []}
    runs = zip(state[is_new].tolist(), keys[is_new].tolist(), keys[is_last].tolist(), strict=True)
    for one, lo, hi in runs:
        if one in found:
            found[one].append(KeyRange(lo, hi + 1))
    return Cover(sorted(rough.inner + found[_INSIDE]), found[_AT_EDGE])


def _sides(area: shapely.MultiPolygon) -> npt.NDArray[np.object_]:
    corners = []
    for ring in shapely.get_rings(shapely.get_parts(area)):
        points = shapely.get_coordinates(ring)
        corners.append(np.stack([points[:-1], points[1:]], axis=1))
    return np.asarray(shapely.linestrings(np.concatenate(corners)))


def _compact(keys: Keys) -> Cells:
    """Take every second bit: the other way round than `_spread`."""
    value = keys & 0x5555_5555_5555_5555
    for shift, mask in (
        (1, 0x3333_3333_3333_3333),
        (2, 0x0F0F_0F0F_0F0F_0F0F),
        (4, 0x00FF_00FF_00FF_00FF),
        (8, 0x0000_FFFF_0000_FFFF),
        (16, 0x0000_0000_00FF_FFFF),
    ):
        value = (value | (value >> shift)) & mask
    return value


def _start(area: shapely.MultiPolygon) -> tuple[int, Cells, Cells]:
    """Return the cells, at most four, that hold the area's box, as small as they can be."""
    west, south, east, north = area.bounds
    left, right = _column(west), _column(east)
    top, bottom = _row(north), _row(south)
    level = WORLD_BITS
    while level and (right - left > 1 or bottom - top > 1):
        level -= 1
        left, right, top, bottom = left >> 1, right >> 1, top >> 1, bottom >> 1
    # A place at the very edge of the box may be counted to the cell beside it.
    last = (1 << level) - 1
    columns = np.arange(max(left - 1, 0), min(right + 1, last) + 1)
    rows = np.arange(max(top - 1, 0), min(bottom + 1, last) + 1)
    x, y = np.meshgrid(columns, rows)
    return level, x.ravel(), y.ravel()


def _column(lon: float) -> int:
    return min(max(int((lon + 180) / 360 * WORLD_SIZE), 0), WORLD_SIZE - 1)


def _row(lat: float) -> int:
    angle = np.radians(min(max(lat, -MAX_MERCATOR_LAT), MAX_MERCATOR_LAT))
    row = int((1 - np.arcsinh(np.tan(angle)) / np.pi) / 2 * WORLD_SIZE)
    return min(max(row, 0), WORLD_SIZE - 1)


def _boxes(level: int, x: Cells, y: Cells) -> npt.NDArray[np.object_]:
    size = float(1 << level)
    west, east = x / size * 360 - 180, (x + 1) / size * 360 - 180
    north = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / size))))
    south = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + 1) / size))))
    more = _ROUNDING_DEGREES
    boxes: npt.NDArray[np.object_] = shapely.box(
        west - more, south - more, east + more, north + more
    )
    return boxes


def _keys(x: Cells, y: Cells) -> Cells:
    return _spread(x) | (_spread(y) << 1)


def _spread(value: Cells) -> Cells:
    for shift, mask in (
        (16, 0x0000_FFFF_0000_FFFF),
        (8, 0x00FF_00FF_00FF_00FF),
        (4, 0x0F0F_0F0F_0F0F_0F0F),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ):
        value = (value | (value << shift)) & mask
    return value


def _ranges(cells: Sequence[tuple[int, Cells]]) -> list[KeyRange]:
    """Return the cells' ranges in order, those that touch as one."""
    lows = np.concatenate([keys << 2 * (WORLD_BITS - level) for level, keys in cells])
    highs = np.concatenate([(keys + 1) << 2 * (WORLD_BITS - level) for level, keys in cells])
    if not len(lows):
        return []
    order = np.argsort(lows)
    lows, highs = lows[order], highs[order]
    is_new = np.append(True, lows[1:] != highs[:-1])
    is_last = np.append(is_new[1:], True)
    pairs = zip(lows[is_new].tolist(), highs[is_last].tolist(), strict=True)
    return [KeyRange(lo, hi) for lo, hi in pairs]
