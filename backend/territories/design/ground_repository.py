"""The SQL of what a design is made of: accounts and areas of some territories."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, TerritoryId


class AccountFacts(msgspec.Struct, frozen=True):
    """An account on the map with what its visits take."""

    id: UUID
    territory_id: TerritoryId
    lon: float
    lat: float
    visit_minutes: float
    visit_every_days: float
    is_prospect: bool


class Ground(msgspec.Struct, frozen=True):
    """The accounts of some territories, and the areas of those that have one, as WKB."""

    accounts: tuple[AccountFacts, ...]
    areas: tuple[bytes, ...]


def select_ground(
    connection: sa.Connection, org_id: OrgId, territories: Sequence[TerritoryId]
) -> Ground:
    """Return what lies in the territories now, in the order of the accounts' ids."""
    accounts = connection.execute(
        sa.text(
            "SELECT a.id, a.territory_id, ST_X(a.location) AS lon, ST_Y(a.location) AS lat,"
            " a.visit_minutes, a.visit_every_days, a.life_stage = 'prospect' AS is_prospect"
            " FROM account a WHERE a.org_id = :org_id AND a.deleted_at IS NULL"
            " AND a.location IS NOT NULL AND a.territory_id = ANY (cast(:ids AS uuid[]))"
            " ORDER BY a.id"
        ),
        {"org_id": org_id, "ids": list(territories)},
    ).all()
    areas = connection.execute(
        sa.text(
            "SELECT ST_AsBinary(t.area) FROM territory t WHERE t.org_id = :org_id"
            " AND t.deleted_at IS NULL AND t.area IS NOT NULL"
            " AND t.id = ANY (cast(:ids AS uuid[])) ORDER BY t.id"
        ),
        {"org_id": org_id, "ids": list(territories)},
    ).scalars()
    return Ground(tuple(AccountFacts(*row) for row in accounts), tuple(bytes(one) for one in areas))


def select_names(
    connection: sa.Connection, org_id: OrgId, territories: Sequence[TerritoryId]
) -> dict[TerritoryId, str]:
    """Return the names of those of the territories that are there."""
    rows = connection.execute(
        sa.text(
            "SELECT t.id, t.name FROM territory t WHERE t.org_id = :org_id"
            " AND t.deleted_at IS NULL AND t.id = ANY (cast(:ids AS uuid[]))"
        ),
        {"org_id": org_id, "ids": list(territories)},
    )
    return {TerritoryId(row.id): row.name for row in rows}
