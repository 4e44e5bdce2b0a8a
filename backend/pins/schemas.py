"""What is told of doubtful pins, and what people answer."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.api.payloads import LonLatPair, Payload
from backend.ids import AccountId

type Reason = Literal["visits_elsewhere", "crowded_spot", "far_from_street", "outside_unit"]
type AnswerKind = Literal["approve", "move", "right"]
type HistoryKind = Literal["approve", "move", "right", "undo"]
type CheckStep = Literal["spots", "accounts", "pairs"]


class SightingRead(msgspec.Struct, frozen=True):
    """A check-in's position: [longitude, latitude] with its accuracy, and whether it agrees.

    Who checked in is not told: it is about the place.
    """

    location: list[float]
    accuracy_m: float
    captured_at: datetime
    agrees: bool


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What speaks against a place; each reason has the fields of its own."""

    sightings: tuple[SightingRead, ...] = ()
    """Of `visits_elsewhere`: one for each person and day, the latest first."""
    people: int = 0
    days: int = 0
    agreeing: int = 0
    accounts: int = 0
    """Of `crowded_spot`: how many lie on one another, and under how many addresses."""
    addresses: int = 0
    is_geocoded: bool = False
    """Whether most of them were put there by their address."""
    street_m: int | None = None
    """Of `far_from_street`: metres to the nearest one."""
    unit_id: UUID | None = None
    """Of `outside_unit`: the nearest unit of the name that the address tells."""
    unit_name: str | None = None
    unit_location: list[float] | None = None


class DoubtRead(msgspec.Struct, frozen=True):
    """A doubtful pin: where it is, where it probably belongs, and why.

    `distance_m` is how far it is off, 0 where nobody knows; `radius_m` holds the suggested place in
    95 of 100 cases.
    """

    id: UUID
    account_id: AccountId
    account_name: str
    address: str | None
    territory_id: UUID | None
    location_source: str
    reason: Reason
    location: list[float]
    suggested: list[float] | None
    radius_m: float | None
    distance_m: float
    evidence: Evidence
    found_at: datetime
    rv: int


class Answer(Payload, frozen=True, kw_only=True):
    """What a person says about a doubtful pin: approve, move by hand, or right."""

    kind: AnswerKind
    location: LonLatPair | None = None
    """Of `move`: where the account is."""
    is_whole_spot: bool = False
    """Of `right` for a crowded spot: all accounts there that you see are right."""


class AnswerRead(msgspec.Struct, frozen=True):
    """What somebody said about a pin, from where to where."""

    id: UUID
    doubt_id: UUID
    account_id: AccountId
    account_name: str
    reason: Reason
    kind: HistoryKind
    before: list[float]
    after: list[float]
    moved_m: float
    answered_by: UUID
    answered_by_name: str
    answered_at: datetime
    is_undone: bool


class CheckRead(msgspec.Struct, frozen=True):
    """A look through all accounts: how far it is."""

    id: UUID
    status: Literal["running", "done"]
    step: CheckStep
    accounts: int
    checked: int
    has_streets: bool
    """Whether a street network was there to look at."""
    created_at: datetime
    finished_at: datetime | None


class ReasonCount(msgspec.Struct, frozen=True):
    """Doubtful pins of one reason, and how many of them have a suggestion."""

    reason: Reason
    pins: int
    suggested: int


class Summary(msgspec.Struct, frozen=True):
    """How many pins that you see are doubtful, and the latest check; None before the first."""

    reasons: list[ReasonCount]
    check: CheckRead | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which doubtful pins a list holds."""

    reason: Reason | None = None
    territory_id: UUID | None = None
    account_id: UUID | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A doubt that a check comes to."""

    account_id: UUID
    reason: Reason
    location: tuple[float, float]
    suggested: tuple[float, float] | None = None
    radius_m: float | None = None
    distance_m: float = 0.0
    evidence: Evidence
    weight: int = 1
    basis: str = ""
    returns_at: int = 2_147_483_647
    """As long as place and basis stay the same, an answer holds for ever."""


Distance = Annotated[float, msgspec.Meta(ge=0)]
QueueKey = tuple[Distance, UUID]
"""How far off, and the id: the order of the queue."""
