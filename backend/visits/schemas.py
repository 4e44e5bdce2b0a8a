"""What visits look like to the outside."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from backend.api.payloads import LonLatPair, Moment, Payload, Prose
from backend.visits.kinds import VisitKind


class VisitStatus(StrEnum):
    """How far a visit has come."""

    PLANNED = "planned"
    CHECKED_IN = "checked_in"
    DONE = "done"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What came of a visit."""

    MET = "met"
    ORDERED = "ordered"
    NOT_IN = "not_in"
    REFUSED = "refused"


VALID_MOVES: Mapping[VisitStatus, frozenset[VisitStatus]] = {
    VisitStatus.PLANNED: frozenset(
        {VisitStatus.CHECKED_IN, VisitStatus.DONE, VisitStatus.CANCELLED}
    ),
    VisitStatus.CHECKED_IN: frozenset({VisitStatus.DONE, VisitStatus.CANCELLED}),
    # A fact beats a plan: somebody who was there was there.
    VisitStatus.CANCELLED: frozenset({VisitStatus.CHECKED_IN, VisitStatus.DONE}),
    VisitStatus.DONE: frozenset(),
}


class VisitCreate(Payload, frozen=True, kw_only=True):
    """A visit that somebody plans or starts; `rep_id` defaults to oneself."""

    account_id: UUID
    planned_on: date
    rep_id: UUID | None = None
    kind: VisitKind | None = None
    """What it is for; by default the first visit of a prospect, else routine."""


class CheckInCreate(Payload, frozen=True, kw_only=True):
    """Where and when the rep stood; `location` is missing when the phone had no fix."""

    captured_at: Moment
    location: LonLatPair | None = None
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    is_mock: bool = False
    voids: UUID | None = None


class VisitComplete(Payload, frozen=True, kw_only=True):
    """The end of a visit."""

    outcome: Outcome
    note: Prose | None = None


class CheckInRead(msgspec.Struct, frozen=True):
    """A check-in with what the server made of it; distances in metres."""

    id: UUID
    captured_at: datetime
    location: list[float] | None
    accuracy_m: float | None
    is_mock: bool
    distance_m: float | None
    clock_suspect: bool


class NoteRead(msgspec.Struct, frozen=True):
    """A note."""

    id: UUID
    body: str
    captured_at: datetime


class MediaRead(msgspec.Struct, frozen=True):
    """A photo or voice note; `state` is `stored` once the file has arrived whole."""

    id: UUID
    kind: str
    mime: str
    size_bytes: int
    state: str
    captured_at: datetime


class VisitRead(msgspec.Struct, frozen=True):
    """A visit with its evidence."""

    id: UUID
    account_id: UUID
    account_name: str
    location: list[float] | None
    rep_id: UUID
    rep_name: str
    route_id: UUID | None
    status: VisitStatus
    kind: VisitKind
    planned_on: date
    planned_at: datetime | None
    sequence: int | None
    outcome: Outcome | None
    checked_in_at: datetime | None
    done_at: datetime | None
    rv: int
    check_ins: list[CheckInRead]
    notes: list[NoteRead]
    media: list[MediaRead]
    files_expected: int
    """How many files belong to the visit, by its records."""
    files_missing: int
    """How many of them have not arrived."""


class Capture(msgspec.Struct, frozen=True):
    """When a fact was made: the device's clock, and what the server makes of it."""

    captured_at: datetime
    corrected_at: datetime
    clock_suspect: bool = False
    clock_offset_ms: int = 0
    """What was added to the device's clock."""
    boot_id: str | None = None
    elapsed_ms: int | None = None
