"""A territory with the outline of an administrative unit."""

from uuid import UUID

import sqlalchemy as sa

from backend.admin_units.service import get_outline, get_unit
from backend.api.payloads import Line, Name, Payload
from backend.identity.actor import Actor
from backend.ids import TerritoryId
from backend.territories.schemas import Color, GeoJson, TerritoryCreate, TerritoryRead
from backend.territories.service import create_territory


class TerritoryFromUnit(Payload, frozen=True, kw_only=True):
    """Which unit; its name and code are taken where none is given."""

    admin_unit_id: UUID
    name: Name | None = None
    code: Line | None = None
    parent_id: TerritoryId | None = None
    color: Color = "#1f6f5c"


def create_from_unit(
    connection: sa.Connection, actor: Actor, data: TerritoryFromUnit
) -> TerritoryRead:
    """Create a territory; raise NotFound for a unit that is not there, or has no outline."""
    unit = get_unit(connection, actor, data.admin_unit_id).unit
    outline: GeoJson = get_outline(connection, actor, data.admin_unit_id)
    asked = TerritoryCreate(
        name=data.name or unit.name,
        code=data.code or unit.code,
        parent_id=data.parent_id,
        color=data.color,
        area=outline,
    )
    return create_territory(connection, actor, asked)
