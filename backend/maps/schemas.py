"""What a map asks for, and what it is told."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec

from backend.ids import OrgId, UserId


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


class TileFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is left in the tile; an empty tuple or None leaves everything in."""

    life_stages: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    territory_ids: tuple[UUID, ...] = ()
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


class StyleInfo(msgspec.Struct, frozen=True):
    """What a map page needs before its first tile."""

    bounds: list[float] | None
    """[west, south, east, north] in degrees of what the person may see; None when there is
    nothing."""
    center: list[float] | None
    attribution: str
    legend: list[LegendItem]
    has_basemap: bool
    basemap_max_zoom: int
    today: date
    """The organisation's day."""
    time_zone: str


LEGEND = [
    LegendItem("prospect", "#2563c4", "#6ea8ff"),
    LegendItem("customer", "#0f7f4f", "#3fcf8e"),
    LegendItem("lapsed", "#b45309", "#f5b041"),
    LegendItem("lost", "#6b7280", "#9aa5b1"),
]
