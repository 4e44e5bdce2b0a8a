"""The SQL of tiles: each query answers one finished Mapbox vector tile."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from backend.geo.tiles import Tile, tile_range
from backend.maps.schemas import Scope, TileFilter

# A polygon's label would repeat in every tile it touches, so labels are a layer of points.
_TERRITORIES = sa.text("""
WITH shown AS (
  SELECT id::text AS id, name, color, parent_id IS NOT NULL AS is_child,
         ST_ClipByBox2D(area, ST_MakeEnvelope(-180, -85.05, 180, 85.05, 4326)) AS area
    FROM territory
   WHERE org_id = :org_id AND deleted_at IS NULL
     AND (cast(:scope AS uuid[]) IS NULL OR id = ANY (:scope))
     AND area && ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.02), 4326)),
polygon AS (
  SELECT id, name, color, is_child, ST_AsMVTGeom(ST_Transform(area, 3857),
         ST_TileEnvelope(:z, :x, :y), 4096, 64, true) AS g FROM shown),
label AS (
  SELECT id, name, color, is_child, tuyen_world_x(p) AS wx, tuyen_world_y(p) AS wy
    FROM (SELECT *, ST_PointOnSurface(area) AS p FROM shown) s WHERE NOT ST_IsEmpty(p)),
label_here AS (
  SELECT id, name, color, is_child, ST_MakePoint((wx - :x0)::bigint * 4096 >> :shift,
         (wy - :y0)::bigint * 4096 >> :shift) AS g FROM label
   WHERE wx >> :shift = :x AND wy >> :shift = :y)
SELECT (SELECT ST_AsMVT(p, 'territories', 4096, 'g') FROM polygon p WHERE g IS NOT NULL)
    || (SELECT ST_AsMVT(l, 'territory_labels', 4096, 'g') FROM label_here l)
""")

_ROUTES = sa.text("""
WITH shown AS (
  SELECT id, rep_id, is_estimate, line, stops FROM route
   WHERE org_id = :org_id AND on_date = :on_date AND status = 'planned' AND deleted_at IS NULL
     AND (cast(:rep_id AS uuid) IS NULL OR rep_id = :rep_id)
     AND (cast(:own AS uuid) IS NULL OR rep_id = :own)),
line AS (
  SELECT id::text AS id, rep_id::text AS rep_id, is_estimate, ST_AsMVTGeom(
         ST_Transform(line, 3857), ST_TileEnvelope(:z, :x, :y), 4096, 64, true) AS g
    FROM shown WHERE line && ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.02), 4326)),
stop AS (
  SELECT r.id::text AS route_id, r.rep_id::text AS rep_id, r.is_estimate, a.id::text AS account_id,
         s ->> 'visit_id' AS visit_id, coalesce(s ->> 'name', a.name) AS name,
         (s ->> 'sequence')::int AS sequence,
         tuyen_world_x(a.location) AS wx, tuyen_world_y(a.location) AS wy
    FROM shown r CROSS JOIN LATERAL jsonb_array_elements(r.stops) s
    JOIN account a ON a.org_id = :org_id AND a.id = (s ->> 'account_id')::uuid
   WHERE a.location IS NOT NULL),
stop_here AS (
  SELECT route_id, rep_id, is_estimate, account_id, visit_id, name, sequence,
         ST_MakePoint((wx - :x0)::bigint * 4096 >> :shift,
                      (wy - :y0)::bigint * 4096 >> :shift) AS g
    FROM stop WHERE wx >> :shift = :x AND wy >> :shift = :y ORDER BY route_id, sequence)
SELECT (SELECT ST_AsMVT(l, 'routes', 4096, 'g') FROM line l WHERE g IS NOT NULL)
    || (SELECT ST_AsMVT(s, 'stops', 4096, 'g') FROM stop_here s)
""")

_VISITS = sa.text("""
WITH here AS (
  SELECT v.id::text AS id, v.account_id::text AS account_id, v.rep_id::text AS rep_id, v.status,
         v.sequence, v.outcome, a.name,
         tuyen_world_x(a.location) AS wx, tuyen_world_y(a.location) AS wy
    FROM visit v JOIN account a ON a.org_id = v.org_id AND a.id = v.account_id
   WHERE v.org_id = :org_id AND v.planned_on = :on_date AND v.deleted_at IS NULL
     AND a.location IS NOT NULL AND (cast(:rep_id AS uuid) IS NULL OR v.rep_id = :rep_id)
     AND (cast(:scope AS uuid[]) IS NULL OR a.territory_id = ANY (:scope)
          OR (a.territory_id IS NULL AND a.owner_id = :user_id)
          OR a.id IN (SELECT tuyen_held_over(:org_id, :user_id))))
SELECT ST_AsMVT(t, 'visits', 4096, 'g') FROM (
  SELECT id, account_id, rep_id, status, sequence, outcome, name,
         ST_MakePoint((wx - :x0)::bigint * 4096 >> :shift,
                      (wy - :y0)::bigint * 4096 >> :shift) AS g
    FROM here WHERE wx >> :shift = :x AND wy >> :shift = :y ORDER BY id) t
""")


def read_territories(connection: sa.Connection, scope: Scope, tile: Tile) -> bytes:
    """Return a tile of territory polygons and, as `territory_labels`, one point for each."""
    values = _place(tile) | {"scope": scope.territory_array}
    return _tile(connection, _TERRITORIES, scope, values)


def read_routes(
    connection: sa.Connection, scope: Scope, tile: Tile, wanted: TileFilter, on_date: date
) -> bytes:
    """Return a tile of a day's `routes` (lines) and `stops` (points); a rep sees only own ones."""
    own = None if scope.territory_ids is None else scope.user_id
    values = _place(tile) | {"on_date": on_date, "rep_id": wanted.rep_id, "own": own}
    return _tile(connection, _ROUTES, scope, values)


def read_visits(
    connection: sa.Connection, scope: Scope, tile: Tile, wanted: TileFilter, on_date: date
) -> bytes:
    """Return a tile of a day's visits with their status, at the accounts in scope."""
    values = _place(tile) | {
        "on_date": on_date,
        "rep_id": wanted.rep_id,
        "scope": scope.territory_array,
        "user_id": scope.user_id,
    }
    return _tile(connection, _VISITS, scope, values)


def _place(tile: Tile) -> dict[str, Any]:
    bounds = tile_range(*tile)
    return tile._asdict() | {"x0": bounds.x0, "y0": bounds.y0, "shift": bounds.shift}


def _tile(
    connection: sa.Connection, statement: sa.TextClause, scope: Scope, values: dict[str, Any]
) -> bytes:
    data = connection.scalar(statement, values | {"org_id": scope.org_id})
    return bytes(data) if data is not None else b""
