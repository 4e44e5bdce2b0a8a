"""The borders that a scenario draws: cells dissolved, fitted to the areas that were before."""

import math
from collections.abc import Iterable, Sequence

import h3
import msgspec
import shapely
from shapely.geometry import MultiPolygon, Polygon

from backend.territories.design.cells import CellMap

_GRID = 1e-8
"""In degrees, a millimetre: where borders are cut they are cut at the same place on both sides."""
_SAME_PLACE = 1e-9
_GRID_STEPS = 1e7


class Land(msgspec.Struct, frozen=True):
    """What was before: the areas that are drawn anew, and those of others, which stay as they are.

    Both may be empty. `beyond` are the cells, by index, with accounts outside the former areas.
    """

    former: MultiPolygon
    others: MultiPolygon
    beyond: frozenset[int]


def draw_outlines(
    keys: Sequence[str], assignment: Sequence[int], count: int, land: Land
) -> list[MultiPolygon]:
    """Return each territory's border: no two overlap, and shared ones are the same.

    Together they cover what the former areas covered, and the cells beyond but for others' areas;
    all of the cells where there were no areas. A territory may be left with an empty one.
    """
    own = _finest(keys, assignment, count)
    if land.former.is_empty and land.others.is_empty:
        return dissolve(own)
    wanted = range(len(keys)) if land.former.is_empty else sorted(land.beyond)
    resolution = CellMap(keys).resolution
    rim = _rim(keys, assignment, count, land.former)
    whole = dissolve([[*mine, *more] for mine, more in zip(own, rim, strict=True)])
    beyond = [cell for at in wanted for cell in h3.cell_to_children(keys[at], resolution)]
    free = shapely.difference(dissolve([beyond])[0], land.others, grid_size=_GRID)
    ground = shapely.union(free, land.former, grid_size=_GRID)
    return [_polygons(shapely.intersection(one, ground, grid_size=_GRID)) for one in whole]


def dissolve(groups: Sequence[Sequence[str]]) -> list[MultiPolygon]:
    """Return the outline of each group of cells of one size; corners that meet are the same."""
    corners = _Corners()
    return [_outline(cells, corners) for cells in groups]


def join_areas(areas: Iterable[bytes]) -> MultiPolygon:
    """Return areas given as WKB as one."""
    return _polygons(shapely.union_all([shapely.from_wkb(one) for one in areas]))


class _Corners:
    """Corners of cells, which are computed from each cell anew and may differ in the last digit."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[float, float]] = {}

    def meet(self, lat: float, lon: float) -> tuple[float, float]:
        """Return the corner as it was first met, longitude first."""
        column, row = round(lon * _GRID_STEPS), round(lat * _GRID_STEPS)
        for across in (0, -1, 1):
            for up in (0, -1, 1):
                known = self._known.get((column + across, row + up))
                if known is not None and math.dist(known, (lon, lat)) < _SAME_PLACE:
                    return known
        self._known[column, row] = (lon, lat)
        return lon, lat


def _outline(cells: Sequence[str], corners: _Corners) -> MultiPolygon:
    if not cells:
        return MultiPolygon()
    shape = h3.cells_to_h3shape(cells, tight=False)
    parts = [
        Polygon(
            [corners.meet(*place) for place in part.outer],
            [[corners.meet(*place) for place in hole] for hole in part.holes],
        )
        for part in shape
    ]
    return shapely.orient_polygons(MultiPolygon(parts))


def _finest(keys: Sequence[str], assignment: Sequence[int], count: int) -> list[list[str]]:
    """Return each territory's cells, divided into the smallest size that there is."""
    resolution = CellMap(keys).resolution
    groups: list[list[str]] = [[] for _ in range(count)]
    for cell, territory in zip(keys, assignment, strict=True):
        groups[territory] += h3.cell_to_children(cell, resolution)
    return groups


def _rim(
    keys: Sequence[str], assignment: Sequence[int], count: int, former: MultiPolygon
) -> list[list[str]]:
    """Return the cells over the rest of the former areas, each for the territory that is nearest.

    A cell counts as an area's by its middle, so that areas reach over their cells.
    """
    groups: list[list[str]] = [[] for _ in range(count)]
    if former.is_empty:
        return groups
    coarse, finest = min(h3.get_resolution(one) for one in keys), CellMap(keys)
    over = {
        near
        for part in former.geoms
        for cell in h3.h3shape_to_cells_experimental(
            h3.geo_to_h3shape(part), coarse, contain="overlap"
        )
        for near in h3.grid_disk(cell, 1)
    }
    known = {h3.cell_to_parent(one, coarse) for one in keys}
    new = sorted(over - known)
    if not new:
        return groups
    tree = shapely.STRtree([_middle(one) for one in keys])
    for cell, at in zip(new, tree.nearest([_middle(one) for one in new]), strict=True):
        groups[assignment[at]] += h3.cell_to_children(cell, finest.resolution)
    return groups


def _middle(cell: str) -> shapely.Point:
    lat, lon = h3.cell_to_latlng(cell)
    return shapely.Point(lon * math.cos(math.radians(lat)), lat)


def _polygons(shape: shapely.Geometry) -> MultiPolygon:
    """Return what of a shape has an area."""
    parts = [one for one in shapely.get_parts(shape) if isinstance(one, Polygon)]
    return shapely.orient_polygons(MultiPolygon(parts))
