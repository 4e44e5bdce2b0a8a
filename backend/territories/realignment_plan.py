"""What a realignment's plan says, checked, and what it would do if it were carried out now."""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from backend.api.problems import malformed_field
from backend.geo.shapes import parse_area
from backend.geo.vocabulary import GeoError
from backend.ids import OrgId, TerritoryId, UserId
from backend.territories import realignment_preview_repository as repository
from backend.territories.assignment_repository import is_rep, today_of
from backend.territories.holdover_repository import Holdings, lost_work
from backend.territories.realignment_preview_repository import Ground
from backend.territories.realignment_schemas import (
    Flow,
    PersonEffect,
    PersonMove,
    Plan,
    Preview,
    RealignmentRead,
    Rule,
)
from backend.territories.repository import find_territory

type Held = Mapping[UserId, frozenset[TerritoryId]]
"""Which territories each rep holds, those below included."""


def check_plan(connection: sa.Connection, org_id: OrgId, plan: Plan) -> None:
    """Raise Malformed that names the field with which the plan cannot be carried out."""
    if plan.selection is None and not plan.people and not plan.territory_ids:
        raise malformed_field(
            "selection", "Say which accounts or which people are to move.", code="nothing_selected"
        )
    if plan.selection is not None:
        chosen = (plan.selection.area, plan.selection.account_ids, plan.selection.rule)
        if all(one is None for one in chosen) or plan.selection.rule == Rule():
            raise malformed_field(
                "selection", "Give an area, ids or a rule that holds.", code="nothing_selected"
            )
        area_of(plan)
    _check_territory(connection, org_id, "to_territory_id", plan.to_territory_id)
    for index, one in enumerate(plan.people):
        _check_person(connection, org_id, f"people[{index}]", one)


def area_of(plan: Plan) -> str | None:
    """Return the selection's area as hexadecimal WKB; raise Malformed when it is unsound."""
    if plan.selection is None or plan.selection.area is None:
        return None
    try:
        return parse_area(plan.selection.area).wkb_hex
    except GeoError as error:
        raise malformed_field("selection.area", error.message, code=error.code) from error


def preview(connection: sa.Connection, org_id: OrgId, found: RealignmentRead) -> Preview:
    """Tell what the plan would do now; raise Malformed when it could not be carried out."""
    plan = found.plan
    check_plan(connection, org_id, plan)
    today = today_of(connection, org_id)
    moves = repository.read_moves(connection, org_id, found, area_of(plan), today)
    ground = repository.read_ground(connection, org_id)
    before = held_territories(ground, ground.roots)
    after = held_territories(ground, moved_roots(ground.roots, plan.people))
    reps = set(before) | set(after)
    lost = lost_work(reps, _columns(before), _columns(after), today)
    return Preview(
        fingerprint=moves.fingerprint,
        moved=sum(flow.accounts for flow in moves.flows),
        held_over=repository.count_lost_work(connection, org_id, found, area_of(plan), lost),
        flows=moves.flows,
        people=people_effects(ground, moves.flows, before, after),
        bounds=moves.bounds,
        sample=moves.sample,
    )


def held_territories(
    ground: Ground, roots: Mapping[UserId, frozenset[TerritoryId]]
) -> dict[UserId, frozenset[TerritoryId]]:
    """Return what people hold with all that stands below it."""
    below: dict[TerritoryId, list[TerritoryId]] = {}
    for territory, parent in ground.parents.items():
        if parent is not None:
            below.setdefault(parent, []).append(territory)

    def reach(territory: TerritoryId) -> Iterator[TerritoryId]:
        yield territory
        for child in below.get(territory, ()):
            yield from reach(child)

    return {
        user: frozenset(one for root in held if root in ground.parents for one in reach(root))
        for user, held in roots.items()
    }


def moved_roots(
    roots: Mapping[UserId, frozenset[TerritoryId]], people: tuple[PersonMove, ...]
) -> dict[UserId, frozenset[TerritoryId]]:
    """Return what people hold themselves after the moves."""
    after = dict(roots)
    for one in people:
        if one.from_territory_id is not None:
            after[one.user_id] = after.get(one.user_id, frozenset()) - {one.from_territory_id}
    for one in people:
        if one.to_territory_id is not None:
            after[one.user_id] = after.get(one.user_id, frozenset()) | {one.to_territory_id}
    return after


def people_effects(
    ground: Ground, flows: list[Flow], before: Held, after: Held
) -> list[PersonEffect]:
    """Return the reps whose number of accounts or territories changes, by name."""
    leaving: dict[TerritoryId, int] = {}
    for flow in flows:
        if flow.from_territory_id is not None:
            leaving[flow.from_territory_id] = leaving.get(flow.from_territory_id, 0) - flow.accounts
        if flow.to_territory_id is not None:
            leaving[flow.to_territory_id] = leaving.get(flow.to_territory_id, 0) + flow.accounts
    touched = {territory for territory, change in leaving.items() if change}
    effects = []
    for user, name in ground.names.items():
        mine, next_mine = before.get(user, frozenset()), after.get(user, frozenset())
        if mine == next_mine and not touched & mine:
            continue
        now = sum(ground.accounts.get(one, 0) for one in mine)
        then = sum(ground.accounts.get(one, 0) + leaving.get(one, 0) for one in next_mine)
        effects.append(PersonEffect(user, name, now, then))
    return sorted(effects, key=lambda one: (one.full_name, one.user_id))


def _check_territory(
    connection: sa.Connection, org_id: OrgId, field: str, territory_id: TerritoryId | None
) -> None:
    if territory_id is not None and find_territory(connection, org_id, territory_id) is None:
        raise malformed_field(field, "There is no such territory.", code="territory_unknown")


def _check_person(connection: sa.Connection, org_id: OrgId, field: str, one: PersonMove) -> None:
    if one.from_territory_id is None and one.to_territory_id is None:
        raise malformed_field(
            field, "Say which territory is given away or taken over.", code="nothing_selected"
        )
    # Who leaves may be shut out already; who comes must be there.
    if one.to_territory_id is not None and not is_rep(connection, org_id, one.user_id):
        raise malformed_field(
            f"{field}.user_id",
            "There is no active rep of this id in your organisation.",
            code="not_a_rep",
        )
    _check_territory(connection, org_id, f"{field}.to_territory_id", one.to_territory_id)


def _columns(held: Held) -> Holdings:
    pairs = [(user, territory) for user, territories in held.items() for territory in territories]
    return Holdings([user for user, _ in pairs], [territory for _, territory in pairs])
