"""Administrative units looked for and read."""

from uuid import UUID

import shapely
import sqlalchemy as sa
from shapely.geometry import mapping

from backend.admin_units import repository
from backend.admin_units.schemas import Search, UnitCard, UnitRead
from backend.api.problems import NotFound
from backend.identity.actor import Actor

type GeoJson = dict[str, object]


def search_units(
    connection: sa.Connection, actor: Actor, search: Search, *, limit: int
) -> list[UnitRead]:
    """Return the units that a query finds, the closest first; former ones say what they became."""
    return repository.search_units(connection, actor.org_id, search, limit=limit)


def list_units(
    connection: sa.Connection, actor: Actor, search: Search, *, after: UUID | None, limit: int
) -> list[UnitRead]:
    """Return units by name, after the one named."""
    return repository.select_units(connection, actor.org_id, search, after=after, limit=limit)


def get_unit(connection: sa.Connection, actor: Actor, unit_id: UUID) -> UnitCard:
    """Return a unit with where its ground comes from; raise NotFound."""
    unit = repository.find_unit(connection, actor.org_id, unit_id)
    if unit is None:
        raise _missing(unit_id)
    return UnitCard(unit, repository.select_origins(connection, actor.org_id, unit_id))


def get_outline(connection: sa.Connection, actor: Actor, unit_id: UUID) -> GeoJson:
    """Return a unit's outline as a GeoJSON Feature; raise NotFound where there is none."""
    unit = get_unit(connection, actor, unit_id).unit
    area = repository.find_area(connection, actor.org_id, unit_id)
    if area is None:
        raise NotFound(f"The unit “{unit.name}” has no outline: import a file that has it.")
    properties = {
        "id": str(unit.id), "code": unit.code, "name": unit.name, "level": unit.level,
        "source": unit.source, "licence": unit.licence, "vintage": unit.vintage,
    }  # fmt: skip
    return {
        "type": "Feature", "properties": properties, "geometry": mapping(shapely.from_wkb(area)),
    }  # fmt: skip


def _missing(unit_id: UUID) -> NotFound:
    return NotFound(f"There is no administrative unit {unit_id}.")
