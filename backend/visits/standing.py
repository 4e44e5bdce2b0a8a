"""Who may report on an account: now, or late, for what was captured while it was theirs."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from backend.accounts.merge_repository import resolve_account
from backend.api.problems import Forbidden, NotFound, malformed_field
from backend.identity.actor import Actor, Role
from backend.visits import repository

type Sight = Callable[[UUID], bool]
"""Tells whether the caller holds an account that is live and in the actor's scope."""
type FindVisit = Callable[[UUID], Mapping[str, Any] | None]
"""Returns a visit that is held against other writers, or None."""


def check_account(
    connection: sa.Connection,
    actor: Actor,
    account_id: UUID,
    *,
    is_fact: bool = False,
    captured_at: datetime | None = None,
    is_in_sight: Sight | None = None,
) -> bool:
    """Lock the account and raise NotFound when it is out of the actor's scope.

    A fact about an account that left the scope is taken and marked late, the answer is True then,
    when the actor was entitled to it at `captured_at`: corrected, and now when none is given.
    """
    if is_in_sight is not None and is_in_sight(account_id):
        return False
    standing = repository.find_standing(
        connection, actor.org_id, actor.user_id, account_id, captured_at=captured_at
    )
    if standing is not None:
        if actor.sees_everything or standing.is_in_scope:
            return False
        if is_fact and standing.was_in_scope:
            return True
    raise NotFound(
        f"There is no account {account_id} in your territories.", code="account_out_of_scope"
    )


def check_fact(
    connection: sa.Connection,
    actor: Actor,
    *,
    account_id: UUID,
    visit_id: UUID | None,
    captured_at: datetime | None = None,
    is_in_sight: Sight | None = None,
    find_visit: FindVisit | None = None,
) -> bool:
    """Lock what a new fact is about; return whether it is late.

    `captured_at` is corrected; now when none is given. Raises NotFound for an account out of scope,
    Malformed for a visit to another account.
    """
    check_writer(actor)
    if visit_id is not None:
        if find_visit is not None:
            visit = find_visit(visit_id)
        else:
            visit = repository.lock_visit(connection, actor.org_id, visit_id)
        if visit is None:
            raise NotFound(f"There is no visit {visit_id}.", code="visit_unknown")
        check_same(connection, actor, visit, account_id)
        account_id = visit["account_id"]
    return check_account(
        connection,
        actor,
        account_id,
        is_fact=True,
        captured_at=captured_at,
        is_in_sight=is_in_sight,
    )


def check_same(
    connection: sa.Connection, actor: Actor, visit: Mapping[str, Any], account_id: UUID
) -> None:
    """Raise Malformed when the visit was to another account, whatever was merged since."""
    own = visit["account_id"]
    if own != account_id and own != resolve_account(connection, actor.org_id, account_id):
        raise malformed_field("visit_id", "This visit was to another account.")


def check_voids(
    connection: sa.Connection, actor: Actor, table: str, voids: UUID | None, account_id: UUID
) -> None:
    """Raise Malformed unless the fact to void is there, of this account and the actor's own."""
    if voids is None:
        return
    found = repository.find_fact(connection, actor.org_id, table, voids)
    if found is None or found[0] != account_id:
        sentence = f"There is no {table} {voids} of this account that could be corrected."
        raise malformed_field("voids", sentence, code="voids_unknown")
    if found[1] != actor.user_id and actor.role not in {Role.MANAGER, Role.ADMIN}:
        sentence = "A fact is corrected by its author, or by a manager."
        raise malformed_field("voids", sentence, code="voids_of_another")


def check_writer(actor: Actor) -> None:
    """Raise Forbidden for those who only read."""
    if actor.role is Role.ANALYST:
        raise Forbidden("Analysts read visits; they do not make or change them.")
