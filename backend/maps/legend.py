"""What colours and shapes on the map mean: the classes of a field, and how many are in each."""

import sqlalchemy as sa

from backend.accounts.filters import Filters, normalised
from backend.identity.actor import Actor
from backend.identity.repository import get_currency
from backend.maps import colouring, legend_repository, shapes
from backend.maps.colouring import OTHERS, ColourBy, Lens, SizeBy, Step
from backend.maps.palette import NAMES, NONE, OTHER, Color
from backend.maps.schemas import Legend, LegendClass, Scope, ShapeClass, SizeLegend
from backend.maps.service import lens_of, scope_of
from backend.maps.tile_ways import MOST_COUNTED, MOST_LOOKED_UP

_COLORED = {
    ColourBy.LIFE_STAGE: colouring.LIFE_STAGES,
    ColourBy.PRIORITY: colouring.PRIORITIES,
    ColourBy.RFM: colouring.RFM_CLASSES,
}
_SOME = (1.0, 10.0, 100.0)
_DAYS = (7.0, 28.0, 182.0)
_STEPS = {ColourBy.LAST_VISIT: colouring.LAST_VISITS, ColourBy.OVERDUE: colouring.OVERDUE}


def read_legend(
    connection: sa.Connection,
    actor: Actor,
    colour_by: ColourBy,
    filters: Filters,
    *,
    shape_by: ColourBy | None = None,
    size_by: SizeBy = SizeBy.ACCOUNTS,
) -> Legend:
    """Return the classes of a field, their colours and their accounts in the actor's scope.

    Of names the most frequent ones have colours of their own, and the rest have one together. So
    it is with shapes, of another field or the same.
    """
    scope, filters = scope_of(connection, actor), normalised(filters)
    lens = lens_of(connection, scope, colour_by, size_by, shape_by)
    counted = _counted(connection, scope, filters, lens, colour_by)
    classes = _classes(connection, scope, colour_by, lens, counted)
    shaped: list[ShapeClass] = []
    if shape_by is not None:
        if shape_by is not colour_by:
            counted = _counted(connection, scope, filters, lens, shape_by)
        shaped = _shaped(connection, scope, shape_by, lens, counted)
    is_looked_up = colour_by in colouring.LOOKED_UP
    is_exact = not lens.asks_each and not filters.asks_each
    return Legend(
        colour_by=colour_by,
        classes=classes,
        accounts=sum(counted.values()),
        shape_by=shape_by,
        shapes=shaped,
        size=_size(lens),
        most_in_a_tile=None if is_exact else MOST_LOOKED_UP if is_looked_up else MOST_COUNTED,
        currency=get_currency(connection, actor.org_id) if lens.tells_worth else None,
    )


def _size(lens: Lens) -> SizeLegend:
    unit = colouring.unit_of(lens.currency) if lens.size_by is SizeBy.POTENTIAL else 1.0
    values = _DAYS if lens.size_by is SizeBy.LAST_VISIT else [unit * one for one in _SOME]
    return SizeLegend(lens.size_by, unit, list(values))


def _counted(
    connection: sa.Connection, scope: Scope, filters: Filters, lens: Lens, by: ColourBy
) -> dict[str | None, int]:
    counted = legend_repository.count_classes(connection, scope, filters, lens, by)
    return _by_holder(counted, lens) if by is ColourBy.REP else counted


def _shaped(
    connection: sa.Connection,
    scope: Scope,
    shape_by: ColourBy,
    lens: Lens,
    counted: dict[str | None, int],
) -> list[ShapeClass]:
    """Return the same classes with shapes: where names have too many, the first ones."""
    classes = _classes(connection, scope, shape_by, lens, counted, most=len(shapes.NAMES))
    its = shapes.shapes_of(shape_by, [one.key for one in classes])
    return [
        ShapeClass(one.key, one.label, one.low, one.high, shape, one.count)
        for one, shape in zip(classes, its, strict=True)
    ]


def _classes(
    connection: sa.Connection,
    scope: Scope,
    colour_by: ColourBy,
    lens: Lens,
    counted: dict[str | None, int],
    *,
    most: int = len(NAMES),
) -> list[LegendClass]:
    if colour_by in _COLORED:
        return _named(_COLORED[colour_by], counted)
    if colour_by is ColourBy.POTENTIAL:
        return _stepped(colouring.potential_steps(lens.currency), counted)
    if colour_by in _STEPS:
        return _stepped(_STEPS[colour_by], counted)
    return _frequent(counted, _names(connection, scope, colour_by, counted), most)


def _names(
    connection: sa.Connection,
    scope: Scope,
    colour_by: ColourBy,
    counted: dict[str | None, int],
) -> dict[str, str]:
    if colour_by is ColourBy.TERRITORY:
        found = legend_repository.select_territories(connection, scope)
        return {str(one.id): one.name for one in found}
    if colour_by in {ColourBy.REP, ColourBy.LAST_VISITOR}:
        ids = [one for one in counted if one]
        return legend_repository.select_names_of_people(connection, scope, ids)
    return {}


def _by_holder(counted: dict[str | None, int], lens: Lens) -> dict[str | None, int]:
    holder = dict(lens.reps)
    summed: dict[str | None, int] = {}
    for territory, accounts in counted.items():
        rep = holder.get(territory) if territory else None
        summed[rep] = summed.get(rep, 0) + accounts
    return summed


def _named(colors: dict[str, Color], counted: dict[str | None, int]) -> list[LegendClass]:
    classes = [_class(key, color, counted.get(key, 0)) for key, color in colors.items()]
    return classes + _without(counted)


def _stepped(steps: tuple[Step, ...], counted: dict[str | None, int]) -> list[LegendClass]:
    return [
        _class(one.key, one.color, counted.get(one.key or None, 0), low=one.low, high=one.high)
        for one in steps
        if one.key or counted.get(None)
    ]


def _frequent(
    counted: dict[str | None, int], names: dict[str, str], most: int
) -> list[LegendClass]:
    known = {key: accounts for key, accounts in counted.items() if key is not None}
    ordered = sorted(known, key=lambda key: (-known[key], key))
    own, rest = ordered[:most], ordered[most:]
    classes = [
        _class(key, color, known[key], label=names.get(key))
        for key, color in zip(own, NAMES, strict=False)
    ]
    if rest:
        classes.append(_class(OTHERS, OTHER, sum(known[key] for key in rest)))
    return classes + _without(counted)


def _without(counted: dict[str | None, int]) -> list[LegendClass]:
    nothing = counted.get(None, 0)
    return [_class(colouring.NO_VALUE, NONE, nothing)] if nothing else []


def _class(
    key: str,
    color: Color,
    accounts: int,
    *,
    label: str | None = None,
    low: float | None = None,
    high: float | None = None,
) -> LegendClass:
    return LegendClass(key, label, low, high, color.light, color.dark, accounts)
