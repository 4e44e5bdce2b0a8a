"""From what is asked to one shape: every refusal says which field, what is wrong, what to do."""

from uuid import UUID

import msgspec
import shapely
import sqlalchemy as sa

from backend.api.problems import Malformed, Unavailable, malformed_field
from backend.areas import shape_repository
from backend.areas.repository import Place
from backend.areas.schemas import (
    AreaAsked,
    AreaShape,
    Change,
    CircleAsked,
    CorridorAsked,
    ReachAsked,
)
from backend.geo.cover import MAX_AREA_LAT
from backend.geo.network.provider import NetworkError, StreetNetwork
from backend.geo.shapes import mend_area, parse_area, parse_line
from backend.geo.vocabulary import MAX_LON, GeoError, LonLat, check_lonlat
from backend.identity.actor import Actor
from backend.maps.schemas import Scope

_WAYS = ("polygon", "circle", "territory_id", "admin_unit_id", "corridor", "isochrone")
_CORNERS = 256
"""Of a circle: its sides lie within a ten-thousandth of the radius."""
_SMALLEST_KM2, _LARGEST_KM2 = 1e-6, 20_000_000.0
"""A square metre, and more than any country has."""
_DECIMALS = 7


class Reach(msgspec.Struct, frozen=True):
    """What is within reach, found before a transaction begins."""

    area: shapely.MultiPolygon
    is_estimate: bool
    why: str | None


class Drawn(msgspec.Struct, frozen=True):
    """Where to look for accounts, and the shape as it is told."""

    place: Place
    shape: AreaShape


class _Shape(msgspec.Struct, frozen=True):
    area: shapely.MultiPolygon
    changes: tuple[Change, ...] = ()
    field: str = "area"


def check_way(asked: AreaAsked) -> str:
    """Return the one way in which an area is told; raise Malformed for none or several."""
    ways = [way for way in _WAYS if getattr(asked, way) is not None]
    if len(ways) != 1:
        said = " and ".join(ways) or "none"
        raise malformed_field(
            "area", f"Tell the area in one way of {', '.join(_WAYS)}, not {said}.", code="one_area"
        )
    return ways[0]


def find_reach(asked: ReachAsked, network: StreetNetwork) -> Reach:
    """Return what is reached from a place, as a shape."""
    field = "area.isochrone.location"
    origin = position_of(asked.location, field)
    try:
        found = network.isochrone(origin, [asked.minutes])
    except NetworkError as error:
        if error.is_passing:
            raise Unavailable(
                error.message, code=error.code, headers={"Retry-After": "5"}
            ) from error
        raise malformed_field(field, error.message, code=error.code) from error
    return Reach(found.contours[0].area, found.is_estimate, network.why)


def draw(
    connection: sa.Connection, actor: Actor, scope: Scope, asked: AreaAsked, reach: Reach | None
) -> Drawn:
    """Return the shape that is asked for; `reach` is the answer to an isochrone.

    Raise Malformed for a shape that cannot be counted, or names what the actor may not see.
    """
    if asked.territory_id is not None:
        return _draw_territory(connection, scope, asked)
    return _finish(connection, asked, _shape(connection, actor, asked, reach), reach)


def _shape(
    connection: sa.Connection, actor: Actor, asked: AreaAsked, reach: Reach | None
) -> _Shape:
    if asked.circle is not None:
        return _draw_circle(connection, asked.circle)
    if asked.corridor is not None:
        return _draw_corridor(connection, actor, asked.corridor)
    if asked.admin_unit_id is not None:
        return _find_admin_unit(connection, actor, asked.admin_unit_id)
    if reach is not None:
        return _Shape(reach.area, field="area.isochrone")
    field = "area.polygon"
    try:
        if asked.is_mended:
            area, is_changed = mend_area(asked.polygon)
            return _Shape(area, ("mended",) if is_changed else (), field)
        return _Shape(parse_area(asked.polygon), field=field)
    except GeoError as error:
        raise _refusal(field, error) from error


def _draw_circle(connection: sa.Connection, asked: CircleAsked) -> _Shape:
    center = position_of(asked.center, "area.circle.center")
    area = shape_repository.draw_circle(
        connection, center.lon, center.lat, asked.radius_m, corners=_CORNERS
    )
    return _Shape(area, ("circle",), "area.circle")


def _draw_corridor(connection: sa.Connection, actor: Actor, asked: CorridorAsked) -> _Shape:
    if (asked.route_id is None) == (asked.line is None):
        raise malformed_field(
            "area.corridor",
            "A corridor runs along a route_id or a line: give one.",
            code="one_area",
        )
    if asked.route_id is None:
        try:
            line: shapely.Geometry = parse_line(asked.line)
        except GeoError as error:
            raise _refusal("area.corridor.line", error) from error
    else:
        rep_id = None if actor.sees_everything else actor.user_id
        found = shape_repository.find_route_line(
            connection, actor.org_id, asked.route_id, rep_id=rep_id
        )
        if found is None:
            raise malformed_field(
                "area.corridor.route_id",
                f"There is no route {asked.route_id} with a line that is yours to see.",
                code="unknown_reference",
            )
        line = found
    grown = shape_repository.draw_buffer(connection, line, asked.within_m)
    return _Shape(_polygons(grown), ("buffered",), "area.corridor")


def _find_admin_unit(connection: sa.Connection, actor: Actor, unit_id: UUID) -> _Shape:
    field = "area.admin_unit_id"
    area = shape_repository.find_unit_area(connection, actor.org_id, unit_id)
    if area is None:
        raise malformed_field(
            field,
            f"There is no administrative unit {unit_id} with an outline: choose what became of it.",
            code="unknown_reference",
        )
    return _Shape(area, field=field)


def _draw_territory(connection: sa.Connection, scope: Scope, asked: AreaAsked) -> Drawn:
    field, territory_id = "area.territory_id", asked.territory_id
    outline = (
        shape_repository.find_outline(connection, scope.org_id, territory_id)
        if territory_id is not None
        and (scope.territory_ids is None or territory_id in scope.territory_ids)
        else None
    )
    if outline is None:
        raise unknown_territory(field, territory_id)
    if asked.buffer_m:
        if outline.area is None:
            raise malformed_field(
                field, "This territory has no outline to draw a buffer around.", code="empty"
            )
        return _finish(connection, asked, _Shape(outline.area, field=field), None)
    area = outline.area
    shape = AreaShape(
        geometry=None if area is None else _geojson(area),
        area_km2=None if area is None else shape_repository.measure_km2(connection, area),
        changes=[],
        is_estimate=False,
        why=None,
    )
    return Drawn(Place(None, outline.territory_ids), shape)


def unknown_territory(field: str, territory_id: object) -> Malformed:
    """Return the problem of a territory that is not there, or not the actor's to see."""
    return malformed_field(
        field,
        f"There is no territory {territory_id}, or it is not yours to see.",
        code="unknown_reference",
    )


def _finish(
    connection: sa.Connection, asked: AreaAsked, shape: _Shape, reach: Reach | None
) -> Drawn:
    """Grow the shape where that is asked for and check its size."""
    area, changes = shape.area, list(shape.changes)
    if asked.buffer_m:
        _check_place(area, shape.field)
        area = _polygons(shape_repository.draw_buffer(connection, area, asked.buffer_m))
        changes.append("buffered")
    _check_place(area, shape.field)
    km2 = shape_repository.measure_km2(connection, area)
    if km2 < _SMALLEST_KM2:
        raise malformed_field(
            shape.field,
            f"The area has {km2 * 1e6:.3g} m²; draw one of at least 1 m².",
            code="area_too_small",
        )
    if km2 > _LARGEST_KM2:
        raise malformed_field(
            shape.field,
            f"The area has {km2:,.0f} km²; draw one of at most {_LARGEST_KM2:,.0f} km².",
            code="area_too_large",
        )
    told = AreaShape(
        geometry=_geojson(area),
        area_km2=km2,
        changes=changes,
        is_estimate=reach.is_estimate if reach else False,
        why=reach.why if reach else None,
    )
    return Drawn(Place(area), told)


def _check_place(area: shapely.MultiPolygon, field: str) -> None:
    """Refuse what goes around the globe's back: there a plane shape means something else."""
    for part in area.geoms:
        west, _, east, _ = part.bounds
        if east - west > MAX_LON:
            raise malformed_field(
                field,
                "The area crosses the 180th meridian. Cut it there into two polygons.",
                code="crosses_antimeridian",
            )
    if area.is_empty:
        raise malformed_field(field, "The area encloses nothing.", code="empty")
    _, south, _, north = area.bounds
    if max(-south, north) > MAX_AREA_LAT:
        raise malformed_field(
            field,
            f"The area reaches latitude {north if north > -south else south:g}; the map ends at "
            f"{MAX_AREA_LAT} degrees. Draw it without the pole.",
            code="outside_map",
        )


def _polygons(shape: shapely.Geometry) -> shapely.MultiPolygon:
    parts = shapely.get_parts(shape)
    return shapely.MultiPolygon([one for one in parts if isinstance(one, shapely.Polygon)])


def position_of(pair: list[float], field: str) -> LonLat:
    """Return a place told as [lon, lat]; raise Malformed for none."""
    try:
        return check_lonlat(*pair)
    except GeoError as error:
        raise malformed_field(field, error.message, code=f"location_{error.code}") from error


def _refusal(field: str, error: GeoError) -> Malformed:
    return malformed_field(field, error.message, code=error.code)


def _geojson(area: shapely.MultiPolygon) -> dict[str, object]:
    """Return an area's rings, rounded to a centimetre."""
    return {
        "type": "MultiPolygon",
        "coordinates": [
            [
                [(round(x, _DECIMALS), round(y, _DECIMALS)) for x, y in ring.coords]
                for ring in (part.exterior, *part.interiors)
            ]
            for part in area.geoms
        ],
    }
