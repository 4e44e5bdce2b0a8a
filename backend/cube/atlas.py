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
from backend.cube.columns import Part, Real, Whole
from backend.ids import OrgId

type Outline = list[list[list[tuple[float, float]]]]
"""Polygons, each of rings, the outer one first."""

_AT_ONCE = 100_000
"""So many accounts are placed at a time, or a million of them would take much memory."""
_MOST_LAYERS = 6
_DETAIL = 2_000
"""A border on a map is as fine as the whole's width by this."""


class Shapes:
    """The outlines of a layer's units, in their order."""

    def __init__(self, areas: Sequence[shapely.MultiPolygon]) -> None:
        self._lock = threading.Lock()
        self._areas = np.array(areas, object)
        shapely.prepare(self._areas)
        self._tree = shapely.STRtree(self._areas)

    def place(self, part: Part) -> Whole:
        """Return for each account the unit that it lies in, from 1 on; 0 is none."""
        found = np.zeros(part.size, np.int64)
        placed = np.flatnonzero(part.accounts.key >= 0)
        # A prepared outline makes its index with its first point, which two must not do at once.
        with self._lock:
            for first in range(0, len(placed), _AT_ONCE):
                these = placed[first : first + _AT_ONCE]
                found[these] = self._find(part.accounts.lon[these], part.accounts.lat[these])
        return found

    @cached_property
    def outlines(self) -> list[Outline]:
        """The units as polygons of rings for a map, as fine as such a map can show."""
        west, south, east, north = shapely.total_bounds(self._areas).tolist()
        tolerance = max(east - west, north - south) / _DETAIL
        return [_rings(one.simplify(tolerance)) for one in self._areas]

    def _find(self, lon: Real, lat: Real) -> Whole:
        """Return the first unit that covers each place; boxes first, then prepared outlines."""
        at, unit = self._tree.query(shapely.points(lon, lat))
        inside = shapely.intersects_xy(self._areas[unit], lon[at], lat[at])
        at, unit = at[inside], unit[inside]
        # The first unit of each is written last.
        order = np.argsort(-unit, kind="stable")
        found = np.zeros(len(lon), np.int64)
        found[at[order]] = unit[order] + 1
        return found


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
