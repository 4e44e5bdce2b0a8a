"""The ways of a problem as the independent check reads them: by arithmetic of its own."""

import heapq
import math

from backend.territories.design.problem import DesignProblem

type Ways = list[dict[int, float]]


def read_ways(problem: DesignProblem) -> Ways:
    """Return what the way to each neighbour costs, by unit."""
    ways: Ways = [{} for _ in problem.units]
    for border in problem.borders:
        if border.travel is not None:
            ways[border.first][border.second] = ways[border.second][border.first] = border.travel
    return ways


def parts_of(units: set[int], ways: Ways) -> list[set[int]]:
    """Return the parts of some units that hang together."""
    left, found = set(units), []
    while left:
        piece, front = set[int](), {left.pop()}
        while front:
            piece |= front
            front = {other for unit in front for other in ways[unit] if other in left}
            left -= front
        found.append(piece)
    return found


def reach_from(ways: Ways, start: int) -> dict[int, float]:
    """Return the cheapest way to each unit (Dijkstra)."""
    reached: dict[int, float] = {}
    heap = [(0.0, start)]
    while heap:
        cost, unit = heapq.heappop(heap)
        if unit not in reached:
            reached[unit] = cost
            for other, way in ways[unit].items():
                heapq.heappush(heap, (cost + way, other))
    return reached


def slowness_of(problem: DesignProblem) -> float:
    """Return what the usual way costs a metre; 1 where there is none."""
    found = []
    for one in problem.borders:
        metres = metres_between(problem, one.first, one.second)
        if one.travel is not None and metres > 0:
            found += [one.travel / metres]
    return median_of(found) or 1.0


def metres_between(problem: DesignProblem, first: int, second: int) -> float:
    """Return how far the middles of two units lie apart."""
    one, other = problem.units[first], problem.units[second]
    return math.hypot(one.x_m - other.x_m, one.y_m - other.y_m)


def median_of(values: list[float]) -> float | None:
    """Return the middle value; None of nothing."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return None
    return (ordered[middle] + ordered[~middle]) / 2
