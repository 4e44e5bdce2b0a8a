"""What is told of a day as it runs."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.api.payloads import NO_NUL, Payload
from backend.geo.hours import MAX_LENGTH

type Presence = Literal["seen", "not_seen", "outside_hours", "no_hours"]
"""Why there is a position or none: nothing was heard yet, it is not working hours, or nobody said
what these are and the person has no plan today."""


class LastPosition(msgspec.Struct, frozen=True):
    """Where somebody was last, and by what it is known."""

    location: list[float]
    accuracy_m: float | None
    at: datetime
    age_s: int
    source: Literal["check_in", "trace"]


class NextStop(msgspec.Struct, frozen=True):
    """The visit that comes next by the plan."""

    visit_id: UUID
    account_id: UUID
    account_name: str
    location: list[float] | None
    planned_at: datetime | None


class Standing(msgspec.Struct, frozen=True):
    """How far somebody is with the visits of the day; late are those planned for 15 min ago."""

    planned: int
    done: int
    under_way: int
    late: int
    next_stop: NextStop | None


class LiveRep(msgspec.Struct, frozen=True):
    """A rep now. Without a position, `presence` says why; `until` is when it is to be forgotten."""

    rep_id: UUID
    rep_name: str
    presence: Presence
    position: LastPosition | None
    until: datetime | None
    standing: Standing


class LiveDay(msgspec.Struct, frozen=True):
    """The organisation's day as it runs."""

    on_date: date
    at: datetime
    reps: list[LiveRep]


class HoursRead(msgspec.Struct, frozen=True):
    """Working hours, written as opening hours; without a `rep_id` of all who have no own ones."""

    rep_id: UUID | None
    rep_name: str | None
    hours: str


class HoursPut(Payload, frozen=True, kw_only=True):
    """Working hours to set, such as `Mo-Sa 08:00-17:30`; null takes them away."""

    rep_id: UUID | None = None
    hours: Annotated[str, msgspec.Meta(max_length=MAX_LENGTH, pattern=NO_NUL)] | None
