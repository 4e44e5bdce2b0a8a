"""A mutation on its way into a room, and what the room made of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from backend.api.problems import Malformed, malformed_field
from backend.identity.actor import Actor
from backend.sync.holds import Held
from backend.sync.protocol.messages import Value
from backend.sync.writes import Writes
from backend.visits.captures import capture_now
from backend.visits.schemas import Capture
from backend.visits.standing import Sight


class Edit(msgspec.Struct, frozen=True):
    """Who changes something, in which transaction, and when it was made."""

    connection: sa.Connection
    writes: Writes
    actor: Actor
    now: datetime
    clock_offset: timedelta
    """How far the device's clock lags behind the server's."""
    at: datetime | None = None
    boot_id: str | None = None
    elapsed_ms: int | None = None
    anchored_at: datetime | None = None
    """The server's time of the edit, where the device's time since boot tells it."""
    is_in_sight: Sight | None = None
    held: Held | None = None
    """What is changed, as the server has it, where the caller holds it."""


class Written(msgspec.Struct, frozen=True):
    """The version that a record has now, and the account that a new one may be."""

    rv: int | None = None
    duplicate_of: str | None = None


def read_body[T](kind: type[T], values: Mapping[str, Value], **more: object) -> T:
    """Make a room's request body of wire values; raise Malformed that names the field."""
    try:
        return msgspec.convert({**values, **more}, kind, strict=True)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].rstrip("`") if "$." in str(error) else ""
        raise malformed_field(field, f"{error}.") from error


def without_none(values: Mapping[str, Value]) -> dict[str, Value]:
    """Leave out what is not known: a new record takes the defaults."""
    return {name: value for name, value in values.items() if value is not None}


def judge_capture(edit: Edit, captured_at: datetime) -> Capture:
    """Return what the server makes of a device's time."""
    if captured_at.tzinfo is None:
        raise Malformed("captured_at needs a time zone, such as a final Z.")
    capture = capture_now(
        captured_at, edit.now, offset=edit.clock_offset, anchored_at=edit.anchored_at
    )
    return msgspec.structs.replace(capture, boot_id=edit.boot_id, elapsed_ms=edit.elapsed_ms)
