"""What a map asks for, and what it is told."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec

from backend.accounts.filters import Filters
from backend.ids import OrgId, UserId
from backend.maps.colouring import LIFE_STAGES, ColourBy, SizeBy
from backend.maps.shapes import Shape


class Layer(StrEnum):
    """A tile layer."""

    BASEMAP = "basemap"
    PROSPECTS = "prospects"
    TERRITORIES = "territories"
    ROUTES = "routes"
    VISITS = "visits"


class Scope(msgspec.Struct, frozen=True):
    """Whose records are shown: of the whole organisation, or of one rep's territories."""

    org_id: OrgId
    user_id: UserId
    territory_ids: tuple[UUID, ...] | None
    """None is the whole organisation."""

    @property
    def territory_array(self) -> str | None:
        """The territories as PostgreSQL reads an array; of a list it parses each id by itself."""
        if self.territory_ids is None:
            return None
        return f"{{{','.join(map(str, self.territory_ids))}}}"


class TileFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is left in the tile, and how it looks; None leaves everything in."""

    filters: Filters = msgspec.field(default_factory=Filters)
    colour_by: ColourBy | None = None
    size_by: SizeBy = SizeBy.ACCOUNTS
    shape_by: ColourBy | None = None
    on_date: date | None = None
    """The day of routes and visits; None is the organisation's today."""
    rep_id: UUID | None = None


class TileAnswer(msgspec.Struct, frozen=True):
    """A tile: `data` is None when the client already has it, empty where nothing is drawn."""

    etag: str
    data: bytes | None


class LegendItem(msgspec.Struct, frozen=True):
    """The colour of a life stage on light and on dark maps."""

    life_stage: str
    color: str
    color_dark: str


class LegendClass(msgspec.Struct, frozen=True):
    """A class of a legend: its colour on light and dark maps, and how many are in it.

    Tiles name a class by its `key`; the empty one is what has no value, and `others` are all that
    have no class of their own. `label` is a name to show as it is. Numbers lie from `low` up to
    and without `high`; None is no limit.
    """

    key: str
    label: str | None
    low: float | None
    high: float | None
    color: str
    color_dark: str
    count: int


class ShapeClass(msgspec.Struct, frozen=True):
    """A class of a legend with its shape; all else is said as it is of colours."""

    key: str
    label: str | None
    low: float | None
    high: float | None
    shape: Shape
    count: int


class SizeLegend(msgspec.Struct, frozen=True):
    """What the sizes of dots tell.

    A dot grows with the logarithm of its number of accounts, or of its value in `unit`s; `values`
    are some to show.
    """

    size_by: SizeBy
    unit: float
    values: list[float]


class Legend(msgspec.Struct, frozen=True):
    """The classes that accounts on the map fall into, by one field or measure.

    Where shapes are asked for, single accounts have them by `shape_by`, at every zoom.
    """

    colour_by: ColourBy
    classes: list[LegendClass]
    accounts: int
    """On the map, in your scope."""
    most_in_a_tile: int | None
    """A tile with more accounts than that is rough: come closer to see colours or filters. None
    where every zoom tells them."""
    currency: str | None
    """Of limits that are sums of money."""
    shape_by: ColourBy | None
    shapes: list[ShapeClass]
    size: SizeLegend


class TerritoryValue(msgspec.Struct, frozen=True):
    """A territory's value and which class it is in; None where it has none."""

    id: UUID
    name: str
    value: float | None
    class_index: int | None
    accounts: int


class Choropleth(msgspec.Struct, frozen=True):
    """Territories by a measure of their accounts, with the classes of its values."""

    measure: str
    classes: list[LegendClass]
    territories: list[TerritoryValue]


class Shade(msgspec.Struct, frozen=True):
    """A colour on a light and on a dark map."""

    color: str
    color_dark: str


class StyleInfo(msgspec.Struct, frozen=True):
    """What a map page needs before its first tile."""

    bounds: list[float] | None
    """[west, south, east, north] in degrees of what the person may see; None when there is
    nothing."""
    center: list[float] | None
    attribution: str
    legend: list[LegendItem]
    names: list[Shade]
    """For things without an order, told apart by colour-blind people."""
    steps: list[Shade]
    """From little to much."""
    has_basemap: bool
    basemap_max_zoom: int
    today: date
    """The organisation's day."""
    time_zone: str


LEGEND = [LegendItem(stage, *color) for stage, color in LIFE_STAGES.items()]
