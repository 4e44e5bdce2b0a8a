"""What may happen to a visit: plan, check in, complete, correct, cancel."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from backend.api.problems import Conflict, Forbidden, NotFound, malformed_field
from backend.identity.actor import Actor, Role
from backend.ids import AccountId, UserId, VisitId, new_id
from backend.visits import repository
from backend.visits.captures import check_location
from backend.visits.schemas import (
    VALID_MOVES,
    Capture,
    CheckInCreate,
    Outcome,
    VisitCreate,
    VisitRead,
    VisitStatus,
)


def list_visits(
    connection: sa.Connection,
    actor: Actor,
    *,
    on_date: date | None = None,
    rep_id: UUID | None = None,
    account_id: UUID | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 500,
) -> list[VisitRead]:
    """Return the visits in the actor's scope."""
    return repository.select_visits(
        connection,
        actor.org_id,
        on_date=on_date,
        rep_id=rep_id,
        account_id=account_id,
        scope=_scope(connection, actor),
        after=after,
        limit=limit,
    )


def get_visit(connection: sa.Connection, actor: Actor, visit_id: UUID) -> VisitRead:
    """Return one visit in the actor's scope; raise NotFound otherwise."""
    found = repository.select_visits(
        connection, actor.org_id, visit_id=visit_id, scope=_scope(connection, actor), limit=1
    )
    if not found:
        raise NotFound(f"There is no visit {visit_id} that you may see.")
    return found[0]


def create_visit(
    connection: sa.Connection,
    actor: Actor,
    data: VisitCreate,
    *,
    visit_id: VisitId | None = None,
    route_id: UUID | None = None,
    planned_at: datetime | None = None,
    sequence: int | None = None,
    is_fact: bool = False,
) -> VisitId:
    """Plan a visit; reps plan their own, planners anybody's. Return its id.

    One that took place (`is_fact`) is also taken where the account left the scope a while ago.
    """
    _check_writer(actor)
    rep_id = UserId(data.rep_id or actor.user_id)
    if rep_id != actor.user_id:
        if actor.role not in {Role.MANAGER, Role.ADMIN}:
            raise Forbidden("Only managers plan visits for somebody else.")
        if not repository.is_user(connection, actor.org_id, rep_id):
            raise malformed_field("rep_id", "There is no such person in your organisation.")
    check_account(connection, actor, data.account_id, is_fact=is_fact)
    visit_id = visit_id or VisitId(new_id())
    repository.insert_visit(
        connection,
        actor.org_id,
        visit_id,
        account_id=AccountId(data.account_id),
        rep_id=rep_id,
        planned_on=data.planned_on,
        route_id=route_id,
        planned_at=planned_at,
        sequence=sequence,
    )
    return visit_id


def move_visit(
    connection: sa.Connection,
    actor: Actor,
    visit_id: UUID,
    *,
    at: datetime,
    status: VisitStatus | None = None,
    outcome: Outcome | None = None,
) -> bool:
    """Bring a visit to a status, or correct its outcome; False when nothing changed.

    Raises Conflict for a step that its present status does not allow.
    """
    visit = _lock_own(connection, actor, visit_id)
    current = VisitStatus(visit["status"])
    changes: dict[str, Any] = {}
    if status is not None and status is not current:
        if status not in VALID_MOVES[current]:
            raise Conflict(
                f"A visit that is {current.value} cannot become {status.value}.",
                code="status_not_allowed",
            )
        changes["status"] = status.value
    if outcome is not None and outcome != visit["outcome"]:
        changes["outcome"] = outcome.value
    is_done = (status or current) is VisitStatus.DONE
    if is_done and visit["outcome"] is None and outcome is None:
        raise malformed_field(
            "outcome", "A visit that is done needs an outcome.", code="outcome_missing"
        )
    if is_done and visit["done_at"] is None:
        changes["done_at"] = at
        repository.touch_last_visit(connection, actor.org_id, visit["account_id"], at)
    if changes:
        repository.update_visit(connection, actor.org_id, visit_id, changes)
    return bool(changes)


def record_check_in(
    connection: sa.Connection,
    actor: Actor,
    visit_id: UUID,
    data: CheckInCreate,
    capture: Capture,
    *,
    check_in_id: UUID | None = None,
    account_id: UUID | None = None,
) -> float | None:
    """Store where the rep stood and mark the visit checked in; return the distance in metres."""
    visit = _lock_own(connection, actor, visit_id)
    if account_id not in {None, visit["account_id"]}:
        raise malformed_field("visit_id", "This visit was to another account.")
    is_late = check_account(connection, actor, visit["account_id"], is_fact=True)
    if data.location is not None:
        check_location(data.location)
    distance = repository.insert_check_in(
        connection,
        actor.org_id,
        {
            "id": check_in_id or new_id(),
            "account_id": visit["account_id"],
            "visit_id": visit_id,
            "rep_id": actor.user_id,
            "captured_at": capture.captured_at,
            "corrected_at": capture.corrected_at,
            "clock_suspect": capture.clock_suspect,
            "lon": data.location[0] if data.location else None,
            "lat": data.location[1] if data.location else None,
            "accuracy_m": data.accuracy_m,
            "is_mock": data.is_mock,
            "boot_id": capture.boot_id,
            "elapsed_ms": capture.elapsed_ms,
            "is_late": is_late,
            "voids": data.voids,
        },
    )
    changes: dict[str, Any] = {}
    if visit["checked_in_at"] is None:
        changes["checked_in_at"] = capture.corrected_at
    if VisitStatus.CHECKED_IN in VALID_MOVES[VisitStatus(visit["status"])]:
        changes["status"] = VisitStatus.CHECKED_IN.value
    if changes:
        repository.update_visit(connection, actor.org_id, visit_id, changes)
    return distance


def add_note(
    connection: sa.Connection,
    actor: Actor,
    *,
    account_id: UUID,
    visit_id: UUID | None,
    body: str,
    captured_at: datetime,
    note_id: UUID | None = None,
    voids: UUID | None = None,
) -> None:
    """Store a note on an account, or on one visit to it."""
    if not body.strip():
        raise malformed_field("body", "A note cannot be empty.")
    is_late = check_fact(connection, actor, account_id=account_id, visit_id=visit_id)
    repository.insert_note(
        connection,
        actor.org_id,
        {
            "id": note_id or new_id(),
            "account_id": account_id,
            "visit_id": visit_id,
            "author_id": actor.user_id,
            "body": body,
            "captured_at": captured_at,
            "is_late": is_late,
            "voids": voids,
        },
    )


def check_account(
    connection: sa.Connection, actor: Actor, account_id: UUID, *, is_fact: bool = False
) -> bool:
    """Lock the account and raise NotFound when it is out of the actor's scope.

    A fact about an account that left the scope a short while ago is taken and marked late: the
    answer is True then.
    """
    standing = repository.find_standing(connection, actor.org_id, actor.user_id, account_id)
    if standing is not None:
        if actor.sees_everything or standing.is_in_scope:
            return False
        if is_fact and standing.was_in_scope:
            return True
    raise NotFound(
        f"There is no account {account_id} in your territories.", code="account_out_of_scope"
    )


def check_fact(
    connection: sa.Connection, actor: Actor, *, account_id: UUID, visit_id: UUID | None
) -> bool:
    """Lock what a new fact is about; return whether it is late.

    Raises NotFound for an account out of scope, Malformed for a visit to another account.
    """
    _check_writer(actor)
    if visit_id is not None:
        visit = repository.lock_visit(connection, actor.org_id, visit_id)
        if visit is None:
            raise NotFound(f"There is no visit {visit_id}.", code="visit_unknown")
        if visit["account_id"] != account_id:
            raise malformed_field("visit_id", "This visit was to another account.")
    return check_account(connection, actor, account_id, is_fact=True)


def _check_writer(actor: Actor) -> None:
    if actor.role is Role.ANALYST:
        raise Forbidden("Analysts read visits; they do not make or change them.")


def _lock_own(connection: sa.Connection, actor: Actor, visit_id: UUID) -> dict[str, Any]:
    """Lock a visit of the actor's own, or of anybody for planners; its account is locked after."""
    _check_writer(actor)
    visit = repository.lock_visit(connection, actor.org_id, visit_id)
    is_allowed = visit is not None and (
        visit["rep_id"] == actor.user_id or actor.role in {Role.MANAGER, Role.ADMIN}
    )
    if visit is None or not is_allowed:
        raise NotFound(f"There is no visit {visit_id} of yours.", code="visit_unknown")
    return dict(visit)


def _scope(connection: sa.Connection, actor: Actor) -> tuple[UserId, list[UUID]] | None:
    if actor.sees_everything:
        return None
    return actor.user_id, repository.select_territories(connection, actor.org_id, actor.user_id)
