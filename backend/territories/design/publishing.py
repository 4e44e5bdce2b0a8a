"""A scenario made into one realignment: new borders and people, all at its day or not at all."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

import msgspec
import shapely
import sqlalchemy as sa
from shapely.geometry import MultiPolygon

from backend.api.problems import Conflict
from backend.identity.actor import Actor
from backend.ids import AccountId, TerritoryId
from backend.territories import realignment, realignment_drafts
from backend.territories.design import repository
from backend.territories.design.approval import check_unpublished
from backend.territories.design.cells import CellMap
from backend.territories.design.ground_repository import (
    Ground,
    select_ground,
    select_names,
    select_other_areas,
)
from backend.territories.design.kept import Stated, border_hashes
from backend.territories.design.outlines import Land, draw_outlines, join_areas
from backend.territories.design.plan import Scenario
from backend.territories.design.schemas import (
    DesignRead,
    OutlineFeature,
    OutlineProperties,
    PublishRequest,
    ScenarioOutlines,
)
from backend.territories.design.service import get_design, get_made, record
from backend.territories.realignment_area_repository import Outline
from backend.territories.realignment_schemas import ApplyRequest, RealignmentCreate
from backend.territories.repository import lock_areas
from backend.territories.schemas import AreaRead
from backend.territories.service import check_planner


def publish_design(
    connection: sa.Connection, actor: Actor, design_id: UUID, request: PublishRequest
) -> DesignRead:
    """Carry a scenario out as one realignment, or schedule it: all of it or nothing.

    Raises Conflict for a design that is not done, approved or free to be published, for borders
    that were changed since it was made, and where no account would move.
    """
    check_planner(actor)
    lock_areas(connection, actor.org_id)
    design = get_design(connection, actor, design_id, is_locked=True)
    check_unpublished(design)
    stated, scenario = get_made(connection, actor, design, request.scenario)
    if design.approved_by is None or design.proposed_scenario != scenario.name:
        raise Conflict(
            f"The scenario {scenario.name} is not approved: propose it, and have it approved.",
            code="scenario_not_approved",
        )
    outlines = _outlines(connection, actor, design, stated, scenario)
    made = realignment_drafts.create_redrawing(
        connection,
        actor,
        RealignmentCreate(
            name=design.name,
            people=request.people,
            effective_on=request.effective_on,
            hold_over_days=request.hold_over_days,
        ),
        outlines,
    )
    if not realignment_drafts.count_moved(connection, actor.org_id, made):
        raise Conflict(
            "Every account is where this scenario puts it: there is nothing to publish.",
            code="design_moves_nothing",
        )
    realignment.apply_realignment(connection, actor, made.id, ApplyRequest(force=True))
    repository.write_publication(
        connection,
        actor.org_id,
        design_id,
        scenario=scenario.name,
        realignment_id=made.id,
        by=actor.user_id,
    )
    detail: dict[str, object] = {
        "scenario": scenario.name,
        "realignment_id": str(made.id),
        "effective_on": str(made.effective_on),
    }
    record(connection, actor, "territory_design.publish", design_id, detail)
    return get_design(connection, actor, design_id)


def get_outlines(
    connection: sa.Connection, actor: Actor, design_id: UUID, name: str
) -> ScenarioOutlines:
    """Return the borders that a scenario would draw now; raise as `get_made`."""
    design = get_design(connection, actor, design_id)
    stated, scenario = get_made(connection, actor, design, name)
    ids = _ids(design)
    ground = select_ground(connection, actor.org_id, ids)
    keys, assignment = _cells(stated, scenario)
    land = _land(connection, actor, ids, ground, keys)
    drawn = draw_outlines(keys, assignment, len(ids), land)
    return ScenarioOutlines(
        [
            OutlineFeature(OutlineProperties(one), None if area.is_empty else _reading(area))
            for one, area in zip(ids, drawn, strict=True)
        ]
    )


def _outlines(
    connection: sa.Connection,
    actor: Actor,
    design: DesignRead,
    stated: Stated,
    scenario: Scenario,
) -> dict[TerritoryId, Outline]:
    """Return the territories' new borders; raise Conflict for those that have others meanwhile."""
    ids = _ids(design)
    ground = select_ground(connection, actor.org_id, ids)
    _check_borders(connection, actor, ids, stated, ground)
    keys, assignment = _cells(stated, scenario)
    land = _land(connection, actor, ids, ground, keys)
    drawn = draw_outlines(keys, assignment, len(ids), land)
    for area in drawn:
        shapely.prepare(area)
    empty = [one for one, area in zip(ids, drawn, strict=True) if area.is_empty]
    if empty:
        names = select_names(connection, actor.org_id, empty)
        raise Conflict(
            f"Nothing is left of {_named(names.values())} in this scenario: other territories lie "
            "where it would be. Choose another scenario.",
            code="territory_empty",
        )
    cells, beyond = CellMap(keys), defaultdict[int, list[AccountId]](list)
    for account in ground.accounts:
        at = cells.find(account.lon, account.lat)
        if at is None:
            continue
        territory = assignment[at]
        if not _covers(drawn[territory], account.lon, account.lat):
            beyond[territory].append(AccountId(account.id))
    return {one: Outline(drawn[at], tuple(beyond[at])) for at, one in enumerate(ids)}


def _check_borders(
    connection: sa.Connection,
    actor: Actor,
    ids: list[TerritoryId],
    stated: Stated,
    ground: Ground,
) -> None:
    gone = select_names(connection, actor.org_id, ids, is_deleted=True)
    if gone:
        raise Conflict(
            f"{_named(gone.values())} was deleted since this design was made: nothing was done. "
            "Make a new design.",
            code="territory_changed",
        )
    names = select_names(connection, actor.org_id, ids)
    now = border_hashes(ids, ground.areas)
    changed = [
        names[one] for one, had, has in zip(ids, stated.borders, now, strict=True) if had != has
    ]
    if changed:
        raise Conflict(
            f"The borders of {_named(changed)} were changed since this design was made: nothing "
            "was done. Make a new design.",
            code="territory_changed",
        )


def _land(
    connection: sa.Connection,
    actor: Actor,
    ids: list[TerritoryId],
    ground: Ground,
    keys: list[str],
) -> Land:
    others = select_other_areas(connection, actor.org_id, ids)
    former = join_areas(ground.areas.values())
    shapely.prepare(former)
    cells = CellMap(keys)
    found = {
        cells.find(one.lon, one.lat)
        for one in ground.accounts
        if not _covers(former, one.lon, one.lat)
    }
    beyond = frozenset(at for at in found if at is not None)
    return Land(former=former, others=join_areas(others), beyond=beyond)


def _cells(stated: Stated, scenario: Scenario) -> tuple[list[str], tuple[int, ...]]:
    return [unit.key for unit in stated.problem.units], scenario.assignment


def _ids(design: DesignRead) -> list[TerritoryId]:
    return [one.territory_id for one in design.request.territories]


def _covers(area: MultiPolygon, lon: float, lat: float) -> bool:
    return bool(shapely.intersects_xy(area, lon, lat))


def _reading(area: MultiPolygon) -> AreaRead:
    return msgspec.json.decode(shapely.to_geojson(area), type=AreaRead)


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
