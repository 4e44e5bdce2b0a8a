"""What a saved view is made of."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from backend.accounts.filters import Filters
from backend.api.payloads import LonLatPair, Name, Payload
from backend.geo.tiles import MAX_ZOOM
from backend.maps.choropleth import Measure
from backend.maps.colouring import ColourBy, SizeBy

type Mode = Literal["points", "heat", "territories"]
type Shown = Literal["prospects", "territories", "routes", "visits"]


class MapView(Payload, frozen=True, kw_only=True):
    """How the map looks; without a middle it stays where it is."""

    mode: Mode = "points"
    colour_by: ColourBy = ColourBy.LIFE_STAGE
    size_by: SizeBy = SizeBy.ACCOUNTS
    shape_by: ColourBy | None = None
    measure: Measure = Measure.ACCOUNTS
    filters: Filters = msgspec.field(default_factory=Filters)
    center: LonLatPair | None = None
    zoom: Annotated[float, msgspec.Meta(ge=0, le=MAX_ZOOM)] | None = None
    shown: Annotated[list[Shown], msgspec.Meta(max_length=4)] | None = None


class ViewCreate(Payload, frozen=True, kw_only=True):
    """A view to keep."""

    name: Name
    view: MapView
    is_shared: bool = False


class ViewPatch(Payload, frozen=True, kw_only=True):
    """The fields to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    view: MapView | UnsetType = UNSET
    is_shared: bool | UnsetType = UNSET


class ViewRead(msgspec.Struct, frozen=True):
    """A kept view, and whose it is."""

    id: UUID
    owner_id: UUID
    owner_name: str
    name: str
    is_shared: bool
    view: MapView
    rv: int
    created_at: datetime
    updated_at: datetime
