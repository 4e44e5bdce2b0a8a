"""The SQL of shapes: geometry on the globe, and the organisation's own lines and outlines."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import shapely
import sqlalchemy as sa

from backend.ids import OrgId


def draw_circle(
    connection: sa.Connection, lon: float, lat: float, radius_m: float, *, corners: int
) -> shapely.MultiPolygon:
    """Return the polygon whose corners lie so many metres from a place on WGS 84."""
    # ST_Project is true to a millimetre; ST_Buffer of a geography goes by a plane projection.
    statement = sa.text("""
SELECT ST_X(p), ST_Y(p) FROM generate_series(0, :corners - 1) n, LATERAL (SELECT ST_Project(
  ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :radius_m, -2 * pi() * n / :corners
)::geometry AS p) projected ORDER BY n""")
    values = {"lon": lon, "lat": lat, "radius_m": radius_m, "corners": corners}
    ring = [tuple(row) for row in connection.execute(statement, values)]
    return shapely.MultiPolygon([shapely.Polygon(ring)])


def draw_buffer(
    connection: sa.Connection, shape: shapely.Geometry, metres: float
) -> shapely.Geometry:
    """Return what lies within so many metres of a shape."""
    statement = sa.text(
        "SELECT ST_AsBinary(ST_Buffer(ST_GeomFromWKB(:shape, 4326)::geography, :metres,"
        " 'quad_segs=16')::geometry)"
    )
    found = connection.scalar(statement, {"shape": shapely.to_wkb(shape), "metres": metres})
    return shapely.from_wkb(bytes(found))


def measure_km2(connection: sa.Connection, area: shapely.MultiPolygon) -> float:
    """Return an area's size on WGS 84."""
    statement = sa.text("SELECT ST_Area(ST_GeomFromWKB(:area, 4326)::geography) / 1e6")
    return float(connection.execute(statement, {"area": shapely.to_wkb(area)}).scalar_one())


def find_route_line(
    connection: sa.Connection, org_id: OrgId, route_id: UUID, *, rep_id: UUID | None
) -> shapely.Geometry | None:
    """Return the line of a route, where `rep_id` is given only of that person's; None for none."""
    statement = sa.text("""
SELECT ST_AsBinary(line) FROM route
 WHERE org_id = :org_id AND id = :route_id AND deleted_at IS NULL
   AND (cast(:rep_id AS uuid) IS NULL OR rep_id = :rep_id)""")
    values = {"org_id": org_id, "route_id": route_id, "rep_id": rep_id}
    found = connection.scalar(statement, values)
    return None if found is None else shapely.from_wkb(bytes(found))


class Outline(NamedTuple):
    """A territory's own area, None without one, and the ids of it and those below it."""

    area: shapely.MultiPolygon | None
    territory_ids: tuple[UUID, ...]


def find_outline(connection: sa.Connection, org_id: OrgId, territory_id: UUID) -> Outline | None:
    """Return a live territory; None where there is none."""
    statement = sa.text("""
WITH RECURSIVE below AS (
  SELECT t.id FROM territory t
   WHERE t.org_id = :org_id AND t.id = :territory_id AND t.deleted_at IS NULL
  UNION
  SELECT c.id FROM territory c JOIN below b ON c.parent_id = b.id
   WHERE c.org_id = :org_id AND c.deleted_at IS NULL)
SELECT ST_AsBinary(t.area) AS area, ARRAY (SELECT id FROM below) AS ids
  FROM territory t WHERE t.org_id = :org_id AND t.id = :territory_id AND t.deleted_at IS NULL""")
    row = connection.execute(
        statement, {"org_id": org_id, "territory_id": territory_id}
    ).one_or_none()
    if row is None:
        return None
    area = None if row.area is None else _polygons(row.area)
    return Outline(area, tuple(row.ids))


def find_unit_area(
    connection: sa.Connection, org_id: OrgId, unit_id: UUID
) -> shapely.MultiPolygon | None:
    """Return the outline of an administrative unit; None without one."""
    statement = sa.text(
        "SELECT ST_AsBinary(area) FROM admin_unit WHERE org_id = :org_id AND id = :id"
    )
    found = connection.scalar(statement, {"org_id": org_id, "id": unit_id})
    return None if found is None else _polygons(found)


def _polygons(wkb: bytes) -> shapely.MultiPolygon:
    parts = shapely.get_parts(shapely.from_wkb(bytes(wkb)))
    return shapely.MultiPolygon([part for part in parts if isinstance(part, shapely.Polygon)])


def select_unknown_territories(
    connection: sa.Connection, org_id: OrgId, ids: Sequence[UUID]
) -> list[UUID]:
    """Return those of the ids that are no live territory."""
    statement = sa.text("""
SELECT i.id FROM unnest(cast(:ids AS uuid[])) WITH ORDINALITY i (id, place)
 WHERE NOT EXISTS (SELECT FROM territory t
   WHERE t.org_id = :org_id AND t.id = i.id AND t.deleted_at IS NULL) ORDER BY i.place""")
    return list(connection.scalars(statement, {"org_id": org_id, "ids": list(ids)}))
