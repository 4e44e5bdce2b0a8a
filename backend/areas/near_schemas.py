"""What is asked of the surroundings of a place, and what is told of them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.accounts.schemas import LifeStage
from backend.api.payloads import LonLatPair, Payload
from backend.areas.schemas import AreaFilter
from backend.geo.network.provider import Profile

MOST_NEAR = 100


class NearRequest(Payload, frozen=True, kw_only=True):
    """A place, which accounts around it, and what near means.

    By travel time the nearest by distance are put in order, twice as many as are asked for.
    """

    location: LonLatPair
    filters: AreaFilter = msgspec.field(default_factory=AreaFilter)
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_NEAR)] = 50
    by: Literal["distance", "travel_time"] = "distance"
    profile: Profile = "car"


class NearAccount(msgspec.Struct, frozen=True):
    """An account with its distance on the globe, and how long the way there takes if asked."""

    id: UUID
    name: str
    life_stage: LifeStage
    category: str | None
    priority: int
    address: str | None
    phone: str | None
    location: list[float]
    last_visit_at: datetime | None
    distance_m: float
    minutes: float | None = None


class NearRead(msgspec.Struct, frozen=True):
    """The accounts around a place, nearest first; `why` explains times that are estimates."""

    accounts: list[NearAccount]
    is_estimate: bool
    why: str | None
