"""What may happen to a visit: plan, check in, complete, correct, cancel."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from backend.api.problems import Conflict, Forbidden, NotFound, malformed_field
from backend.identity.actor import Actor, Role
from backend.ids import UserId, VisitId, new_id
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
from backend.visits.standing import (
    Sight,
    check_account,
    check_fact,
    check_same,
    check_voids,
    check_writer,
)
from backend.visits.writing import VisitWrites, written

__all__ = [
    "add_note",
    "check_account",
    "check_fact",
    "create_visit",
    "get_reported",
    "get_visit",
    "list_visits",
    "move_visit",
    "record_check_in",
]


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
    return _get(connection, actor, visit_id, scope=_scope(connection, actor))


def get_reported(connection: sa.Connection, actor: Actor, visit_id: UUID) -> VisitRead:
    """Return a visit that the actor just reported on, also when its account left their scope."""
    return _get(connection, actor, visit_id, scope=None)


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
    captured_at: datetime | None = None,
    is_in_sight: Sight | None = None,
    writes: VisitWrites | None = None,
) -> VisitId:
    """Plan a visit; reps plan their own, planners anybody's. Return its id.

    One that took place (`is_fact`) is also taken where the account left the scope, when the actor
    was entitled to it at `captured_at` (corrected; now when none is given).
    """
    check_writer(actor)
    rep_id = UserId(data.rep_id or actor.user_id)
    if rep_id != actor.user_id:
        if actor.role not in {Role.MANAGER, Role.ADMIN}:
            raise Forbidden("Only managers plan visits for somebody else.")
        if not repository.is_user(connection, actor.org_id, rep_id):
            raise malformed_field("rep_id", "There is no such person in your organisation.")
    check_account(
        connection,
        actor,
        data.account_id,
        is_fact=is_fact,
        captured_at=captured_at,
        is_in_sight=is_in_sight,
    )
    visit_id = visit_id or VisitId(new_id())
    with written(connection, actor.org_id, writes) as own:
        own.insert_visit(
            {
                "id": visit_id,
                "account_id": data.account_id,
                "rep_id": rep_id,
                "route_id": route_id,
                "planned_on": data.planned_on,
                "planned_at": planned_at,
                "sequence": sequence,
                "asked_kind": data.kind,
            }
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
    writes: VisitWrites | None = None,
) -> int:
    """Bring a visit to a status, or correct its outcome; return its version then.

    Raises Conflict for a step that its present status does not allow.
    """
    with written(connection, actor.org_id, writes) as own:
        return _move(actor, visit_id, own, at=at, status=status, outcome=outcome)


def _move(
    actor: Actor,
    visit_id: UUID,
    writes: VisitWrites,
    *,
    at: datetime,
    status: VisitStatus | None,
    outcome: Outcome | None,
) -> int:
    visit = _hold_own(writes, actor, visit_id)
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
        writes.accounts.note_visit(visit["account_id"], at)
    if not changes:
        return int(visit["rv"])
    return writes.change_visit(visit_id, changes)


def record_check_in(
    connection: sa.Connection,
    actor: Actor,
    visit_id: UUID,
    data: CheckInCreate,
    capture: Capture,
    *,
    check_in_id: UUID | None = None,
    account_id: UUID | None = None,
    is_in_sight: Sight | None = None,
    writes: VisitWrites | None = None,
) -> None:
    """Store where the rep stood and mark the visit checked in."""
    with written(connection, actor.org_id, writes) as own:
        if data.voids is not None:
            own.flush()  # what it voids may be waiting
        visit = _hold_own(own, actor, visit_id)
        _check_in(
            connection,
            actor,
            visit,
            data,
            capture,
            check_in_id=check_in_id,
            account_id=account_id,
            is_in_sight=is_in_sight,
            writes=own,
        )
        changes: dict[str, Any] = {}
        if visit["checked_in_at"] is None:
            changes["checked_in_at"] = capture.corrected_at
        if VisitStatus.CHECKED_IN in VALID_MOVES[VisitStatus(visit["status"])]:
            changes["status"] = VisitStatus.CHECKED_IN.value
        if changes:
            own.change_visit(visit_id, changes)


def _check_in(
    connection: sa.Connection,
    actor: Actor,
    visit: Mapping[str, Any],
    data: CheckInCreate,
    capture: Capture,
    *,
    check_in_id: UUID | None,
    account_id: UUID | None,
    is_in_sight: Sight | None,
    writes: VisitWrites,
) -> None:
    if account_id is not None:
        check_same(connection, actor, visit, account_id)
    is_late = check_account(
        connection,
        actor,
        visit["account_id"],
        is_fact=True,
        captured_at=capture.corrected_at,
        is_in_sight=is_in_sight,
    )
    if data.location is not None:
        check_location(data.location)
    check_voids(connection, actor, "check_in", data.voids, visit["account_id"])
    writes.insert_check_in(
        {
            "id": check_in_id or new_id(),
            "account_id": visit["account_id"],
            "visit_id": visit["id"],
            "rep_id": actor.user_id,
            "captured_at": capture.captured_at,
            "corrected_at": capture.corrected_at,
            "clock_suspect": capture.clock_suspect,
            "clock_offset_ms": capture.clock_offset_ms,
            "lon": data.location[0] if data.location else None,
            "lat": data.location[1] if data.location else None,
            "accuracy_m": data.accuracy_m,
            "is_mock": data.is_mock,
            "boot_id": capture.boot_id,
            "elapsed_ms": capture.elapsed_ms,
            "is_late": is_late,
            "voids": data.voids,
        }
    )


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
    is_in_sight: Sight | None = None,
    writes: VisitWrites | None = None,
) -> None:
    """Store a note on an account, or on one visit to it."""
    if not body.strip():
        raise malformed_field("body", "A note cannot be empty.")
    with written(connection, actor.org_id, writes) as own:
        if voids is not None:
            own.flush()  # what it voids may be waiting
        is_late = check_fact(
            connection,
            actor,
            account_id=account_id,
            visit_id=visit_id,
            captured_at=captured_at,
            is_in_sight=is_in_sight,
            find_visit=own.find_visit,
        )
        check_voids(connection, actor, "note", voids, account_id)
        own.insert_note(
            {
                "id": note_id or new_id(),
                "account_id": account_id,
                "visit_id": visit_id,
                "author_id": actor.user_id,
                "body": body,
                "captured_at": captured_at,
                "is_late": is_late,
                "voids": voids,
            }
        )


def _hold_own(writes: VisitWrites, actor: Actor, visit_id: UUID) -> Mapping[str, Any]:
    """Hold a visit of the actor's own, or of anybody for planners, and its account."""
    check_writer(actor)
    visit = writes.find_visit(visit_id)
    is_allowed = visit is not None and (
        visit["rep_id"] == actor.user_id or actor.role in {Role.MANAGER, Role.ADMIN}
    )
    if visit is None or not is_allowed:
        raise NotFound(f"There is no visit {visit_id} of yours.", code="visit_unknown")
    return visit


def _get(
    connection: sa.Connection,
    actor: Actor,
    visit_id: UUID,
    *,
    scope: tuple[UserId, list[UUID]] | None,
) -> VisitRead:
    found = repository.select_visits(
        connection, actor.org_id, visit_id=visit_id, scope=scope, limit=1
    )
    if not found:
        raise NotFound(f"There is no visit {visit_id} that you may see.")
    return found[0]


def _scope(connection: sa.Connection, actor: Actor) -> tuple[UserId, list[UUID]] | None:
    if actor.sees_everything:
        return None
    return actor.user_id, repository.select_territories(connection, actor.org_id, actor.user_id)
