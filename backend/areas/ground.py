"""What ground an area is: its buildings, homes, roads, places and own figures."""

import msgspec
import shapely
import sqlalchemy as sa
from shapely.geometry import shape

from backend.api.problems import malformed_field
from backend.areas.drawing import Drawn, Reach, draw
from backend.areas.schemas import AreaAsked, AreaShape
from backend.context.schemas import GroundRead
from backend.context.service import read_ground
from backend.identity.actor import Actor
from backend.ids import OrgId
from backend.maps.service import scope_of

MOST_KM2 = 1_000_000.0


class AreaGround(msgspec.Struct, frozen=True):
    """The shape that was looked at, and what each layer tells of it; none tells of the open sea."""

    shape: AreaShape
    layers: list[GroundRead]


def read_area(
    connection: sa.Connection, actor: Actor, asked: AreaAsked, reach: Reach | None
) -> AreaGround:
    """Return what ground an area is; raise Malformed for one that has no shape or is too large."""
    drawn = draw(connection, actor, scope_of(connection, actor), asked, reach)
    told = drawn.shape
    if told.geometry is None or told.area_km2 is None:
        raise malformed_field(
            "area.territory_id", "This territory has no outline, so it has no ground.", code="empty"
        )
    if told.area_km2 > MOST_KM2:
        raise malformed_field(
            "area",
            f"The area has {told.area_km2:,.0f} km²; draw one of at most {MOST_KM2:,.0f} km².",
            code="area_too_large",
        )
    return AreaGround(told, ground_of(connection, actor.org_id, drawn))


def ground_of(connection: sa.Connection, org_id: OrgId, drawn: Drawn) -> list[GroundRead]:
    """Return what each layer tells of a drawn area; nothing of one without a shape or too large."""
    told = drawn.shape
    if told.geometry is None or told.area_km2 is None or told.area_km2 > MOST_KM2:
        return []
    area = drawn.place.area or _as_area(told.geometry)
    return read_ground(connection, org_id, area, told.area_km2)


def _as_area(geometry: dict[str, object]) -> shapely.MultiPolygon:
    parts = shapely.get_parts(shape(geometry))
    return shapely.MultiPolygon([one for one in parts if isinstance(one, shapely.Polygon)])
