"""What is asked of trade areas, and what is told of them."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.api.payloads import LonLatPair, Payload
from backend.context.schemas import MeasureRead
from backend.geo.network.provider import Profile

MOST_STORES = 50

type Distance = Literal["straight_line_m", "network_minutes", "estimated_minutes"]


class StoreAsked(Payload, frozen=True, kw_only=True):
    """A store: an account, or a place. Attractiveness is in any unit: m², lines of goods, 1."""

    account_id: UUID | None = None
    location: LonLatPair | None = None
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    attractiveness: Annotated[float, msgspec.Meta(gt=0, le=1e9)] = 1.0


class TradeAreasRequest(Payload, frozen=True, kw_only=True):
    """Stores that share the demand of what lies around them.

    `decay` is the power by which distance keeps people away: 2 is usual for daily goods, less for
    what people travel for. With a profile distance is minutes of travel, else a straight line.
    """

    stores: Annotated[list[StoreAsked], msgspec.Meta(min_length=1, max_length=MOST_STORES)]
    layer_id: UUID
    measure: Annotated[str, msgspec.Meta(max_length=200)]
    """Of the layer: its sum is the demand; a rate is none."""
    decay: Annotated[float, msgspec.Meta(ge=0.1, le=10)] = 2.0
    within_km: Annotated[float, msgspec.Meta(gt=0, le=50)] = 5.0
    profile: Profile | None = None


class StoreDemand(msgspec.Struct, frozen=True):
    """A store with the demand that it can expect, and its share of all that is in reach."""

    account_id: UUID | None
    name: str
    location: list[float]
    demand: float
    share: float


class TradeCell(msgspec.Struct, frozen=True):
    """A hexagon's demand and how the stores share it, in their order; the shares sum to 1."""

    cell: str
    boundary: list[list[float]]
    demand: float
    shares: list[float]


class TradeAreas(msgspec.Struct, frozen=True):
    """Trade areas by Huff's model, among the stores that were named alone."""

    distance: Distance
    """What kept people away: metres straight, or minutes on the street network or guessed."""
    why: str | None
    """Explains minutes that are an estimate."""
    measure: MeasureRead
    source: str
    licence: str
    vintage: str
    resolution: int
    demand: float
    """Of all hexagons from which a store is in reach."""
    unreached: float
    """Of those within the distance from which no way leads to any store."""
    stores: list[StoreDemand]
    cells: list[TradeCell]
