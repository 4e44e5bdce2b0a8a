"""What the API takes and gives for realignments: accounts and people that change territory."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.accounts.schemas import Label, LifeStage, Priority
from backend.api.payloads import Line, Name, Payload
from backend.ids import AccountId, TerritoryId, UserId
from backend.territories.schemas import AreaRead, GeoJson

type State = Literal["draft", "scheduled", "applied", "undone", "cancelled"]
HoldOverDays = Annotated[int, msgspec.Meta(ge=0, le=365)]
MAX_IDS = 100_000


class Rule(Payload, frozen=True, kw_only=True):
    """Accounts by what they are; all that is given must hold, and something must be given."""

    life_stage: LifeStage | None = None
    category: Line | None = None
    tag: Label | None = None
    channel: Label | None = None
    from_territory_id: TerritoryId | None = None
    """In this territory, not in those below it."""
    is_unplaced: bool | None = None
    """Whether they lie in no territory."""
    priority: Priority | None = None
    last_visit_before: date | None = None
    """Never visited since that day began, or never at all."""


class Selection(Payload, frozen=True, kw_only=True):
    """Which accounts: within an area, among ids, by a rule. All that is given must hold."""

    area: GeoJson | None = None
    account_ids: (
        Annotated[list[AccountId], msgspec.Meta(min_length=1, max_length=MAX_IDS)] | None
    ) = None
    rule: Rule | None = None


class PersonMove(Payload, frozen=True, kw_only=True):
    """A rep who gives a territory away, takes one over, or both."""

    user_id: UserId
    from_territory_id: TerritoryId | None = None
    to_territory_id: TerritoryId | None = None


class RealignmentCreate(Payload, frozen=True, kw_only=True):
    """A plan: accounts to move, people to move, and when.

    Accounts go to `to_territory_id` by hand, or back to the territory of their location when it is
    null. Without a selection only people move.
    """

    name: Name
    selection: Selection | None = None
    to_territory_id: TerritoryId | None = None
    people: Annotated[list[PersonMove], msgspec.Meta(max_length=200)] = []
    effective_on: date | None = None
    """Today when left out."""
    hold_over_days: HoldOverDays = 0
    """For how long outgoing reps keep the accounts where they have visits to finish."""


class HandOver(Payload, frozen=True, kw_only=True):
    """Somebody leaves: all that they hold goes to another rep."""

    name: Name
    from_user_id: UserId
    to_user_id: UserId
    effective_on: date | None = None
    """Today when left out."""
    hold_over_days: HoldOverDays = 0
    """For how long the one who leaves keeps the accounts where visits are to be finished."""


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a plan, as JSON."""

    selection: Selection | None = None
    to_territory_id: TerritoryId | None = None
    people: tuple[PersonMove, ...] = ()
    territory_ids: tuple[TerritoryId, ...] = ()
    """The territories whose borders are drawn anew: these say which accounts move."""


class ApplyRequest(Payload, frozen=True, kw_only=True):
    """Carry the plan out as it was previewed, or as it is now with `force`."""

    fingerprint: Line | None = None
    force: bool = False


class AssignmentChange(msgspec.Struct, frozen=True):
    """An assignment that was begun (`is_begun`) or ended; `until_on` is what it had been until."""

    id: UUID
    user_id: UserId
    territory_id: TerritoryId
    is_begun: bool
    until_on: date | None = None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What a realignment came to."""

    moved: int = 0
    """Accounts that it put elsewhere, or let go by their location again."""
    held_over: int = 0
    """Accounts that outgoing reps keep for a while, counted once a rep."""
    people: int = 0
    """Assignments that it ended or began."""
    areas: int = 0
    """Territories whose borders it drew."""
    moved_back: int = 0
    moved_on: int = 0
    """Accounts that an undo left alone: somebody put them elsewhere since."""
    deleted: int = 0
    """Accounts that an undo left alone: they were deleted or merged since."""
    placed: int = 0
    """Accounts that came since, and that an undo put by the borders of before."""
    reason: str = ""
    """Why a scheduled realignment was called off."""


class RealignmentRead(msgspec.Struct, frozen=True):
    """A realignment: its plan, how far it has come, and what it came to."""

    id: UUID
    name: str
    state: State
    plan: Plan
    effective_on: date
    hold_over_days: int
    counts: Counts
    created_by: UserId
    created_at: datetime
    applied_by: UserId | None
    applied_at: datetime | None
    undone_by: UserId | None
    undone_at: datetime | None
    rv: int


class Flow(msgspec.Struct, frozen=True):
    """The accounts that go from one territory to another; None is no territory.

    Visits and empties stand for the revenue that moves, for there are no orders yet.
    """

    from_territory_id: TerritoryId | None
    to_territory_id: TerritoryId | None
    accounts: int
    customers: int
    prospects: int
    open_visits: int
    """Visits planned or begun, from a week ago on."""
    visits_90_days: int
    """Visits done within the last 90 days."""
    empties_owed: int


class PersonEffect(msgspec.Struct, frozen=True):
    """A rep whose accounts change: how many there are now, and how many there would be."""

    user_id: UserId
    full_name: str
    accounts_before: int
    accounts_after: int


class SampleAccount(msgspec.Struct, frozen=True):
    """One of the accounts that move; `location` is [longitude, latitude]."""

    id: AccountId
    name: str
    location: list[float] | None
    from_territory_id: TerritoryId | None
    to_territory_id: TerritoryId | None


class Preview(msgspec.Struct, frozen=True):
    """What a plan would do if it were carried out now."""

    fingerprint: str
    """Names exactly these moves: applying with it does these or nothing."""
    moved: int
    held_over: int
    """Accounts where outgoing reps have visits to finish, counted once a rep."""
    flows: list[Flow]
    people: list[PersonEffect]
    bounds: list[float] | None
    """[west, south, east, north] of the accounts that move."""
    sample: list[SampleAccount]
    """At most 500 of them, spread over the whole."""


class RedrawnArea(msgspec.Struct, frozen=True):
    """A territory's border before a realignment, None for none, and after it."""

    territory_id: TerritoryId
    name: str
    former_area: AreaRead | None
    area: AreaRead
