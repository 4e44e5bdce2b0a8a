"""Accounts that may be the same place twice: flagged when one is made, judged by a planner."""

import sqlalchemy as sa

from backend.accounts import duplicate_repository as repository
from backend.accounts.duplicate_repository import find_duplicate
from backend.accounts.repository import find_account
from backend.accounts.schemas import DuplicateRead, PairKey
from backend.accounts.scope import DELETERS, is_in_scope
from backend.api.problems import Forbidden, NotFound
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import AccountId

__all__ = ["check_judge", "find_duplicate", "flag_duplicate", "list_open", "settle_distinct"]


def flag_duplicate(
    connection: sa.Connection, actor: Actor, account_id: AccountId
) -> AccountId | None:
    """Keep that a new account resembles another one; return its id where the actor may see it."""
    other_id = repository.flag_duplicate(connection, actor.org_id, account_id)
    if other_id is None or actor.sees_everything:
        return other_id
    other = find_account(connection, actor.org_id, other_id)
    return other_id if other and is_in_scope(connection, actor, other) else None


def list_open(
    connection: sa.Connection, actor: Actor, *, before: PairKey | None, limit: int
) -> list[DuplicateRead]:
    """Return the pairs that nobody judged yet, latest first, those flagged before `before`."""
    check_judge(actor)
    return repository.select_open(connection, actor.org_id, before=before, limit=limit)


def settle_distinct(
    connection: sa.Connection, actor: Actor, account_id: AccountId, other_id: AccountId
) -> None:
    """Say that the two are different places; raise NotFound when no such pair is open."""
    check_judge(actor)
    pair = (account_id, other_id)
    if not repository.settle_distinct(connection, actor.org_id, pair, actor.user_id):
        raise NotFound(f"The accounts {account_id} and {other_id} are no open pair.")
    audit.record(
        connection,
        actor,
        "account.distinct",
        subject="account",
        subject_id=account_id,
        detail={"other_id": str(other_id)},
    )


def check_judge(actor: Actor) -> None:
    """Raise Forbidden for those who may not decide which accounts are one place."""
    if actor.role not in DELETERS:
        raise Forbidden("Only managers and administrators decide about duplicates.")
