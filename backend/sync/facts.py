"""Visits and what was seen on them: from wire values to the rooms' services."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.api.payloads import Moment, Prose
from backend.api.problems import Forbidden
from backend.ids import UserId, VisitId
from backend.media import service as media
from backend.media.schemas import MediaCreate
from backend.routes.rework import service as reworks
from backend.routes.rework.schemas import ReworkCreate, ReworkPlan, ReworkReason
from backend.sync.edit import Edit, Written, judge_capture, read_body
from backend.sync.protocol.messages import Value
from backend.visits import service as visits
from backend.visits.kinds import VisitKind
from backend.visits.schemas import CheckInCreate, Outcome, VisitCreate, VisitStatus

_AHEAD = timedelta(hours=14)
"""No place on earth is further ahead of UTC."""
_FIRST = Written(rv=1)
"""A record that was just made."""


class _VisitValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account_id: UUID
    planned_on: date
    rep_id: UserId | None = None
    status: VisitStatus | None = None
    outcome: Outcome | None = None
    kind: VisitKind | None = None


def create_visit(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> Written:
    """Plan a visit, or keep one that took place."""
    body = read_body(_VisitValues, values)
    visits.create_visit(
        edit.connection,
        edit.actor,
        VisitCreate(
            account_id=body.account_id,
            planned_on=body.planned_on,
            rep_id=body.rep_id,
            kind=body.kind,
        ),
        visit_id=VisitId(rid),
        # A visit of today, or of a day without a signal, is a fact: the rep stood there.
        is_fact=body.planned_on <= (edit.now + _AHEAD).date(),
        captured_at=judge_capture(edit, edit.at or edit.now).corrected_at,
        is_in_sight=edit.is_in_sight,
        writes=edit.writes.visits,
    )
    if body.status not in {None, VisitStatus.PLANNED} or body.outcome is not None:
        return _move(edit, rid, body.status, body.outcome)
    return _FIRST


class _VisitChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    status: VisitStatus | None = None
    outcome: Outcome | None = None


def change_visit(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> Written:
    """Bring a visit to another status, or correct its outcome."""
    body = read_body(_VisitChanges, values)
    return _move(edit, rid, body.status, body.outcome)


def _move(edit: Edit, rid: UUID, status: VisitStatus | None, outcome: Outcome | None) -> Written:
    at = judge_capture(edit, edit.at or edit.now).corrected_at
    rv = visits.move_visit(
        edit.connection,
        edit.actor,
        rid,
        at=at,
        status=status,
        outcome=outcome,
        writes=edit.writes.visits,
    )
    return Written(rv=rv)


class _CheckInValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account_id: UUID
    visit_id: UUID
    captured_at: datetime
    rep_id: UUID | None = None
    location: list[float] | None = None
    accuracy_m: float | None = None
    is_mock: bool = False
    voids: UUID | None = None


def create_check_in(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> Written:
    """Keep where the rep stood."""
    body = read_body(_CheckInValues, values)
    _check_own(edit, body.rep_id, "rep_id")
    told = {"account_id", "visit_id", "rep_id"}
    fact = read_body(CheckInCreate, {name: one for name, one in values.items() if name not in told})
    visits.record_check_in(
        edit.connection,
        edit.actor,
        body.visit_id,
        fact,
        judge_capture(edit, body.captured_at),
        check_in_id=rid,
        account_id=body.account_id,
        is_in_sight=edit.is_in_sight,
        writes=edit.writes.visits,
    )
    return _FIRST


class _NoteValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account_id: UUID
    body: Prose
    captured_at: datetime
    visit_id: UUID | None = None
    author_id: UUID | None = None
    voids: UUID | None = None


def create_note(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> Written:
    """Keep what the rep wrote down."""
    body = read_body(_NoteValues, values)
    _check_own(edit, body.author_id, "author_id")
    visits.add_note(
        edit.connection,
        edit.actor,
        account_id=body.account_id,
        visit_id=body.visit_id,
        body=body.body,
        captured_at=judge_capture(edit, body.captured_at).corrected_at,
        note_id=rid,
        voids=body.voids,
        is_in_sight=edit.is_in_sight,
        writes=edit.writes.visits,
    )
    return _FIRST


def create_media(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> Written:
    """Announce a file."""
    author = values.get("author_id")
    _check_own(edit, UUID(str(author)) if author else None, "author_id")
    told = {name: one for name, one in values.items() if name != "author_id"}
    body = read_body(MediaCreate, told)
    is_late = visits.check_fact(
        edit.connection,
        edit.actor,
        account_id=body.account_id,
        visit_id=body.visit_id,
        captured_at=judge_capture(edit, body.captured_at).corrected_at,
        is_in_sight=edit.is_in_sight,
    )
    media.declare_media(edit.connection, edit.actor, body, media_id=rid, is_late=is_late)
    return _FIRST


class _ReworkValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    route_id: UUID
    made_at: Moment
    reason: ReworkReason
    plan: ReworkPlan
    rep_id: UUID | None = None


def create_rework(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> Written:
    """Keep how the rep went on with a planned day."""
    body = read_body(_ReworkValues, values)
    _check_own(edit, body.rep_id, "rep_id")
    reworks.keep_rework(
        edit.connection,
        edit.actor,
        ReworkCreate(route_id=body.route_id, reason=body.reason, plan=body.plan),
        rework_id=rid,
        made_at=judge_capture(edit, body.made_at).corrected_at,
    )
    return _FIRST


def _check_own(edit: Edit, person_id: UUID | None, field: str) -> None:
    if person_id is not None and person_id != edit.actor.user_id:
        raise Forbidden(f"{field} names somebody else: a fact is its author's own.")
