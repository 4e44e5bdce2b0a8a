"""Which administrative units an address names, and how far a place is from them. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

import shapely

from backend.geo.vocabulary import LonLat, great_circle_m
from backend.pins.judging import Unit

# How Vietnamese addresses write what a unit is, folded: longer words first.
_KIND = re.compile(
    r"^(thanh pho|thi tran|thi xa|phuong|quan|huyen|tinh|xa|tp|tt|tx|p|q|h|t)(\.\s*|\s+)"
)
_LEAST_LETTERS = 3
"""A number, or a letter, is the name of many units."""


class Outline(NamedTuple):
    """A unit; without an area where nobody drew it."""

    id: UUID
    name: str
    name_folded: str
    level: int
    area: shapely.Geometry | None


class Gazetteer:
    """Units by name, without what they are: “Phường Tân Định” and “P. Tân Định” are one."""

    def __init__(self, units: Iterable[Outline]) -> None:
        self._units: dict[str, list[tuple[Outline, shapely.Geometry]]] = {}
        # Where one of a name has no outline, nobody knows that a place lies outside of them all.
        self._unknown: set[str] = set()
        drawn: list[tuple[int, shapely.Geometry]] = []
        for unit in units:
            key = bare(unit.name_folded)
            if unit.area is None:
                self._unknown.add(key)
                continue
            shapely.prepare(unit.area)
            drawn.append((unit.level, unit.area))
            self._units.setdefault(key, []).append((unit, unit.area))
        self._levels = [level for level, _ in drawn]
        self._tree = shapely.STRtree([area for _, area in drawn])

    def __bool__(self) -> bool:
        return bool(self._units)

    def named(self, address: str, pin: LonLat) -> list[Unit]:
        """Return the nearest unit of each name that a folded address tells.

        Its first part is the street, which often bears the name of a place far away. Units of a
        level of which none is known around the pin are left out: who knows what lies there?
        """
        found = []
        for part in address.split(",")[1:]:
            key = bare(part)
            if len(key) < _LEAST_LETTERS or key in self._unknown or key not in self._units:
                continue
            near = [(_unit(*one, pin), one[0].level) for one in self._units[key]]
            unit, level = min(near, key=_off)
            if unit.distance_m == 0 or level in self._levels_at(pin):
                found.append(unit)
        return found

    def _levels_at(self, pin: LonLat) -> set[int]:
        there = self._tree.query(shapely.Point(pin), predicate="intersects")
        return {self._levels[int(index)] for index in there}


def bare(folded: str) -> str:
    """Return a folded name without what kind of unit it is of."""
    return _KIND.sub("", folded.strip(), count=1).strip()


def _off(found: tuple[Unit, int]) -> float:
    return found[0].distance_m


def _unit(outline: Outline, area: shapely.Geometry, pin: LonLat) -> Unit:
    point = shapely.Point(pin)
    if shapely.intersects(area, point):
        return Unit(outline.id, outline.name, None, 0.0)
    (lon, lat), _ = shapely.shortest_line(area, point).coords
    nearest = LonLat(lon, lat)
    return Unit(outline.id, outline.name, nearest, great_circle_m(pin, nearest))
