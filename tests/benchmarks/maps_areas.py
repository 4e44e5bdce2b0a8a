"""Areas of a million prospects: a lasso with its pivot, and the whole snapshot of an area.

`make bench-maps` runs it after the tiles. Lassos have 300 corners around places where prospects
lie, for who sees everything and for who holds five territories; times are wall times from the
polygon as it came to the numbers, the best of four. The peer is the plain query (`ST_Covers` on the
accounts' own table with its spatial index), without row-level security.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date

import numpy as np
import psycopg2
import shapely
import sqlalchemy as sa
from shapely.geometry import mapping

from backend.areas import service
from backend.areas.repository import Days, Place, Selection
from backend.areas.schemas import AreaAsked, AreaFilter, SnapshotRequest
from backend.geo.shapes import parse_area
from backend.identity.actor import Actor, Role
from backend.ids import DeviceId, new_id
from backend.maps.schemas import Scope
from tests.benchmarks.maps_ground import Ground
from tests.benchmarks.maps_sales import sell, value
from tests.benchmarks.rows import Row

_CORNERS = 300
_KILOMETRES = (1.5, 5.0, 10.0)
_PLACES, _TURNS = 12, 4
_PIVOT_MS, _SNAPSHOT_MS, _VALUE_S = 100.0, 300.0, 30.0
_KM_A_DEGREE = 111.2
_EVERYWHERE = shapely.MultiPolygon([shapely.box(100.0, 5.0, 112.0, 25.0)])
_PLAIN = """
SELECT life_stage, category, channel, priority, count(*) FROM account
 WHERE org_id = %s AND deleted_at IS NULL AND ST_Covers(ST_GeomFromWKB(%s, 4326), location)
 GROUP BY 1, 2, 3, 4
"""
_CENTRES = """
SELECT ST_X(location), ST_Y(location) FROM account
 WHERE location IS NOT NULL ORDER BY right(id::text, 8), id LIMIT 12
"""
# A quarter of all were visited within the last year, one visit each.
_VISITED = """
CREATE TEMP TABLE seen ON COMMIT DROP AS
SELECT org_id, account_id, (('x' || right(account_id::text, 6))::bit(24)::int / 64) % 365 AS ago
  FROM account_map WHERE ('x' || right(account_id::text, 6))::bit(24)::int % 64 < 16
"""
_TRIGGERED = ("account", "account_map", "visit")


def measure_areas(laid: Ground) -> list[Row]:
    """Return the rows of areas; visits and sales are put in first where there are none."""
    _visit(laid)
    rows = [_valued(laid)]
    for km in _KILOMETRES:
        areas = _lassos(laid, km)
        ours, plain = _p95(_pivots(laid, areas)), _p95(_plain(laid, areas))
        told = _p95(_snapshots(laid, areas))
        rows += [
            Row(f"lasso of {_CORNERS} corners, {km:g} km, pivot, p95", f"{ours:.0f} ms",
                f"plain {plain:.0f} ms, limit {_PIVOT_MS:g}", _PIVOT_MS / ours, 1.0),
            Row(f"snapshot of the same, {km:g} km, p95", f"{told:.0f} ms",
                f"limit {_SNAPSHOT_MS:g} ms", _SNAPSHOT_MS / told, 1.0),
        ]  # fmt: skip
    whole = _p95(_snapshots(laid, [_EVERYWHERE]))
    rows.append(Row(f"snapshot of all {laid.prospects:,}", f"{whole:.0f} ms", "no limit"))
    return rows


def _visit(laid: Ground) -> None:
    """Put visits in by hand: through the triggers that sync needs it would take minutes."""
    with closing(psycopg2.connect(laid.owner_url)) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM visit)")
            if cursor.fetchone() == (True,):
                return
            for table in _TRIGGERED:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(_VISITED)
            cursor.execute(
                "INSERT INTO visit (org_id, id, account_id, rep_id, status, planned_on, outcome,"
                " done_at) SELECT org_id, gen_random_uuid(), account_id, %s, 'done',"
                " current_date - ago, 'met', current_date - ago FROM seen",
                (str(laid.user_id),),
            )
            cursor.execute(
                "UPDATE account a SET last_visit_at = current_date - s.ago FROM seen s"
                " WHERE a.org_id = s.org_id AND a.id = s.account_id"
            )
            cursor.execute(
                "UPDATE account_map m SET last_visit_at = current_date - s.ago FROM seen s"
                " WHERE m.org_id = s.org_id AND m.account_id = s.account_id"
            )
            for table in _TRIGGERED:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("REINDEX TABLE account_map")
            cursor.execute("VACUUM (ANALYZE) account, account_map, visit")


def _valued(laid: Ground) -> Row:
    """Tell how long values take to be made."""
    lines = sell(laid)
    took = _timed(value, laid) / 1000
    return Row(f"values of accounts from {lines:,} lines", f"{took:.1f} s",
               f"limit {_VALUE_S:g} s", _VALUE_S / took, 1.0)  # fmt: skip


def _lassos(laid: Ground, km: float) -> list[shapely.MultiPolygon]:
    """Draw a lasso by an unsteady hand around each of some places."""
    chance = np.random.default_rng(int(10 * km))
    with closing(psycopg2.connect(laid.owner_url)) as connection, connection.cursor() as cursor:
        cursor.execute(_CENTRES)
        centres = cursor.fetchall()[:_PLACES]
    drawn = []
    for centre in centres:
        turn = np.sort(chance.uniform(0, 2 * np.pi, _CORNERS))
        away = km / _KM_A_DEGREE * (1 + 0.2 * np.sin(3 * turn) + chance.normal(0, 0.02, _CORNERS))
        ring = np.column_stack((np.cos(turn) * away, np.sin(turn) * away)) + centre
        drawn.append(shapely.MultiPolygon([shapely.Polygon(ring)]))
    return drawn


def _scopes(laid: Ground) -> list[Scope]:
    held = laid.territories[:5]
    return [Scope(laid.org_id, laid.user_id, None), Scope(laid.org_id, laid.user_id, held)]


def _pivots(laid: Ground, areas: Sequence[shapely.MultiPolygon]) -> list[float]:
    with laid.database.for_org(laid.org_id, snapshot=True) as connection:
        return [
            _best(_pivot, connection, scope, mapping(area))
            for area in areas
            for scope in _scopes(laid)
        ]


def _pivot(connection: sa.Connection, scope: Scope, geojson: object) -> None:
    place = Place(parse_area(geojson))
    Selection(connection, scope, place, AreaFilter()).count_slices(_days())


def _days() -> Days:
    return service.days_of(SnapshotRequest(area=AreaAsked()), date.today(), "UTC")  # noqa: DTZ011


def _snapshots(laid: Ground, areas: Sequence[shapely.MultiPolygon]) -> list[float]:
    actor = Actor(laid.org_id, laid.user_id, Role.MANAGER, DeviceId(new_id()))
    with laid.database.for_org(laid.org_id, snapshot=True) as connection:
        return [
            _best(
                service.take_snapshot,
                connection,
                actor,
                SnapshotRequest(area=AreaAsked(polygon=dict(mapping(area)))),
                None,
            )
            for area in areas
        ]


def _plain(laid: Ground, areas: Sequence[shapely.MultiPolygon]) -> list[float]:
    with closing(psycopg2.connect(laid.owner_url)) as connection, connection.cursor() as cursor:

        def read(area: shapely.MultiPolygon) -> None:
            cursor.execute(_PLAIN, (str(laid.org_id), shapely.to_wkb(area)))
            cursor.fetchall()

        return [_best(read, area) for area in areas]


def _best(run: Callable[..., object], *given: object) -> float:
    return min(_timed(run, *given) for _ in range(_TURNS))


def _timed(run: Callable[..., object], *given: object) -> float:
    started = time.perf_counter()
    run(*given)
    return 1000 * (time.perf_counter() - started)


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[min(int(0.95 * len(values)), len(values) - 1)]
