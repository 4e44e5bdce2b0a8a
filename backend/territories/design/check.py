"""An independent check of designs: its own arithmetic, nothing taken over from the engine."""

import math
from collections.abc import Iterator, Sequence

from backend.territories.design.check_ways import (
    Ways,
    median_of,
    metres_between,
    parts_of,
    reach_from,
    read_ways,
    slowness_of,
)
from backend.territories.design.plan import Design, Scenario
from backend.territories.design.problem import DesignProblem

_CLOSE = 1e-6
_UNEVEN_PRICE, _LIMIT_PRICE, _LAND = 200.0, 1000.0, 0.1


def check_design(problem: DesignProblem, design: Design) -> list[str]:
    """Return what is wrong with a design, in sentences; nothing when all it says is so."""
    ways = read_ways(problem)
    wrong = list(_wrong_apart(problem, design, ways))
    for one in design.apart:
        metres = metres_between(problem, one.landing, one.beside)
        slowness = slowness_of(problem)
        ways[one.landing][one.beside] = ways[one.beside][one.landing] = max(
            metres * slowness, slowness
        )
    for scenario in design.scenarios:
        wrong += [f"{scenario.name}: {one}" for one in _wrong_scenario(problem, scenario, ways)]
    return wrong


def _wrong_scenario(problem: DesignProblem, scenario: Scenario, ways: Ways) -> Iterator[str]:
    assignment = scenario.assignment
    if len(assignment) != len(problem.units):
        yield "not every unit has a territory"
        return
    if set(assignment) != set(range(len(problem.territories))):
        yield "a territory has no unit, or there is one that is not there"
    yield from _wrong_rules(problem, assignment)
    yield from _wrong_pieces(problem, scenario, ways)
    yield from _wrong_figures(problem, scenario)
    yield from _wrong_proof(problem, scenario, ways)


def _wrong_rules(problem: DesignProblem, assignment: Sequence[int]) -> Iterator[str]:
    for index, territory in enumerate(problem.territories):
        for unit in (*territory.locked, *([] if territory.home is None else [territory.home])):
            if assignment[unit] != index:
                yield f"unit {unit} is locked to {index} and lies in {assignment[unit]}"
        yield from (
            f"unit {unit} is forbidden to {index}"
            for unit in territory.forbidden
            if assignment[unit] == index
        )


def _wrong_pieces(problem: DesignProblem, scenario: Scenario, ways: Ways) -> Iterator[str]:
    """Every piece but one of each territory is told, and nothing else is."""
    for index in range(len(problem.territories)):
        own = {unit for unit, one in enumerate(scenario.assignment) if one == index}
        pieces = {frozenset(piece) for piece in parts_of(own, ways)}
        told = {frozenset(one.units) for one in scenario.splits if one.territory == index}
        if not told <= pieces or len(pieces) - len(told) != 1:
            yield f"territory {index} has {len(pieces)} pieces, and {len(told)} are told"
        if scenario.figures.territories[index].pieces != len(pieces):
            yield f"territory {index} does not have the pieces it tells"


def _wrong_figures(problem: DesignProblem, scenario: Scenario) -> Iterator[str]:
    figures, compactness = scenario.figures, 0.0
    for index, told in enumerate(figures.territories):
        own = {unit for unit, one in enumerate(scenario.assignment) if one == index}
        compactness += _compactness(problem, own) / len(figures.territories)
        if not _is_close(_compactness(problem, own), told.compactness):
            yield f"territory {index} is not as compact as told"
    if not _is_close(compactness, figures.compactness):
        yield f"the compactness is {compactness}, not {figures.compactness}"
    for measure in range(len(problem.measures)):
        yield from _wrong_loads(problem, scenario, measure)
    worst = max(
        abs(one.deviations[measure])
        for one in figures.territories
        for measure, named in enumerate(problem.measures)
        if named.weight > 0
    )
    if not _is_close(worst, figures.deviation):
        yield f"the worst deviation is {worst}, not {figures.deviation}"
    for measure in range(len(problem.measures)):
        moved = _moved_share(problem, scenario.assignment, measure)
        if not _is_close(moved, figures.moved[measure]):
            yield f"{moved} of measure {measure} is moved, not {figures.moved[measure]}"


def _wrong_loads(problem: DesignProblem, scenario: Scenario, measure: int) -> Iterator[str]:
    targets = problem.targets(measure)
    for index, told in enumerate(scenario.figures.territories):
        load = math.fsum(
            unit.loads[measure]
            for unit, one in zip(problem.units, scenario.assignment, strict=True)
            if one == index
        )
        deviation = load / targets[index] - 1 if targets[index] > 0 else 0.0
        if not _is_close(load, told.loads[measure]):
            yield f"territory {index} has {load} of {measure}, not {told.loads[measure]}"
        if not _is_close(deviation, told.deviations[measure]):
            yield f"territory {index} deviates by {deviation} in {measure}"


def _wrong_proof(problem: DesignProblem, scenario: Scenario, ways: Ways) -> Iterator[str]:
    """Add up the cost anew, and the bound that the prices prove.

    The engine may have proven more than the prices do, never more than the cost.
    """
    costs = _costs(problem, scenario, ways)
    own = math.fsum(costs[unit][one] for unit, one in enumerate(scenario.assignment))
    cost = own + _uneven(problem, scenario)
    if not _is_close(cost, scenario.figures.cost):
        yield f"it costs {cost}, not {scenario.figures.cost}"
    bound = _charged_bound(problem, scenario, costs)
    if scenario.bound < bound - _CLOSE * max(1.0, abs(bound)):
        yield f"the prices prove {bound}, more than the bound {scenario.bound}"
    if scenario.bound > cost + _CLOSE * max(1.0, cost):
        yield f"the bound {scenario.bound} is above the cost {cost}"


def _charged_bound(problem: DesignProblem, scenario: Scenario, costs: list[list[float]]) -> float:
    """Return Lagrange's bound: units go where they are cheapest, bands are filled at their best."""
    charges = scenario.prices.charges
    totals = [problem.total(measure) for measure in range(len(problem.measures))]
    bound = 0.0
    for unit, line in zip(problem.units, costs, strict=True):
        bound += min(
            cost
            + math.fsum(
                charges[measure][territory] * load / totals[measure]
                for measure, load in enumerate(unit.loads)
                if totals[measure] > 0
            )
            for territory, cost in enumerate(line)
            if cost < math.inf
        )
    for territory in range(len(problem.territories)):
        for measure in range(len(problem.measures)):
            bands = _bands(problem, scenario, territory, measure)
            corners = {0.0, 1.0, *(edge for low, high, _ in bands for edge in (low, high))}
            bound += min(
                _price(bands, at) - charges[measure][territory] * at
                for at in corners
                if 0 <= at <= 1
            )
    return bound


def _costs(problem: DesignProblem, scenario: Scenario, ways: Ways) -> list[list[float]]:
    total, areas = problem.total(0), math.fsum(unit.area_m2 for unit in problem.units)
    usual = median_of([cost for one in ways for cost in one.values()]) or 1.0
    count, size = len(problem.units), len(problem.territories)
    radius = max(usual * math.sqrt(count / (size * math.pi)), usual)
    travel = [reach_from(ways, centre) for centre in scenario.effort.centres]
    far = 2 * max(max(one.values()) for one in travel) + radius
    anchors = {
        unit: index
        for index, one in enumerate(problem.territories)
        for unit in (*one.locked, *([] if one.home is None else [one.home]))
    }
    costs: list[list[float]] = []
    for index, unit in enumerate(problem.units):
        base = unit.loads[0] / total if total > 0 else 0.0
        weight = (1 - _LAND) * base + _LAND * unit.area_m2 / areas
        had = None if problem.former is None else problem.former[index]
        line: list[float] = []
        for territory, named in enumerate(problem.territories):
            is_open = index not in named.forbidden and anchors.get(index, territory) == territory
            change = scenario.effort.change_price * base if had not in {None, territory} else 0.0
            spread = weight * travel[territory].get(index, far) ** 2 / (radius**2 / 2)
            line.append(spread + change if is_open else math.inf)
        costs.append(line)
    return costs


def _uneven(problem: DesignProblem, scenario: Scenario) -> float:
    cost = 0.0
    for territory in range(len(problem.territories)):
        own = [unit for unit, one in enumerate(scenario.assignment) if one == territory]
        for measure in range(len(problem.measures)):
            total = problem.total(measure)
            if total > 0:
                load = math.fsum(problem.units[unit].loads[measure] for unit in own)
                cost += _price(_bands(problem, scenario, territory, measure), load / total)
    return cost


def _bands(
    problem: DesignProblem, scenario: Scenario, territory: int, measure: int
) -> list[tuple[float, float, float]]:
    total = problem.total(measure)
    if total <= 0:
        return []
    bands: list[tuple[float, float, float]] = []
    named = problem.measures[measure]
    if named.weight > 0:
        share = problem.targets(measure)[territory] / total
        tolerance = scenario.effort.tolerances[measure]
        price = _UNEVEN_PRICE * named.weight / max(one.weight for one in problem.measures)
        bands.append((share * (1 - tolerance), share * (1 + tolerance), price))
    for limit in problem.territories[territory].limits:
        if limit.measure == measure:
            most = math.inf if limit.most is None else limit.most / total
            bands.append((limit.least / total, most, _LIMIT_PRICE))
    return bands


def _price(bands: list[tuple[float, float, float]], at: float) -> float:
    return math.fsum(price * max(low - at, at - high, 0.0) for low, high, price in bands)


def _wrong_apart(problem: DesignProblem, design: Design, ways: Ways) -> Iterator[str]:
    """What is told to lie apart is a part of its own once the ferries before it are there."""
    joined: Ways = [dict(one) for one in ways]
    for one in design.apart:
        parts = parts_of(set(range(len(problem.units))), joined)
        if set(one.units) not in parts:
            yield f"the units {one.units} do not lie apart"
        joined[one.landing][one.beside] = joined[one.beside][one.landing] = 1.0


def _compactness(problem: DesignProblem, own: set[int]) -> float:
    outline = math.fsum(problem.units[unit].perimeter_m for unit in own) - 2 * math.fsum(
        one.length_m for one in problem.borders if one.first in own and one.second in own
    )
    area = math.fsum(problem.units[unit].area_m2 for unit in own)
    return 4 * math.pi * area / outline**2 if outline > 0 else 0.0


def _moved_share(problem: DesignProblem, assignment: Sequence[int], measure: int) -> float:
    total = problem.total(measure)
    if problem.former is None or total <= 0:
        return 0.0
    return (
        math.fsum(
            unit.loads[measure]
            for unit, had, has in zip(problem.units, problem.former, assignment, strict=True)
            if had is not None and had != has
        )
        / total
    )


def _is_close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)
