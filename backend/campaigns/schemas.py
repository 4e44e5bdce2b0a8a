"""What a campaign is made of, and what came of it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from backend.api.payloads import Name, Payload, Prose

type CampaignState = Literal["planned", "running", "ended"]


class CampaignCreate(Payload, frozen=True, kw_only=True):
    """A campaign without accounts; `purpose` is what people say or offer there."""

    name: Name
    purpose: Prose = ""
    starts_on: date
    ends_on: date
    """The last day, included."""


class CampaignPatch(Payload, frozen=True, kw_only=True):
    """The fields to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    purpose: Prose | UnsetType = UNSET
    starts_on: date | UnsetType = UNSET
    ends_on: date | UnsetType = UNSET


class Campaign(msgspec.Struct, frozen=True):
    """A campaign as it is kept."""

    id: UUID
    name: str
    purpose: str
    starts_on: date
    ends_on: date
    ended_at: datetime | None
    state: CampaignState
    counted_to: date
    """The last day that counts: today while it runs; before `starts_on` where none does yet."""
    created_by: UUID
    created_by_name: str
    created_at: datetime
    rv: int


class CampaignCounts(msgspec.Struct, frozen=True):
    """How many of its accounts you may see, and what was done there since it began."""

    accounts: int
    visited: int
    """With a visit done that was planned on one of its days."""
    bought: int
    open: int
    """Neither visited nor bought."""


class CampaignRead(Campaign, frozen=True):
    """A campaign with its counts."""

    counts: CampaignCounts


class Span(msgspec.Struct, frozen=True):
    """What its accounts did in some days, both ends included."""

    from_date: date
    to_date: date
    visits: int
    visited: int
    bought: int
    revenue: float


class Share(msgspec.Struct, frozen=True):
    """The accounts of a territory and who holds it, or of an owner outside every territory."""

    territory_id: UUID | None
    territory_name: str | None
    rep_id: UUID | None
    rep_name: str | None
    accounts: int
    visited: int
    bought: int
    open: int
    revenue: float


class CampaignDetail(CampaignRead, frozen=True):
    """A campaign with its figures; without spans while it has not begun."""

    currency: str
    since: Span | None
    before: Span | None
    """As many days, up to the day before it began."""
    shares: list[Share]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a campaign's accounts a list has: all, those open, those of one territory."""

    is_open: bool = False
    territory_id: UUID | None = None


class CampaignAccount(msgspec.Struct, frozen=True):
    """An account of a campaign, and what was done there since the campaign began."""

    id: UUID
    name: str
    life_stage: str
    category: str | None
    address: str | None
    phone: str | None
    location: list[float] | None
    territory_id: UUID | None
    territory_name: str | None
    added_at: datetime
    visited_on: date | None
    planned_on: date | None
    """The next day with a visit planned."""
    bought_on: date | None
    revenue: float
    is_open: bool
