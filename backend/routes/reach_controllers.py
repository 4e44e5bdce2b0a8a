"""How far one gets from a place in so many minutes, over HTTP."""

from typing import Annotated, Any

import msgspec
import shapely
from litestar import Controller, get, post
from litestar.params import FromQuery, JSONBody, QueryParameter

from backend.api.payloads import LonLatPair, Payload
from backend.api.problems import Unavailable, malformed_field
from backend.geo.network.provider import NetworkError, Profile
from backend.geo.network.reach import MAX_CONTOURS
from backend.geo.vocabulary import GeoError, check_lonlat
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.routes.engines import Engines

_DECIMALS = 6
_Minutes = Annotated[list[float], msgspec.Meta(min_length=1, max_length=MAX_CONTOURS)]


class IsochroneRequest(Payload, frozen=True, kw_only=True):
    """A place, and up to four times of travel from it."""

    location: LonLatPair
    minutes: _Minutes
    profile: Profile = "car"


class ReachArea(msgspec.Struct, frozen=True):
    """A GeoJSON feature: the area, with `minutes`, `profile` and `is_estimate` as properties."""

    type: str
    properties: dict[str, float | str | bool]
    geometry: dict[str, Any]


class ReachRead(msgspec.Struct, frozen=True):
    """A GeoJSON FeatureCollection, the largest area first; `why` explains an estimate."""

    type: str
    features: list[ReachArea]
    is_estimate: bool
    why: str | None


class IsochroneController(Controller):
    """What is within reach."""

    path = "/v1/isochrones"
    tags = ["visit routes"]
    guards = [ANYBODY]

    @get(operation_id="read_isochrones", sync_to_thread=True)
    def read_isochrones(
        self,
        request: Call,
        lon: FromQuery[float],
        lat: FromQuery[float],
        minutes: Annotated[
            list[float],
            QueryParameter(min_items=1, max_items=MAX_CONTOURS, description="Repeat for several"),
        ],
        profile: FromQuery[Profile] = "car",
    ) -> ReachRead:
        """Draw what is reached from a place within so many minutes, as GeoJSON."""
        return _draw(request.part(Engines), lon, lat, minutes, profile)

    @post(operation_id="draw_isochrones", status_code=200, sync_to_thread=True)
    def draw_isochrones(self, request: Call, data: JSONBody[IsochroneRequest]) -> ReachRead:
        """Draw what is reached from a place within so many minutes, as GeoJSON."""
        lon, lat = data.location
        return _draw(request.part(Engines), lon, lat, data.minutes, data.profile)


def _draw(
    engines: Engines, lon: float, lat: float, minutes: list[float], profile: Profile
) -> ReachRead:
    try:
        origin = check_lonlat(lon, lat)
    except GeoError as error:
        raise malformed_field("location", error.message, code=f"location_{error.code}") from error
    network = engines.network(profile)
    try:
        found = network.isochrone(origin, minutes)
    except NetworkError as error:
        if error.is_passing:
            raise Unavailable(
                error.message, code=error.code, headers={"Retry-After": "5"}
            ) from error
        field = "minutes" if error.field == "minutes" else "location"
        raise malformed_field(field, error.message, code=error.code) from error
    features = [
        ReachArea(
            "Feature",
            {"minutes": one.minutes, "profile": profile, "is_estimate": found.is_estimate},
            {"type": "MultiPolygon", "coordinates": _coordinates(one.area)},
        )
        for one in reversed(found.contours)
    ]
    return ReachRead("FeatureCollection", features, found.is_estimate, network.why)


def _coordinates(area: shapely.MultiPolygon) -> list[list[list[tuple[float, float]]]]:
    """Return the rings of each polygon, rounded to a tenth of a metre."""
    return [
        [
            [(round(x, _DECIMALS), round(y, _DECIMALS)) for x, y in ring.coords]
            for ring in (polygon.exterior, *polygon.interiors)
        ]
        for polygon in area.geoms
    ]
