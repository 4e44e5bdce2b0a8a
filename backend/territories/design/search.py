"""Local search over borders: units change to a neighbouring territory, and none falls apart.

Simulated annealing counted in steps, so that the same comes again. A unit leaves only when its
territory hangs together as before without it.
"""

import math
import random
from collections.abc import Sequence

import msgspec

from backend.territories.design.objective import Objective, shares_of

OUTLINE_PRICE = 0.4
"""For all outlines there are, where they lie between territories: smooth ones are kept."""

_STIFFNESS = 2.0
"""Being twice as uneven costs more than twice: so loads pass on through a territory that has its
own. Only the search feels it; the objective does not."""

_COOLING = 4.0
"""The temperature falls by the power of e to this."""


_NOTHING = 1e-12
"""Less is rounding."""


class Pace(msgspec.Struct, frozen=True):
    """How long to search, and how hot: in shares of what a usual unit costs."""

    steps: int
    heat: float


class Search:
    """One assignment on its way to a better one."""

    def __init__(self, objective: Objective, assignment: Sequence[int]) -> None:
        ground = objective.ground
        self.objective = objective
        self.owner = [int(one) for one in assignment]
        self.costs: list[list[float]] = objective.costs.tolist()
        self.ways = [list(one) for one in ground.ways]
        self.touches = [
            [(other, OUTLINE_PRICE * part) for other, part in one] for one in ground.touches
        ]
        self.edges = [(a, b) for a, ways in enumerate(self.ways) for b in ways]
        counted = sorted({band.measure for band in objective.bands})
        self.loads: list[list[float]] = ground.shares[:, counted].tolist()
        held = shares_of(ground, self.owner)[:, counted]
        self.held: list[list[float]] = held.tolist()
        stiffness = _STIFFNESS * ground.size
        self.bands = [
            [
                [
                    (one.least, one.most, one.price, stiffness)
                    for one in objective.bands
                    if (one.territory, one.measure) == (index, measure)
                ]
                for measure in counted
            ]
            for index in range(ground.size)
        ]
        self.sizes = [0] * ground.size
        for one in self.owner:
            self.sizes[one] += 1

    def run(self, pace: Pace, seed: int) -> list[int]:
        """Search, and return the assignment that it ends with."""
        chance = random.Random(seed)  # noqa: S311  no secret: the same seed, the same territories
        count = max(len(self.owner), 1)
        heat = pace.heat / count
        cooling = math.exp(-_COOLING / max(pace.steps, 1))
        edges, owner, size = self.edges, self.owner, len(self.edges)
        pick = chance.random
        if not size:
            return owner
        for _ in range(pace.steps):
            heat *= cooling
            unit, beside = edges[int(pick() * size)]
            if owner[unit] == owner[beside]:
                continue
            change = self._change(unit, owner[beside])
            if change >= 0 and pick() >= math.exp(-change / heat):
                continue
            if self._may_leave(unit):
                self._move(unit, owner[beside])
        self._settle()
        return owner

    def _settle(self) -> None:
        """Take every change for the better, until there is none."""
        is_moving = True
        while is_moving:
            is_moving = False
            for unit, beside in self.edges:
                target = self.owner[beside]
                if self.owner[unit] == target or self._change(unit, target) >= -_NOTHING:
                    continue
                if self._may_leave(unit):
                    self._move(unit, target)
                    is_moving = True

    def _change(self, unit: int, target: int) -> float:
        """Return by how much the objective with its outlines changes; inf for what may not be."""
        source = self.owner[unit]
        costs = self.costs[unit]
        change = costs[target] - costs[source]
        if change == math.inf:
            return change
        owner = self.owner
        for other, part in self.touches[unit]:
            label = owner[other]
            if label == source:
                change += part
            elif label == target:
                change -= part
        bands = self.bands
        for at, load in enumerate(self.loads[unit]):
            if load:
                change += _band_change(bands[source][at], self.held[source][at], -load)
                change += _band_change(bands[target][at], self.held[target][at], load)
        return change

    def _move(self, unit: int, target: int) -> None:
        source = self.owner[unit]
        self.owner[unit] = target
        self.sizes[source] -= 1
        self.sizes[target] += 1
        from_held, to_held = self.held[source], self.held[target]
        for at, load in enumerate(self.loads[unit]):
            from_held[at] -= load
            to_held[at] += load

    def _may_leave(self, unit: int) -> bool:
        """Tell whether a territory is left with no more pieces without this unit, and not empty."""
        owner, ways = self.owner, self.ways
        source = owner[unit]
        if self.sizes[source] == 1:
            return False
        near = [other for other in ways[unit] if owner[other] == source]
        # Most often the neighbours are each other's neighbours, too.
        return len(near) <= 1 or self._is_ring(near) or self._is_joined(near, without=unit)

    def _is_ring(self, units: list[int]) -> bool:
        """Tell whether some units hang together by themselves."""
        left = set(units[1:])
        stack = [units[0]]
        while stack and left:
            for other in self.ways[stack.pop()]:
                if other in left:
                    left.discard(other)
                    stack.append(other)
        return not left

    def _is_joined(self, units: list[int], *, without: int) -> bool:
        """Tell whether some units of a territory hang together in it, without one of its units."""
        owner, ways, source = self.owner, self.ways, self.owner[without]
        left, seen, stack = set(units[1:]), {units[0], without}, [units[0]]
        while stack and left:
            for other in ways[stack.pop()]:
                if owner[other] == source and other not in seen:
                    seen.add(other)
                    left.discard(other)
                    stack.append(other)
        return not left


def _band_change(
    bands: Sequence[tuple[float, float, float, float]], had: float, load: float
) -> float:
    """Return by how much the bands of a territory cost more when a load is added to its share."""
    change, has = 0.0, had + load
    for least, most, price, stiffness in bands:
        before = max(least - had, had - most, 0.0)
        after = max(least - has, has - most, 0.0)
        change += price * (after - before) * (1 + stiffness * (after + before))
    return change
