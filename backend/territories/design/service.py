"""Territory designs: asked for, read, cancelled."""

from collections import Counter
from uuid import UUID

import sqlalchemy as sa

from backend import jobs
from backend.api.problems import Conflict, NotFound, malformed_field
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.territories.design import repository
from backend.territories.design.ground_repository import select_names
from backend.territories.design.kept import Stated, unpack_design, unpack_stated
from backend.territories.design.plan import Scenario
from backend.territories.design.schemas import (
    DesignCreate,
    DesignRead,
    ScenarioCells,
)
from backend.territories.service import check_planner


def create_design(connection: sa.Connection, actor: Actor, request: DesignCreate) -> DesignRead:
    """Ask for a design, which a job makes; raises Malformed that names what cannot be used."""
    check_planner(actor)
    ids = [one.territory_id for one in request.territories]
    twice = [one for one, times in Counter(ids).items() if times > 1]
    if twice:
        raise malformed_field(
            f"territories[{len(ids) - 1 - ids[::-1].index(twice[0])}].territory_id",
            f"The territory {twice[0]} is named twice: name each once.",
        )
    names = select_names(connection, actor.org_id, ids)
    for index, one in enumerate(ids):
        if one not in names:
            raise malformed_field(
                f"territories[{index}].territory_id",
                f"There is no territory {one}.",
                code="unknown_reference",
            )
    _check_measures(request)
    design_id = new_id()
    repository.insert_design(connection, actor.org_id, design_id, request, by=actor.user_id)
    jobs.enqueue_behind(
        connection, "territories.make_design", org_id=actor.org_id, design_id=design_id
    )
    record(connection, actor, "territory_design.create", design_id, {"name": request.name})
    return get_design(connection, actor, design_id)


def list_designs(
    connection: sa.Connection, actor: Actor, *, before: UUID | None, limit: int
) -> list[DesignRead]:
    """Return designs, the newest first, those older than `before`."""
    return repository.select_designs(connection, actor.org_id, before=before, limit=limit)


def get_design(
    connection: sa.Connection, actor: Actor, design_id: UUID, *, is_locked: bool = False
) -> DesignRead:
    """Return a design, with `is_locked` kept from other writers; raise NotFound."""
    found = repository.select_designs(
        connection, actor.org_id, design_id=design_id, is_locked=is_locked
    )
    if not found:
        raise NotFound(f"There is no territory design {design_id}.")
    return found[0]


def get_cells(connection: sa.Connection, actor: Actor, design_id: UUID, name: str) -> ScenarioCells:
    """Return a scenario's cells; raise NotFound, or Conflict for a design that is not done."""
    design = get_design(connection, actor, design_id)
    stated, scenario = get_made(connection, actor, design, name)
    return ScenarioCells(
        name=scenario.name,
        cells=[unit.key for unit in stated.problem.units],
        territories=list(scenario.assignment),
    )


def cancel_design(connection: sa.Connection, actor: Actor, design_id: UUID) -> DesignRead:
    """Cancel a design that waits or runs; raise Conflict for one that is finished."""
    check_planner(actor)
    found = get_design(connection, actor, design_id, is_locked=True)
    if found.status != "cancelled":
        if not repository.cancel_design(connection, actor.org_id, design_id):
            raise Conflict(
                f"This design is {found.status}: there is nothing to cancel.",
                code="design_finished",
            )
        record(connection, actor, "territory_design.cancel", design_id, {})
    return get_design(connection, actor, design_id)


def _check_measures(request: DesignCreate) -> None:
    kinds = Counter(one.kind for one in request.measures)
    for index, one in enumerate(request.measures):
        if kinds[one.kind] > 1:
            raise malformed_field(
                f"measures[{index}].kind", f"The measure {one.kind} is named twice: name it once."
            )
    if not any(one.weight > 0 for one in request.measures):
        raise malformed_field("measures", "No measure has a weight: give one to be balanced.")


def get_made(
    connection: sa.Connection, actor: Actor, design: DesignRead, name: str
) -> tuple[Stated, Scenario]:
    """Return a scenario and what it was made of; raise NotFound, or Conflict before it is made."""
    made = repository.find_made(connection, actor.org_id, design.id)
    if made is None:
        raise Conflict(
            f"This design is {design.status}: only one that is done has scenarios.",
            code="design_not_done",
        )
    scenarios = {one.name: one for one in unpack_design(made[1]).scenarios}
    if name not in scenarios:
        raise NotFound(f"There is no scenario {name}: this design has {', '.join(scenarios)}.")
    return unpack_stated(made[0]), scenarios[name]


def record(
    connection: sa.Connection, actor: Actor, action: str, design_id: UUID, detail: dict[str, object]
) -> None:
    """Write down what was done with a design."""
    audit.record(
        connection,
        actor,
        action,
        subject="territory_design",
        subject_id=design_id,
        detail=detail,
    )
