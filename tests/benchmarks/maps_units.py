"""Administrative units under a million prospects: as many as Vietnam has since July 2025.

34 provinces of 3,321 communes with crooked borders. Each commune is joined of small Voronoi cells,
each province of communes; half of the communes lie where the prospects are.
"""

from contextlib import closing
from datetime import date

import numpy as np
import psycopg2
import shapely
from numpy.typing import NDArray
from psycopg2.extras import execute_values

from backend.ids import new_id
from tests.benchmarks.maps_ground import Ground, some_places

_PROVINCES, _COMMUNES, _CELLS = 34, 3321, 200_000
_PROVINCE_LEVEL, _COMMUNE_LEVEL = 4, 6
_SINCE = date(2025, 7, 1)
_SEED = 20261124
_PUT_IN = (
    "INSERT INTO admin_unit (org_id, id, code, name, level, parent_id, area, valid_from, source)"
    " VALUES %s"
)
_ROW = "(%s, %s, %s, %s, %s, %s, ST_Multi(ST_GeomFromWKB(%s, 4326)), %s, 'bench')"

type Points = NDArray[np.float64]


def divide(laid: Ground) -> None:
    """Put units in where there are none, and the index that the plain query wants of them."""
    with closing(psycopg2.connect(laid.owner_url)) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM admin_unit)")
            if cursor.fetchone() == (True,):
                return
            provinces, communes, below = _cut(np.array(some_places(laid, _COMMUNES // 2)))
            ids = [str(new_id()) for _ in provinces]
            rows = [
                (str(laid.org_id), ids[at], f"{at:02}", f"Province {at:02}", _PROVINCE_LEVEL, None,
                 shapely.to_wkb(area), _SINCE)
                for at, area in enumerate(provinces)
            ] + [
                (str(laid.org_id), str(new_id()), f"{at:05}", f"Commune {at:05}", _COMMUNE_LEVEL,
                 ids[below[at]], shapely.to_wkb(area), _SINCE)
                for at, area in enumerate(communes)
            ]  # fmt: skip
            execute_values(cursor, _PUT_IN, rows, _ROW)
            cursor.execute("CREATE INDEX bench_plain_units ON admin_unit USING gist (area)")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) admin_unit")


def _cut(places: Points) -> tuple[list[shapely.Geometry], list[shapely.Geometry], list[int]]:
    """Return the provinces, the communes, and the province of each commune."""
    numbers = np.random.default_rng(_SEED)
    low, high = places.min(axis=0) - 0.5, places.max(axis=0) + 0.5
    seats = np.concatenate([places, numbers.uniform(low, high, (_COMMUNES - len(places), 2))])
    around = seats[numbers.integers(0, len(seats), _CELLS)] + numbers.normal(0, 0.05, (_CELLS, 2))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.MultiPoint(np.concatenate([seats, np.clip(around, low, high)])),
            extend_to=shapely.box(*low, *high),
        )
    )
    of_commune = _nearest(seats, shapely.get_coordinates(shapely.centroid(cells)))
    capitals = seats[numbers.choice(len(seats), _PROVINCES, replace=False)]
    of_province = _nearest(capitals, seats)
    communes, below = [], []
    for at in np.unique(of_commune):
        communes.append(shapely.union_all(cells[of_commune == at]))
        below.append(int(of_province[at]))
    joined = np.array(communes, object)
    provinces = [shapely.union_all(joined[np.array(below) == at]) for at in range(_PROVINCES)]
    return provinces, communes, below


def _nearest(seats: Points, places: Points) -> NDArray[np.int64]:
    tree = shapely.STRtree(shapely.points(seats))
    return np.asarray(tree.nearest(shapely.points(places)), np.int64)
