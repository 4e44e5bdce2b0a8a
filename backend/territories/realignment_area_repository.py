"""The SQL of the borders that realignments draw: kept beside the former ones, written, put back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import psycopg2.extras
import sqlalchemy as sa
from shapely.geometry import MultiPolygon

from backend.db.tenancy import driver_cursor
from backend.ids import AccountId, OrgId, TerritoryId
from backend.territories.realignment_schemas import RedrawnArea

_INSERT = """INSERT INTO realignment_area
    (org_id, realignment_id, territory_id, former_area, area, account_ids)
  SELECT t.org_id, n.realignment_id, t.id, t.area, ST_SetSRID(n.area::geometry, 4326), n.account_ids
    FROM (VALUES %s) n (org_id, realignment_id, territory_id, area, account_ids)
    JOIN territory t ON t.org_id = n.org_id AND t.id = n.territory_id AND t.deleted_at IS NULL"""
_ROW = "(%s::uuid, %s::uuid, %s::uuid, %s, %s::uuid[])"
# Locked in the order of their ids, as everybody who changes several does.
_LOCK = """SELECT t.id FROM territory t JOIN realignment_area r
    ON r.org_id = t.org_id AND r.territory_id = t.id
 WHERE r.org_id = %(org)s AND r.realignment_id = %(id)s ORDER BY t.id FOR NO KEY UPDATE OF t"""
_CHANGED = """SELECT t.name FROM realignment_area r
  JOIN territory t ON t.org_id = r.org_id AND t.id = r.territory_id
 WHERE r.org_id = %(org)s AND r.realignment_id = %(id)s
   AND CASE WHEN %(is_drawn)s
         THEN t.deleted_at IS NULL AND ST_AsBinary(t.area) IS DISTINCT FROM ST_AsBinary(r.area)
         ELSE t.deleted_at IS NOT NULL
           OR ST_AsBinary(t.area) IS DISTINCT FROM ST_AsBinary(r.former_area) END
 ORDER BY t.name, t.id"""
_WRITE = """UPDATE territory t SET area = r.{column} FROM realignment_area r
 WHERE r.org_id = %(org)s AND r.realignment_id = %(id)s
   AND t.org_id = r.org_id AND t.id = r.territory_id AND t.deleted_at IS NULL"""

_READ = """SELECT r.territory_id, t.name, ST_AsGeoJSON(r.former_area, 7)::json AS former_area,
    ST_AsGeoJSON(r.area, 7)::json AS area
  FROM realignment_area r JOIN territory t ON t.org_id = r.org_id AND t.id = r.territory_id
 WHERE r.org_id = %(org)s AND r.realignment_id = %(id)s ORDER BY t.name, t.id"""


class Outline(msgspec.Struct, frozen=True):
    """A territory's new border; the accounts go along though they lie in another's area."""

    area: MultiPolygon
    account_ids: tuple[AccountId, ...] = ()


def insert_areas(
    connection: sa.Connection,
    org_id: OrgId,
    realignment_id: UUID,
    outlines: Mapping[TerritoryId, Outline],
) -> None:
    """Keep the borders that a realignment draws, beside those of now."""
    rows: list[tuple[Any, ...]] = [
        (org_id, realignment_id, territory_id, one.area.wkb_hex, list(one.account_ids))
        for territory_id, one in outlines.items()
    ]
    with driver_cursor(connection) as cursor:
        psycopg2.extras.execute_values(cursor, _INSERT, rows, template=_ROW)


def select_areas(
    connection: sa.Connection, org_id: OrgId, realignment_id: UUID
) -> list[RedrawnArea]:
    """Return the borders that a realignment draws, and those before, by the territories' names."""
    with driver_cursor(connection) as cursor:
        cursor.execute(_READ, {"org": org_id, "id": realignment_id})
        return [
            msgspec.convert(dict(zip(RedrawnArea.__struct_fields__, row, strict=True)), RedrawnArea)
            for row in cursor.fetchall()
        ]


def select_changed(
    connection: sa.Connection, org_id: OrgId, realignment_id: UUID, *, is_drawn: bool
) -> list[str]:
    """Return the names of territories that have other borders than before, or than were drawn.

    The territories are kept from other writers.
    """
    values = {"org": org_id, "id": realignment_id, "is_drawn": is_drawn}
    with driver_cursor(connection) as cursor:
        cursor.execute(_LOCK, values)
        cursor.execute(_CHANGED, values)
        return [str(row[0]) for row in cursor.fetchall()]


def write_areas(
    connection: sa.Connection, org_id: OrgId, realignment_id: UUID, *, is_undone: bool = False
) -> None:
    """Give the territories their new borders, or those of before."""
    column = "former_area" if is_undone else "area"
    with driver_cursor(connection) as cursor:
        cursor.execute(_WRITE.format(column=column), {"org": org_id, "id": realignment_id})
