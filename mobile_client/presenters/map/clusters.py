"""Groups markers that would overlap, on a grid that stays put while the map moves."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mobile_client.presenters.map.projection import TILE_SIZE_DP, to_world
from mobile_client.views import MapPoint

CELL_DP = 64
APART_ZOOM = 17


@dataclass(frozen=True, slots=True)
class Cluster:
    """Markers drawn as one at x, y in world units."""

    x: float
    y: float
    points: tuple[MapPoint, ...]


def cluster(points: Iterable[MapPoint], zoom: int) -> list[Cluster]:
    """Clusters for a whole zoom; today's stops and everything from zoom 17 on stay alone."""
    cells: dict[object, list[tuple[float, float, MapPoint]]] = {}
    cell = CELL_DP / (TILE_SIZE_DP * 2.0**zoom)
    for point in points:
        x, y = to_world(point.lon, point.lat)
        is_alone = zoom >= APART_ZOOM or point.position is not None
        key = point.account_id if is_alone else (int(x / cell), int(y / cell))
        cells.setdefault(key, []).append((x, y, point))
    return [
        Cluster(
            sum(x for x, _, _ in members) / len(members),
            sum(y for _, y, _ in members) / len(members),
            tuple(point for _, _, point in members),
        )
        for members in cells.values()
    ]


def nearest(clusters: Iterable[Cluster], x: float, y: float, *, within: float) -> Cluster | None:
    """The cluster nearest to a place in world units, None when none is within."""
    best = min(clusters, key=lambda one: math.dist((one.x, one.y), (x, y)), default=None)
    if best is None or math.dist((best.x, best.y), (x, y)) > within:
        return None
    return best
