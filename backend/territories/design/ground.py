"""The problem as arrays: who is whose neighbour, how far it is from where, what lies apart."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.territories.design.plan import Apart
from backend.territories.design.problem import DesignProblem

type Floats = NDArray[np.float64]
type Whole = NDArray[np.int64]

_STANDS_ALONE = 0.9
"""Of the smallest target: what lies apart and has less makes no territory of its own."""

_LAND = 0.1
"""A tenth of the spread is measured by area, so that empty land goes to whoever is near."""


class Ground:
    """A problem with its neighbourhoods; what lies apart is joined by ferries, which are told."""

    def __init__(self, problem: DesignProblem) -> None:
        self.problem = problem
        self.count = len(problem.units)
        self.size = len(problem.territories)
        self.places: Floats = np.array([(one.x_m, one.y_m) for one in problem.units])
        self.loads: Floats = np.array([one.loads for one in problem.units], dtype=np.float64)
        totals = self.loads.sum(axis=0)
        self.shares: Floats = self.loads / np.where(totals > 0, totals, 1.0)
        self.base: Floats = self.shares[:, 0] if totals[0] > 0 else np.full(self.count, 0.0)
        areas = np.array([one.area_m2 for one in problem.units])
        self.weights: Floats = (1 - _LAND) * self.base + _LAND * areas / areas.sum()
        parts = np.array([one.share for one in problem.territories])
        self.targets: Floats = parts / parts.sum()
        self.ways = _ways(problem)
        self.apart = _join(self)
        self._neighbours, self._costs = _tables(self.ways)
        self.touches = _touches(problem)
        self.radius2 = self._usual_radius() ** 2

    def travel_from(self, centres: Sequence[int]) -> Floats:
        """Return the cheapest way from each centre to each unit, (units, centres).

        Where there is none it counts as twice the farthest there is.
        """
        size = len(centres)
        found = np.full(self.count * size, np.inf)
        front = np.array(centres, dtype=np.int64) * size + np.arange(size)
        found[front] = 0.0
        while front.size:
            unit, centre = np.divmod(front, size)
            reached = (found[front][:, None] + self._costs[unit]).ravel()
            target = (self._neighbours[unit] * size + centre[:, None]).ravel()
            is_better = reached < found[target]
            target, reached = target[is_better], reached[is_better]
            np.minimum.at(found, target, reached)
            front = np.unique(target)
        far = 2 * float(found[np.isfinite(found)].max()) + math.sqrt(self.radius2)
        return np.where(np.isfinite(found), found, far).reshape(self.count, size)

    def spread(self, travel: Floats) -> Floats:
        """Return what each unit adds to the objective in each territory, 1 a design of discs."""
        return self.weights[:, None] * travel**2 / (self.radius2 / 2)

    def _usual_radius(self) -> float:
        """Return the way from the middle to the rim of a territory that is a disc."""
        usual = np.median([cost for ways in self.ways for cost in ways.values()] or [1.0])
        return float(max(usual * math.sqrt(self.count / (self.size * math.pi)), usual))


def pieces_of(ways: Sequence[dict[int, float]], units: set[int]) -> list[list[int]]:
    """Return the parts of some units that hang together, each sorted, by their first unit."""
    left, pieces = set(units), []
    for start in sorted(units):
        if start not in left:
            continue
        left.discard(start)
        piece, stack = [start], [start]
        while stack:
            for other in ways[stack.pop()]:
                if other in left:
                    left.discard(other)
                    piece.append(other)
                    stack.append(other)
        pieces.append(sorted(piece))
    return pieces


def _ways(problem: DesignProblem) -> list[dict[int, float]]:
    ways: list[dict[int, float]] = [{} for _ in problem.units]
    for border in problem.borders:
        if border.travel is not None:
            ways[border.first][border.second] = border.travel
            ways[border.second][border.first] = border.travel
    return ways


def _touches(problem: DesignProblem) -> list[list[tuple[int, float]]]:
    """Return who shares an outline with whom, ways or not, in shares of all outlines."""
    scale = math.fsum(unit.perimeter_m for unit in problem.units)
    touches: list[list[tuple[int, float]]] = [[] for _ in problem.units]
    for border in problem.borders:
        if border.length_m > 0:
            touches[border.first].append((border.second, border.length_m / scale))
            touches[border.second].append((border.first, border.length_m / scale))
    return touches


def _join(ground: Ground) -> tuple[Apart, ...]:
    """Put ferries where the rules need one; return what they join, the lightest first.

    A part needs one when it has too little for a territory, when there are more parts without
    anchors than territories without, and when a territory must have units of several parts.
    """
    told: list[Apart] = []
    slowness = _slowness(ground)
    while True:
        parts = pieces_of(ground.ways, set(range(ground.count)))
        chosen = _needs_ferry(ground, parts)
        if chosen is None:
            return tuple(told)
        units = parts[chosen]
        others = sorted(set(range(ground.count)) - set(units))
        landing, beside, way_m = _nearest(ground.places, units, others)
        travel = max(way_m * slowness, slowness)
        ground.ways[landing][beside] = travel
        ground.ways[beside][landing] = travel
        told.append(Apart(tuple(units), landing, beside))


def _needs_ferry(ground: Ground, parts: list[list[int]]) -> int | None:
    """Return the lightest part that may not stay alone, None when all may."""
    if len(parts) == 1:
        return None
    weights = [float(ground.weights[part].sum()) for part in parts]
    least = _STANDS_ALONE * float(ground.targets.min())
    part_of = {unit: index for index, part in enumerate(parts) for unit in part}
    wanted = [
        {part_of[unit] for unit in ground.problem.anchors(territory)}
        for territory in range(ground.size)
    ]
    torn = {part for some in wanted if len(some) > 1 for part in some}
    unheld = set(range(len(parts))) - {part for some in wanted for part in some}
    is_crowded = len(unheld) > sum(not some for some in wanted)
    needy = [
        part
        for part, weight in enumerate(weights)
        if weight < least or part in torn or (is_crowded and part in unheld)
    ]
    return min(needy, key=lambda part: (weights[part], part), default=None)


def _nearest(places: Floats, units: list[int], others: list[int]) -> tuple[int, int, float]:
    best = (math.inf, 0, 0)
    there = places[others]
    for unit in units:
        ways = np.hypot(*(there - places[unit]).T)
        at = int(ways.argmin())
        best = min(best, (float(ways[at]), unit, others[at]))
    return best[1], best[2], best[0]


def _slowness(ground: Ground) -> float:
    """Return what the usual way costs a metre; 1 where there is none."""
    found = [
        cost / metres
        for unit, ways in enumerate(ground.ways)
        for other, cost in ways.items()
        if (metres := float(np.hypot(*(ground.places[unit] - ground.places[other])))) > 0
    ]
    return float(np.median(found)) if found else 1.0


def _tables(ways: Sequence[dict[int, float]]) -> tuple[Whole, Floats]:
    """Return neighbours and costs as rectangles; what is missing is the unit itself, at inf."""
    width = max((len(one) for one in ways), default=0) or 1
    neighbours = np.repeat(np.arange(len(ways))[:, None], width, axis=1)
    costs = np.full((len(ways), width), np.inf)
    for unit, one in enumerate(ways):
        for at, (other, cost) in enumerate(one.items()):
            neighbours[unit, at], costs[unit, at] = other, cost
    return neighbours, costs
