"""What is asked of an area, and what is told of it."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.accounts.filters import Filters
from backend.accounts.schemas import LifeStage
from backend.api.payloads import LonLatPair, Payload
from backend.geo.network.provider import Profile
from backend.geo.network.reach import MAX_MINUTES

MAX_RADIUS_M = 500_000.0
MAX_WITHIN_M = 50_000.0

type GeoJson = dict[str, object]
"""A Polygon or MultiPolygon, or a Feature of one; of a corridor a LineString."""
type Change = Literal["mended", "circle", "buffered"]
"""What was done to the shape that was asked for: made sound, drawn as corners, grown."""
type TopBy = Literal["overdue", "visits", "revenue", "potential"]

Metres = Annotated[float, msgspec.Meta(gt=0, le=MAX_WITHIN_M)]


class CircleAsked(Payload, frozen=True, kw_only=True):
    """Everything within so many metres of a place, measured on the globe."""

    center: LonLatPair
    radius_m: Annotated[float, msgspec.Meta(gt=0, le=MAX_RADIUS_M)]


class CorridorAsked(Payload, frozen=True, kw_only=True):
    """Everything within so many metres of a route's line, or of a LineString."""

    route_id: UUID | None = None
    line: GeoJson | None = None
    within_m: Metres


class ReachAsked(Payload, frozen=True, kw_only=True):
    """Everything reached from a place in so many minutes."""

    location: LonLatPair
    minutes: Annotated[float, msgspec.Meta(gt=0, le=MAX_MINUTES)]
    profile: Profile = "car"


class AreaAsked(Payload, frozen=True, kw_only=True):
    """An area, told in exactly one way; `buffer_m` grows it by so many metres on every side."""

    polygon: GeoJson | None = None
    is_mended: bool = False
    """Take a polygon that crosses itself for what its line goes around, and say so."""
    circle: CircleAsked | None = None
    territory_id: UUID | None = None
    """The accounts of the territory and those below it, wherever they lie; with a buffer, what
    lies in its outline."""
    admin_unit_id: UUID | None = None
    """Inside the outline of an administrative unit, of today or a former one."""
    corridor: CorridorAsked | None = None
    isochrone: ReachAsked | None = None
    buffer_m: Annotated[float, msgspec.Meta(ge=0, le=MAX_WITHIN_M)] = 0.0


AreaFilter = Filters


class SnapshotRequest(Payload, frozen=True, kw_only=True):
    """An area, which accounts of it, and a period; without one, the 28 days up to today."""

    area: AreaAsked
    filters: AreaFilter = msgspec.field(default_factory=AreaFilter)
    from_date: date | None = None
    to_date: date | None = None
    top_by: TopBy = "overdue"


class AccountsRequest(Payload, frozen=True, kw_only=True):
    """An area, and which accounts of it."""

    area: AreaAsked
    filters: AreaFilter = msgspec.field(default_factory=AreaFilter)


class AreaShape(msgspec.Struct, frozen=True):
    """The shape that was counted; `geometry` is None for a territory without an outline.

    `why` explains an estimate of what is within reach.
    """

    geometry: GeoJson | None
    area_km2: float | None
    changes: list[Change]
    is_estimate: bool
    why: str | None


class Share(msgspec.Struct, frozen=True):
    """How many accounts have this value; None is none."""

    value: str | int | None
    accounts: int


class PeriodRead(msgspec.Struct, frozen=True):
    """Visits done that were planned on these days, both included, and what was due in them.

    Due is what was not visited for its interval by the last day; `coverage` = covered / due.
    Buyers paid for something in it; `revenue` is less what came back, in the snapshot's currency.
    """

    from_date: date
    to_date: date
    visits: int
    visited_accounts: int
    due: int
    covered: int
    coverage: float | None
    revenue: float
    buyers: int
    share: float | None
    """Revenue / potential of as many days, of the accounts whose potential is known."""


class TopAccount(msgspec.Struct, frozen=True):
    """An account worth a look; `overdue_days` 0 where it is not overdue."""

    id: UUID
    name: str
    life_stage: LifeStage
    category: str | None
    location: list[float] | None
    last_visit_at: datetime | None
    overdue_days: int
    visits: int
    """Within the period, whatever `top_by` is; as is the revenue."""
    revenue: float
    monthly_potential: float | None


class AreaSnapshot(msgspec.Struct, frozen=True):
    """The accounts of an area today, and the visits of a period beside the one before it."""

    shape: AreaShape
    today: date
    accounts: int
    life_stages: list[Share]
    categories: list[Share]
    channels: list[Share]
    priorities: list[Share]
    penetration: float | None
    """Customers / (prospects + customers)."""
    overdue: int
    """Were visited, and their interval has passed."""
    never_visited: int
    period: PeriodRead
    before: PeriodRead
    currency: str
    """ISO 4217, of all money here."""
    monthly_potential: float | None
    """The sum of what is known; None where it is known of no account."""
    potential_accounts: int
    """Of so many accounts."""
    rfm_classes: list[Share]
    """Classes by what was bought in the last year; None bought nothing in it."""
    top: list[TopAccount]


class AreaAccount(msgspec.Struct, frozen=True):
    """An account of an area, as a list shows it."""

    id: UUID
    name: str
    life_stage: LifeStage
    category: str | None
    channel: str | None
    priority: int
    address: str | None
    phone: str | None
    location: list[float] | None
    territory_id: UUID | None
    visit_every_days: int
    last_visit_at: datetime | None
