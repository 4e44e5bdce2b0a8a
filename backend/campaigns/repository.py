"""The SQL of campaigns: which there are, whose accounts they have, and what came of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.areas.statements import IN_SCOPE
from backend.campaigns import statements
from backend.campaigns.schemas import (
    Campaign,
    CampaignAccount,
    CampaignCounts,
    CampaignCreate,
    Wanted,
)
from backend.db.bulk import rows_json
from backend.ids import OrgId, UserId
from backend.maps.schemas import Scope


class Slice(NamedTuple):
    """Accounts of one territory, or of one owner outside all: what they did since and before."""

    territory_id: UUID | None
    owner_id: UUID | None
    accounts: int
    visited: int
    bought: int
    open: int
    revenue: float
    visits: int
    visits_before: int
    visited_before: int
    bought_before: int
    revenue_before: float


class Held(NamedTuple):
    """A campaign that the caller holds."""

    name: str
    is_ended: bool


class Days(NamedTuple):
    """The first and last day that count, and the first of as many before."""

    since: date
    until: date
    before: date


def select_campaigns(
    connection: sa.Connection,
    scope: Scope,
    *,
    campaign_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 1,
) -> list[Campaign]:
    """Return campaigns, the newest first; a rep's have at least one account in scope."""
    values = _scoped(scope) | {"limit": limit}
    query = statements.CAMPAIGNS
    if campaign_id is not None:
        query += " AND k.id = :campaign_id"
        values["campaign_id"] = campaign_id
    if before is not None:
        query += " AND k.id < :before"
        values["before"] = before
    if scope.territory_ids is not None:
        query += f" AND EXISTS ({_members(scope, 'k.id')})"
    rows = connection.execute(sa.text(f"{query} ORDER BY k.id DESC LIMIT :limit"), values)
    return msgspec.convert([dict(row) for row in rows.mappings()], list[Campaign])


def count_accounts(
    connection: sa.Connection, scope: Scope, campaigns: Sequence[Campaign]
) -> dict[UUID, CampaignCounts]:
    """Return how many accounts of each campaign are in scope, and what was done there."""
    statement = sa.text(statements.COUNTS.format(members=_members(scope, "k.id")))
    values = _scoped(scope) | {
        "ids": [one.id for one in campaigns],
        "since": [one.starts_on for one in campaigns],
        "until": [one.counted_to for one in campaigns],
    }
    return {row[0]: CampaignCounts(*row[1:]) for row in connection.execute(statement, values)}


def select_slices(
    connection: sa.Connection, scope: Scope, campaign_id: UUID, days: Days
) -> list[Slice]:
    """Return what a campaign's accounts in scope did, by territory and owner."""
    statement = sa.text(statements.SHARES.format(members=_members(scope, ":campaign_id")))
    values = _scoped(scope) | days._asdict() | {"campaign_id": campaign_id}
    return [Slice._make(row) for row in connection.execute(statement, values)]


def select_accounts(
    connection: sa.Connection,
    scope: Scope,
    campaign_id: UUID,
    days: Days,
    wanted: Wanted,
    *,
    after: UUID | None,
    limit: int,
) -> list[CampaignAccount]:
    """Return those of a campaign's accounts in scope that are wanted, by id."""
    only = statements.OPEN if wanted.is_open else ""
    only += statements.IN_TERRITORY if wanted.territory_id is not None else ""
    members = _members(scope, ":campaign_id")
    statement = sa.text(statements.ACCOUNTS.format(members=members, only=only))
    values = _scoped(scope) | {
        "campaign_id": campaign_id, "since": days.since, "until": days.until, "after": after,
        "limit": limit,
    }  # fmt: skip
    if wanted.territory_id is not None:
        values["territory_id"] = wanted.territory_id
    rows = connection.execute(statement, values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[CampaignAccount])


def select_names(
    connection: sa.Connection, org_id: OrgId, territories: Sequence[UUID], people: Sequence[UUID]
) -> dict[UUID, str]:
    """Return what territories and people are called."""
    values = {"org_id": org_id, "territories": list(territories), "people": list(people)}
    rows = connection.execute(sa.text(statements.NAMES), values)
    return {row.id: row.name for row in rows}


def insert_campaign(
    connection: sa.Connection, org_id: OrgId, by: UserId, campaign_id: UUID, asked: CampaignCreate
) -> None:
    """Keep a campaign."""
    statement = sa.text(
        "INSERT INTO campaign (org_id, id, name, purpose, starts_on, ends_on, created_by)"
        " VALUES (:org_id, :id, :name, :purpose, :starts_on, :ends_on, :by)"
    )
    values = {"org_id": org_id, "id": campaign_id, "by": by} | msgspec.structs.asdict(asked)
    connection.execute(statement, values)


def update_campaign(
    connection: sa.Connection, org_id: OrgId, campaign_id: UUID, changed: CampaignCreate
) -> None:
    """Write a campaign anew; its version goes up by one."""
    statement = sa.text(
        "UPDATE campaign SET name = :name, purpose = :purpose, starts_on = :starts_on,"
        " ends_on = :ends_on WHERE org_id = :org_id AND id = :id"
    )
    values = {"org_id": org_id, "id": campaign_id} | msgspec.structs.asdict(changed)
    connection.execute(statement, values)


def end_campaign(connection: sa.Connection, org_id: OrgId, campaign_id: UUID) -> None:
    """Write that a campaign ends now."""
    statement = sa.text("UPDATE campaign SET ended_at = now() WHERE org_id = :org_id AND id = :id")
    connection.execute(statement, {"org_id": org_id, "id": campaign_id})


def delete_campaign(connection: sa.Connection, org_id: OrgId, campaign_id: UUID) -> bool:
    """Forget a campaign that has no account; tell whether it was so."""
    statement = sa.text(
        "DELETE FROM campaign k WHERE k.org_id = :org_id AND k.id = :id AND NOT EXISTS ("
        "SELECT FROM campaign_account c WHERE c.org_id = :org_id AND c.campaign_id = :id)"
    )
    return connection.execute(statement, {"org_id": org_id, "id": campaign_id}).rowcount == 1


def hold_campaign(connection: sa.Connection, org_id: OrgId, campaign_id: UUID) -> Held | None:
    """Keep a campaign as it is to the transaction's end; return None for none."""
    row = connection.execute(
        sa.text(
            "SELECT k.name, k.ended_at IS NOT NULL OR k.ends_on < tuyen_today(:org_id) AS is_ended"
            " FROM campaign k WHERE k.org_id = :org_id AND k.id = :id FOR NO KEY UPDATE"
        ),
        {"org_id": org_id, "id": campaign_id},
    ).one_or_none()
    return None if row is None else Held._make(row)


def touch_campaign(connection: sa.Connection, org_id: OrgId, campaign_id: UUID) -> None:
    """Raise a campaign's version: other accounts are in it now."""
    statement = sa.text(
        "UPDATE campaign SET updated_at = now() WHERE org_id = :org_id AND id = :id"
    )
    connection.execute(statement, {"org_id": org_id, "id": campaign_id})


def insert_accounts(
    connection: sa.Connection,
    org_id: OrgId,
    campaign_id: UUID,
    ids: Sequence[UUID],
    *,
    by: UserId,
) -> dict[UUID, datetime]:
    """Put accounts into a campaign; return when each of those came that were not in it."""
    statement = sa.text(
        "INSERT INTO campaign_account (org_id, campaign_id, account_id, added_by)"
        " SELECT :org_id, :id, t.one, :by FROM unnest(cast(:ids AS uuid[])) t (one)"
        " ORDER BY t.one ON CONFLICT DO NOTHING RETURNING account_id, added_at"
    )
    values = {"org_id": org_id, "id": campaign_id, "by": by, "ids": list(ids)}
    return {row.account_id: row.added_at for row in connection.execute(statement, values)}


def delete_accounts(
    connection: sa.Connection, org_id: OrgId, campaign_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, dict[str, object]]:
    """Take accounts out of a campaign; return when and by whom each was put into it."""
    statement = sa.text(
        "DELETE FROM campaign_account WHERE org_id = :org_id AND campaign_id = :id"
        " AND account_id = ANY (cast(:ids AS uuid[])) RETURNING account_id, added_at, added_by"
    )
    rows = connection.execute(statement, {"org_id": org_id, "id": campaign_id, "ids": list(ids)})
    return {row.account_id: {"added_at": row.added_at, "added_by": row.added_by} for row in rows}


def delete_added(
    connection: sa.Connection,
    org_id: OrgId,
    campaign_id: UUID,
    added: Mapping[UUID, Mapping[str, Any]],
) -> set[UUID]:
    """Take those accounts out that are in a campaign since the moment told; return them."""
    statement = sa.text("""
DELETE FROM campaign_account c
 USING jsonb_to_recordset(cast(:rows AS jsonb)) AS u (account_id uuid, added_at timestamptz)
 WHERE c.org_id = :org_id AND c.campaign_id = :id AND c.account_id = u.account_id
   AND c.added_at = u.added_at RETURNING c.account_id""")
    rows = rows_json([{"account_id": one, **when} for one, when in added.items()])
    values = {"org_id": org_id, "id": campaign_id, "rows": rows}
    return set(connection.execute(statement, values).scalars())


def restore_accounts(
    connection: sa.Connection,
    org_id: OrgId,
    campaign_id: UUID,
    taken: Mapping[UUID, Mapping[str, Any]],
) -> set[UUID]:
    """Put accounts back as they were in a campaign; return those that were not in it again."""
    statement = sa.text("""
INSERT INTO campaign_account (org_id, campaign_id, account_id, added_at, added_by)
SELECT :org_id, :id, u.account_id, u.added_at, u.added_by
  FROM jsonb_to_recordset(cast(:rows AS jsonb))
    AS u (account_id uuid, added_at timestamptz, added_by uuid)
 ORDER BY u.account_id ON CONFLICT DO NOTHING RETURNING account_id""")
    rows = rows_json([{"account_id": one, **was} for one, was in taken.items()])
    values = {"org_id": org_id, "id": campaign_id, "rows": rows}
    return set(connection.execute(statement, values).scalars())


def _members(scope: Scope, campaign: str) -> str:
    in_scope = "" if scope.territory_ids is None else IN_SCOPE
    return statements.MEMBERS.format(campaign=campaign, scope=in_scope)


def _scoped(scope: Scope) -> dict[str, Any]:
    values: dict[str, Any] = {"org_id": scope.org_id}
    if scope.territory_ids is not None:
        values |= {"scope": scope.territory_array, "user_id": scope.user_id}
    return values
