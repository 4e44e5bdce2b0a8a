"""The SQL of administrative units that are counted by: those with an outline."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import shapely
import sqlalchemy as sa

from backend.ids import OrgId

_HOLDS = "u.valid_from <= :on AND (u.valid_to IS NULL OR u.valid_to > :on)"


class Unit(NamedTuple):
    """A unit that is counted by."""

    id: UUID
    name: str
    parent_id: UUID | None
    parent_name: str | None
    rv: int


def select_levels(connection: sa.Connection, org_id: OrgId, on: date) -> list[int]:
    """Return the levels of which units hold on a day, the coarsest first."""
    statement = sa.text(f"""
SELECT DISTINCT u.level FROM admin_unit u
 WHERE u.org_id = :org_id AND u.area IS NOT NULL AND {_HOLDS} ORDER BY u.level""")  # noqa: S608
    return list(connection.scalars(statement, {"org_id": org_id, "on": on}))


def select_units(connection: sa.Connection, org_id: OrgId, level: int, on: date) -> list[Unit]:
    """Return the units of a level that hold on a day, by name."""
    statement = sa.text(f"""
SELECT u.id, u.name, u.parent_id, p.name AS parent_name, u.rv
  FROM admin_unit u LEFT JOIN admin_unit p ON p.org_id = :org_id AND p.id = u.parent_id
 WHERE u.org_id = :org_id AND u.level = :level AND u.area IS NOT NULL
   AND {_HOLDS}
 ORDER BY u.name_folded, u.name, u.id""")  # noqa: S608  # constants only
    values = {"org_id": org_id, "level": level, "on": on}
    return [Unit._make(row) for row in connection.execute(statement, values)]


def select_areas(
    connection: sa.Connection, org_id: OrgId, ids: Sequence[UUID]
) -> dict[UUID, shapely.MultiPolygon]:
    """Return the outlines of units."""
    statement = sa.text(
        "SELECT id, ST_AsBinary(area) AS area FROM admin_unit"
        " WHERE org_id = :org_id AND id = ANY (cast(:ids AS uuid[]))"
    )
    rows = connection.execute(statement, {"org_id": org_id, "ids": list(ids)})
    found = {row.id: shapely.from_wkb(bytes(row.area)) for row in rows}
    return {one: area for one, area in found.items() if isinstance(area, shapely.MultiPolygon)}


def find_units(
    connection: sa.Connection, org_id: OrgId, ids: Sequence[UUID]
) -> dict[UUID, tuple[int, date, date | None]]:
    """Return level and days of those units that have an outline."""
    if not ids:
        return {}
    statement = sa.text(
        "SELECT id, level, valid_from, valid_to FROM admin_unit WHERE org_id = :org_id"
        " AND id = ANY (cast(:ids AS uuid[])) AND area IS NOT NULL"
    )
    rows = connection.execute(statement, {"org_id": org_id, "ids": list(ids)})
    return {row.id: (row.level, row.valid_from, row.valid_to) for row in rows}
