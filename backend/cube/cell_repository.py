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


def select_without_cell(
    connection: sa.Connection, org_id: OrgId, after: UUID | None, *, most: int
) -> tuple[list[Place], UUID | None]:
    """Look through so many accounts after one, by id.

    Return those whose place has no cell yet, or had another, and the last that was looked at: None
    when there were no more.
    """
    statement = sa.text("""
WITH page AS MATERIALIZED (
  SELECT a.id, ST_X(a.location) AS lon, ST_Y(a.location) AS lat FROM account a
   WHERE a.org_id = :org_id AND (cast(:after AS uuid) IS NULL OR a.id > :after)
     AND a.deleted_at IS NULL AND a.location IS NOT NULL ORDER BY a.id LIMIT :most)
SELECT p.id, p.lon, p.lat FROM page p
  LEFT JOIN account_hexagon x ON x.org_id = :org_id AND x.account_id = p.id
 WHERE (x.lon, x.lat) IS DISTINCT FROM (p.lon, p.lat)
UNION ALL (SELECT p.id, NULL, NULL FROM page p ORDER BY p.id DESC LIMIT 1)""")
    rows = connection.execute(statement, {"org_id": org_id, "after": after, "most": most}).all()
    last = [row.id for row in rows if row.lon is None]
    return [Place(*row) for row in rows if row.lon is not None], last[0] if last else None


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
