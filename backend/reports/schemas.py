"""What is asked of a report, and all that it is made of."""

from datetime import date, datetime
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec

from backend.accounts.schemas import LifeStage
from backend.api.payloads import NO_NUL
from backend.areas.schemas import (
    AreaAsked,
    AreaFilter,
    AreaSnapshot,
    SnapshotRequest,
    TopAccount,
    TopBy,
)
from backend.context.schemas import GroundRead
from backend.press.frame import Frame

MOST_LISTED = 1000
USUALLY_LISTED = 100


class ReportRequest(SnapshotRequest, frozen=True, kw_only=True):
    """An area, which accounts of it, a period, and how many accounts are listed one by one."""

    title: Annotated[str, msgspec.Meta(max_length=120, pattern=NO_NUL)] = ""
    """Without one, the report is called by its area."""
    most_accounts: Annotated[int, msgspec.Meta(ge=0, le=MOST_LISTED)] = USUALLY_LISTED


class Subject(msgspec.Struct, frozen=True):
    """What a report is about, by name; empty for an area that has none."""

    name: str = ""
    code: str | None = None
    holders: tuple[str, ...] = ()
    """Who holds a territory today."""


class Author(msgspec.Struct, frozen=True):
    """Who had a report made, and for which organisation; empty for an operator's command."""

    org_name: str
    full_name: str


class Spot(NamedTuple):
    """Accounts of one life stage near each other: their middle in the world of 2^24."""

    cell: int
    life_stage: LifeStage
    accounts: int
    wx: float
    wy: float


class Place(NamedTuple):
    """Accounts of a territory, or of a unit inside the area, and what they come to."""

    name: str | None
    """None are the accounts of no territory."""
    holders: str
    accounts: int
    prospects: int
    customers: int
    overdue: int
    revenue: float
    monthly_potential: float | None


class Places(msgspec.Struct, frozen=True):
    """The parts of an area: of administrative units where it is one, else of territories."""

    is_units: bool
    rows: list[Place]
    left_out: int


class Month(NamedTuple):
    """What was sold in a calendar month."""

    first_on: date
    revenue: float


class Listed(msgspec.Struct, frozen=True):
    """An account of the list."""

    id: UUID
    name: str
    life_stage: LifeStage
    category: str | None
    priority: int
    address: str | None
    phone: str | None
    last_visit_on: date | None
    overdue_days: int
    revenue: float
    monthly_potential: float | None


class Report(msgspec.Struct, frozen=True):
    """All that is printed, read in one moment."""

    asked: AreaAsked
    title: str
    subject: Subject
    author: Author
    made_at: datetime
    time_zone: str
    filters: AreaFilter
    snapshot: AreaSnapshot
    frame: Frame | None
    """The map's piece of the world; None where nothing has a place."""
    spots: list[Spot]
    placed: int
    """So many accounts have a place on the globe."""
    months: list[Month]
    tops: dict[TopBy, list[TopAccount]]
    places: Places
    accounts: list[Listed]
    ground: list[GroundRead]
    """What is known of the ground, layer by layer."""
