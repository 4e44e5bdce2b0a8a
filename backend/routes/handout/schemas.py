"""What handouts are made of, and what they look like to the outside."""

from uuid import UUID

import msgspec

from backend.routes.schemas import RouteRead, RouteStop


class Contact(msgspec.Struct, frozen=True):
    """Somebody to call."""

    full_name: str
    phone: str


class StopDetails(msgspec.Struct, frozen=True):
    """What is known now of a stop's visit and account; nothing of accounts out of scope."""

    visit_id: UUID
    status: str
    name: str | None
    address: str | None
    phone: str | None
    opening_hours: str | None
    contacts: tuple[Contact, ...]
    preferred_hours: str | None = None
    preferred_hours_are_firm: bool = False


class HandoutStop(msgspec.Struct, frozen=True):
    """A stop of a route with what is known of its account; None where it was deleted meanwhile."""

    plan: RouteStop
    details: StopDetails | None

    @property
    def name(self) -> str:
        """The account's name as it is now, else as it was planned."""
        return (self.details and self.details.name) or self.plan.name

    @property
    def is_open(self) -> bool:
        """Whether the visit is still to be made or was made, rather than cancelled."""
        return self.details is not None and self.details.status != "cancelled"


class Handout(msgspec.Struct, frozen=True):
    """A route with everything that people take along."""

    route: RouteRead
    stops: tuple[HandoutStop, ...]
    org_name: str
    time_zone: str
    country: str


class NavigationLinks(msgspec.Struct, frozen=True):
    """One place in each app; `waze` is null where the app does not know the way of travel."""

    google: str
    apple: str
    waze: str | None
    osmand: str
    geo: str


class StopLinks(msgspec.Struct, frozen=True):
    """How to get to one stop."""

    visit_id: UUID
    sequence: int
    name: str
    location: tuple[float, float]
    links: NavigationLinks


class PieceLink(msgspec.Struct, frozen=True):
    """A part of the day that one link can hold: to its last stop by way of the others."""

    from_sequence: int
    to_sequence: int
    google: str


class RouteLinks(msgspec.Struct, frozen=True):
    """A route's links; `is_estimate` as of the route."""

    route_id: UUID
    profile: str
    is_estimate: bool
    stops: list[StopLinks]
    pieces: list[PieceLink]
