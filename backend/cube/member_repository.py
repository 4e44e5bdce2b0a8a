"""The SQL of what is counted by: the names of territories, people and products."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from backend.ids import OrgId, UserId


class Territory(NamedTuple):
    """A territory as a member of a hierarchy."""

    id: UUID
    parent_id: UUID | None
    name: str
    is_live: bool


def select_territories(connection: sa.Connection, org_id: OrgId) -> list[Territory]:
    """Return all territories, those that went too: sales may have been made there."""
    statement = sa.text(
        "SELECT id, parent_id, name, deleted_at IS NULL AS is_live FROM territory"
        " WHERE org_id = :org_id ORDER BY name, id"
    )
    return [Territory._make(row) for row in connection.execute(statement, {"org_id": org_id})]


def select_people(connection: sa.Connection, org_id: OrgId) -> dict[UUID, str]:
    """Return the names of everybody."""
    statement = sa.text("SELECT id, full_name FROM app_user WHERE org_id = :org_id")
    return {row.id: row.full_name for row in connection.execute(statement, {"org_id": org_id})}


class Product(NamedTuple):
    """A product by its name and category."""

    id: UUID
    name: str
    category: str | None


def select_products(connection: sa.Connection, org_id: OrgId) -> dict[UUID, Product]:
    """Return the products by id."""
    statement = sa.text("SELECT id, name, category FROM product WHERE org_id = :org_id")
    return {row.id: Product._make(row) for row in connection.execute(statement, {"org_id": org_id})}


def select_held_over(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> list[UUID]:
    """Return the accounts that a person keeps for a while."""
    statement = sa.text("SELECT tuyen_held_over(:org_id, :user_id)")
    return list(connection.scalars(statement, {"org_id": org_id, "user_id": user_id}))


def select_in_campaigns(
    connection: sa.Connection, org_id: OrgId, campaign_ids: Sequence[UUID]
) -> list[UUID]:
    """Return the accounts that are in any of some campaigns, whosoever they are."""
    statement = sa.text(
        "SELECT DISTINCT account_id FROM campaign_account"
        " WHERE org_id = :org_id AND campaign_id = ANY (cast(:ids AS uuid[]))"
    )
    return list(connection.scalars(statement, {"org_id": org_id, "ids": list(campaign_ids)}))


class Books(NamedTuple):
    """The currency of amounts, and of which day RFM classes are."""

    currency: str
    valued_on: date | None


def read_books(connection: sa.Connection, org_id: OrgId) -> Books:
    """Return what is to be known of amounts and classes."""
    statement = sa.text(
        "SELECT o.currency, (SELECT v.valued_on FROM account_value v WHERE v.org_id = o.id LIMIT 1)"
        " FROM organisation o WHERE o.id = :org_id"
    )
    return Books._make(connection.execute(statement, {"org_id": org_id}).one())
