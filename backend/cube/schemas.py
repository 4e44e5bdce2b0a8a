"""What is asked of the cube, and what it answers."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.accounts.filters import MAX_CHOICES
from backend.api.payloads import NO_NUL, Payload
from backend.areas.schemas import AreaAsked, AreaShape

type DimensionName = Literal[
    "territory", "admin_unit", "h3", "life_stage", "category", "channel", "priority", "rfm_class",
    "rep", "product", "product_category", "period",
]  # fmt: skip
type MeasureName = Literal[
    "accounts", "prospects", "customers", "penetration", "potential", "overdue", "never_visited",
    "yearly_buyers", "visits", "visited_accounts", "visited_share", "revenue", "quantity",
    "invoices", "buyers", "revenue_per_buyer", "share",
]  # fmt: skip
type Grain = Literal["day", "week", "month", "quarter", "year"]
type TerritoryOf = Literal["today", "then"]
"""Where accounts lie today, or where they lay when they were visited or bought."""
type Unit = Literal["count", "share", "money", "quantity"]

MOST_ROWS = 20_000
MOST_VALUES = 20_000
_Day = date | None

Member = Annotated[str, msgspec.Meta(max_length=500, pattern=NO_NUL)]
Key = Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]


class DimensionAsked(Payload, frozen=True, kw_only=True):
    """By what to count.

    A territory's `level` rolls up: 0 are those without one above. A unit's is OpenStreetMap's (4 a
    province, 6 a ward): the finest that there is where it is left out.
    """

    dimension: DimensionName
    level: Annotated[int, msgspec.Meta(ge=0, le=20)] | None = None
    resolution: Annotated[int, msgspec.Meta(ge=5, le=9)] = 7
    """Of H3 cells."""


class FilterAsked(Payload, frozen=True, kw_only=True):
    """What counts: any of these values; null is none. A territory has those below it.

    An administrative unit is its ground, also a former one's.
    """

    dimension: DimensionName
    values: Annotated[list[Member | Key | None], msgspec.Meta(min_length=1, max_length=1000)]


CampaignIds = Annotated[list[UUID], msgspec.Meta(max_length=MAX_CHOICES)]
"""Only accounts that are in any of these campaigns count; none leaves everything in."""


class ComparisonAsked(Payload, frozen=True, kw_only=True):
    """With what to compare: the period before, the same of the year before, dates, or an area."""

    to: Literal["before", "year_before", "dates", "area"]
    from_date: _Day = None
    to_date: _Day = None
    area: AreaAsked | None = None


class OrderAsked(Payload, frozen=True, kw_only=True):
    """In which order rows come: by a measure's total, or (None) by their names."""

    by: MeasureName | None = None
    is_descending: bool = True


class CubeQuery(Payload, frozen=True, kw_only=True):
    """A pivot; without dates the twelve months up to today."""

    rows: Annotated[list[DimensionAsked], msgspec.Meta(max_length=2)] = []
    columns: Annotated[list[DimensionAsked], msgspec.Meta(max_length=1)] = []
    measures: Annotated[list[MeasureName], msgspec.Meta(min_length=1, max_length=8)]
    filters: Annotated[list[FilterAsked], msgspec.Meta(max_length=11)] = []
    campaign_ids: CampaignIds = []
    area: AreaAsked | None = None
    from_date: _Day = None
    to_date: _Day = None
    grain: Grain = "month"
    compare: ComparisonAsked | None = None
    territory_of: TerritoryOf = "today"
    units_on: _Day = None
    """The day whose administrative units are meant; today where it is left out."""
    order: OrderAsked | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)] = 200
    """So many rows; the others come together as one."""
    with_boundaries: bool = False
    """Tell the corners of H3 cells, and the outlines of administrative units."""


class MeasureRead(msgspec.Struct, frozen=True):
    """A measure that was counted; only those that are additive add up to their totals."""

    name: MeasureName
    unit: Unit
    is_additive: bool


class ColumnRead(msgspec.Struct, frozen=True):
    """A column: its key, and its name where the key is not one."""

    key: str | int | None
    label: str | None


type Values = list[float | None]
"""One for each measure; None where it says nothing."""


class RowRead(msgspec.Struct, frozen=True):
    """A row: a key and a name for each dimension; `cells` has each column's values."""

    keys: list[str | int | None]
    labels: list[str | None]
    cells: list[Values]
    total: Values
    compared_cells: list[Values] | None
    compared_total: Values | None
    boundary: list[list[float]] | None
    """The corners of an H3 cell, the first of them again at the end."""
    outline: list[list[list[tuple[float, float]]]] | None = None
    """The polygons of an administrative unit, each of rings, simplified."""


class PeriodRead(msgspec.Struct, frozen=True):
    """Days, both included."""

    from_date: date
    to_date: date


class CubeAnswer(msgspec.Struct, frozen=True):
    """A pivot's rows, what the others come to, and the whole.

    Amounts are in `currency`. Accounts, visits and sales are those of `as_of`, exactly; RFM classes
    are those of `valued_on`.
    """

    measures: list[MeasureRead]
    columns: list[ColumnRead]
    rows: list[RowRead]
    rest: RowRead | None
    rest_count: int
    whole: RowRead
    period: PeriodRead
    compared_period: PeriodRead | None
    shape: AreaShape | None
    compared_shape: AreaShape | None
    today: date
    as_of: datetime
    valued_on: date | None
    currency: str


class MemberRead(msgspec.Struct, frozen=True):
    """A value of a dimension; `parent` is what is above it, or a product's category."""

    key: str | int | None
    label: str | None
    parent: str | None


class DimensionRead(msgspec.Struct, frozen=True):
    """A dimension: which measures go with it, and its values where they can be told."""

    name: DimensionName
    measures: list[MeasureName]
    members: list[MemberRead] | None
    levels: list[int] | None
    """Of territories those that can be rolled up to, of units those of today, of H3 cells the
    resolutions."""


class CubeDescription(msgspec.Struct, frozen=True):
    """What can be asked."""

    dimensions: list[DimensionRead]
    measures: list[MeasureRead]
    grains: list[Grain]
    today: date
    first_day: date | None
    """Of what was sold or visited."""
    currency: str


type SpotClass = Literal["hot_99", "hot_95", "hot_90", "none", "cold_90", "cold_95", "cold_99"]
type Correction = Literal["fdr", "bonferroni", "none"]


class WhiteSpaceQuery(Payload, frozen=True, kw_only=True):
    """Where to look for fewer customers than there should be.

    Places of fewer accounts than the minimum say nothing.
    """

    by: DimensionAsked = msgspec.field(default_factory=lambda: DimensionAsked(dimension="h3"))
    filters: Annotated[list[FilterAsked], msgspec.Meta(max_length=11)] = []
    campaign_ids: CampaignIds = []
    area: AreaAsked | None = None
    units_on: _Day = None
    minimum: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 10
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)] = 500


class WhiteSpace(msgspec.Struct, frozen=True):
    """A place: its customers against those expected of so many accounts.

    `smoothed` is the penetration drawn to the whole's, the more the fewer accounts there are.
    `gap` = accounts * (the whole's penetration - smoothed), `gap_potential` the monthly potential
    of as many accounts.
    """

    key: str | None
    label: str | None
    accounts: int
    customers: int
    penetration: float
    smoothed: float
    expected: float
    gap: float
    potential: float
    gap_potential: float
    boundary: list[list[float]] | None
    outline: list[list[list[tuple[float, float]]]] | None = None
    """The polygons of an administrative unit, each of rings, simplified."""


class WhiteSpaceAnswer(msgspec.Struct, frozen=True):
    """Places with the largest gap first. `accounts` are prospects and customers."""

    places: list[WhiteSpace]
    accounts: int
    customers: int
    penetration: float | None
    spread: float
    """How much places differ by more than chance: the variance of their penetration."""
    too_few: int
    """So many places have fewer accounts than the minimum."""
    as_of: datetime
    currency: str


class HotSpotQuery(Payload, frozen=True, kw_only=True):
    """Where cells of a high or low value lie beside their like (Getis-Ord Gi*)."""

    measure: MeasureName
    resolution: Annotated[int, msgspec.Meta(ge=5, le=9)] = 7
    rings: Annotated[int, msgspec.Meta(ge=1, le=3)] = 1
    """So far neighbours count."""
    correction: Correction = "fdr"
    filters: Annotated[list[FilterAsked], msgspec.Meta(max_length=11)] = []
    campaign_ids: CampaignIds = []
    area: AreaAsked | None = None
    from_date: _Day = None
    to_date: _Day = None


class HotSpot(msgspec.Struct, frozen=True):
    """A cell: its value, the z-score of it with its neighbours, and what that comes to.

    `p` is two-sided, `p_corrected` that for so many cells tested at once, which gives the class.
    """

    cell: str
    value: float
    neighbours: int
    z: float
    p: float
    p_corrected: float
    spot: SpotClass
    boundary: list[list[float]]


class HotSpotAnswer(msgspec.Struct, frozen=True):
    """All cells that have a value, hottest first."""

    cells: list[HotSpot]
    mean: float | None
    hot: int
    cold: int
    period: PeriodRead
    as_of: datetime
    currency: str
