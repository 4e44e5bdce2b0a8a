"""The words of the room: a position, a box, distances on the globe and errors people understand."""

import math
from collections.abc import Callable
from typing import NamedTuple

EARTH_RADIUS_M = 6_371_008.8  # mean radius R1 of WGS 84 (IUGG)
MAX_LON = 180.0
MAX_LAT = 90.0
# Coordinates in metres (EPSG:3857, UTM) are at once beyond this; degrees never are.
PROJECTED_FROM = 1000.0


class LonLat(NamedTuple):
    """A position in degrees on WGS 84, longitude first."""

    lon: float
    lat: float


class Bounds(NamedTuple):
    """A box in degrees; it never crosses the 180th meridian."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, point: LonLat) -> bool:
        """Say whether the point lies in the box or on its edge."""
        return self.west <= point.lon <= self.east and self.south <= point.lat <= self.north


class Progress(NamedTuple):
    """How far long work has come: `done` of `total` (None while unknown) in the named stage."""

    stage: str
    done: int
    total: int | None = None


type OnProgress = Callable[[Progress], None]


class GeoError(ValueError):
    """A spatial input or file that cannot be used: a stable code, a sentence and the field."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


def check_lonlat(lon: float, lat: float, *, field: str = "location") -> LonLat:
    """Return the position, or raise GeoError (not_a_number, swapped, projected, outside_world)."""
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise GeoError(
            "not_a_number", f"The {field} needs two finite numbers: longitude, latitude.", field
        )
    if abs(lon) <= MAX_LON and abs(lat) <= MAX_LAT:
        return LonLat(float(lon), float(lat))
    raise _outside(lon, lat, field)


def _outside(lon: float, lat: float, field: str) -> GeoError:
    if abs(lon) <= MAX_LAT and abs(lat) <= MAX_LON:
        return GeoError(
            "swapped",
            f"The {field} looks swapped: latitude {lat:g} is not between -90 and 90. "
            "Give the longitude first, then the latitude.",
            field,
        )
    if max(abs(lon), abs(lat)) > PROJECTED_FROM:
        return GeoError(
            "projected",
            f"The {field} ({lon:g}, {lat:g}) is not in degrees. "
            "Give longitude and latitude on WGS 84 (EPSG:4326).",
            field,
        )
    return GeoError(
        "outside_world",
        f"The {field} ({lon:g}, {lat:g}) is outside the world: "
        "longitude goes from -180 to 180, latitude from -90 to 90.",
        field,
    )


def great_circle_m(a: LonLat, b: LonLat) -> float:
    """Metres between two positions on the mean sphere (haversine; within 0.6 % of WGS 84)."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat = math.sin((lat_b - lat_a) / 2)
    half_lon = math.sin(math.radians(b.lon - a.lon) / 2)
    chord = half_lat * half_lat + math.cos(lat_a) * math.cos(lat_b) * half_lon * half_lon
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))
