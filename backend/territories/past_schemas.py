"""What territories were, to the outside."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.ids import TerritoryId
from backend.territories.schemas import AreaRead, Assignee


class TerritoryMoment(msgspec.Struct, frozen=True):
    """A moment at which territories changed, and how many in which way.

    Those that were changed in several ways count in each.
    """

    at: datetime
    begun: int
    redrawn: int
    """Their borders."""
    renamed: int
    """Their name, code or colour."""
    moved: int
    """Under another territory, or under none."""
    ended: int
    people: int
    """Somebody began or ceased to hold them."""
    names: list[str]
    """Of the first few, as they were called from then on."""


class TerritoryMoments(msgspec.Struct, frozen=True):
    """Moments, the latest first; `is_cut` where there are earlier ones."""

    items: list[TerritoryMoment]
    is_cut: bool


class TerritoryThen(msgspec.Struct, frozen=True):
    """A territory as it was at a moment; `accounts` leaves out the territories below."""

    id: TerritoryId
    parent_id: UUID | None
    name: str
    code: str | None
    color: str
    area: AreaRead | None
    holders: list[Assignee]
    """Of that day."""
    accounts: int


class TerritoriesThen(msgspec.Struct, frozen=True):
    """All territories of a moment, by name."""

    moment: datetime
    items: list[TerritoryThen]
    unplaced: int
    """Accounts that were in no territory."""
