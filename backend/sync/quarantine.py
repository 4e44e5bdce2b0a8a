"""Mutations that made the server fail: counted, set aside the third time, settled by a person."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.identity.actor import Actor
from backend.ids import DeviceId, OrgId, UserId
from backend.sync.protocol.messages import Mutation

MAX_ATTEMPTS = 3


class QuarantineState(StrEnum):
    """What became of what was set aside."""

    SET_ASIDE = "set_aside"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


class QuarantineRead(msgspec.Struct, frozen=True):
    """A mutation that was set aside; those of one `unit_id` are settled together.

    `error` is what the server said to itself: for administrators.
    """

    mutation_id: UUID
    unit_id: UUID
    user_id: UserId
    device_id: DeviceId
    body: Mutation
    attempts: int
    error: str | None
    state: QuarantineState
    clock_offset_ms: int
    first_at: datetime
    last_at: datetime
    settled_at: datetime | None
    settled_by: UUID | None


_SELECT = (
    "SELECT mutation_id, unit_id, user_id, device_id, body, attempts, error, state,"
    " clock_offset_ms, first_at, last_at, settled_at, settled_by FROM sync_quarantine"
    " WHERE org_id = :org_id AND state <> 'counting'"
)
_INSERT = (
    "INSERT INTO sync_quarantine AS q (org_id, mutation_id, unit_id, place, user_id, device_id,"
    " body, error, attempts, clock_offset_ms) VALUES (:org_id, :id, :unit_id, :place, :user_id,"
    " :device_id, cast(:body AS jsonb), :error, :attempts, :clock_offset_ms)"
    " ON CONFLICT (org_id, mutation_id) DO UPDATE SET attempts = q.attempts + excluded.attempts,"
    " error = excluded.error, last_at = now() RETURNING attempts"
)


def count_failure(
    connection: sa.Connection,
    actor: Actor,
    mutation: Mutation,
    error: BaseException,
    *,
    clock_offset: timedelta,
) -> int:
    """Note that a mutation made the server fail; return how often it did."""
    told = repr(error)[:2000].replace("\x00", "\ufffd")
    values = _values(actor, mutation, told, clock_offset)
    own = {"unit_id": mutation.id, "place": 0, "attempts": 1}
    return int(connection.execute(sa.text(_INSERT), {**values, **own}).scalar_one())


def set_aside(
    connection: sa.Connection,
    actor: Actor,
    unit: Sequence[Mutation],
    culprit: Mutation,
    *,
    clock_offset: timedelta,
) -> None:
    """Set a failed mutation aside with all of its group, to be settled as one."""
    for place, one in enumerate(unit):
        if one.id != culprit.id:
            told = f"It stands or falls with {culprit.id}, which failed."
            values = _values(actor, one, told, clock_offset)
            own = {"unit_id": culprit.id, "place": place, "attempts": 0}
            connection.execute(sa.text(_INSERT), {**values, **own})
        connection.execute(
            sa.text(
                "UPDATE sync_quarantine SET state = 'set_aside', unit_id = :unit_id, place = :place"
                " WHERE org_id = :org_id AND mutation_id = :id"
            ),
            {"org_id": actor.org_id, "id": one.id, "unit_id": culprit.id, "place": place},
        )


def select_set_aside(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    state: QuarantineState | None,
    owner: UserId | None,
    before: UUID | None,
    limit: int,
) -> list[QuarantineRead]:
    """Return what was set aside of one person or of everybody, latest first."""
    where = " AND state = :state" if state is not None else ""
    where += " AND user_id = :owner" if owner is not None else ""
    where += " AND mutation_id < :before" if before is not None else ""
    rows = connection.execute(
        sa.text(f"{_SELECT}{where} ORDER BY mutation_id DESC LIMIT :limit"),
        {"org_id": org_id, "state": state, "owner": owner, "before": before, "limit": limit},
    ).mappings()
    return [msgspec.convert(dict(row), QuarantineRead) for row in rows]


def hold_unit(connection: sa.Connection, org_id: OrgId, mutation_id: UUID) -> list[QuarantineRead]:
    """Return a mutation and what was set aside with it in their order, held; empty when none."""
    statement = (
        f"{_SELECT} AND unit_id = (SELECT u.unit_id FROM sync_quarantine u"  # noqa: S608
        " WHERE u.org_id = :org_id AND u.mutation_id = :id)"
        " ORDER BY place, mutation_id FOR UPDATE"
    )
    values = {"org_id": org_id, "id": mutation_id}
    rows = connection.execute(sa.text(statement), values).mappings()
    return [msgspec.convert(dict(row), QuarantineRead) for row in rows]


def settle_unit(
    connection: sa.Connection, actor: Actor, unit_id: UUID, state: QuarantineState, now: datetime
) -> None:
    """Note what became of all that was set aside together."""
    connection.execute(
        sa.text(
            "UPDATE sync_quarantine SET state = :state, settled_at = :now, settled_by = :by"
            " WHERE org_id = :org_id AND unit_id = :unit_id AND state = 'set_aside'"
        ),
        {
            "org_id": actor.org_id,
            "unit_id": unit_id,
            "state": state.value,
            "now": now,
            "by": actor.user_id,
        },
    )


def _values(
    actor: Actor, mutation: Mutation, error: str, clock_offset: timedelta
) -> dict[str, object]:
    return {
        "org_id": actor.org_id,
        "id": mutation.id,
        "user_id": actor.user_id,
        "device_id": actor.device_id,
        # jsonb cannot hold NUL, which may be the very thing that made us fail.
        "body": msgspec.json.encode(mutation).decode().replace("\\u0000", "\\ufffd"),
        "error": error,
        "clock_offset_ms": clock_offset // timedelta(milliseconds=1),
    }
