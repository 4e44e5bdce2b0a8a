"""Areas that people draw or upload: GeoJSON checked strictly, turned into shapely shapes.

GeoJSON is RFC 7946: longitude first, WGS 84. Every refusal names the ring and the point.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon

from backend.geo.vocabulary import MAX_LON, GeoError, LonLat, check_lonlat

MAX_VERTICES = 10_000
MAX_FEATURES = 2_000
MIN_RING_POINTS = 4
_FIRST_TOLERANCE, _STEPS = 1e-5, 14
"""About a metre, doubled so often at most until few enough corners are left."""
MIN_LINE_POINTS = 2
_REASON = re.compile(r"^(?P<what>[^\[]*)(?:\[(?P<lon>\S+) (?P<lat>[^\]]+)\])?$")
# shapely's (GEOS's) words, and ours.
_INVALID = {
    "Self-intersection": ("self_crossing", "crosses itself"),
    "Ring Self-intersection": ("self_crossing", "touches itself"),
    "Hole lies outside shell": ("hole_outside", "has a hole outside its outline"),
    "Holes are nested": ("nested_holes", "has a hole inside another hole"),
    "Nested shells": ("nested_parts", "has one part inside another"),
    "Interior is disconnected": ("disconnected", "is cut in two by its holes"),
    "Duplicate Rings": ("duplicate_rings", "has the same ring twice"),
    "Too few points in geometry component": ("too_few_points", "has a ring without an area"),
}


@dataclass(frozen=True, slots=True)
class AreaProblem:
    """Why one feature of a collection was refused; `index` counts from 0."""

    index: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class AreaCollection:
    """The areas of a FeatureCollection with their properties, and the features refused."""

    areas: list[tuple[dict[str, object], MultiPolygon]]
    problems: list[AreaProblem]


def parse_area(geojson: object, *, max_vertices: int = MAX_VERTICES) -> MultiPolygon:
    """Read a Polygon, a MultiPolygon or a Feature of one; raise GeoError for anything unsound.

    Heights are dropped. Outer rings come out counter-clockwise, as RFC 7946 wants them.
    """
    area = _read_area(geojson, max_vertices)
    _check_shape(area)
    return shapely.orient_polygons(area)


def mend_area(geojson: object, *, max_vertices: int = MAX_VERTICES) -> tuple[MultiPolygon, bool]:
    """Read an area as `parse_area` does, and make it sound; tell whether it had to be changed.

    What a line that crosses itself goes around stays in, as it looks when it is drawn by hand.
    Raise GeoError for what is no area at all, or encloses nothing.
    """
    area = _read_area(geojson, max_vertices)
    if shapely.is_valid(area):
        return shapely.orient_polygons(area), False
    mended = shapely.make_valid(area, method="structure", keep_collapsed=False)
    parts = [part for part in shapely.get_parts(mended) if isinstance(part, Polygon)]
    if not parts:
        _check_shape(area)
    return shapely.orient_polygons(MultiPolygon(parts)), True


def _read_area(geojson: object, max_vertices: int) -> MultiPolygon:
    geometry = _geometry(geojson)
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon":
        parts: Sequence[object] = [coordinates]
        names = ["coordinates"]
    elif kind == "MultiPolygon":
        parts = _sequence(coordinates, "coordinates", "a list of polygons")
        names = [f"coordinates[{index}]" for index in range(len(parts))]
    else:
        raise GeoError(
            "not_an_area",
            f"An area must be a Polygon or a MultiPolygon, not {_said(kind)}.",
            "type",
        )
    if not parts:
        raise GeoError("empty", "The area has no polygon.", "coordinates")
    budget = _Budget(most=max_vertices)
    return MultiPolygon(
        [
            Polygon(rings[0], rings[1:])
            for part, name in zip(parts, names, strict=True)
            if (rings := _rings(part, name, budget))
        ]
    )


def simplify_area(area: MultiPolygon) -> MultiPolygon:
    """Return an area with at most MAX_VERTICES, as true as may be; raise GeoError for none."""
    for step in range(_STEPS):
        thin = shapely.simplify(area, _FIRST_TOLERANCE * 2**step, preserve_topology=True)
        if shapely.get_num_coordinates(thin) <= MAX_VERTICES and shapely.is_valid(thin):
            parts = [one for one in shapely.get_parts(thin) if isinstance(one, Polygon)]
            return shapely.orient_polygons(MultiPolygon(parts))
    raise GeoError(
        "too_many_vertices", "The area has too many corners to be simplified: do that first."
    )


def parse_line(geojson: object) -> LineString:
    """Read a LineString, or a Feature of one; raise GeoError for anything unsound."""
    geometry = _geometry(geojson)
    kind = geometry.get("type")
    if kind != "LineString":
        raise GeoError("not_a_line", f"A line must be a LineString, not {_said(kind)}.", "type")
    name = "coordinates"
    positions = _sequence(geometry.get(name), name, "a list of positions")
    _Budget("line").take(len(positions))
    points = list(_points(positions, name))
    if len(set(points)) < MIN_LINE_POINTS:
        raise GeoError("too_few_points", "A line needs at least two different positions.", name)
    longitudes = [point.lon for point in points]
    if max(longitudes) - min(longitudes) > MAX_LON:
        raise GeoError(
            "crosses_antimeridian", "The line spans more than half the world: cut it.", name
        )
    return LineString(points)


def parse_area_collection(geojson: object) -> AreaCollection:
    """Read a FeatureCollection feature by feature; a bad feature never hides the good ones."""
    if not isinstance(geojson, Mapping) or geojson.get("type") != "FeatureCollection":
        raise GeoError(
            "not_a_collection", "The file must be a GeoJSON FeatureCollection of areas.", "type"
        )
    features = _sequence(geojson.get("features"), "features", "a list of features")
    if len(features) > MAX_FEATURES:
        raise GeoError(
            "too_many_features",
            f"The file has {len(features):,} areas; {MAX_FEATURES:,} is the most at once.",
            "features",
        )
    areas: list[tuple[dict[str, object], MultiPolygon]] = []
    problems: list[AreaProblem] = []
    for index, feature in enumerate(features):
        try:
            shape = parse_area(feature)
        except GeoError as error:
            problems.append(AreaProblem(index, error.code, error.message))
        else:
            areas.append((_properties(feature), shape))
    return AreaCollection(areas, problems)


class _Budget:
    """Counts vertices while reading, so that a hostile file is refused before it is built."""

    def __init__(self, what: str = "area", most: int = MAX_VERTICES) -> None:
        self.left = self._most = most
        self._what = what

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise GeoError(
                "too_many_vertices",
                f"The {self._what} has more than {self._most:,} vertices; simplify it first.",
                "coordinates",
            )


def _geometry(geojson: object) -> Mapping[str, object]:
    # One level of Feature only: no recursion, so nesting cannot exhaust the stack.
    if isinstance(geojson, Mapping) and geojson.get("type") == "Feature":
        geojson = geojson.get("geometry")
    if not isinstance(geojson, Mapping):
        raise GeoError("not_an_area", f"An area must be GeoJSON, not {_said(geojson)}.", "geometry")
    return geojson


def _properties(feature: object) -> dict[str, object]:
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    return dict(properties) if isinstance(properties, Mapping) else {}


def _rings(part: object, name: str, budget: _Budget) -> list[list[LonLat]]:
    rings = _sequence(part, name, "a list of rings")
    if not rings:
        raise GeoError("empty", f"The polygon at {name} has no ring.", name)
    return [_ring(ring, f"{name}[{index}]", budget) for index, ring in enumerate(rings)]


def _ring(ring: object, name: str, budget: _Budget) -> list[LonLat]:
    positions = _sequence(ring, name, "a list of positions")
    budget.take(len(positions))
    points = list(_points(positions, name))
    if len(points) < MIN_RING_POINTS:
        raise GeoError(
            "too_few_points",
            f"The ring at {name} has {len(points)} positions; it needs at least 4, "
            "the last one equal to the first.",
            name,
        )
    if points[0] != points[-1]:
        raise GeoError(
            "not_closed",
            f"The ring at {name} is not closed: it starts at {_at(*points[0])} "
            f"and ends at {_at(*points[-1])}.",
            name,
        )
    longitudes = [point.lon for point in points]
    if max(longitudes) - min(longitudes) > MAX_LON:
        raise GeoError(
            "crosses_antimeridian",
            f"The ring at {name} spans more than half the world. "
            "Cut the area at the 180th meridian into two polygons.",
            name,
        )
    return points


def _points(positions: Sequence[object], name: str) -> Iterator[LonLat]:
    for index, position in enumerate(positions):
        here = f"{name}[{index}]"
        numbers = _sequence(position, here, "a position [longitude, latitude]")
        lon, lat = (*numbers[:2], None, None)[:2]
        if not (_is_number(lon) and _is_number(lat)):
            raise GeoError(
                "bad_position", f"The position at {here} must be [longitude, latitude].", here
            )
        yield check_lonlat(_degrees(lon), _degrees(lat), field=f"position at {here}")


def _degrees(number: object) -> float:
    try:
        return float(cast("float", number))
    except OverflowError:
        return float("inf")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_shape(area: MultiPolygon) -> None:
    reason = shapely.is_valid_reason(area)
    if reason == "Valid Geometry":
        return
    found = _REASON.match(reason)
    what = found["what"] if found else reason
    code, words = _INVALID.get(what, ("invalid_area", f"is not sound ({what})"))
    where = ""
    if found and found["lon"]:
        where = f" at {_at(float(found['lon']), float(found['lat']))}"
    raise GeoError(code, f"The area {words}{where}. Draw it again without that.", "coordinates")


def _sequence(value: object, name: str, wanted: str) -> Sequence[object]:
    if isinstance(value, list | tuple):
        return value
    raise GeoError("bad_nesting", f"Expected {wanted} at {name}, got {_said(value)}.", name)


def _at(lon: float, lat: float) -> str:
    return f"longitude {lon:.6f}, latitude {lat:.6f}"


def _said(value: object) -> str:
    """Name a value briefly, whatever it holds."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"“{value[:40]}”"
    return {dict: "an object", list: "a list", bool: "a truth value"}.get(type(value), "a number")
