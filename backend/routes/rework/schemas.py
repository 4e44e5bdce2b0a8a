"""What reworks look like to the outside."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from backend.api.payloads import Moment, Payload
from backend.routes.schemas import RouteRead

MAX_VISITS = 200
"""More visits than any day holds."""

Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
"""A code or an id."""
Metres = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class ReworkReason(StrEnum):
    """Why a rep planned the rest of the day anew."""

    URGENT = "urgent"
    CLOSED = "closed"
    LATER = "later"
    SKIPPED = "skipped"
    PINNED = "pinned"
    TRAFFIC = "traffic"
    LATE = "late"


class ReworkState(StrEnum):
    """Whether the day's visits follow a rework."""

    APPLIED = "applied"
    ROUTE_REPLACED = "route_replaced"
    """The day was planned anew in the office before it arrived."""
    OUTDATED = "outdated"
    """A later one of the same route had arrived before it."""


class ReworkStop(Payload, frozen=True, kw_only=True):
    """A visit in the rep's order; without times where the phone could not tell them."""

    visit_id: UUID
    arrive_at: Moment | None = None
    start_at: Moment | None = None
    leave_at: Moment | None = None
    leg_distance_m: Metres | None = None
    leg_seconds: Seconds | None = None
    is_estimate: bool = False
    """Whether the way to it was taken from the straight line."""


class ReworkDrop(Payload, frozen=True, kw_only=True):
    """A visit that is left out of the rest of the day; it stays planned, without a time."""

    visit_id: UUID
    reason: Word
    facts: Annotated[dict[Word, int | Word], msgspec.Meta(max_length=20)] = {}


class ReworkLunch(Payload, frozen=True, kw_only=True):
    """The break that is still to come."""

    starts_at: Moment
    minutes: Annotated[int, msgspec.Meta(ge=1, le=240)]


class ReworkCost(Payload, frozen=True, kw_only=True):
    """What the rest of a day takes from where the rep was."""

    stops: Annotated[int, msgspec.Meta(ge=0, le=MAX_VISITS)]
    distance_m: Metres | None = None
    travel_seconds: Seconds | None = None
    ends_at: Moment | None = None


class ReworkPlan(Payload, frozen=True, kw_only=True):
    """The rest of a day in the rep's order; `before` is what the former order would have taken."""

    stops: Annotated[list[ReworkStop], msgspec.Meta(max_length=MAX_VISITS)]
    dropped: Annotated[list[ReworkDrop], msgspec.Meta(max_length=MAX_VISITS)] = []
    lunch: ReworkLunch | None = None
    before: ReworkCost | None = None
    after: ReworkCost | None = None
    is_estimate: bool = False
    is_by_hand: bool = False
    """Whether the rep put the visits in this order without a computed plan."""


class ReworkCreate(Payload, frozen=True, kw_only=True):
    """A rework as a phone sends it."""

    route_id: UUID
    reason: ReworkReason
    plan: ReworkPlan


class ReworkedVisit(msgspec.Struct, frozen=True):
    """A visit that a rework speaks of, as it stands now."""

    visit_id: UUID
    account_id: UUID
    name: str
    status: str
    checked_in_at: datetime | None


class ReworkRead(msgspec.Struct, frozen=True):
    """A rework as it was kept."""

    id: UUID
    route_id: UUID
    """The plan that it was made of."""
    made_at: datetime
    received_at: datetime
    reason: ReworkReason
    state: ReworkState
    plan: ReworkPlan


class RouteReworks(msgspec.Struct, frozen=True):
    """The planned day, what the rep made of the day (oldest first), and what was driven so far.

    `visits` names each visit of the plan and the reworks once; those that were begun come first,
    in the order in which they were.
    """

    route: RouteRead
    reworks: list[ReworkRead]
    visits: list[ReworkedVisit]
