"""What follow up is told of a day: its plan, and the visits as they were made."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.routes.schemas import Lunch, RouteStop
from backend.visits.kinds import VisitKind

UNBELIEVED_STAY_S = 5
"""Check-in and check-out nearer to each other were reported in one go: they time no visit."""


class PlanFact(msgspec.Struct, frozen=True):
    """The plan in use of a person's day; `closed_ids` were found closed by accounts.

    Of a day that was planned anew when it was under way, `frozen_count` stops come from former
    plans, and `began_at` is when the first plan of the day began.
    """

    id: UUID
    rep_id: UUID
    on_date: date
    profile: str
    stops: tuple[RouteStop, ...]
    distance_m: int
    travel_seconds: int
    wait_seconds: int
    starts_at: datetime
    ends_at: datetime
    lunch: Lunch | None
    closed_ids: tuple[UUID, ...]
    traffic_percent: int
    line: str | None
    began_at: datetime
    frozen_count: int = 0


class VisitFact(msgspec.Struct, frozen=True):
    """A visit of a person's day, with its first check-in that was not voided.

    `visited_on` is the local day of the visit, None when there was none. `is_excused` says that a
    planner accepted what the rep objected.
    """

    visit_id: UUID
    rep_id: UUID
    account_id: UUID
    name: str
    category: str | None
    location: tuple[float, float] | None
    visit_minutes: int
    on_date: date
    status: str
    outcome: str | None
    route_id: UUID | None
    checked_in_at: datetime | None
    done_at: datetime | None
    visited_on: date | None
    updated_at: datetime
    place: tuple[float, float] | None
    accuracy_m: float | None
    distance_m: float | None
    is_mock: bool
    is_excused: bool
    kind: VisitKind = VisitKind.ROUTINE
    traced: tuple[datetime, datetime] | None = None
    """Arrival and departure as the day's trace tells them."""

    @property
    def is_visited(self) -> bool:
        """Whether somebody was there on the day."""
        return self.status in {"checked_in", "done"} and self.visited_on == self.on_date

    @property
    def reported_stay_s(self) -> int | None:
        """Seconds from check-in to check-out; None unless both were told when they happened."""
        if self.checked_in_at is None or self.done_at is None:
            return None
        seconds = round((self.done_at - self.checked_in_at).total_seconds())
        return seconds if seconds >= UNBELIEVED_STAY_S else None

    @property
    def stay_s(self) -> int | None:
        """Seconds from arrival to departure: as reported, else as the trace tells, else None."""
        if self.reported_stay_s is not None or self.traced is None:
            return self.reported_stay_s
        return round((self.traced[1] - self.traced[0]).total_seconds())

    @property
    def arrived_at(self) -> datetime | None:
        """When somebody came: by the trace where the visit was reported in one go."""
        if self.reported_stay_s is None and self.traced is not None:
            return self.traced[0]
        return self.checked_in_at

    @property
    def left_at(self) -> datetime | None:
        """When somebody went: by the trace where the visit was reported in one go."""
        if self.reported_stay_s is None and self.traced is not None:
            return self.traced[1]
        return self.done_at


class DrivenDay(msgspec.Struct, frozen=True):
    """What a day's driving came to; `lines` are encoded polylines of precision 6, one a part."""

    rep_id: UUID
    on_date: date
    source: str
    is_estimate: bool
    distance_m: int
    unmatched_m: int
    outlier_count: int
    off_route_m: int | None
    off_route_s: int | None
    basis: str
    lines: list[str]
    stays: dict[UUID, tuple[float, float]] = {}
    """Arrival and departure by visit as the trace tells them, in seconds since 1970."""


def moment(visit: VisitFact) -> tuple[bool, datetime, UUID]:
    """Order by check-in, else by check-out; what has neither time comes last."""
    at = visit.checked_in_at or visit.done_at
    return at is None, at or visit.updated_at, visit.visit_id
