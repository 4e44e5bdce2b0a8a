"""The SQL of H3 cells: which places have none yet, and keeping them."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId


class Place(msgspec.Struct, frozen=True):
    """An account whose cell is not known yet."""

    account_id: UUID
    lon: float
    lat: float


def select_without_cell(connection: sa.Connection, org_id: OrgId, *, most: int) -> list[Place]:
    """Return accounts whose place has no cell yet, or had another."""
    statement = sa.text("""
SELECT a.id, ST_X(a.location), ST_Y(a.location) FROM account a
  LEFT JOIN account_hexagon x ON x.org_id = a.org_id AND x.account_id = a.id
 WHERE a.org_id = :org_id AND a.deleted_at IS NULL AND a.location IS NOT NULL
   AND (x.lon, x.lat) IS DISTINCT FROM (ST_X(a.location), ST_Y(a.location)) LIMIT :most""")
    rows = connection.execute(statement, {"org_id": org_id, "most": most})
    return [Place(*row) for row in rows]


def save_cells(
    connection: sa.Connection, org_id: OrgId, places: Sequence[Place], cells: Sequence[int]
) -> None:
    """Keep the cells of places."""
    statement = sa.text("""
INSERT INTO account_hexagon AS x (org_id, account_id, lon, lat, cell)
SELECT :org_id, n.account_id, n.lon, n.lat, n.cell
  FROM unnest(cast(:ids AS uuid[]), cast(:lons AS float8[]), cast(:lats AS float8[]),
              cast(:cells AS bigint[])) n (account_id, lon, lat, cell)
ON CONFLICT (org_id, account_id) DO UPDATE
   SET lon = excluded.lon, lat = excluded.lat, cell = excluded.cell""")
    values = {
        "org_id": org_id, "ids": [one.account_id for one in places],
        "lons": [one.lon for one in places], "lats": [one.lat for one in places],
        "cells": list(cells),
    }  # fmt: skip
    connection.execute(statement, values)
