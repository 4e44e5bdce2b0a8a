"""What calendars look like to the outside, and what they are made of."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.api.payloads import Line, Payload
from backend.routes.schemas import Lunch, RouteStop


class CalendarFeedCreate(Payload, frozen=True, kw_only=True):
    """A calendar of somebody's visits; `rep_id` defaults to oneself."""

    rep_id: UUID | None = None
    label: Line = ""
    """Which phone or program it is for, so that it can be told from the others."""


class CalendarFeedRead(msgspec.Struct, frozen=True):
    """A calendar that can be subscribed to."""

    id: UUID
    rep_id: UUID
    rep_name: str
    label: str
    created_at: datetime


class CalendarFeedCreated(msgspec.Struct, frozen=True):
    """A new calendar with its address, which is told this once: whoever has it reads the visits."""

    feed: CalendarFeedRead
    path: str
    url: str
    """The path at the host that was asked; a proxy in front may be known by another name."""


class Feed(msgspec.Struct, frozen=True):
    """Whose visits a calendar shows."""

    id: UUID
    rep_id: UUID
    role: str
    full_name: str
    locale: str
    org_name: str
    time_zone: str


class FeedLunch(msgspec.Struct, frozen=True):
    """A lunch of a route in use that has a place of its own."""

    route_id: UUID
    rv: int
    updated_at: datetime
    profile: str
    is_estimate: bool
    lunch: Lunch
    location: tuple[float, float]


class FeedVisit(msgspec.Struct, frozen=True):
    """A visit of a calendar, with its stop in the route where it has one."""

    id: UUID
    rv: int
    updated_at: datetime
    planned_on: date
    planned_at: datetime | None
    visit_minutes: int
    name: str
    address: str | None
    location: tuple[float, float] | None
    stop: RouteStop | None
    profile: str | None
    is_estimate: bool | None
    lunch_at: datetime | None
    lunch_minutes: int | None
    lunch_after: int | None
