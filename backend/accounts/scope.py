"""Who sees and changes which accounts.

A rep sees and edits the accounts of the own territories, the own ones outside every territory and
those held over after a realignment; everybody else sees them all. What is out of scope is answered
like what is not there.
"""

import sqlalchemy as sa

from backend.accounts import repository
from backend.accounts.schemas import AccountRead
from backend.api.problems import Forbidden, NotFound
from backend.identity.actor import Actor, Role
from backend.ids import AccountId, TerritoryId

WRITERS = frozenset({Role.REP, Role.MANAGER, Role.AGENT, Role.ADMIN})
"""Analysts read only."""
DELETERS = frozenset({Role.MANAGER, Role.ADMIN})


def scope_territories(connection: sa.Connection, actor: Actor) -> list[TerritoryId] | None:
    """Return the territories that bound what the actor sees; None is the whole organisation."""
    if actor.sees_everything:
        return None
    held = repository.scope_territories(connection, actor.org_id, actor.user_id)
    return [TerritoryId(one) for one in held]


def checked(
    connection: sa.Connection, actor: Actor, account: AccountRead | None, account_id: AccountId
) -> AccountRead:
    """Return the account when it is in the actor's scope; raise NotFound otherwise."""
    if account is None or not is_in_scope(connection, actor, account):
        raise missing(account_id)
    return account


def check_writer(actor: Actor) -> None:
    """Raise Forbidden for those who only read."""
    if actor.role not in WRITERS:
        raise Forbidden("Analysts read accounts; they do not change them.")


def missing(account_id: AccountId) -> NotFound:
    """Return the problem of an account that is not there, or not the actor's to see."""
    return NotFound(f"There is no account {account_id}, or it is not yours to see.")


def is_in_scope(connection: sa.Connection, actor: Actor, account: AccountRead) -> bool:
    """Tell whether the actor may see the account."""
    territories = scope_territories(connection, actor)
    if territories is None:
        return True
    if account.territory_id is None:
        is_own = account.owner_id == actor.user_id
    else:
        is_own = account.territory_id in territories
    return is_own or repository.is_held_over(connection, actor.org_id, actor.user_id, account.id)
