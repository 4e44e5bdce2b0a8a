"""From labels to territories that hang together and have what they must.

Each territory begins with its core: what is locked to it, joined by ways through units that no
other must have; without any, the heaviest part of its labels. Cores then grow over their labels,
and over what is left, the cheapest first.
"""

import heapq
from collections.abc import Iterable, Sequence

import numpy as np

from backend.territories.design.feasible import free_units, representatives
from backend.territories.design.ground import Ground, Whole, pieces_of
from backend.territories.design.objective import Objective

_NOBODY = -1


def grow(objective: Objective, labels: Sequence[int] | Whole) -> list[int]:
    """Return each unit's territory, near the labels; in one piece wherever a way was found."""
    ground = objective.ground
    wanted = [int(one) for one in labels]
    cores = _cores(objective, wanted)
    owner = [_NOBODY] * ground.count
    for territory, core in enumerate(cores):
        for unit in core:
            owner[unit] = territory
    for territory, core in enumerate(cores):
        _flood(ground, owner, wanted, territory, core)
    _spill(objective, owner)
    for unit, territory in enumerate(owner):
        if territory == _NOBODY:
            owner[unit] = int(objective.costs[unit].argmin())
    return owner


def _cores(objective: Objective, wanted: list[int]) -> list[set[int]]:
    ground = objective.ground
    anchors = [set(ground.problem.anchors(index)) for index in range(ground.size)]
    taken = {unit for one in anchors for unit in one}
    cores: list[set[int]] = [set() for _ in anchors]
    # Whoever comes first leaves the others a unit each.
    kept = _representatives(objective, wanted)
    taken |= set(kept.values())
    # Those with most to join choose their ways first.
    for territory in sorted(range(ground.size), key=lambda one: (-len(anchors[one]), one)):
        if anchors[territory]:
            cores[territory] = _joined(objective, territory, anchors[territory], taken, wanted)
            taken |= cores[territory]
    for territory, unit in sorted(kept.items()):
        core = _heart(objective, territory, taken - {unit}, wanted)
        cores[territory] = core or {unit}
        taken |= cores[territory]
    return cores


def _representatives(objective: Objective, wanted: list[int]) -> dict[int, int]:
    """Return a free unit for each territory without anchors; there is one, by the first checks."""
    problem = objective.ground.problem
    options = {
        index: sorted(free_units(problem, index), key=lambda unit: wanted[unit] != index)
        for index in range(objective.ground.size)
        if not problem.anchors(index)
    }
    return representatives(options)


def _joined(
    objective: Objective,
    territory: int,
    anchors: set[int],
    taken: set[int],
    wanted: list[int],
) -> set[int]:
    """Return the anchors with the ways between them, as far as there are ways."""
    core = {min(anchors)}
    left = anchors - core
    while left:
        way = _way(objective, territory, core, left, taken - anchors, wanted)
        if way is None:
            core |= left  # the pieces are told as splits
            break
        core |= set(way)
        left -= core
    return core


def _way(
    objective: Objective,
    territory: int,
    core: Iterable[int],
    goals: set[int],
    closed: set[int],
    wanted: list[int],
) -> list[int] | None:
    """Return the way with the fewest strange units from a core to the nearest goal."""
    ways = objective.ground.ways
    heap = [(0.0, unit) for unit in sorted(core)]
    best = dict.fromkeys(core, 0.0)
    came: dict[int, int] = {}
    while heap:
        reached, unit = heapq.heappop(heap)
        if reached > best[unit]:
            continue
        if unit in goals:
            way = [unit]
            while way[-1] in came:
                way.append(came[way[-1]])
            return way
        for other in ways[unit]:
            if other in closed or not np.isfinite(objective.costs[other, territory]):
                continue
            cost = reached + (0.001 if wanted[other] == territory else 1.0)
            if cost < best.get(other, np.inf):
                best[other], came[other] = cost, unit
                heapq.heappush(heap, (cost, other))
    return None


def _heart(objective: Objective, territory: int, taken: set[int], wanted: list[int]) -> set[int]:
    """Return the heaviest piece of a territory's labels; nothing where it has none."""
    ground = objective.ground
    own = {unit for unit, label in enumerate(wanted) if label == territory} - taken
    own = {unit for unit in own if np.isfinite(objective.costs[unit, territory])}
    pieces = pieces_of(ground.ways, own)
    weights = [float(ground.weights[piece].sum()) for piece in pieces]
    return set(pieces[weights.index(max(weights))]) if pieces else set()


def _flood(
    ground: Ground, owner: list[int], wanted: list[int], territory: int, core: Iterable[int]
) -> None:
    stack = sorted(core)
    while stack:
        for other in ground.ways[stack.pop()]:
            if owner[other] == _NOBODY and wanted[other] == territory:
                owner[other] = territory
                stack.append(other)


def _spill(objective: Objective, owner: list[int]) -> None:
    """Give what is left to neighbours, the cheapest first, as far as they may have it."""
    ways, costs = objective.ground.ways, objective.costs
    heap: list[tuple[float, int, int]] = []

    def offer(unit: int) -> None:
        territory = owner[unit]
        for other in ways[unit]:
            if owner[other] == _NOBODY and np.isfinite(costs[other, territory]):
                heapq.heappush(heap, (float(costs[other, territory]), other, territory))

    for unit, territory in enumerate(owner):
        if territory != _NOBODY:
            offer(unit)
    while heap:
        _, unit, territory = heapq.heappop(heap)
        if owner[unit] == _NOBODY:
            owner[unit] = territory
            offer(unit)
