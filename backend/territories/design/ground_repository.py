"""The SQL of what a design is made of: accounts and areas of some territories."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, TerritoryId

_ACCOUNTS = """
SELECT a.id, a.territory_id, ST_X(a.location) AS lon, ST_Y(a.location) AS lat,
  a.visit_minutes, a.visit_every_days, a.life_stage = 'prospect' AS is_prospect,
  coalesce(p.monthly_amount, 0)::float8 AS potential, greatest(coalesce(s.amount, 0), 0)::float8
 FROM account a
 LEFT JOIN account_potential p ON p.org_id = a.org_id AND p.account_id = a.id
 LEFT JOIN LATERAL (
   SELECT sum(s.amount) AS amount FROM sale s
    WHERE s.org_id = a.org_id AND s.account_id = a.id
      AND s.sold_on > tuyen_today(:org_id) - 365 AND s.sold_on <= tuyen_today(:org_id)) s ON true
 WHERE a.org_id = :org_id AND a.deleted_at IS NULL AND a.location IS NOT NULL
   AND a.territory_id = ANY (cast(:ids AS uuid[]))
 ORDER BY a.id
"""
_OTHERS = """
WITH RECURSIVE up AS (
  SELECT t.id, t.parent_id FROM territory t
   WHERE t.org_id = :org_id AND t.id = ANY (cast(:ids AS uuid[]))
  UNION SELECT t.id, t.parent_id FROM territory t
    JOIN up ON t.org_id = :org_id AND t.id = up.parent_id),
 down AS (
  SELECT t.id FROM territory t WHERE t.org_id = :org_id AND t.id = ANY (cast(:ids AS uuid[]))
  UNION SELECT t.id FROM territory t JOIN down ON t.org_id = :org_id AND t.parent_id = down.id)
SELECT ST_AsBinary(t.area) FROM territory t
 WHERE t.org_id = :org_id AND t.deleted_at IS NULL AND t.area IS NOT NULL
   AND t.id NOT IN (SELECT id FROM up) AND t.id NOT IN (SELECT id FROM down)
 ORDER BY t.id
"""


class AccountFacts(msgspec.Struct, frozen=True):
    """An account on the map with what its visits take."""

    id: UUID
    territory_id: TerritoryId
    lon: float
    lat: float
    visit_minutes: float
    visit_every_days: float
    is_prospect: bool
    potential: float = 0.0
    """What it could buy in a month."""
    revenue: float = 0.0
    """What it bought in the last 365 days, no less than nothing."""


class Ground(msgspec.Struct, frozen=True):
    """The accounts of some territories, and the areas of those that have one, as WKB."""

    accounts: tuple[AccountFacts, ...]
    areas: dict[TerritoryId, bytes]


def select_ground(
    connection: sa.Connection, org_id: OrgId, territories: Sequence[TerritoryId]
) -> Ground:
    """Return what lies in the territories now, in the order of the accounts' ids."""
    values = {"org_id": org_id, "ids": list(territories)}
    accounts = connection.execute(sa.text(_ACCOUNTS), values).all()
    return Ground(
        tuple(AccountFacts(*row) for row in accounts),
        _select_areas(connection, org_id, territories),
    )


def _select_areas(
    connection: sa.Connection, org_id: OrgId, territories: Sequence[TerritoryId]
) -> dict[TerritoryId, bytes]:
    areas = connection.execute(
        sa.text(
            "SELECT t.id, ST_AsBinary(t.area) AS area FROM territory t WHERE t.org_id = :org_id"
            " AND t.deleted_at IS NULL AND t.area IS NOT NULL"
            " AND t.id = ANY (cast(:ids AS uuid[])) ORDER BY t.id"
        ),
        {"org_id": org_id, "ids": list(territories)},
    )
    return {TerritoryId(row.id): bytes(row.area) for row in areas}


def select_other_areas(
    connection: sa.Connection, org_id: OrgId, territories: Sequence[TerritoryId]
) -> list[bytes]:
    """Return the areas, as WKB, of territories near these that are neither above nor below them."""
    rows = connection.execute(
        sa.text(_OTHERS), {"org_id": org_id, "ids": list(territories)}
    ).scalars()
    return [bytes(one) for one in rows]


def select_names(
    connection: sa.Connection,
    org_id: OrgId,
    territories: Sequence[TerritoryId],
    *,
    is_deleted: bool = False,
) -> dict[TerritoryId, str]:
    """Return the names of those of the territories that are there, or of those that were."""
    rows = connection.execute(
        sa.text(
            "SELECT t.id, t.name FROM territory t WHERE t.org_id = :org_id"
            " AND (t.deleted_at IS NOT NULL) = :is_deleted"
            " AND t.id = ANY (cast(:ids AS uuid[])) ORDER BY t.name, t.id"
        ),
        {"org_id": org_id, "ids": list(territories), "is_deleted": is_deleted},
    )
    return {TerritoryId(row.id): row.name for row in rows}
