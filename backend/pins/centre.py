"""Where many positions of one place really are: a centre that a wrong minority cannot carry off.

Pure. The centre is the weighted geometric median: as long as positions of a share `b` of all
weight, less than half, are wrong, and the others lie within `r` of some point, the centre lies
within (1 - b) / sqrt(1 - 2 b) * r of that point (S. Minsker, Geometric median and robust
estimation in Banach spaces, Bernoulli 21 (2015), lemma 2.1).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from backend.geo.vocabulary import EARTH_RADIUS_M, LonLat

MOST_STEPS = 200
CLOSE_ENOUGH_M = 0.01
FULL_WEIGHT_M = 20.0
"""A position as exact as this weighs 1, one of double the radius half as much."""
LEAST_RADIUS_M = 5.0
"""What all receivers at one place have in common (reflections at the same walls) does not go away
by asking more of them."""
_MEDIAN_TO_SIGMA = 1.1774
"""In a plane the median distance from the middle is 1.1774 standard deviations of one axis."""
_MEDIAN_ERROR = math.sqrt(4 / math.pi)
"""A geometric median of n normal positions in a plane has the standard error 1.128 / sqrt(n)."""
_OF_95_PERCENT = 2.4477
"""So many standard deviations around the middle of a plane hold 95 of 100."""


class Sighting(NamedTuple):
    """A position of the place, and the radius that holds the truth in two cases of three."""

    position: LonLat
    accuracy_m: float


class Centre(NamedTuple):
    """The centre, and the radius that holds the truth in 95 of 100 cases."""

    position: LonLat
    radius_m: float


def find_centre(sightings: Sequence[Sighting]) -> Centre:
    """Return the robust centre of one or more sightings within some kilometres of each other."""
    origin = sightings[0].position
    frame = Frame(origin)
    points = [frame.metres(one.position) for one in sightings]
    weights = [weight_of(one.accuracy_m) for one in sightings]
    x, y = geometric_median(points, weights)
    spread = _weighted_median([math.dist(point, (x, y)) for point in points], weights)
    sigma = spread / _MEDIAN_TO_SIGMA
    # Equal weights count each; the fewer weigh the most, the fewer count.
    count = sum(weights) ** 2 / sum(weight * weight for weight in weights)
    radius = max(LEAST_RADIUS_M, _OF_95_PERCENT * _MEDIAN_ERROR * sigma / math.sqrt(count))
    return Centre(frame.degrees(x, y), radius)


def weight_of(accuracy_m: float) -> float:
    """Return how much a position counts."""
    return min(1.0, FULL_WEIGHT_M / max(accuracy_m, FULL_WEIGHT_M))


def geometric_median(
    points: Sequence[tuple[float, float]], weights: Sequence[float]
) -> tuple[float, float]:
    """Return the point with the least weighted sum of distances to all others.

    Weiszfeld's steps, as Vardi and Zhang mend them where a step meets one of the points
    (The multivariate L1-median and associated data depth, PNAS 97 (2000)).
    """
    x = _weighted_median([point[0] for point in points], weights)
    y = _weighted_median([point[1] for point in points], weights)
    for _ in range(MOST_STEPS):
        step_x, step_y = _step(points, weights, x, y)
        moved = math.hypot(step_x - x, step_y - y)
        x, y = step_x, step_y
        if moved < CLOSE_ENOUGH_M:
            break
    return x, y


def _step(
    points: Sequence[tuple[float, float]], weights: Sequence[float], x: float, y: float
) -> tuple[float, float]:
    pull_x = pull_y = total = here = 0.0
    for (at_x, at_y), weight in zip(points, weights, strict=True):
        distance = math.hypot(at_x - x, at_y - y)
        if distance < CLOSE_ENOUGH_M / 10:
            here += weight
            continue
        pull_x += weight * at_x / distance
        pull_y += weight * at_y / distance
        total += weight / distance
    if total == 0:
        return x, y
    mean_x, mean_y = pull_x / total, pull_y / total
    force = math.hypot(mean_x - x, mean_y - y) * total
    if force == 0:
        return x, y
    stay = min(1.0, here / force)
    return mean_x + (x - mean_x) * stay, mean_y + (y - mean_y) * stay


def _weighted_median(values: Sequence[float], weights: Sequence[float]) -> float:
    half, passed = sum(weights) / 2, 0.0
    ordered = sorted(zip(values, weights, strict=True))
    for value, weight in ordered:
        passed += weight
        if passed >= half:
            return value
    return ordered[-1][0]


class Frame:
    """Metres east and north of a position, true to a thousandth within some kilometres."""

    def __init__(self, origin: LonLat) -> None:
        self._origin = origin
        self._north = math.radians(1) * EARTH_RADIUS_M
        self._east = self._north * math.cos(math.radians(origin.lat))

    def metres(self, position: LonLat) -> tuple[float, float]:
        """Return how far a position is to the east and to the north."""
        lon, lat = self._origin
        return (position.lon - lon) * self._east, (position.lat - lat) * self._north

    def degrees(self, east_m: float, north_m: float) -> LonLat:
        """Return the position so far to the east and to the north."""
        lon, lat = self._origin
        return LonLat(lon + east_m / self._east, lat + north_m / self._north)
