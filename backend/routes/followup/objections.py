"""People disagree with what is said of their days, and planners answer."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from backend.api.problems import Conflict, Forbidden, NotFound, malformed_field
from backend.identity import audit
from backend.identity.actor import Actor, Role
from backend.ids import new_id
from backend.routes.followup import objection_repository as repository
from backend.routes.followup.schemas import ObjectionAnswer, ObjectionCreate, ObjectionRead


def object_to(connection: sa.Connection, actor: Actor, data: ObjectionCreate) -> ObjectionRead:
    """Keep an objection to a day of the actor's own; Malformed for a visit of another day.

    Raises Forbidden for analysts, who read.
    """
    if actor.role is Role.ANALYST:
        raise Forbidden("Analysts read what is said of days; they do not object to it.")
    if data.visit_id is not None and not repository.has_visit(
        connection, actor.org_id, data.visit_id, actor.user_id, data.on_date
    ):
        raise malformed_field("visit_id", "This is no visit of yours on that day.")
    objection_id = new_id()
    repository.insert_objection(
        connection,
        actor.org_id,
        {
            "id": objection_id,
            "rep_id": actor.user_id,
            "on_date": data.on_date,
            "visit_id": data.visit_id,
            "body": data.body,
        },
    )
    return _get(connection, actor, objection_id)


def list_objections(
    connection: sa.Connection,
    actor: Actor,
    *,
    rep_id: UUID | None,
    on_date: date | None,
    only_open: bool,
) -> list[ObjectionRead]:
    """Return objections, the newest first; reps see their own."""
    return repository.select_objections(
        connection, actor.org_id, rep_id=rep_id, on_date=on_date, only_open=only_open
    )


def answer(
    connection: sa.Connection,
    actor: Actor,
    objection_id: UUID,
    data: ObjectionAnswer,
    *,
    now: datetime,
) -> ObjectionRead:
    """Answer somebody else's objection, once; raise NotFound, Forbidden or Conflict."""
    if _get(connection, actor, objection_id).rep_id == actor.user_id:
        raise Forbidden("This objection is your own: another planner answers it.")
    state, verb = ("accepted", "accept") if data.is_accepted else ("refused", "refuse")
    is_done = repository.answer_objection(
        connection,
        actor.org_id,
        objection_id,
        state=state,
        answer=data.answer,
        by=actor.user_id,
        at=now,
    )
    if not is_done:
        raise Conflict("This objection was answered already.")
    audit.record(
        connection, actor, f"objection.{verb}", subject="objection", subject_id=objection_id
    )
    return _get(connection, actor, objection_id)


def _get(connection: sa.Connection, actor: Actor, objection_id: UUID) -> ObjectionRead:
    found = repository.select_objections(connection, actor.org_id, objection_id=objection_id)
    if not found:
        raise NotFound(f"There is no objection {objection_id}.")
    return found[0]
