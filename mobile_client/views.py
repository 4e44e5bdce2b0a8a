"""What the screens see of the phone's core: frozen values. Stdlib only.

`mobile_client.facade` holds the protocols that speak in them (`Core`, `DeviceAdapters`) and their
errors. Text a user typed or the server sent is passed on as it is; codes (outcomes, stages,
states) are put into words by `mobile_client.i18n`. Longitude comes before latitude everywhere.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

type LonLat = tuple[float, float]
type Outcome = Literal["met", "ordered", "not_in", "refused"]
type StopState = Literal["planned", "checked_in", "done", "left_out"]
type MediaKind = Literal["photo", "voice"]
type MediaState = Literal["waiting", "sending", "sent"]
type SyncState = Literal["idle", "syncing", "offline", "error"]
type ItemKind = Literal[
    "check_in", "account", "contact", "note", "photo", "voice", "choice", "rework"
]
type ItemState = Literal["waiting", "sending", "retry"]
# 'session' and 'map' tell of a new or ended session and of a new map package.
type Topic = Literal["session", "today", "accounts", "sync", "media", "map"]

OUTCOMES: tuple[Outcome, ...] = ("met", "ordered", "not_in", "refused")


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in on this phone; `time_zone` is an IANA name, empty for the phone's own."""

    user_id: str
    user_name: str
    org_name: str
    role: str
    locale: str
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """One measured position."""

    lon: float
    lat: float
    accuracy_m: float
    is_mock: bool
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class StopRow:
    """One stop of the day's route; `position` counts from 1, `leg_m` is the way to get there.

    `left_out` is the reason why the rep's own order does not visit it. `is_preferred` is False
    where the plan comes at another time than the account prefers. `kind` is what the visit is for.
    """

    visit_id: str
    account_id: str
    position: int
    name: str
    address: str
    lon: float | None
    lat: float | None
    arrival_at: datetime | None
    leg_m: float | None
    state: StopState
    outcome: Outcome | None = None
    is_pending: bool = False
    left_out: str = ""
    is_preferred: bool = True
    kind: str = "routine"


@dataclass(frozen=True, slots=True)
class DayView:
    """One day's route with its stops in order; without a route there are no stops.

    `is_reworked` days go in the rep's own order, and their totals are those of the rest.
    `was_set_aside` tells that the office's plan took the place of the rep's order.
    """

    on: date
    stops: tuple[StopRow, ...] = ()
    distance_m: float | None = None
    drive_seconds: float | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    has_route: bool = False
    is_reworked: bool = False
    was_set_aside: bool = False

    @property
    def done_count(self) -> int:
        """How many stops have a check-in."""
        return sum(stop.state in {"checked_in", "done"} for stop in self.stops)

    @property
    def next_stop(self) -> StopRow | None:
        """The first stop without a check-in."""
        return next((stop for stop in self.stops if stop.state == "planned"), None)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of the accounts' list."""

    id: str
    name: str
    address: str
    category: str
    stage: str
    lon: float | None
    lat: float | None
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A person at an account."""

    id: str
    name: str
    title: str
    phone: str
    email: str
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit in an account's history, planned ones too (`outcome` is None)."""

    id: str
    at: datetime
    state: StopState
    outcome: Outcome | None
    user_name: str
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note on an account."""

    id: str
    body: str
    at: datetime
    author: str
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class MediaRow:
    """A photo or voice note; `path` is None when the file is not on this phone."""

    id: str
    kind: MediaKind
    path: Path | None
    at: datetime
    state: MediaState
    sent_bytes: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class AccountCard:
    """All the phone knows of one account; `pending_fields` wait to be sent. Newest first."""

    id: str
    name: str
    category: str
    stage: str
    address: str
    phone: str
    email: str
    website: str
    opening_hours: str
    preferred_hours: str
    preferred_hours_are_firm: bool
    lon: float | None
    lat: float | None
    contacts: tuple[ContactRow, ...] = ()
    visits: tuple[VisitRow, ...] = ()
    notes: tuple[NoteRow, ...] = ()
    media: tuple[MediaRow, ...] = ()
    pending_fields: frozenset[str] = frozenset()
    planned_visit_id: str | None = None
    has_draft: bool = False
    empties_owed: int = 0


@dataclass(frozen=True, slots=True)
class MapPoint:
    """An account on the map; `position` is its place in today's route, None when not in it."""

    account_id: str
    name: str
    lon: float
    lat: float
    stage: str
    position: int | None = None
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class TerritoryOutline:
    """A territory's rings (outer ones and holes alike), closed, longitude first."""

    id: str
    name: str
    rings: tuple[tuple[LonLat, ...], ...]


@dataclass(frozen=True, slots=True)
class MapFeatures:
    """Everything drawn over the base map."""

    points: tuple[MapPoint, ...] = ()
    route: tuple[LonLat, ...] = ()
    territories: tuple[TerritoryOutline, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckInDraft:
    """A check-in being filled in; `visit_id` is None for a visit that was not planned."""

    account_id: str
    visit_id: str | None = None
    outcome: Outcome | None = None
    note: str = ""
    photo_paths: tuple[Path, ...] = ()
    voice_path: Path | None = None
    voice_seconds: float = 0.0
    fix: Fix | None = None
    saved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckInResult:
    """A saved check-in; `id` undoes it while nothing of it was sent."""

    id: str
    visit_id: str


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One thing to send; `error` is the last try's failure in words, `subject` the account."""

    id: str
    kind: ItemKind
    subject: str
    account_id: str
    at: datetime
    state: ItemState
    tries: int = 0
    error: str = ""
    sent_bytes: int = 0
    total_bytes: int = 0


@dataclass(frozen=True, slots=True)
class IssueItem:
    """Something the server did not take as sent; with a `field`, the user chooses whose value.

    `field` names several with commas between, their values stand in the same order.
    `message` is the server's sentence; a refusal without a choice has `can_use_mine` False.
    """

    id: str
    kind: ItemKind
    subject: str
    account_id: str
    field: str
    mine: str
    theirs: str
    who: str
    at: datetime
    can_use_mine: bool
    message: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """How sending and receiving stand; `waiting` counts the items not yet sent.

    `code` says in one word why it does not go on, empty when it does or nobody knows.
    """

    state: SyncState
    waiting: int
    items: tuple[OutboxItem, ...] = ()
    issues: tuple[IssueItem, ...] = ()
    last_sync_at: datetime | None = None
    next_try_at: datetime | None = None
    message: str = ""
    code: str = ""
