"""Doubtful pins listed and answered; what an answer moves can be put back."""

from uuid import UUID

import sqlalchemy as sa

from backend import jobs
from backend.accounts import service as accounts
from backend.accounts.schemas import AccountPatch, AccountRead, LocationSource
from backend.accounts.scope import check_writer
from backend.api.problems import Conflict, NotFound, malformed_field
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import AccountId, UserId, new_id
from backend.pins import queue_repository as queue
from backend.pins import repository
from backend.pins.queue_repository import Held
from backend.pins.schemas import (
    Answer,
    AnswerRead,
    CheckRead,
    DoubtRead,
    QueueKey,
    Summary,
    Wanted,
)

MOST_IN_SHEET = 50_000
MOST_ON_SPOT = 500
"""So many accounts of one spot are answered at once."""


def list_queue(
    connection: sa.Connection,
    actor: Actor,
    wanted: Wanted,
    *,
    after: QueueKey | None,
    limit: int,
) -> list[DoubtRead]:
    """Return the doubtful pins that the actor sees, those that are farthest off first."""
    return queue.select_queue(
        connection, actor.org_id, wanted, rep=_rep(actor), after=after, limit=limit
    )


def summarise(connection: sa.Connection, actor: Actor, wanted: Wanted) -> Summary:
    """Count the doubtful pins that the actor sees, and tell how far the latest check is."""
    counts = queue.count_reasons(connection, actor.org_id, wanted, rep=_rep(actor))
    return Summary(counts, repository.find_check(connection, actor.org_id))


def list_history(
    connection: sa.Connection,
    actor: Actor,
    *,
    account_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> list[AnswerRead]:
    """Return what was answered about accounts that the actor sees, the latest first."""
    return queue.select_history(
        connection,
        actor.org_id,
        rep=_rep(actor),
        account_id=account_id,
        before=before,
        limit=limit,
    )


def start_check(connection: sa.Connection, actor: Actor) -> CheckRead:
    """Have all accounts looked at; where that is under way already, tell how far it is."""
    if repository.insert_check(connection, actor.org_id, by=actor.user_id) is not None:
        jobs.enqueue_in_turn(connection, "pins.check", org_id=actor.org_id)
    found = repository.find_check(connection, actor.org_id)
    if found is None:
        raise RuntimeError("A check that was begun is not there.")
    return found


def answer(
    connection: sa.Connection, actor: Actor, doubt_id: UUID, said: Answer
) -> list[AnswerRead]:
    """Carry out what a person says about a pin; more than one answer is of a whole spot.

    Raise NotFound out of scope, and Conflict where the doubt was answered or the account moved.
    """
    check_writer(actor)
    if (said.kind == "move") != (said.location is not None):
        raise malformed_field("location", "Give the location of a move, and of nothing else.")
    if said.is_whole_spot and said.kind != "right":
        raise malformed_field("is_whole_spot", "A whole spot is right, or its accounts go apart.")
    ids = [doubt_id]
    if said.is_whole_spot:
        # In the order of accounts, so that two who answer the same spot wait for each other.
        ids = queue.select_whole_spot(
            connection, actor.org_id, doubt_id, rep=_rep(actor), limit=MOST_ON_SPOT
        )
        ids = ids if doubt_id in ids else [doubt_id]
    told = [
        _answer_one(connection, actor, *_hold(connection, actor, one), said) for one in ids
    ]  # fmt: skip
    return [_told(connection, actor, one) for one in told]


def undo(connection: sa.Connection, actor: Actor, answer_id: UUID) -> AnswerRead:
    """Put an account back where it was before an answer, and ask the same again.

    Raise Conflict where that was undone already, or the account moved since.
    """
    check_writer(actor)
    given = queue.find_answer(connection, actor.org_id, answer_id)
    if given is None:
        raise _no_answer(answer_id)
    account = accounts.lock_account_in_scope(connection, actor, given.account_id)
    given = queue.find_answer(connection, actor.org_id, answer_id)
    if given is None or given.is_undone or given.kind == "undo":
        raise Conflict(
            "This answer was undone already, or is an undo itself.", code="pin_answer_undone"
        )
    if account.location != given.after:
        raise Conflict(
            "The account was moved since: answer its new place instead.", code="pin_moved"
        )
    if given.before != given.after:
        source: LocationSource = given.before_source  # type: ignore[assignment]
        _move(connection, actor, given.account_id, given.before, source)
        queue.let_go_of(connection, actor.org_id, given.account_id)
    queue.open_again(connection, actor.org_id, given.doubt_id)
    undo_id = new_id()
    queue.insert_answer(
        connection,
        actor.org_id,
        undo_id,
        doubt_id=given.doubt_id,
        account_id=given.account_id,
        kind="undo",
        before=given.after,
        before_source=account.location_source or "manual",
        after=given.before,
        by=actor.user_id,
        undoes=answer_id,
    )
    _record(connection, actor, "undo", given.account_id, given.after, given.before)
    return _told(connection, actor, undo_id)


def _hold(connection: sa.Connection, actor: Actor, doubt_id: UUID) -> tuple[Held, AccountRead]:
    """Return a doubt and its account, both held, the account first as everywhere."""
    account_id = queue.find_account_of(connection, actor.org_id, doubt_id)
    if account_id is None:
        raise _no_doubt(doubt_id)
    try:
        account = accounts.lock_account_in_scope(connection, actor, account_id)
    except NotFound as unseen:
        raise _no_doubt(doubt_id) from unseen
    held = queue.lock_doubt(connection, actor.org_id, doubt_id)
    if held is None:
        raise _no_doubt(doubt_id)
    if account.location != held.location:
        raise Conflict(
            "The account was moved since this was found: look at its new place.", code="pin_moved"
        )
    if held.state != "open":
        raise Conflict(
            "Somebody answered this already, or a later check no longer finds it: read again.",
            code="pin_answered",
        )
    return held, account


def _answer_one(
    connection: sa.Connection, actor: Actor, held: Held, account: AccountRead, said: Answer
) -> UUID:
    after = held.location
    if said.kind == "approve":
        if held.suggested is None:
            raise malformed_field(
                "kind", "Nobody knows where this account is: move it by hand, or say it is right."
            )
        after = _move(connection, actor, held.account_id, held.suggested, "gps")
    elif said.location is not None:
        after = _move(connection, actor, held.account_id, said.location, "manual")
    answer_id = new_id()
    queue.settle(connection, actor.org_id, held, after)
    queue.insert_answer(
        connection,
        actor.org_id,
        answer_id,
        doubt_id=held.id,
        account_id=held.account_id,
        kind=said.kind,
        before=held.location,
        before_source=account.location_source or "manual",
        after=after,
        by=actor.user_id,
    )
    _record(connection, actor, said.kind, held.account_id, held.location, after)
    return answer_id


def _move(
    connection: sa.Connection,
    actor: Actor,
    account_id: AccountId,
    location: list[float],
    source: LocationSource,
) -> list[float]:
    """Move an account that the caller holds, as anybody does who edits it; return where it is."""
    patch = AccountPatch(location=location, location_source=source)
    moved = accounts.patch_account(connection, actor, account_id, patch, is_in_sight=True)
    return moved.location or location


def _record(  # who, what, from where, to where
    connection: sa.Connection,
    actor: Actor,
    kind: str,
    account_id: AccountId,
    before: list[float],
    after: list[float],
) -> None:
    audit.record(
        connection,
        actor,
        f"pin.{kind}",
        subject="account",
        subject_id=account_id,
        detail={"before": before, "after": after},
    )


def _told(connection: sa.Connection, actor: Actor, answer_id: UUID) -> AnswerRead:
    # The scope is left out: what an answer moved may be somebody else's now.
    (told,) = queue.select_history(connection, actor.org_id, rep=None, answer_id=answer_id)
    return told


def _rep(actor: Actor) -> UserId | None:
    return None if actor.sees_everything else actor.user_id


def _no_doubt(doubt_id: UUID) -> NotFound:
    return NotFound(f"There is no doubtful pin {doubt_id}, or it is not yours to see.")


def _no_answer(answer_id: UUID) -> NotFound:
    return NotFound(f"There is no answer {answer_id}, or it is not yours to see.")
