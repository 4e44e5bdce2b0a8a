"""What follow up looks like to the outside."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from backend.api.payloads import NOT_BLANK, LonLatPair, Moment, Payload
from backend.geo.network.traces import MAX_FIXES


class TracePoint(Payload, frozen=True, kw_only=True):
    """A position of a receiver; `accuracy_m` is the radius that holds it in two cases of three."""

    at: Moment
    location: LonLatPair
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] | None = None


class TraceCreate(Payload, frozen=True, kw_only=True):
    """Positions of one local day, in any order, in pieces or again; `rep_id` is oneself."""

    on_date: date
    rep_id: UUID | None = None
    points: Annotated[list[TracePoint], msgspec.Meta(min_length=1, max_length=MAX_FIXES)]


class TraceRead(msgspec.Struct, frozen=True):
    """What became of the positions that were sent, and how many the day holds now."""

    rep_id: UUID
    on_date: date
    received: int
    added: int
    repeated: int
    other_day: int
    in_future: int
    nowhere: int
    kept: int


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """Plan against actual; shares are from 0 to 1, and null where there is nothing to share.

    `completion` = done / (done + missed). `order_kept` = visits in the planned order / done.
    `strike_rate` = ordered / visits with an outcome. `coverage` = due accounts visited / due.
    `travel_ratio` and `visit_ratio` = actual / planned time, of ways and visits that were timed.
    """

    days: int
    planned: int
    done: int
    missed: int
    open: int
    extra: int
    ghosts: int
    unproven: int
    due: int
    covered: int
    completion: float | None
    order_kept: float | None
    strike_rate: float | None
    coverage: float | None
    late_median_minutes: float | None
    late_p90_minutes: float | None
    travel_ratio: float | None
    visit_ratio: float | None
    timed_visits: int
    planned_wait_minutes: int
    mileage_m: int
    planned_m: int
    driven_m: int
    unmatched_m: int
    traced_days: int
    estimated_days: int
    off_route_m: int
    off_route_minutes: int


class VisitActual(msgspec.Struct, frozen=True, kw_only=True):
    """A visit of the day: planned and actual times, the verdict and what speaks against it."""

    visit_id: UUID
    account_id: UUID
    name: str
    location: tuple[float, float] | None
    sequence: int | None
    verdict: str
    reason: str | None
    outcome: str | None
    planned_start_at: datetime | None
    planned_leave_at: datetime | None
    checked_in_at: datetime | None
    done_at: datetime | None
    late_minutes: float | None
    stay_minutes: float | None
    distance_m: float | None
    accuracy_m: float | None
    ghost: tuple[str, ...]
    is_proven: bool
    is_excused: bool


class Mileage(msgspec.Struct, frozen=True):
    """What was driven, and how that is known: by `trace`, or from `check_ins` as an estimate.

    `unmatched_m` are straight metres that no trace tells the way of; they are not in `distance_m`.
    """

    source: str
    is_estimate: bool
    distance_m: int
    unmatched_m: int
    outlier_count: int
    off_route_m: int | None
    off_route_minutes: float | None
    lines: list[str]
    """Encoded polylines of precision 6, one for each part without a gap."""


class ObjectionRead(msgspec.Struct, frozen=True):
    """What a rep objects to in a day, and what a planner answered."""

    id: UUID
    rep_id: UUID
    rep_name: str
    on_date: date
    visit_id: UUID | None
    body: str
    state: str
    answer: str | None
    created_at: datetime
    answered_at: datetime | None


class DayActual(msgspec.Struct, frozen=True, kw_only=True):
    """A person's day, planned and actual; `planned_line` is an encoded polyline of precision 6."""

    rep_id: UUID
    rep_name: str
    on_date: date
    route_id: UUID | None
    planned_line: str | None
    planned_m: int | None
    measures: Measures
    visits: list[VisitActual]
    mileage: Mileage | None
    objections: list[ObjectionRead]


class RepFollowup(msgspec.Struct, frozen=True):
    """One person's measures over the period."""

    rep_id: UUID
    rep_name: str
    measures: Measures


class FollowupRead(msgspec.Struct, frozen=True):
    """A period's measures by person and together; `unsettled_days` lack their mileage so far."""

    from_date: date
    to_date: date
    reps: list[RepFollowup]
    total: Measures
    unsettled_days: int


Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=NOT_BLANK)]


class ObjectionCreate(Payload, frozen=True, kw_only=True):
    """What a rep objects to in a day of their own, or in one visit of it."""

    on_date: date
    visit_id: UUID | None = None
    body: Words


class ObjectionAnswer(Payload, frozen=True, kw_only=True):
    """A planner's answer; an accepted one takes the visit off the ghosts."""

    is_accepted: bool
    answer: Words | None = None


class Subject(StrEnum):
    """Of what something was learned."""

    ACCOUNT = "account"
    CATEGORY = "category"
    HOUR = "hour"
    KIND = "kind"


class LearnedRead(msgspec.Struct, frozen=True, kw_only=True):
    """What visits or ways really take; `in_use` is what plans take, null for the plan's own.

    Of an account in minutes, its `planned` ones as people set them; of a kind of visit in minutes,
    `planned` those of all accounts in the mean; else in per cent of the plan. A `fixed_value` is a
    person's and beats the learned `value`. `learn_from` is when somebody made forget what was
    before.
    """

    subject: Subject
    key: str
    name: str
    value: int | None
    fixed_value: int | None
    in_use: int | None
    planned: int
    observations: int
    median: float | None
    learned_at: datetime | None
    learn_from: datetime | None
    decided_by: str | None
    decided_at: datetime | None


class LearnedPatch(Payload, frozen=True, kw_only=True):
    """A planner's own value in place of the learned one; null uses the learned one again."""

    fixed_value: Annotated[int, msgspec.Meta(ge=1, le=480)] | None


class AlarmRead(msgspec.Struct, frozen=True, kw_only=True):
    """A drift between plans and days: of one rep, or of an hour of the day for everybody.

    `figure` is the median of actual by planned time (`expected` is 1), or the share of planned
    visits made lately (`expected` is what it was before). `low` and `high` hold the true figure in
    99 cases of 100.
    """

    kind: str
    rep_id: UUID | None
    rep_name: str | None
    hour: int | None
    figure: float
    expected: float
    low: float
    high: float
    observations: int
    message: str


class AlarmsRead(msgspec.Struct, frozen=True):
    """The drifts of the weeks that were looked at, the largest first."""

    from_date: date
    to_date: date
    items: list[AlarmRead]
