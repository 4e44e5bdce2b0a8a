"""What may happen to a territory, and what that does to the accounts in it.

Whoever changes an area holds the areas' lock alone: accounts are placed under the same lock, so
nobody is placed by an area that is just going away. Locks come in one order: areas, territory,
accounts.
"""

from uuid import UUID

import sqlalchemy as sa
from shapely.geometry import MultiPolygon

from backend.accounts.scope import scope_territories
from backend.accounts.values import given
from backend.api.problems import Forbidden, NotFound, malformed_field
from backend.geo.shapes import parse_area
from backend.geo.vocabulary import GeoError
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import TerritoryId, new_id
from backend.territories import repository
from backend.territories.schemas import (
    GeoJson,
    TerritoryCreate,
    TerritoryPatch,
    TerritoryRead,
)


def list_territories(
    connection: sa.Connection, actor: Actor, *, after: UUID | None, limit: int
) -> list[TerritoryRead]:
    """Return territories by name, after the one named; a rep's own and those below them."""
    among = scope_territories(connection, actor)
    return repository.select_territories(
        connection, actor.org_id, among=among, after=after, limit=limit
    )


def get_territory(
    connection: sa.Connection, actor: Actor, territory_id: TerritoryId
) -> TerritoryRead:
    """Return a territory in scope; raise NotFound otherwise."""
    among = scope_territories(connection, actor)
    territory = repository.find_territory(connection, actor.org_id, territory_id)
    if territory is None or (among is not None and territory_id not in among):
        raise missing(territory_id)
    return territory


def lock_territory(
    connection: sa.Connection, actor: Actor, territory_id: TerritoryId
) -> TerritoryRead:
    """Return a live territory for change, alone with the areas; raise NotFound otherwise."""
    check_planner(actor)
    repository.lock_areas(connection, actor.org_id)
    if not repository.lock_territory(connection, actor.org_id, territory_id):
        raise missing(territory_id)
    return get_territory(connection, actor, territory_id)


def create_territory(
    connection: sa.Connection,
    actor: Actor,
    data: TerritoryCreate,
    *,
    territory_id: TerritoryId | None = None,
) -> TerritoryRead:
    """Create a territory; the accounts that it covers and no smaller one does fall into it."""
    check_planner(actor)
    territory_id = territory_id or TerritoryId(new_id())
    values = _values(given(data))
    repository.lock_areas(connection, actor.org_id)
    _check_parent(connection, actor, territory_id, data.parent_id)
    repository.insert_territory(connection, actor.org_id, territory_id, values)
    moved = repository.place_accounts(connection, actor.org_id, [territory_id])
    _record(connection, actor, "territory.create", territory_id, {"moved_accounts": moved})
    return get_territory(connection, actor, territory_id)


def patch_territory(
    connection: sa.Connection, actor: Actor, territory_id: TerritoryId, data: TerritoryPatch
) -> TerritoryRead:
    """Change the fields given; a new area moves exactly the accounts that belong elsewhere now."""
    before = lock_territory(connection, actor, territory_id)
    values = _values(given(data))
    if "parent_id" in values and values["parent_id"] != before.parent_id:
        parent = values["parent_id"]
        parent_id = TerritoryId(parent) if isinstance(parent, UUID) else None
        _check_parent(connection, actor, territory_id, parent_id)
    changes = {
        name: value
        for name, value in values.items()
        if name == "area" or getattr(before, name) != value
    }
    if not changes:
        return before
    repository.update_territory(connection, actor.org_id, territory_id, changes)
    detail: dict[str, object] = {"fields": sorted(changes)}
    if "area" in changes:
        detail["moved_accounts"] = repository.place_accounts(
            connection, actor.org_id, [territory_id]
        )
    _record(connection, actor, "territory.change", territory_id, detail)
    return get_territory(connection, actor, territory_id)


def delete_territory(connection: sa.Connection, actor: Actor, territory_id: TerritoryId) -> None:
    """Delete a territory softly: its accounts go by location, its children to its parent."""
    before = lock_territory(connection, actor, territory_id)
    repository.delete_territory(connection, actor.org_id, territory_id, before.parent_id)
    released = repository.release_accounts(connection, actor.org_id, territory_id)
    moved = repository.place_accounts(connection, actor.org_id, [territory_id])
    detail = {"name": before.name, "moved_accounts": moved + released}
    _record(connection, actor, "territory.delete", territory_id, detail)


def check_planner(actor: Actor) -> None:
    """Raise Forbidden for those who do not design territories."""
    if not actor.is_planner:
        raise Forbidden("Only managers and administrators change territories.")


def missing(territory_id: UUID) -> NotFound:
    """Return the problem of a territory that is not there, or not the actor's to see."""
    return NotFound(f"There is no territory {territory_id}, or it is not yours to see.")


def _values(fields: dict[str, object]) -> dict[str, object]:
    """Return the fields as they are kept."""
    values: dict[str, object] = {}
    for name, value in fields.items():
        match name, value:
            case "area", dict():
                values[name] = _area(value)
            case "color", str():
                values[name] = value.lower()
            case _, str():
                values[name] = value.strip() or None
            case _:
                values[name] = value
    return values


def _area(geojson: GeoJson) -> MultiPolygon:
    try:
        return parse_area(geojson)
    except GeoError as error:
        raise malformed_field("area", error.message, code=error.code) from error


def _check_parent(
    connection: sa.Connection,
    actor: Actor,
    territory_id: TerritoryId,
    parent_id: TerritoryId | None,
) -> None:
    """Refuse a parent that is not there, or that stands below the territory itself."""
    if parent_id is None:
        return
    above = repository.ancestors_of(connection, actor.org_id, parent_id)
    if not above:
        raise malformed_field(
            "parent_id", f"There is no territory {parent_id}.", code="parent_unknown"
        )
    if territory_id in above:
        raise malformed_field(
            "parent_id",
            "This parent is the territory itself or stands below it.",
            code="parent_cycle",
        )


def _record(
    connection: sa.Connection,
    actor: Actor,
    action: str,
    territory_id: TerritoryId,
    detail: dict[str, object],
) -> None:
    audit.record(
        connection, actor, action, subject="territory", subject_id=territory_id, detail=detail
    )
