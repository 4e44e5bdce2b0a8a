"""Puts together what is handed out of a route, in the scope of who asks."""

from uuid import UUID

import sqlalchemy as sa

from backend.geo.basemap.reader import Basemap
from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.press.plain_text import plain
from backend.routes import service as routes
from backend.routes.handout import repository
from backend.routes.handout.links import google_link, in_pieces, links_to
from backend.routes.handout.schemas import (
    Handout,
    HandoutStop,
    PieceLink,
    RouteLinks,
    StopLinks,
)
from backend.routes.handout.sheet import write_sheet
from backend.routes.handout.words import Words


def get_handout(connection: sa.Connection, actor: Actor, route_id: UUID) -> Handout:
    """Return a route with its accounts' details; raise NotFound as reading the route does.

    Of accounts that were deleted or left a rep's scope, it has what the route itself says.
    """
    route = routes.get_route(connection, actor, route_id)
    place = repository.get_place(connection, actor.org_id)
    details = repository.select_details(
        connection,
        actor.org_id,
        [stop.visit_id for stop in route.stops],
        user_id=actor.user_id,
        sees_everything=actor.sees_everything,
    )
    known = {one.visit_id: one for one in details}
    stops = tuple(HandoutStop(stop, known.get(stop.visit_id)) for stop in route.stops)
    return Handout(route, stops, place.org_name, place.time_zone, place.country)


def find_locale(connection: sa.Connection, actor: Actor) -> str | None:
    """Return the actor's own language."""
    return repository.find_locale(connection, actor.org_id, actor.user_id)


def print_route(handout: Handout, basemap: Basemap | None, words: Words) -> bytes:
    """Return the route as a sheet to print, with the codes of its links."""
    return write_sheet(handout, make_links(handout), basemap, words)


def make_links(handout: Handout) -> RouteLinks:
    """Return the links of every stop that was not cancelled, and of the day in pieces."""
    route = handout.route
    stops = [stop for stop in handout.stops if stop.is_open]
    return RouteLinks(
        route_id=route.id,
        profile=route.profile,
        is_estimate=route.is_estimate,
        stops=[
            StopLinks(
                visit_id=stop.plan.visit_id,
                sequence=stop.plan.sequence,
                name=plain(stop.name),
                location=stop.plan.location,
                links=links_to(LonLat(*stop.plan.location), route.profile, plain(stop.name)),
            )
            for stop in stops
        ],
        pieces=[_piece(part, route.profile) for part in in_pieces(stops)],
    )


def _piece(part: tuple[HandoutStop, ...], profile: str) -> PieceLink:
    places = [LonLat(*stop.plan.location) for stop in part]
    return PieceLink(part[0].plan.sequence, part[-1].plan.sequence, google_link(places, profile))
