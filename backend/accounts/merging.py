"""Two accounts that are one place become one; what is still sent to the other lands on it."""

import sqlalchemy as sa

from backend.accounts import merge_repository, repository
from backend.accounts.duplicates import check_judge
from backend.accounts.schemas import AccountRead
from backend.accounts.scope import missing
from backend.api.problems import malformed_field
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import AccountId


def merge_account(
    connection: sa.Connection, actor: Actor, account_id: AccountId, into: AccountId
) -> AccountRead:
    """Make `account_id` part of `into` and return that one.

    Contacts, visits, facts and empties go over, tags are united, and empty fields are filled. The
    other account is deleted softly; its id stays as an alias. Raise NotFound when one of the two
    is not live, Malformed when they are the same.
    """
    check_judge(actor)
    if account_id == into:
        raise malformed_field(
            "into", "An account cannot be merged into itself.", code="merge_into_itself"
        )
    repository.lock_areas(connection, actor.org_id)
    live = merge_repository.lock_live(connection, actor.org_id, (account_id, into))
    winner = repository.find_account(connection, actor.org_id, into)
    loser = repository.find_account(connection, actor.org_id, account_id)
    if loser is None or account_id not in live:
        raise missing(account_id)
    if winner is None or into not in live:
        raise malformed_field("into", f"There is no account {into}.", code="merge_into_unknown")
    moved = merge_repository.move_children(connection, actor.org_id, winner, loser)
    merge_repository.fill_and_lose(connection, actor.org_id, winner, loser, actor.user_id)
    audit.record(
        connection,
        actor,
        "account.merge",
        subject="account",
        subject_id=account_id,
        detail={"into": str(into), "rv": loser.rv, "moved": dict(moved)},
    )
    merged = repository.find_account(connection, actor.org_id, into)
    if merged is None:
        raise missing(into)
    return merged
