"""Which rules of a problem cannot hold together, whatever the design: proofs by counting."""

import math
from collections.abc import Iterator, Mapping, Sequence

from backend.territories.design.plan import BrokenRule
from backend.territories.design.problem import DesignProblem, Limit

_NAMED = 5
_SLACK = 1e-9
"""Of a total: sums of floats differ by so much."""


def impossible_rules(problem: DesignProblem) -> tuple[BrokenRule, ...]:
    """Return the limits that cannot hold, each with the numbers that prove it."""
    return (*_alone(problem), *_together(problem), *_too_few_units(problem))


def _alone(problem: DesignProblem) -> Iterator[BrokenRule]:
    """Compare each limit with what a territory must have, and could have at most."""
    for index, territory in enumerate(problem.territories):
        anchors, forbidden = problem.anchors(index), set(territory.forbidden)
        taken = {
            unit
            for other in range(len(problem.territories))
            if other != index
            for unit in problem.anchors(other)
        }
        for limit in territory.limits:
            name = problem.measures[limit.measure].name
            loads = [unit.loads[limit.measure] for unit in problem.units]
            slack = _SLACK * math.fsum(loads)
            must = math.fsum(loads[unit] for unit in anchors)
            could = math.fsum(
                load
                for unit, load in enumerate(loads)
                if unit not in forbidden and unit not in taken
            )
            if limit.most is not None and must > limit.most + slack:
                yield BrokenRule(
                    index,
                    limit.measure,
                    f"{territory.key} may have {limit.most:g} of {name} at most, and what is "
                    f"locked to it has {must:g}: raise the limit or unlock units.",
                )
            if could < limit.least - slack:
                yield BrokenRule(
                    index,
                    limit.measure,
                    f"{territory.key} must have {limit.least:g} of {name}, and all units that it "
                    f"may have come to {could:g}: lower the limit or allow it more units.",
                )


def _together(problem: DesignProblem) -> Iterator[BrokenRule]:
    """Compare the sums of all limits of a measure with what there is of it."""
    for measure, named in enumerate(problem.measures):
        limits = [_limit(one.limits, measure) for one in problem.territories]
        total = problem.total(measure)
        least = math.fsum(one.least for one in limits)
        most = math.fsum(math.inf if one.most is None else one.most for one in limits)
        slack = _SLACK * total
        if least > total + slack:
            yield BrokenRule(
                None,
                measure,
                f"The territories must have {least:g} of {named.name} together, and there is "
                f"{total:g}: lower their limits.",
            )
        if most < total - slack:
            yield BrokenRule(
                None,
                measure,
                f"The territories may have {most:g} of {named.name} together, and there is "
                f"{total:g}: raise their limits, or add a territory.",
            )


def _too_few_units(problem: DesignProblem) -> Iterator[BrokenRule]:
    """Find territories that have fewer units to choose from than they are (Hall's theorem)."""
    options = {
        index: list(problem.anchors(index)[:1]) or free_units(problem, index)
        for index in range(len(problem.territories))
    }
    found = representatives(options)
    for index in options:
        if index not in found:
            crowd, shared = _crowd(options, found, index)
            names = ", ".join(problem.territories[one].key for one in crowd[:_NAMED])
            yield BrokenRule(
                index,
                None,
                f"The rules leave {len(shared)} units to {len(crowd)} territories ({names}): "
                "allow them more units, or unlock some.",
            )
            return


def free_units(problem: DesignProblem, territory: int) -> list[int]:
    """Return the units that a territory may have and no other must have."""
    closed = set(problem.territories[territory].forbidden)
    for other in range(len(problem.territories)):
        if other != territory:
            closed.update(problem.anchors(other))
    return [unit for unit in range(len(problem.units)) if unit not in closed]


def representatives(options: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Return for as many territories as can be a unit of their own, by augmenting paths."""
    holder: dict[int, int] = {}

    def place(territory: int, tried: set[int]) -> bool:
        for unit in options[territory]:
            if unit not in holder:
                holder[unit] = territory
                return True
        for unit in options[territory]:
            if unit not in tried:
                tried.add(unit)
                if place(holder[unit], tried):
                    holder[unit] = territory
                    return True
        return False

    for territory in options:
        place(territory, set())
    return {territory: unit for unit, territory in holder.items()}


def _crowd(
    options: Mapping[int, Sequence[int]], found: Mapping[int, int], territory: int
) -> tuple[list[int], set[int]]:
    """Return the territories that compete with one without a unit, and the units they share."""
    holder = {unit: index for index, unit in found.items()}
    crowd, shared, stack = {territory}, set[int](), [territory]
    while stack:
        for unit in options[stack.pop()]:
            shared.add(unit)
            other = holder.get(unit)
            if other is not None and other not in crowd:
                crowd.add(other)
                stack.append(other)
    return sorted(crowd), shared


def _limit(limits: tuple[Limit, ...], measure: int) -> Limit:
    """Return all limits of a measure as one."""
    chosen = [one for one in limits if one.measure == measure]
    mosts = [one.most for one in chosen if one.most is not None]
    return Limit(
        measure=measure,
        least=max((one.least for one in chosen), default=0.0),
        most=min(mosts, default=None),
    )
