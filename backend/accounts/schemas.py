"""What the API takes and gives for accounts and contacts."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from backend.api.payloads import NOT_BLANK, Line, LonLatPair, Name, Payload
from backend.ids import AccountId, ContactId, TerritoryId, UserId

type Kind = Literal["organisation", "individual"]
type LifeStage = Literal["prospect", "customer", "lapsed", "lost"]
type PairKey = tuple[datetime, UUID, UUID]
"""When two accounts were flagged as perhaps one, and their ids: the order of that list."""
type LocationSource = Literal["osm", "import", "geocoded", "gps", "manual"]

Label = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=NOT_BLANK)]
"""A tag or a channel."""
Labels = Annotated[list[Label], msgspec.Meta(max_length=50)]
VisitMinutes = Annotated[int, msgspec.Meta(ge=1, le=480)]
VisitEveryDays = Annotated[int, msgspec.Meta(ge=1, le=730)]
Priority = Annotated[int, msgspec.Meta(ge=1, le=5)]
Crates = Annotated[int, msgspec.Meta(ge=-2_147_483_648, le=2_147_483_647)]
"""Crates of empties that a customer owes; the database refuses fewer than none."""


class AccountCreate(Payload, frozen=True, kw_only=True):
    """A new account; blank texts count as none, a phone without country code is the country's."""

    name: Name
    kind: Kind = "organisation"
    life_stage: LifeStage = "prospect"
    category: Line | None = None
    address: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    website: Line | None = None
    channel: Line | None = None
    tags: Labels = []
    opening_hours: Line | None = None
    preferred_hours: Line | None = None
    """When it would rather be visited, written like `opening_hours`; a day that they do not name
    is no preferred one."""
    preferred_hours_are_firm: bool = False
    """Whether visits are made at the preferred hours only; else another time costs a plan a
    little, and is marked."""
    location: LonLatPair | None = None
    location_source: LocationSource | None = None
    visit_minutes: VisitMinutes = 15
    visit_every_days: VisitEveryDays = 28
    visit_frequency: Line | None = None
    """Visits in four weeks, such as `4` or `2.1`, or `every 3 weeks`: what coverage plans keep to.
    Without it, `visit_every_days` says it."""
    priority: Priority = 2
    empties_owed: Crates = 0


class AccountPatch(Payload, frozen=True, kw_only=True):
    """The fields to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    life_stage: LifeStage | UnsetType = UNSET
    category: Line | UnsetType | None = UNSET
    address: Line | UnsetType | None = UNSET
    phone: Line | UnsetType | None = UNSET
    email: Line | UnsetType | None = UNSET
    website: Line | UnsetType | None = UNSET
    channel: Line | UnsetType | None = UNSET
    tags: Labels | UnsetType = UNSET
    opening_hours: Line | UnsetType | None = UNSET
    preferred_hours: Line | UnsetType | None = UNSET
    preferred_hours_are_firm: bool | UnsetType = UNSET
    location: LonLatPair | UnsetType | None = UNSET
    location_source: LocationSource | UnsetType | None = UNSET
    visit_minutes: VisitMinutes | UnsetType = UNSET
    visit_every_days: VisitEveryDays | UnsetType = UNSET
    visit_frequency: Line | UnsetType | None = UNSET
    priority: Priority | UnsetType = UNSET
    empties_owed: Crates | UnsetType = UNSET


class AccountRead(msgspec.Struct, frozen=True):
    """An account; `phone` is E.164, `location` is [longitude, latitude]."""

    id: AccountId
    kind: Kind
    name: str
    life_stage: LifeStage
    category: str | None
    address: str | None
    phone: str | None
    email: str | None
    website: str | None
    channel: str | None
    tags: list[str]
    opening_hours: str | None
    preferred_hours: str | None
    preferred_hours_are_firm: bool
    location: list[float] | None
    location_source: LocationSource | None
    territory_id: TerritoryId | None
    territory_is_manual: bool
    owner_id: UserId | None
    visit_minutes: int
    visit_every_days: int
    visit_frequency: str | None
    priority: int
    empties_owed: int
    last_visit_at: datetime | None
    rv: int
    created_at: datetime
    updated_at: datetime


class AccountCreated(AccountRead, frozen=True):
    """A new account; `duplicate_of` is one in sight that may be the same place."""

    duplicate_of: AccountId | None = None


class AccountMerge(Payload, frozen=True, kw_only=True):
    """The account that another one becomes part of."""

    into: AccountId


class DuplicateRead(msgspec.Struct, frozen=True):
    """Two accounts that may be the same place, the newer first; `distance_m` where both have one.

    They have the same phone number (`same_phone`), or the same name but for diacritics and capitals
    within 150 m (`same_name_near`), or names alike there (`similar_name_near`).
    """

    account: AccountRead
    other: AccountRead
    reason: Literal["same_phone", "same_name_near", "similar_name_near"]
    distance_m: float | None
    flagged_at: datetime


class NearbyRead(msgspec.Struct, frozen=True):
    """An account and how far it is, in metres on the globe."""

    distance_m: float
    account: AccountRead


class AccountFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts a list holds; None leaves a criterion out."""

    q: str | None = None
    """Words that the name holds, in any order, without diacritics."""
    life_stage: LifeStage | None = None
    category: str | None = None
    territory_id: TerritoryId | None = None
    tag: str | None = None
    channel: str | None = None
    priority: int | None = None
    is_overdue: bool | None = None
    is_never_visited: bool | None = None
    campaign_id: UUID | None = None


class ContactCreate(Payload, frozen=True, kw_only=True):
    """A new contact person of an account."""

    account_id: AccountId
    full_name: Name
    job_title: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    channels: Labels = []
    tags: Labels = []


class ContactBody(Payload, frozen=True, kw_only=True):
    """A new contact person of the account in the address."""

    full_name: Name
    job_title: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    channels: Labels = []
    tags: Labels = []


class ContactPatch(Payload, frozen=True, kw_only=True):
    """The fields to change; what is left out stays."""

    full_name: Name | UnsetType = UNSET
    job_title: Line | UnsetType | None = UNSET
    phone: Line | UnsetType | None = UNSET
    email: Line | UnsetType | None = UNSET
    channels: Labels | UnsetType = UNSET
    tags: Labels | UnsetType = UNSET


class ContactRead(msgspec.Struct, frozen=True):
    """A contact person; `phone` is E.164."""

    id: ContactId
    account_id: AccountId
    full_name: str
    job_title: str | None
    phone: str | None
    email: str | None
    channels: list[str]
    tags: list[str]
    rv: int
    created_at: datetime
    updated_at: datetime
