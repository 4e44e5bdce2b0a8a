"""What the API takes and gives for territories, their holders and accounts' places in them."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from backend.api.payloads import Line, Name, Payload
from backend.ids import TerritoryId, UserId

Color = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-fA-F]{6}$")]
"""A colour on the map, such as #1f6f5c."""
type GeoJson = dict[str, object]
"""A Polygon, a MultiPolygon or a Feature of one, longitude first, WGS 84."""


class TerritoryCreate(Payload, frozen=True, kw_only=True):
    """A new territory; without an area it only groups others or holds accounts put by hand."""

    name: Name
    parent_id: TerritoryId | None = None
    code: Line | None = None
    color: Color = "#1f6f5c"
    area: GeoJson | None = None


class TerritoryPatch(Payload, frozen=True, kw_only=True):
    """The fields to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    parent_id: TerritoryId | UnsetType | None = UNSET
    code: Line | UnsetType | None = UNSET
    color: Color | UnsetType = UNSET
    area: GeoJson | UnsetType | None = UNSET


class AreaRead(msgspec.Struct, frozen=True):
    """GeoJSON of an area: polygons of rings of [longitude, latitude]."""

    type: Literal["MultiPolygon"]
    coordinates: list[list[list[tuple[float, float]]]]


class Assignee(msgspec.Struct, frozen=True):
    """Somebody who holds a territory today."""

    user_id: UserId
    full_name: str


class TerritoryRead(msgspec.Struct, frozen=True):
    """A territory; `account_count` leaves out the territories below."""

    id: TerritoryId
    parent_id: TerritoryId | None
    name: str
    code: str | None
    color: str
    area: AreaRead | None
    rv: int
    account_count: int
    assignees: list[Assignee]


class UploadRead(msgspec.Struct, frozen=True):
    """What an upload made, and how many accounts it moved."""

    items: list[TerritoryRead]
    moved_accounts: int


class AssignmentCreate(Payload, frozen=True, kw_only=True):
    """Who holds the territory from when; `valid_to` is the first day on which they no longer do."""

    user_id: UserId
    valid_from: date | None = None
    """Today when left out."""
    valid_to: date | None = None


class AssignmentRead(msgspec.Struct, frozen=True):
    """Who holds a territory from when to when (exclusive; None is open)."""

    id: UUID
    territory_id: TerritoryId
    user_id: UserId
    full_name: str
    valid_from: date
    valid_to: date | None


class Placement(Payload, frozen=True, kw_only=True):
    """Where an account belongs: a territory by hand, or `is_manual` false to go by its location."""

    territory_id: TerritoryId | None
    is_manual: bool = True
