"""Places that a day's matrices lack: their ways from the straight line, at the day's own pace."""

from collections.abc import Sequence
from math import cos, hypot, radians
from statistics import median

import msgspec

from backend.routes.day.problem import DayProblem, Matrix, Stop
from backend.routes.day.rest import with_place

type Point = tuple[float, float]
"""[longitude, latitude] in degrees."""

_METRES_PER_DEGREE = 111_195
"""Of a great circle on a sphere of 6,371 km."""
_SHORTEST_M = 200
"""Below this the last metres to a door say more of a leg than the streets do."""
_MOST_LEGS = 2_000
_NEAR_M = 150
"""Who is so near to a place of the day stands at it."""


class Pace(msgspec.Struct, frozen=True):
    """What a metre of the straight line takes on the streets, in seconds and in metres."""

    seconds: float = 0.2
    """18 km/h as the crow flies, where the day has no legs to learn it from."""
    metres: float = 1.35


def crow_m(one: Point, other: Point) -> float:
    """Return the straight line in metres; to a per mille within a day's drive."""
    east = (other[0] - one[0]) * cos(radians((one[1] + other[1]) / 2))
    return hypot(east, other[1] - one[1]) * _METRES_PER_DEGREE


def pace_of(problem: DayProblem, points: Sequence[Point]) -> Pace:
    """Return the medians of the day's own legs; `points` are where the matrices' rows are."""
    seconds: list[float] = []
    metres: list[float] = []
    for one, (durations_s, distances_m) in enumerate(
        zip(problem.durations_s, problem.distances_m, strict=True)
    ):
        for other, (leg_s, leg_m) in enumerate(zip(durations_s, distances_m, strict=True)):
            line_m = crow_m(points[one], points[other])
            if leg_s is not None and leg_m is not None and line_m >= _SHORTEST_M:
                seconds.append(leg_s / line_m)
                metres.append(leg_m / line_m)
        if len(seconds) >= _MOST_LEGS:
            break
    return Pace(median(seconds), median(metres)) if seconds else Pace()


def nearest_row(points: Sequence[Point], place: Point) -> int | None:
    """Return the row of the matrices at which a place is, None when it is near none of them."""
    found = min(((crow_m(point, place), row) for row, point in enumerate(points)), default=None)
    return found[1] if found is not None and found[0] <= _NEAR_M else None


def from_here(problem: DayProblem, points: Sequence[Point], place: Point) -> DayProblem:
    """Return the day with a last row for a place to leave for good, its ways estimated."""
    return with_place(problem, _legs(problem, points, place))


def with_stop(problem: DayProblem, points: Sequence[Point], stop: Stop, place: Point) -> DayProblem:
    """Return the day with a stop that it did not have, in a last row, its ways estimated.

    Whatever node the stop names: it gets the new row.
    """
    legs = _legs(problem, points, place)
    return msgspec.structs.replace(
        problem,
        stops=(*problem.stops, msgspec.structs.replace(stop, node=len(legs))),
        durations_s=_wider(problem.durations_s, [leg_s for leg_s, _ in legs]),
        distances_m=_wider(problem.distances_m, [leg_m for _, leg_m in legs]),
    )


def _legs(problem: DayProblem, points: Sequence[Point], place: Point) -> list[tuple[int, int]]:
    pace = pace_of(problem, points)
    lines = [crow_m(place, point) for point in points]
    return [(round(line_m * pace.seconds), round(line_m * pace.metres)) for line_m in lines]


def _wider(matrix: Matrix, legs: Sequence[int]) -> Matrix:
    return (*((*row, leg) for row, leg in zip(matrix, legs, strict=True)), (*legs, 0))
