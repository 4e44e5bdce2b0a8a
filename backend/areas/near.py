"""The accounts around a place: found within a transaction, put in order of time after it."""

import msgspec
import sqlalchemy as sa

from backend.api.problems import Unavailable, malformed_field
from backend.areas.drawing import position_of
from backend.areas.near_repository import select_near
from backend.areas.near_schemas import MOST_NEAR, NearAccount, NearRead, NearRequest
from backend.areas.service import check_filters
from backend.geo.network.provider import NetworkError, StreetNetwork
from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.maps.service import scope_of

_MINUTE_S = 60


def find_near(
    connection: sa.Connection, actor: Actor, asked: NearRequest
) -> tuple[LonLat, list[NearAccount]]:
    """Return the place and its nearest accounts in the actor's scope by distance.

    Asked by travel time they are twice as many: a near one may be across a river. Raise Malformed
    for a place or a filter that cannot be used.
    """
    here = position_of(asked.location, "location")
    scope = scope_of(connection, actor)
    check_filters(connection, scope, asked.filters)
    limit = asked.limit if asked.by == "distance" else min(2 * asked.limit, MOST_NEAR)
    return here, select_near(connection, scope, here, asked.filters, limit=limit)


def by_distance(found: list[NearAccount]) -> NearRead:
    """Tell the accounts as they were found."""
    return NearRead(found, is_estimate=False, why=None)


def by_travel_time(
    asked: NearRequest, here: LonLat, found: list[NearAccount], network: StreetNetwork
) -> NearRead:
    """Put accounts in order of the time it takes to get there; raise Malformed far off streets."""
    if not found:
        return NearRead([], network.is_estimate, network.why)
    try:
        matrix = network.matrix([here, *(LonLat(*one.location) for one in found)])
    except NetworkError as error:
        if error.is_passing:
            raise Unavailable(
                error.message, code=error.code, headers={"Retry-After": "5"}
            ) from error
        raise malformed_field("location", error.message, code=error.code) from error
    for off in matrix.off_network:
        if off.index == 0:
            raise malformed_field("location", off.reason, code="off_network")
    timed = [
        msgspec.structs.replace(one, minutes=None if spent is None else round(spent / _MINUTE_S, 1))
        for one, spent in zip(found, matrix.duration_rows()[0][1:], strict=True)
    ]
    timed.sort(key=lambda one: (one.minutes is None, one.minutes, one.distance_m))
    return NearRead(timed[: asked.limit], matrix.is_estimate, network.why)
