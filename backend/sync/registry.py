"""The one list of what syncs: each table with the services that carry out its mutations.

Rooms do not know that sync exists; what a device sends is turned into the same bodies that the
HTTP controllers take, so both doors keep the same rules.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.accounts import service as accounts
from backend.accounts.schemas import AccountCreate, AccountPatch, ContactCreate, ContactPatch
from backend.api.payloads import Prose
from backend.api.problems import Forbidden, Malformed, malformed_field
from backend.identity.actor import Actor
from backend.ids import AccountId, ContactId, UserId, VisitId
from backend.media import service as media
from backend.media.schemas import MediaCreate
from backend.sync.protocol.messages import Value
from backend.sync.protocol.tables import TABLES, Table
from backend.visits import service as visits
from backend.visits.captures import capture_now
from backend.visits.schemas import Capture, CheckInCreate, Outcome, VisitCreate, VisitStatus


class Edit(msgspec.Struct, frozen=True):
    """A mutation on its way into a room: who, in which transaction, and when it was made."""

    connection: sa.Connection
    actor: Actor
    now: datetime
    clock_offset: timedelta
    """How far the device's clock lags behind the server's."""
    at: datetime | None
    boot_id: str | None
    elapsed_ms: int | None


type Create = Callable[[Edit, UUID, Mapping[str, Value]], None]
type Change = Callable[[Edit, UUID, Mapping[str, Value]], None]
type Delete = Callable[[Edit, UUID], None]


class SyncedTable(msgspec.Struct, frozen=True):
    """A table of the protocol and what may be done to it; None is not allowed."""

    table: Table
    create: Create | None = None
    change: Change | None = None
    delete: Delete | None = None


def _body[T](kind: type[T], values: Mapping[str, Value], **more: object) -> T:
    """Make a room's request body of wire values; raise Malformed that names the field."""
    try:
        return msgspec.convert({**values, **more}, kind, strict=True)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].rstrip("`") if "$." in str(error) else ""
        raise malformed_field(field, f"{error}.") from error


def _create_account(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> None:
    body = _body(AccountCreate, _without_none(values))
    accounts.create_account(edit.connection, edit.actor, body, account_id=AccountId(rid))


def _change_account(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> None:
    body = _body(AccountPatch, values)
    accounts.patch_account(edit.connection, edit.actor, AccountId(rid), body)


def _create_contact(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> None:
    body = _body(ContactCreate, _without_none(values))
    accounts.create_contact(edit.connection, edit.actor, body, contact_id=ContactId(rid))


def _change_contact(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> None:
    body = _body(ContactPatch, values)
    accounts.patch_contact(edit.connection, edit.actor, ContactId(rid), body)


def _delete_contact(edit: Edit, rid: UUID) -> None:
    accounts.delete_contact(edit.connection, edit.actor, ContactId(rid))


_AHEAD = timedelta(hours=14)
"""No place on earth is further ahead of UTC."""


class _VisitValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account_id: UUID
    planned_on: date
    rep_id: UserId | None = None
    status: VisitStatus | None = None
    outcome: Outcome | None = None


def _create_visit(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> None:
    body = _body(_VisitValues, values)
    visits.create_visit(
        edit.connection,
        edit.actor,
        VisitCreate(account_id=body.account_id, planned_on=body.planned_on, rep_id=body.rep_id),
        visit_id=VisitId(rid),
        # A visit of today, or of a day without a signal, is a fact: the rep stood there.
        is_fact=body.planned_on <= (edit.now + _AHEAD).date(),
    )
    if body.status not in {None, VisitStatus.PLANNED} or body.outcome is not None:
        _move(edit, rid, body.status, body.outcome)


class _VisitChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    status: VisitStatus | None = None
    outcome: Outcome | None = None


def _change_visit(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> None:
    body = _body(_VisitChanges, values)
    _move(edit, rid, body.status, body.outcome)


def _move(edit: Edit, rid: UUID, status: VisitStatus | None, outcome: Outcome | None) -> None:
    at = _capture(edit, edit.at or edit.now).corrected_at
    visits.move_visit(edit.connection, edit.actor, rid, at=at, status=status, outcome=outcome)


class _CheckInValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account_id: UUID
    visit_id: UUID
    captured_at: datetime
    rep_id: UUID | None = None
    location: list[float] | None = None
    accuracy_m: float | None = None
    is_mock: bool = False
    voids: UUID | None = None


def _create_check_in(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> None:
    body = _body(_CheckInValues, values)
    _check_own(edit, body.rep_id, "rep_id")
    fact = _body(
        CheckInCreate,
        {
            name: value
            for name, value in values.items()
            if name not in {"account_id", "visit_id", "rep_id"}
        },
    )
    visits.record_check_in(
        edit.connection,
        edit.actor,
        body.visit_id,
        fact,
        _capture(edit, body.captured_at),
        check_in_id=rid,
        account_id=body.account_id,
    )


class _NoteValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account_id: UUID
    body: Prose
    captured_at: datetime
    visit_id: UUID | None = None
    author_id: UUID | None = None
    voids: UUID | None = None


def _create_note(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> None:
    body = _body(_NoteValues, values)
    _check_own(edit, body.author_id, "author_id")
    visits.add_note(
        edit.connection,
        edit.actor,
        account_id=body.account_id,
        visit_id=body.visit_id,
        body=body.body,
        captured_at=_capture(edit, body.captured_at).corrected_at,
        note_id=rid,
        voids=body.voids,
    )


def _create_media(edit: Edit, rid: UUID, values: Mapping[str, Value]) -> None:
    author = values.get("author_id")
    _check_own(edit, UUID(str(author)) if author else None, "author_id")
    body = _body(MediaCreate, {name: one for name, one in values.items() if name != "author_id"})
    _capture(edit, body.captured_at)
    is_late = visits.check_fact(
        edit.connection, edit.actor, account_id=body.account_id, visit_id=body.visit_id
    )
    media.declare_media(edit.connection, edit.actor, body, media_id=rid, is_late=is_late)


def _capture(edit: Edit, captured_at: datetime) -> Capture:
    if captured_at.tzinfo is None:
        raise Malformed("captured_at needs a time zone, such as a final Z.")
    capture = capture_now(captured_at, edit.now, offset=edit.clock_offset)
    return msgspec.structs.replace(capture, boot_id=edit.boot_id, elapsed_ms=edit.elapsed_ms)


def _check_own(edit: Edit, person_id: UUID | None, field: str) -> None:
    if person_id is not None and person_id != edit.actor.user_id:
        raise Forbidden(f"{field} names somebody else: a fact is its author's own.")


def _without_none(values: Mapping[str, Value]) -> dict[str, Value]:
    """Leave out what is not known: a new record takes the defaults."""
    return {name: value for name, value in values.items() if value is not None}


REGISTRY: dict[str, SyncedTable] = {
    one.table.name: one
    for one in (
        SyncedTable(TABLES["territory"]),
        SyncedTable(TABLES["account"], create=_create_account, change=_change_account),
        SyncedTable(
            TABLES["contact"],
            create=_create_contact,
            change=_change_contact,
            delete=_delete_contact,
        ),
        SyncedTable(TABLES["route"]),
        SyncedTable(TABLES["visit"], create=_create_visit, change=_change_visit),
        SyncedTable(TABLES["check_in"], create=_create_check_in),
        SyncedTable(TABLES["note"], create=_create_note),
        SyncedTable(TABLES["media"], create=_create_media),
        SyncedTable(TABLES["issue"]),
    )
}
"""Every synced table, by name."""
