"""Outlines of administrative units in memory, and which accounts lie in which."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from uuid import UUID

import numpy as np
import shapely
import sqlalchemy as sa

from backend.cube import unit_repository
from backend.cube.columns import Part, Whole
from backend.geo.cover import cover
from backend.ids import OrgId

type Outline = list[list[list[tuple[float, float]]]]
"""Polygons, each of rings, the outer one first."""

_FEW = 20_000
"""So many accounts are looked up one by one; more of them by what each unit covers."""
_MOST_LAYERS = 6
_DETAIL = 2_000
"""A border on a map is as fine as the whole's width by this."""


class Shapes:
    """The outlines of a layer's units, in their order."""

    def __init__(self, areas: Sequence[shapely.MultiPolygon]) -> None:
        self.areas = areas
        self._tree = shapely.STRtree(areas)

    def place(self, part: Part) -> Whole:
        """Return for each account the unit that it lies in, from 1 on; 0 is none."""
        found = np.zeros(part.size, np.int64)
        if part.size <= _FEW:
            self._look_up(part, found)
        else:
            for at, area in enumerate(self.areas):
                _lay(part, area, at + 1, found)
        return found

    @cached_property
    def outlines(self) -> list[Outline]:
        """The units as polygons of rings for a map, as fine as such a map can show."""
        west, south, east, north = shapely.total_bounds(list(self.areas)).tolist()
        tolerance = max(east - west, north - south) / _DETAIL
        return [_rings(one.simplify(tolerance)) for one in self.areas]

    def _look_up(self, part: Part, found: Whole) -> None:
        there = np.flatnonzero(part.accounts.key >= 0)
        points = shapely.points(part.accounts.lon[there], part.accounts.lat[there])
        at, unit = self._tree.query(points, predicate="intersects")
        # The first unit of each is written last.
        order = np.argsort(-unit, kind="stable")
        found[there[at[order]]] = unit[order] + 1


def _lay(part: Part, area: shapely.MultiPolygon, number: int, found: Whole) -> None:
    """Number the accounts that lie in an area and in none before."""
    keys = part.accounts.key
    box = cover(area, edge_cells=0)
    spans = [np.searchsorted(keys, one) for one in (*box.inner, *box.edge)]
    if all(low == high for low, high in spans):
        return
    told = cover(area)
    for low, high in (np.searchsorted(keys, one) for one in told.inner):
        here = found[low:high]
        here[here == 0] = number
    spans = [np.searchsorted(keys, one) for one in told.edge]
    at = np.concatenate([np.arange(low, high) for low, high in spans] or [np.zeros(0, np.int64)])
    at = at[found[at] == 0]
    inside = shapely.intersects_xy(area, part.accounts.lon[at], part.accounts.lat[at])
    found[at[inside]] = number


def _rings(area: shapely.Geometry) -> Outline:
    return [
        [
            [(round(x, 6), round(y, 6)) for x, y in ring.coords]
            for ring in (polygon.exterior, *polygon.interiors)
        ]
        for polygon in shapely.get_parts(area).tolist()
        if not polygon.is_empty
    ]


class Atlas:
    """Outlines that were read, those of the layers asked for last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shapes: OrderedDict[tuple[OrgId, str], Shapes] = OrderedDict()

    def open(
        self, connection: sa.Connection, org_id: OrgId, stamp: str, ids: Sequence[UUID]
    ) -> Shapes:
        """Return the outlines of some units; `stamp` changes whenever one of them does."""
        key = org_id, stamp
        with self._lock:
            if key in self._shapes:
                self._shapes.move_to_end(key)
                return self._shapes[key]
        areas = unit_repository.select_areas(connection, org_id, ids)
        shapes = Shapes([areas[one] for one in ids])
        with self._lock:
            self._shapes[key] = shapes
            while len(self._shapes) > _MOST_LAYERS:
                self._shapes.popitem(last=False)
        return shapes
