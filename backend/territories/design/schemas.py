"""What territory designs look like to the outside."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.api.payloads import LonLatPair, Name, Payload
from backend.ids import AccountId, TerritoryId
from backend.territories.realignment_schemas import HoldOverDays, PersonMove, State
from backend.territories.schemas import AreaRead

type Status = Literal["queued", "running", "done", "failed", "cancelled"]
type MeasureKind = Literal["work", "visits", "accounts", "prospects", "potential", "revenue"]
"""`work`: minutes of visits and of the ways between them in four weeks; `visits` in four weeks;
`accounts` and `prospects`: how many; `potential` of a month; `revenue` of the last 365 days."""

MAX_WISHES = 200
_MAX_NAMED = 2_000

Amount = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Accounts = Annotated[list[AccountId], msgspec.Meta(max_length=_MAX_NAMED)]


class MeasureWish(Payload, frozen=True, kw_only=True):
    """What is to be balanced, how much it counts beside the others, and how exactly."""

    kind: MeasureKind
    weight: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 1.0
    tolerance: Annotated[float, msgspec.Meta(ge=0.001, le=1)] = 0.03


class LimitWish(Payload, frozen=True, kw_only=True):
    """What a territory must have at least, and may have at most, of a measure."""

    kind: MeasureKind
    least: Amount = 0.0
    most: Amount | None = None


class TerritoryWish(Payload, frozen=True, kw_only=True):
    """A territory to design anew, and its rules."""

    territory_id: TerritoryId
    share: Annotated[float, msgspec.Meta(ge=0.05, le=20)] = 1.0
    """Its part beside the others': 0.5 for somebody who works half the time."""
    home: LonLatPair | None = None
    """Travel counts from here, and the place stays in the territory."""
    locked_account_ids: Accounts = []
    """Accounts that must be in it; their cells with them."""
    forbidden_account_ids: Accounts = []
    """Accounts that must not be in it; their cells with them."""
    limits: Annotated[list[LimitWish], msgspec.Meta(max_length=8)] = []


class DesignCreate(Payload, frozen=True, kw_only=True):
    """Some territories whose accounts are to be dealt out among them anew."""

    name: Name
    territories: Annotated[list[TerritoryWish], msgspec.Meta(min_length=2, max_length=MAX_WISHES)]
    measures: Annotated[list[MeasureWish], msgspec.Meta(min_length=1, max_length=6)] = (
        msgspec.field(default_factory=lambda: [MeasureWish(kind="work")])
    )
    """The first one weighs travel and changes."""
    resolution: Annotated[int, msgspec.Meta(ge=5, le=10)] = 8
    """Of the H3 cells that are dealt out; heavy ones are divided by up to two finer ones."""
    barriers: Annotated[
        list[Annotated[list[LonLatPair], msgspec.Meta(min_length=2, max_length=1_000)]],
        msgspec.Meta(max_length=100),
    ] = []
    """Lines that no territory crosses, such as a river without bridges."""
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 1


class TerritoryTold(msgspec.Struct, frozen=True):
    """One territory in a scenario; loads and deviations are by measure."""

    territory_id: TerritoryId
    cells: int
    loads: list[float]
    deviations: list[float]
    compactness: float
    pieces: int


class ScenarioTold(msgspec.Struct, frozen=True):
    """One way to deal out: how even, how much it moves, and how good it is proven to be.

    Shares are of 1. `gap` is how far its cost may be above the best of the same centres.
    """

    name: str
    deviation: float
    moved: list[float]
    moved_cells: int
    compactness: float
    travel_m: float
    gap: float
    dominated_by: str | None
    split_cells: list[str]
    """Cells that do not hang together with the rest of their territory."""
    is_split_proven: bool
    """Whether no design within the rules could join them."""
    broken: list[str]
    """Limits that are not kept, in sentences."""
    territories: list[TerritoryTold]


class DesignSummary(msgspec.Struct, frozen=True):
    """The balance-against-disruption curve, from the least change to the most.

    Ways are straight lines from cell to cell. `apart_cells` were joined over what no way crosses.
    """

    measures: list[MeasureKind]
    cells: int
    accounts: int
    heaviest_cell: float
    apart_cells: list[str]
    scenarios: list[ScenarioTold]
    is_estimate: bool = True


class DesignFailure(msgspec.Struct, frozen=True):
    """Why there is no design."""

    code: str
    detail: str
    field: str | None = None


class DesignRead(msgspec.Struct, frozen=True):
    """A territory design: what was asked, how far it is, what came of it."""

    id: UUID
    name: str
    status: Status
    request: DesignCreate
    share: float
    summary: DesignSummary | None
    failure: DesignFailure | None
    proposed_scenario: str | None
    proposed_by: UUID | None
    proposed_at: datetime | None
    approved_by: UUID | None
    approved_at: datetime | None
    has_one_planner: bool
    """Whether nobody else could approve, so that the proposer may."""
    published_scenario: str | None
    realignment_ids: list[UUID]
    """What was published of it, the last last: that one counts."""
    publication: State | None
    """How far the last one has come; after `undone` or `cancelled` it may be published again."""
    effective_on: date | None
    created_by: UUID
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    published_at: datetime | None
    rv: int


class ScenarioCells(msgspec.Struct, frozen=True):
    """A scenario's cells, each with its territory: `territories` are indexes of the request's."""

    name: str
    cells: list[str]
    territories: list[int]


Scenario = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


class Decision(Payload, frozen=True, kw_only=True):
    """The scenario that is proposed or approved, and what there is to say about it."""

    scenario: Scenario
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class Withdrawal(Payload, frozen=True, kw_only=True):
    """Why a proposal is taken back or turned down."""

    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class PublishRequest(Payload, frozen=True, kw_only=True):
    """The scenario that is to hold, from when, how long open work stays, and who changes."""

    scenario: Scenario
    effective_on: date | None = None
    """Today when left out."""
    hold_over_days: HoldOverDays = 0
    people: Annotated[list[PersonMove], msgspec.Meta(max_length=200)] = []


class DesignEvent(msgspec.Struct, frozen=True):
    """Something that was done with a design, or with what was published of it.

    `by` is None for what the service did on the day that was named.
    """

    at: datetime
    action: str
    by: str | None
    detail: dict[str, object]


class OutlineProperties(msgspec.Struct, frozen=True):
    """Whose outline it is."""

    territory_id: TerritoryId


class OutlineFeature(msgspec.Struct, frozen=True):
    """A territory's outline in a scenario; None where nothing is left of it."""

    properties: OutlineProperties
    geometry: AreaRead | None
    type: Literal["Feature"] = "Feature"


class ScenarioOutlines(msgspec.Struct, frozen=True):
    """A scenario's outlines as GeoJSON."""

    features: list[OutlineFeature]
    type: Literal["FeatureCollection"] = "FeatureCollection"
