"""What was sold, for whoever may see the account."""

from uuid import UUID

import sqlalchemy as sa

from backend.accounts.service import get_account
from backend.identity.actor import Actor
from backend.ids import AccountId
from backend.orders import repository
from backend.orders.schemas import Before, ProductRead, SaleRead


def list_products(
    connection: sa.Connection, actor: Actor, category: str | None, *, after: str | None, limit: int
) -> list[ProductRead]:
    """Return the organisation's products by code, after the one named."""
    return repository.select_products(connection, actor.org_id, category, after=after, limit=limit)


def list_sales(
    connection: sa.Connection,
    actor: Actor,
    account_id: UUID,
    *,
    before: Before | None,
    limit: int,
) -> list[SaleRead]:
    """Return what an account bought, the latest first; raise NotFound outside the actor's scope."""
    account = get_account(connection, actor, AccountId(account_id))
    return repository.select_sales(
        connection, actor.org_id, AccountId(account.id), before=before, limit=limit
    )
