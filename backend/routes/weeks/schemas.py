"""What coverage plans look like to the outside."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.api.payloads import NOT_BLANK, Payload
from backend.geo.network.provider import Profile
from backend.routes.schemas import Minutes
from backend.visits.kinds import VisitKind

type Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

type Status = Literal["queued", "running", "done", "failed", "cancelled", "accepted", "replaced"]

MAX_REPS = 50
MAX_RULES = 500

Gap = Annotated[int, msgspec.Meta(ge=1, le=366)]


class AccountRule(Payload, frozen=True, kw_only=True):
    """What holds for one account in these weeks, in place of what its record says."""

    account_id: UUID
    frequency: Annotated[str, msgspec.Meta(max_length=40, pattern=NOT_BLANK)] | None = None
    """Visits in four weeks such as `4` or `2.1`, or `every 3 weeks`."""
    weekdays: Annotated[list[Weekday], msgspec.Meta(min_length=1, max_length=7)] | None = None
    min_gap_days: Gap | None = None
    max_gap_days: Gap | None = None
    kind: VisitKind | None = None
    """What its visits are for; by default the first one of a prospect, then routine."""


class CoverageRequest(Payload, frozen=True, kw_only=True):
    """Weeks to plan, of some reps or of all reps of a team; one plan each."""

    rep_ids: Annotated[list[UUID], msgspec.Meta(max_length=MAX_REPS)] = []
    team_id: UUID | None = None
    from_on: date
    """The first day that is planned; its week counts as the first one. Of weeks that have begun the
    first day is today: what was done before stays, and counts."""
    weeks: Annotated[int, msgspec.Meta(ge=4, le=12)] = 4
    weekdays: Annotated[list[Weekday], msgspec.Meta(min_length=1, max_length=7)] | None = None
    """The days of work; by default those of the organisation's country."""
    works_on_holidays: bool = False
    days_off: Annotated[list[date], msgspec.Meta(max_length=84)] = []
    shift_start: time = time(8, 0)
    shift_end: time = time(17, 30)
    lunch_minutes: Minutes = 45
    lunch_earliest: time = time(11, 30)
    lunch_latest: time = time(13, 30)
    profile: Profile = "car"
    """How the reps travel."""
    rules: Annotated[list[AccountRule], msgspec.Meta(max_length=MAX_RULES)] = []
    account_ids: Annotated[list[UUID], msgspec.Meta(max_length=25_000)] | None = None
    """The only accounts that are planned; by default all that the reps hold."""
    excluded_ids: Annotated[list[UUID], msgspec.Meta(max_length=10_000)] = []
    """Accounts that are not planned."""
    cycle_week: Annotated[int, msgspec.Meta(ge=1, le=4)] | None = None
    """Which of the four weeks is the first one: what 1.1 to 1.4 and 2.1, 2.2 count from. By default
    it goes on from the rep's last accepted plan, else with 1."""
    balance_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    """By how much a day's work may differ from its share."""
    max_changes: Annotated[int, msgspec.Meta(ge=0, le=500)] | None = None
    """How many accounts may get other days than before."""
    change_minutes: Annotated[int, msgspec.Meta(ge=0, le=240)] = 5
    """How many minutes of travel a change of an account's days must save."""
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 1


class WeekStop(msgspec.Struct, frozen=True):
    """One visit of a planned day; `start` is local."""

    account_id: UUID
    name: str
    start: time
    is_preferred: bool = True
    """Whether it is at a time that the account prefers, or it prefers none."""
    kind: VisitKind = VisitKind.ROUTINE
    """What it is for."""


class WeekDay(msgspec.Struct, frozen=True):
    """One day of work; the load is visits and travel, the capacity the shift without lunch."""

    on_date: date
    load_seconds: int
    share_seconds: int
    capacity_seconds: int
    travel_seconds: int
    distance_m: int
    stops: list[WeekStop]


class DroppedVisit(msgspec.Struct, frozen=True):
    """A visit that is not in the plan, and the rule that cannot hold.

    `week` counts from 1; None says that the account has no visit at all.
    """

    account_id: UUID
    name: str
    week: int | None
    on_date: date | None
    rule: str
    detail: str


class FrequencyKept(msgspec.Struct, frozen=True):
    """How many accounts have a frequency, and how many of them get it in full."""

    frequency: str
    accounts: int
    kept: int


class NamedAccount(msgspec.Struct, frozen=True):
    """An account by its name at the time of planning."""

    account_id: UUID
    name: str


class WeeksSummary(msgspec.Struct, frozen=True):
    """A plan in figures; no plan of the same visits and evenness travels less than the bound."""

    visits: int
    travel_seconds: int
    distance_m: int
    bound_seconds: int
    gap_percent: float
    spread_percent: float
    balance_note: str | None
    dropped: int
    changed: int
    compared: int
    """How many accounts had days before that could be kept."""
    frequencies: list[FrequencyKept]
    engine: str
    seed: int
    is_estimate: bool
    is_same: bool | None = None
    """Of a replay: whether it came out as the plan that was replayed."""


class WeeksResult(msgspec.Struct, frozen=True):
    """The planned days, what is dropped and why, and which accounts changed their days."""

    days: list[WeekDay]
    dropped: list[DroppedVisit]
    changed: list[NamedAccount]


class Failure(msgspec.Struct, frozen=True):
    """Why there is no plan."""

    code: str
    detail: str
    field: str | None = None


class CoveragePlanRead(msgspec.Struct, frozen=True):
    """A coverage plan without its days: who, when, how far."""

    id: UUID
    rep_id: UUID
    rep_name: str
    status: Status
    first_on: date
    from_on: date
    last_on: date
    weeks: int
    cycle_week: int
    phase: str | None
    share: float
    best_travel_seconds: int | None
    summary: WeeksSummary | None
    failure: Failure | None
    replay_of: UUID | None
    created_by: UUID
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    accepted_at: datetime | None
    accepted_by: UUID | None
    rv: int


class RepLeftOut(msgspec.Struct, frozen=True):
    """A rep who was asked for and is not planned, and why: code and sentence as of a problem."""

    rep_id: UUID
    rep_name: str
    code: str
    detail: str


class PlansAsked(msgspec.Struct, frozen=True):
    """What became of asking: a queued plan each, and those who were left out."""

    plans: list[CoveragePlanRead]
    left_out: list[RepLeftOut]


class CoveragePlanDetail(msgspec.Struct, frozen=True):
    """A coverage plan with what was asked and its days; while it runs, those found first."""

    plan: CoveragePlanRead
    request: CoverageRequest
    result: WeeksResult | None


class Side(msgspec.Struct, frozen=True):
    """One side of a comparison, over the same dates and accounts.

    Of what really happened, the distance of `days_driven` is what was driven, as traces or
    check-ins tell; that of the other days, and all travel time, is of the planned routes.
    `days_without_route` are days with visits whose way nobody knows.
    """

    visits: int
    missing: int
    travel_seconds: int
    distance_m: int
    days_without_route: int = 0
    days_driven: int = 0


class Comparison(msgspec.Struct, frozen=True):
    """A plan beside another one, or beside what really happened (`with_id` is None).

    Counted are the days from `from_on` to `to_on`, which both sides have. Missing on a side
    are visits that the other one has within those days; beside what really happened, missing in the
    plan are those that it dropped. `moved` are accounts that have other days.
    """

    plan_id: UUID
    with_id: UUID | None
    from_on: date
    to_on: date
    plan: Side
    other: Side
    moved: list[NamedAccount]
