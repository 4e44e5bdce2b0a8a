"""Answers questions to the cube, in the scope of whoever asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import get_args
from uuid import UUID

import sqlalchemy as sa

from backend.api.problems import malformed_field
from backend.areas.drawing import Drawn, Reach, draw
from backend.areas.schemas import AreaAsked
from backend.cube import member_repository, repository, unit_repository
from backend.cube.axes import Axis, make_axis
from backend.cube.choosing import Sight, choose_accounts, choose_facts
from backend.cube.periods import Span, compared_span, day_number, day_of, span_of
from backend.cube.pivot import Pivot, Side, kinds_of, make_pivot
from backend.cube.schemas import (
    ColumnRead,
    ComparisonAsked,
    CubeAnswer,
    CubeDescription,
    CubeQuery,
    DimensionAsked,
    DimensionName,
    DimensionRead,
    FilterAsked,
    Grain,
    MemberRead,
    PeriodRead,
)
from backend.cube.store import Cubes, State
from backend.cube.trees import Tree
from backend.cube.units import Units, open_units
from backend.cube.vocabulary import DIMENSIONS, MEASURES, check_pairs, measures_by
from backend.identity.actor import Actor
from backend.ids import OrgId
from backend.maps.repository import get_org_day
from backend.maps.schemas import Scope
from backend.maps.service import scope_of

_GRAINS: tuple[Grain, ...] = get_args(Grain.__value__)
_RESOLUTIONS = [5, 6, 7, 8, 9]
_MOST_UNITS = 5_000


@dataclass(frozen=True)
class Desk:
    """What a question is answered from: the columns as this transaction sees them."""

    connection: sa.Connection
    actor: Actor
    sight: Sight
    state: State
    people: Mapping[UUID, str]
    today: date


def open_desk(
    connection: sa.Connection, actor: Actor, cubes: Cubes, asked: CubeQuery | None = None
) -> Desk:
    """Return what a question is answered from, in the actor's scope."""
    scope = scope_of(connection, actor)
    chosen: list[DimensionAsked | FilterAsked] = []
    if asked is not None:
        chosen = [*asked.rows, *asked.columns, *asked.filters]
    has_cells = any(one.dimension == "h3" for one in chosen)
    state = cubes.open(connection, actor.org_id, has_cells=has_cells)
    today = get_org_day(connection, actor.org_id).today
    sight = _sight(connection, scope, asked)
    if asked is not None and any(one.dimension == "admin_unit" for one in chosen):
        units = _units(connection, actor.org_id, cubes, state, asked, asked.units_on or today)
        sight = replace(sight, units=units)
    people = member_repository.select_people(connection, actor.org_id)
    return Desk(connection, actor, sight, state, people, today)


def _units(  # what the question says, over what is there
    connection: sa.Connection, org_id: OrgId, cubes: Cubes, state: State, asked: CubeQuery, on: date
) -> Units:
    axes = [*asked.rows, *asked.columns]
    return open_units(
        connection, org_id, cubes.atlas, state,
        levels=[one.level for one in axes if one.dimension == "admin_unit"],
        values=[
            value for one in asked.filters if one.dimension == "admin_unit" for value in one.values
        ],
        on=on,
    )  # fmt: skip


def _sight(connection: sa.Connection, scope: Scope, asked: CubeQuery | None) -> Sight:
    territories = member_repository.select_territories(connection, scope.org_id)
    return Sight(
        scope=scope,
        held_over=[]
        if scope.territory_ids is None
        else member_repository.select_held_over(connection, scope.org_id, scope.user_id),
        tree=Tree(territories, scope.territory_ids),
        products=member_repository.select_products(connection, scope.org_id),
        territory_of="today" if asked is None else asked.territory_of,
        in_campaigns=member_repository.select_in_campaigns(
            connection, scope.org_id, asked.campaign_ids
        )
        if asked is not None and asked.campaign_ids
        else None,
    )


def answer(
    connection: sa.Connection,
    actor: Actor,
    cubes: Cubes,
    asked: CubeQuery,
    reaches: Sequence[Reach | None],
) -> CubeAnswer:
    """Count what is asked for; raise Malformed for what cannot be.

    `reaches` are the answers to isochrones: of the area, and of the area compared with.
    """
    check_pairs(asked)
    desk = open_desk(connection, actor, cubes, asked)
    span = span_of(asked.from_date, asked.to_date, desk.today)
    drawn = [_drawn(desk, asked.area, reaches[0])]
    spans = [span]
    if asked.compare is not None:
        spans.append(compared_span(asked.compare, span, desk.today))
        drawn.append(_compared(desk, asked.compare, reaches[1], drawn[0]))
    pivot = count(desk, asked, spans, drawn)
    return _told(desk, asked, pivot, spans, drawn)


def _compared(
    desk: Desk, asked: ComparisonAsked, reach: Reach | None, own: Drawn | None
) -> Drawn | None:
    if asked.to != "area":
        return own
    if asked.area is None:
        raise malformed_field("compare.area", "Give the area to compare with.", code="one_area")
    return _drawn(desk, asked.area, reach)


def _drawn(desk: Desk, area: AreaAsked | None, reach: Reach | None) -> Drawn | None:
    if area is None:
        return None
    return draw(desk.connection, desk.actor, desk.sight.scope, area, reach)


def count(
    desk: Desk, asked: CubeQuery, spans: Sequence[Span], drawn: Sequence[Drawn | None]
) -> Pivot:
    """Return the pivot of some periods and areas: the first, and what it is compared with."""
    kinds = kinds_of(asked)
    words = desk.state.words
    sides = []
    for span, one in zip(spans, drawn, strict=True):
        chosen = choose_accounts(desk.state, desk.sight, asked.filters, one.place if one else None)
        sides.append(
            Side(
                [
                    choose_facts(words, desk.sight, asked.filters, part, kind, span)
                    for part in chosen
                    for kind in kinds
                ],
                span,
            )
        )
    rows = [_axis(desk, asked, at, spans[0], is_row=True) for at in range(len(asked.rows))]
    column = _axis(desk, asked, 0, spans[0], is_row=False) if asked.columns else None
    return make_pivot(asked, rows, column, sides, day_number(desk.today))


def _axis(desk: Desk, asked: CubeQuery, at: int, span: Span, *, is_row: bool) -> Axis:
    wanted = asked.rows[at] if is_row else asked.columns[at]
    return make_axis(
        desk.state, desk.sight, wanted, grain=asked.grain, people=desk.people, span=span
    )


def _told(
    desk: Desk,
    asked: CubeQuery,
    pivot: Pivot,
    spans: Sequence[Span],
    drawn: Sequence[Drawn | None],
) -> CubeAnswer:
    books = member_repository.read_books(desk.connection, desk.actor.org_id)
    periods = [PeriodRead(one.first, one.last) for one in spans]
    shapes = [None if one is None else one.shape for one in drawn]
    return CubeAnswer(
        measures=[MEASURES[name].read() for name in asked.measures],
        columns=[ColumnRead(one.key, one.label) for one in pivot.columns],
        rows=pivot.rows,
        rest=pivot.rest,
        rest_count=pivot.rest_count,
        whole=pivot.whole,
        period=periods[0],
        compared_period=periods[1] if len(periods) > 1 else None,
        shape=shapes[0],
        compared_shape=shapes[1] if len(shapes) > 1 else None,
        today=desk.today,
        as_of=desk.state.moment.moment,
        valued_on=books.valued_on,
        currency=books.currency,
    )


def describe(connection: sa.Connection, actor: Actor, cubes: Cubes) -> CubeDescription:
    """Return what can be asked, with the values that a person may choose among."""
    desk = open_desk(connection, actor, cubes)
    days = [
        int(facts.day[0])
        for part in (desk.state.base, desk.state.fresh)
        for facts in (part.sales, part.visits)
        if len(facts.day)
    ]
    return CubeDescription(
        dimensions=[_described(desk, name) for name in DIMENSIONS],
        measures=[one.read() for one in MEASURES.values()],
        grains=list(_GRAINS),
        today=desk.today,
        first_day=day_of(min(days)) if days and actor.sees_everything else None,
        currency=member_repository.read_books(connection, actor.org_id).currency,
    )


def _described(desk: Desk, name: DimensionName) -> DimensionRead:
    levels = None
    if name == "territory":
        tree = desk.sight.tree
        depths = {tree.depth(one.id) for one in tree.shown()}
        levels = list(range(max(depths, default=0) + 1))
    elif name == "h3":
        levels = _RESOLUTIONS
    elif name == "admin_unit":
        org_id = desk.actor.org_id
        levels = unit_repository.select_levels(desk.connection, org_id, desk.today)
    return DimensionRead(name, measures_by(name), _members(desk, name), levels)


def _members(desk: Desk, name: DimensionName) -> list[MemberRead] | None:
    words = desk.state.words
    plain: Mapping[str, Sequence[str | int]] = {
        "life_stage": repository.STAGES,
        "rfm_class": repository.RFM_CLASSES,
        "category": sorted(words.categories),
        "channel": sorted(words.channels),
        "priority": range(1, 6),
        "product_category": sorted(
            {one.category for one in desk.sight.products.values() if one.category is not None}
        ),
    }
    match name:
        case "h3" | "period":
            return None
        case "admin_unit":
            return _known_units(desk)
        case "territory":
            return [
                MemberRead(str(one.id), one.name, str(one.parent_id) if one.parent_id else None)
                for one in desk.sight.tree.shown()
            ]
        case "product":
            products = sorted(desk.sight.products.values(), key=lambda one: one.name.casefold())
            return [MemberRead(str(one.id), one.name, one.category) for one in products]
        case "rep":
            people = desk.people.items()
            seen = [
                one for one in people if desk.actor.sees_everything or one[0] == desk.actor.user_id
            ]
            return [
                MemberRead(str(one), label, None)
                for one, label in sorted(seen, key=lambda pair: pair[1].casefold())
            ]
        case _:
            return [MemberRead(one, None, None) for one in plain[name]]


def _known_units(desk: Desk) -> list[MemberRead]:
    """Return today's units, the coarsest first, up to the level at which they become too many."""
    org_id, on = desk.actor.org_id, desk.today
    found: list[MemberRead] = []
    for level in unit_repository.select_levels(desk.connection, org_id, on):
        units = unit_repository.select_units(desk.connection, org_id, level, on)
        if len(found) + len(units) > _MOST_UNITS:
            break
        found += [
            MemberRead(str(one.id), one.name, str(one.parent_id) if one.parent_id else None)
            for one in units
        ]
    return found
