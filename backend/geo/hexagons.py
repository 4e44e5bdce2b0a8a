"""The ground in hexagons (H3): areas dealt out among cells, and cells gathered upwards.

Cells of a finer grid lie in their parent by their number, which is what makes sums go up exactly;
by shape they stand out of it a little.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
import shapely

from backend.geo.vocabulary import EARTH_RADIUS_M, Bounds

FINEST = 9
"""Cells of 0.1 km², a few blocks of a town: finer ones would hold one building each."""
COARSEST = 1
_DECIMALS = 6  # a tenth of a metre
_BITS, _DIGIT, _DEEPEST = 52, 3, 15
_HALF_TURN = 180.0
_KM_A_DEGREE = EARTH_RADIUS_M / 1e3 * math.pi / _HALF_TURN

type Cells = npt.NDArray[np.int64]
type Floats = npt.NDArray[np.float64]


def cell_of(lon: float, lat: float, resolution: int) -> int:
    """Return the cell that a place lies in."""
    return int(h3.latlng_to_cell(lat, lon, resolution))


def resolution_of(cell: int) -> int:
    """Return how fine a cell is."""
    return cell >> _BITS & 15


def parse_cell(text: str) -> int | None:
    """Return the cell that its hexadecimal name tells; None for a text that names none."""
    try:
        cell = int(text, 16)
    except ValueError:
        return None
    return cell if 0 < cell < 1 << 63 and h3.is_valid_cell(cell) else None


def name_of(cell: int) -> str:
    """Return a cell's name, as every other program writes it."""
    return format(cell, "x")


def parents(cells: Cells, resolution: int) -> Cells:
    """Return the coarser cell of each; cells of that resolution or coarser stay what they are."""
    finest = (cells >> _BITS & 15).max(initial=0)
    if finest <= resolution:
        return cells
    kept = cells & ~np.int64(15 << _BITS) | np.int64(resolution << _BITS)
    return kept | np.int64((1 << _DIGIT * (_DEEPEST - resolution)) - 1)


def descendants(cells: Cells, resolution: int) -> tuple[Cells, Cells]:
    """Return the lowest and the highest number that a finer cell in each of them can have."""
    level = int(cells[0] >> _BITS & 15) if len(cells) else resolution
    tail = _DIGIT * (_DEEPEST - resolution)
    inner = np.int64((1 << _DIGIT * (_DEEPEST - level)) - (1 << tail))
    named = cells & ~np.int64(15 << _BITS) | np.int64(resolution << _BITS)
    return named & ~inner, named | inner


def measure_km2(cells: Iterable[int]) -> Floats:
    """Return how large each cell is on the globe."""
    return np.array([h3.cell_area(one, "km^2") for one in cells], dtype=np.float64)


def centers(cells: Iterable[int]) -> Floats:
    """Return each cell's middle as [longitude, latitude]."""
    found = [h3.cell_to_latlng(one) for one in cells]
    return np.array(found, dtype=np.float64).reshape(-1, 2)[:, ::-1]


def boundary(cell: int) -> list[list[float]]:
    """Return a cell's corners as [longitude, latitude], the first again at the end."""
    ring = [[round(lon, _DECIMALS), round(lat, _DECIMALS)] for lon, lat in _corners(cell)]
    return [*ring, ring[0]]


def shapes(cells: Iterable[int]) -> npt.NDArray[np.object_]:
    """Return the cells as polygons."""
    return np.array([shapely.Polygon(_corners(one)) for one in cells], dtype=object)


def _corners(cell: int) -> list[tuple[float, float]]:
    ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]
    lons = [lon for lon, _ in ring]
    if max(lons) - min(lons) > _HALF_TURN:  # one whole piece beyond the 180th meridian
        return [(lon + 2 * _HALF_TURN if lon < 0 else lon, lat) for lon, lat in ring]
    return ring


class Covered(NamedTuple):
    """The cells that an area touches; of each the share that lies in the area."""

    cells: Cells
    shares: Floats


def cover_cells(area: shapely.Geometry, resolution: int) -> Covered:
    """Return the cells of an area, with how much of each it covers, from above 0 to 1."""
    found = _overlapping(area, resolution)
    if not found:
        return Covered(np.empty(0, np.int64), np.empty(0))
    boxes = shapes(found)
    shapely.prepare(area)
    shares = np.ones(len(found))
    edge = ~shapely.covers(area, boxes)
    shares[edge] = shapely.area(shapely.intersection(area, boxes[edge])) / shapely.area(boxes[edge])
    kept = shares > 0
    return Covered(np.array(found, dtype=np.int64)[kept], np.minimum(shares[kept], 1.0))


def spread_area(area: shapely.Geometry, resolution: int) -> Covered:
    """Return the cells of an area, with the share of the area that lies in each; they sum to 1.

    What is too small to be seen by a cell's grid lies wholly in the cell of its middle.
    """
    corners = shapely.get_coordinates(area)
    inside = {cell_of(lon, lat, resolution) for lon, lat in corners[:_LOOKED_AT].tolist()}
    if len(inside) == 1 and len(corners) <= _LOOKED_AT:
        return Covered(np.array(list(inside), dtype=np.int64), np.ones(1))
    found = cover_cells(area, resolution)
    parts = found.shares * shapely.area(shapes(found.cells.tolist()))
    total = float(parts.sum())
    if total <= 0:
        ((lon, lat),) = shapely.get_coordinates(shapely.point_on_surface(area)).tolist()
        return Covered(np.array([cell_of(lon, lat, resolution)]), np.ones(1))
    return Covered(found.cells, parts / total)


_LOOKED_AT = 2000
"""An area with more corners than that is no small one."""


def _overlapping(area: shapely.Geometry, resolution: int) -> list[int]:
    found: set[int] = set()
    for part in shapely.get_parts(area):
        if isinstance(part, shapely.Polygon) and not part.is_empty:
            borders = (part.exterior, *part.interiors)
            rings = [[(lat, lon) for lon, lat in ring.coords] for ring in borders]
            shape = h3.LatLngPoly(*rings)
            found.update(h3.h3shape_to_cells_experimental(shape, resolution, contain="overlap"))
    return sorted(found)


def finest_for(km2: float, most_cells: int, *, finest: int = FINEST) -> int:
    """Return the finest resolution at which so much ground has no more than so many cells."""
    for resolution in range(finest, COARSEST, -1):
        if km2 <= most_cells * h3.average_hexagon_area(resolution, "km^2"):
            return resolution
    return COARSEST


def rough_km2(area: shapely.Geometry) -> float:
    """Return how large an area is, to a few hundredths."""
    _, south, _, north = shapely.bounds(area).tolist()
    return float(shapely.area(area)) * _KM_A_DEGREE**2 * math.cos(math.radians((south + north) / 2))


def box_cells(box: Bounds, resolution: int) -> Cells:
    """Return cells that together hold all that may be seen in a box."""
    shape = shapely.box(*box)
    if box.east - box.west >= _HALF_TURN or box.east <= box.west or box.north <= box.south:
        return np.array(sorted(h3.uncompact_cells(h3.get_res0_cells(), resolution)), dtype=np.int64)
    found = set(_overlapping(shape, resolution))
    # Finer cells stand out of their parents: those around may reach in.
    around = {near for one in found for near in h3.grid_disk(one, 1)}
    return np.array(sorted(found | around), dtype=np.int64)
