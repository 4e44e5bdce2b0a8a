"""Realignments planned: accounts by a selection, new borders, or what somebody who leaves held."""

from collections.abc import Mapping

import sqlalchemy as sa

from backend.api.problems import Conflict, malformed_field
from backend.identity.actor import Actor
from backend.ids import OrgId, TerritoryId, new_id
from backend.territories import realignment_area_repository as areas
from backend.territories import realignment_repository as repository
from backend.territories.assignment_repository import select_held, today_of
from backend.territories.realignment import apply_realignment, get_realignment, record
from backend.territories.realignment_area_repository import Outline
from backend.territories.realignment_plan import area_of, check_plan
from backend.territories.realignment_schemas import (
    ApplyRequest,
    Counts,
    HandOver,
    PersonMove,
    Plan,
    RealignmentCreate,
    RealignmentRead,
)
from backend.territories.service import check_planner


def create_realignment(
    connection: sa.Connection, actor: Actor, data: RealignmentCreate
) -> RealignmentRead:
    """Keep a plan as a draft; raise Malformed that names what it cannot be carried out with."""
    plan = Plan(
        selection=data.selection, to_territory_id=data.to_territory_id, people=tuple(data.people)
    )
    return _create(connection, actor, data, plan)


def create_redrawing(
    connection: sa.Connection,
    actor: Actor,
    data: RealignmentCreate,
    outlines: Mapping[TerritoryId, Outline],
) -> RealignmentRead:
    """Keep as a draft that these territories get these borders, all of them or none.

    Of `data` only name, people and days count: the accounts that move are those within.
    """
    plan = Plan(people=tuple(data.people), territory_ids=tuple(outlines))
    made = _create(connection, actor, data, plan)
    areas.insert_areas(connection, actor.org_id, made.id, outlines)
    return made


def count_moved(connection: sa.Connection, org_id: OrgId, found: RealignmentRead) -> int:
    """Return how many accounts a plan would move if it were carried out now."""
    repository.allow_long_statements(connection)
    return repository.count_moves(connection, org_id, found, area_of(found.plan))[0]


def _create(
    connection: sa.Connection, actor: Actor, data: RealignmentCreate, plan: Plan
) -> RealignmentRead:
    check_planner(actor)
    today = today_of(connection, actor.org_id)
    effective_on = data.effective_on or today
    if effective_on < today:
        raise malformed_field(
            "effective_on", f"It takes effect today ({today}) or later.", code="date_passed"
        )
    check_plan(connection, actor.org_id, plan)
    realignment_id = new_id()
    values = {
        "id": realignment_id,
        "name": data.name.strip(),
        "plan": plan,
        "effective_on": effective_on,
        "hold_over_days": data.hold_over_days,
        "created_by": actor.user_id,
    }
    repository.insert_realignment(connection, actor.org_id, values)
    record(connection, actor.org_id, actor, "realignment.create", realignment_id, Counts())
    return get_realignment(connection, actor.org_id, realignment_id)


def hand_over(connection: sa.Connection, actor: Actor, data: HandOver) -> RealignmentRead:
    """Give everything that a rep holds today to another, at once or on a day.

    Raises Conflict for somebody who holds nothing.
    """
    check_planner(actor)
    held = select_held(connection, actor.org_id, data.from_user_id)
    if not held:
        raise Conflict("This person holds no territory today.", code="nothing_held")
    people = [
        PersonMove(user_id=user, **{side: territory})
        for territory in held
        for user, side in (
            (data.from_user_id, "from_territory_id"),
            (data.to_user_id, "to_territory_id"),
        )
    ]
    plan = RealignmentCreate(
        name=data.name,
        people=people,
        effective_on=data.effective_on,
        hold_over_days=data.hold_over_days,
    )
    made = create_realignment(connection, actor, plan)
    return apply_realignment(connection, actor, made.id, ApplyRequest(force=True))
