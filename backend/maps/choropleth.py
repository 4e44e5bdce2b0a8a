"""Territories coloured by what their accounts come to."""

import math
from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from backend.accounts.filters import Filters, normalised
from backend.identity.actor import Actor
from backend.maps import legend_repository
from backend.maps.legend_repository import Named, Tally
from backend.maps.palette import STEPS, WARNINGS
from backend.maps.schemas import Choropleth, LegendClass, TerritoryValue
from backend.maps.service import scope_of


class Measure(StrEnum):
    """What a territory is coloured by."""

    ACCOUNTS = "accounts"
    CUSTOMERS = "customers"
    PENETRATION = "penetration"
    OVERDUE_SHARE = "overdue_share"


_SHARES = {
    Measure.PENETRATION: (0.0, 0.1, 0.2, 0.35, 0.5),
    Measure.OVERDUE_SHARE: (0.0, 0.1, 0.25, 0.5),
}
_ROUND = (1, 2, 2.5, 5, 10)


def read_choropleth(
    connection: sa.Connection, actor: Actor, measure: Measure, filters: Filters
) -> Choropleth:
    """Return each territory in scope with its value and class; None where there is no value.

    A territory counts the accounts of those below it as well. Shares have fixed classes; counts
    have steps of one round size.
    """
    scope = scope_of(connection, actor)
    territories = legend_repository.select_territories(connection, scope)
    counted = legend_repository.count_territories(connection, scope, normalised(filters))
    tallies = _with_those_below(territories, counted)
    values = {one: _value(measure, tally) for one, tally in tallies.items()}
    limits = _SHARES.get(measure) or _round_limits(values.values())
    colors = WARNINGS if measure is Measure.OVERDUE_SHARE else STEPS
    classes = {key: _class_of(value, limits) for key, value in values.items()}
    return Choropleth(
        measure=measure,
        classes=[
            LegendClass(
                str(at), None, low, limits[at + 1] if at + 1 < len(limits) else None,
                colors[at].light, colors[at].dark, sum(one == at for one in classes.values()),
            )
            for at, low in enumerate(limits)
        ],
        territories=[
            TerritoryValue(one.id, one.name, values[one.id], classes[one.id],
                           tallies[one.id].accounts)
            for one in territories
        ],
    )  # fmt: skip


def _with_those_below(territories: list[Named], counted: dict[UUID, Tally]) -> dict[UUID, Tally]:
    parents = {one.id: one.parent_id for one in territories}
    summed = dict.fromkeys(parents, Tally())
    for territory, tally in counted.items():
        at: UUID | None = territory
        seen: set[UUID] = set()
        while at is not None and at in parents and at not in seen:
            seen.add(at)
            summed[at] = Tally(*(a + b for a, b in zip(summed[at], tally, strict=True)))
            at = parents[at]
    return summed


def _value(measure: Measure, tally: Tally) -> float | None:
    match measure:
        case Measure.ACCOUNTS:
            return float(tally.accounts)
        case Measure.CUSTOMERS:
            return float(tally.customers)
        case Measure.PENETRATION:
            return tally.customers / tally.market if tally.market else None
        case Measure.OVERDUE_SHARE:
            return tally.overdue / tally.accounts if tally.accounts else None


def _round_limits(values: Iterable[float | None]) -> tuple[float, ...]:
    """Return the lower limits of classes of one round size that hold all values."""
    most = max((one for one in values if one is not None), default=0.0)
    least = max(1.0, most / len(STEPS))
    unit = 10.0 ** math.floor(math.log10(least))
    size = next(unit * one for one in _ROUND if unit * one >= least)
    return tuple(size * at for at in range(len(STEPS)) if at == 0 or size * at <= most)


def _class_of(value: float | None, limits: tuple[float, ...]) -> int | None:
    if value is None:
        return None
    return max(at for at, low in enumerate(limits) if value >= low)
