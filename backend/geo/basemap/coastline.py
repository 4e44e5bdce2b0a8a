"""Turns coastlines into the sea of an extract's box.

OpenStreetMap draws the coast as lines with the land on the left and the water on the right; the
sea itself is in no extract. An extract cut at its edge leaves loose ends there: they are led to
the edge.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from backend.geo.vocabulary import Bounds

# A loose end nearer to the edge than this share of the box was cut there; others are gaps.
EDGE_SHARE = 0.1
# How far beside a coast segment its water is looked for, in degrees: about a decimetre.
SIDE_STEP = 1e-6
MIN_LINE_POINTS = 2


class Sea(NamedTuple):
    """The water inside the box, and the coast's loose ends that could not be led to its edge."""

    shape: MultiPolygon
    loose_ends: int


def sea_of(coast: Iterable[Sequence[tuple[float, float]]], bounds: Bounds) -> Sea:
    """Give the sea right of the coastlines within the box; empty without a coast."""
    frame = box(*bounds)
    lines = _clipped([LineString(line) for line in coast if len(line) >= MIN_LINE_POINTS], frame)
    if not lines:
        return Sea(MultiPolygon(), 0)
    bridges, loose_ends = _bridges(lines, frame)
    net = shapely.union_all([*lines, *bridges, frame.boundary])
    faces = [face for face in shapely.polygonize([net]).geoms if isinstance(face, Polygon)]
    return Sea(_merged(_wet(faces, lines)), loose_ends)


def _clipped(lines: list[LineString], frame: Polygon) -> list[LineString]:
    merged = shapely.line_merge(shapely.MultiLineString(lines), directed=True)
    inside = shapely.intersection(shapely.get_parts(merged), frame)
    return [
        part
        for part in shapely.get_parts(inside)
        if isinstance(part, LineString) and not part.is_empty
    ]


def _bridges(lines: list[LineString], frame: Polygon) -> tuple[list[LineString], int]:
    edge = frame.exterior
    reach = EDGE_SHARE * max(frame.bounds[2] - frame.bounds[0], frame.bounds[3] - frame.bounds[1])
    bridges: list[LineString] = []
    loose_ends = 0
    for line in lines:
        if line.is_ring:
            continue
        for end in (Point(line.coords[0]), Point(line.coords[-1])):
            gap = edge.distance(end)
            if 0 < gap <= reach:
                bridges.append(LineString([end, edge.interpolate(edge.project(end))]))
            elif gap > reach:
                loose_ends += 1
    return bridges, loose_ends


def _wet(faces: list[Polygon], lines: list[LineString]) -> list[Polygon]:
    """Keep the faces that more coast has on its right than on its left."""
    tree = shapely.STRtree(faces)
    votes = np.zeros(len(faces))
    for line in lines:
        points = np.asarray(line.coords)
        steps = np.diff(points, axis=0)
        lengths = np.hypot(steps[:, 0], steps[:, 1])
        steps, lengths = steps[lengths > 0], lengths[lengths > 0]
        middles = (points[:-1] + points[1:])[np.any(np.diff(points, axis=0) != 0, axis=1)] / 2
        right = np.column_stack((steps[:, 1], -steps[:, 0])) / lengths[:, None] * SIDE_STEP
        for side, sign in ((middles + right, 1.0), (middles - right, -1.0)):
            beside, face = tree.query(shapely.points(side), predicate="within")
            np.add.at(votes, face, sign * lengths[beside])
    return [face for face, vote in zip(faces, votes, strict=True) if vote > 0]


def _merged(faces: list[Polygon]) -> MultiPolygon:
    shape: BaseGeometry = shapely.union_all(faces)
    return MultiPolygon([part for part in shapely.get_parts(shape) if isinstance(part, Polygon)])
