"""What accounts are worth, made and told."""

from uuid import UUID

import sqlalchemy as sa

from backend.accounts.service import get_account
from backend.identity.actor import Actor
from backend.ids import AccountId, OrgId
from backend.insights import repository
from backend.insights.schemas import AccountValueRead, ScoresRead


def value_accounts(connection: sa.Connection, org_id: OrgId) -> None:
    """Make anew what every account of the organisation is worth, as of its own today."""
    repository.make_values(connection, org_id)


def get_value(connection: sa.Connection, actor: Actor, account_id: UUID) -> AccountValueRead:
    """Return what an account is worth; raise NotFound outside the actor's scope."""
    account = get_account(connection, actor, AccountId(account_id))
    found = repository.find_value(connection, actor.org_id, account.id)
    scores = None
    if found["rfm_class"] is not None:
        scores = ScoresRead(
            found["recency"], found["frequency"], found["monetary"], found["rfm_class"]
        )
    return AccountValueRead(
        account_id=account.id,
        currency=found["currency"],
        valued_on=found["valued_on"],
        last_sold_on=found["last_sold_on"],
        sold_days=found["sold_days"],
        revenue=found["revenue"],
        scores=scores,
        monthly_potential=found["monthly_potential"],
        potential_source=found["potential_source"],
        potential_said_on=found["potential_said_on"],
    )
