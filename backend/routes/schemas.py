"""What visit routes look like to the outside."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.api.payloads import LonLatPair, Payload
from backend.geo.network.provider import Profile
from backend.visits.kinds import VisitKind

Minutes = Annotated[int, msgspec.Meta(ge=0, le=240)]
LocalTime = Annotated[time, msgspec.Meta(tz=False)]
"""A time of the organisation's day; one with an offset could be another's."""


Label = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
type ChoiceKind = Literal[
    "must_visit", "appointment", "excluded", "visit_length", "visit_kind", "order"
]
Traffic = Annotated[int, msgspec.Meta(ge=50, le=400)]


class Appointment(Payload, frozen=True, kw_only=True):
    """A visit whose time is agreed; it is made then, whatever the opening hours say."""

    account_id: UUID
    start: LocalTime


class VisitLength(Payload, frozen=True, kw_only=True):
    """How long a visit takes on this day."""

    account_id: UUID
    minutes: Minutes


class VisitOfKind(Payload, frozen=True, kw_only=True):
    """What the visit of an account is for on this day; a kind's own minutes are its length."""

    account_id: UUID
    kind: VisitKind


class PlanRequest(Payload, frozen=True, kw_only=True):
    """A day to plan; times are local to the organisation, `rep_id` defaults to oneself."""

    on_date: date
    rep_id: UUID | None = None
    start: LonLatPair | None = None
    """Where the day begins; by default the rep's home, else the account amid the territories."""
    end: LonLatPair | None = None
    """Where it ends; where it begins by default."""
    shift_start: LocalTime = time(8, 0)
    shift_end: LocalTime = time(17, 30)
    lunch_minutes: Minutes = 45
    lunch_earliest: LocalTime = time(11, 30)
    lunch_latest: LocalTime = time(13, 30)
    lunch_place: LonLatPair | None = None
    """Where lunch is taken; by default wherever the rep is."""
    max_travel_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] | None = None
    max_distance_m: Annotated[int, msgspec.Meta(ge=1, le=2_000_000)] | None = None
    max_candidates: Annotated[int, msgspec.Meta(ge=1, le=120)] = 30
    """How many due accounts are considered; what does not fit is told with its reason."""
    account_ids: Annotated[list[UUID], msgspec.Meta(max_length=120)] = []
    """Accounts that must be visited, in addition to the due ones."""
    appointments: Annotated[list[Appointment], msgspec.Meta(max_length=50)] = []
    """Visits that must be made at an agreed time."""
    excluded_ids: Annotated[list[UUID], msgspec.Meta(max_length=500)] = []
    """Due accounts that are not to be considered."""
    given_ids: Annotated[list[UUID], msgspec.Meta(max_length=500)] = []
    """Due accounts that somebody else visits on the day."""
    visit_lengths: Annotated[list[VisitLength], msgspec.Meta(max_length=120)] = []
    """Visits that take longer or shorter than their account's usually do."""
    visit_kinds: Annotated[list[VisitOfKind], msgspec.Meta(max_length=120)] = []
    """Visits that are for something else than usual; `visit_lengths` have the last word on time."""
    order: Annotated[list[UUID], msgspec.Meta(max_length=120)] = []
    """These accounts in this order and no others; by default the best order is sought."""
    profile: Profile = "car"
    """How the rep travels."""
    traffic_percent: Traffic | None = None
    """Travel time in per cent of the usual one; by default as learned for the shift's hours."""
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 1


class AdjustRequest(Payload, frozen=True, kw_only=True):
    """What is to be different in a plan; what is not named stays as it was asked for."""

    account_ids: Annotated[list[UUID], msgspec.Meta(max_length=120)] | None = None
    """All accounts that must be visited."""
    appointments: Annotated[list[Appointment], msgspec.Meta(max_length=50)] | None = None
    excluded_ids: Annotated[list[UUID], msgspec.Meta(max_length=500)] | None = None
    visit_lengths: Annotated[list[VisitLength], msgspec.Meta(max_length=120)] | None = None
    visit_kinds: Annotated[list[VisitOfKind], msgspec.Meta(max_length=120)] | None = None
    order: Annotated[list[UUID], msgspec.Meta(max_length=120)] | None = None
    """The visits in an order of one's own; empty to have the best order sought again."""
    at: LocalTime | None = None
    """The local time that a day under way goes on from; now by default."""
    is_trial: bool = False
    """Tell what would be, and keep the plan as it is."""


class TeamMember(Payload, frozen=True, kw_only=True):
    """A rep who works on the day; where and when, if not as usual."""

    rep_id: UUID
    start: LonLatPair | None = None
    """Where the day begins; a day that has begun goes on from the position."""
    end: LonLatPair | None = None
    position: LonLatPair | None = None
    """Where a rep is who has begun the day; by default at the last visit that was begun."""
    shift_start: LocalTime | None = None
    shift_end: LocalTime | None = None
    """From when to when; by default as the present plan has it, else from 08:00 to 17:30."""
    skills: Annotated[list[Label], msgspec.Meta(max_length=20)] = []


class Need(Payload, frozen=True, kw_only=True):
    """A visit that only a rep with a skill can make."""

    account_id: UUID
    skill: Label


class TeamRequest(Payload, frozen=True, kw_only=True):
    """A day that several reps share; those absent have theirs done by the others."""

    on_date: date
    at: LocalTime | None = None
    """The local time that a day under way goes on from; now by default, on the day itself."""
    members: Annotated[list[TeamMember], msgspec.Meta(min_length=1, max_length=20)]
    absent_ids: Annotated[list[UUID], msgspec.Meta(max_length=20)] = []
    account_ids: Annotated[list[UUID], msgspec.Meta(max_length=120)] = []
    """Accounts that must be visited, by whoever does it best."""
    spill_over_minutes: Annotated[int, msgspec.Meta(ge=0, le=240)] | None = 15
    """The travel that another rep must save to make a visit; None keeps everybody to their own."""
    balance_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = 20
    """How much longer than the mean anybody may work, if no visit is dropped for it."""
    needs: Annotated[list[Need], msgspec.Meta(max_length=500)] = []
    visit_kinds: Annotated[list[VisitOfKind], msgspec.Meta(max_length=120)] = []
    """Visits that are for something else than usual, whoever makes them."""
    lunch_minutes: Minutes = 45
    lunch_earliest: LocalTime = time(11, 30)
    lunch_latest: LocalTime = time(13, 30)
    max_candidates: Annotated[int, msgspec.Meta(ge=1, le=120)] = 30
    """How many due accounts of each rep are considered."""
    profile: Profile = "car"
    traffic_percent: Traffic | None = None
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 1


class ReplanRequest(Payload, frozen=True, kw_only=True):
    """How a day stands that is under way; what was done is known from its visits."""

    at: LocalTime | None = None
    """The local time to go on from; now by default."""
    position: LonLatPair | None = None
    """Where the rep is; by default at the last visit that was begun."""
    closed_ids: Annotated[list[UUID], msgspec.Meta(max_length=120)] = []
    """Accounts that were found closed, or where nobody was in."""
    urgent_ids: Annotated[list[UUID], msgspec.Meta(max_length=50)] = []
    """Accounts that must be visited today after all."""
    traffic_percent: Traffic | None = None
    """By default as learned for the hours left."""
    had_lunch: bool | None = None
    """By default as the plan has it: lunch is over when its time is."""


class RouteStop(msgspec.Struct, frozen=True):
    """One visit of a route; the leg is the way into it."""

    visit_id: UUID
    account_id: UUID
    name: str
    location: tuple[float, float]
    sequence: int
    arrive_at: datetime
    start_at: datetime
    leave_at: datetime
    leg_distance_m: int
    leg_seconds: int
    is_preferred: bool = True
    """Whether the visit is at a time that the account prefers, or it prefers none."""
    detour_seconds: int = 0
    """The travel that the day has for its sake."""
    detour_m: int = 0
    spare_seconds: int = 0
    """How much later it may end with all others still kept."""
    is_learned: bool = False
    """Whether its length is what such visits really took, or a planner's word on that."""
    kind: VisitKind = VisitKind.ROUTINE
    """What it is for."""


class DroppedVisit(msgspec.Struct, frozen=True):
    """An account that was due and is not in the route, with the reason."""

    account_id: UUID
    name: str
    reason: str
    detail: str
    facts: dict[str, int | str]


class Lunch(msgspec.Struct, frozen=True):
    """The break; `after_sequence` is 0 before the first visit.

    With a place of its own it has a leg into it.
    """

    starts_at: datetime
    minutes: int
    after_sequence: int
    location: tuple[float, float] | None = None
    leg_distance_m: int = 0
    leg_seconds: int = 0

    @property
    def ends_at(self) -> datetime:
        """Return when it is over."""
        return self.starts_at + timedelta(minutes=self.minutes)


class Choices(msgspec.Struct, frozen=True):
    """What people decided about a day: the planner kept to it."""

    account_ids: list[UUID] = []
    appointments: list[Appointment] = []
    excluded_ids: list[UUID] = []
    visit_lengths: list[VisitLength] = []
    visit_kinds: list[VisitOfKind] = []
    order: list[UUID] = []


class RouteRead(msgspec.Struct, frozen=True):
    """A rep's day; `line` is an encoded polyline of precision 6.

    No plan of the day is better by more than `gap_percent` of its cost, which is travel and the
    worth of the visits left out; 0 is proven, None when nobody knows.
    """

    id: UUID
    rep_id: UUID
    rep_name: str
    on_date: date
    status: str
    profile: str
    is_estimate: bool
    engine: str
    seed: int
    traffic_percent: int | None
    """Travel time in per cent of the usual one that the plan reckons with."""
    distance_m: int
    travel_seconds: int
    wait_seconds: int
    starts_at: datetime
    ends_at: datetime
    line: str | None
    stops: list[RouteStop]
    dropped: list[DroppedVisit]
    lunch: Lunch | None
    rv: int
    gap_percent: float | None = None
    choices: Choices = msgspec.field(default_factory=Choices)
    begun_count: int = 0
    """So many of the first stops had been begun when it was planned, and stay."""


class Change(msgspec.Struct, frozen=True):
    """How a plan differs from the one before; positive is more, or later."""

    travel_seconds: int
    distance_m: int
    wait_seconds: int
    ends_later_seconds: int
    visits: int
    added_ids: list[UUID]
    removed_ids: list[UUID]


class AdjustedRoute(msgspec.Struct, frozen=True):
    """A plan with somebody's changes; of a trial nothing is kept, and its ids mean nothing."""

    route: RouteRead
    change: Change
    is_trial: bool


class TeamRead(msgspec.Struct, frozen=True):
    """A team's day: a route for each member, and the visits that nobody may or can make."""

    routes: list[RouteRead]
    nobody_can: list[DroppedVisit]


class ChoiceCost(msgspec.Struct, frozen=True):
    """What one choice costs: how the best day with it differs from the best one without it."""

    kind: ChoiceKind
    account_id: UUID | None
    change: Change
