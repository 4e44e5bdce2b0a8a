"""Rides along a path that is known, as a GPS receiver would tell them."""

import math
import random
from bisect import bisect_right
from itertools import accumulate, pairwise

from backend.geo.network.provider import Fix, Path
from backend.geo.vocabulary import EARTH_RADIUS_M, LonLat, great_circle_m

METRES_A_DEGREE = math.radians(EARTH_RADIUS_M)
# Two cases of three lie within 1.5 standard deviations in the plane.
ACCURACY_SIGMAS = 1.5


def moved(place: LonLat, east_m: float, north_m: float) -> LonLat:
    """Return the place so many metres away."""
    metres_a_lon = METRES_A_DEGREE * math.cos(math.radians(place.lat))
    return LonLat(place.lon + east_m / metres_a_lon, place.lat + north_m / METRES_A_DEGREE)


def ride(path: Path, *, every_s: float, noise_m: float, seed: int = 1) -> list[Fix]:
    """Ride a path at one speed; each coordinate errs by `noise_m` (standard deviation)."""
    numbers = random.Random(seed)
    lengths = [great_circle_m(a, b) for a, b in pairwise(path.line)]
    at_m = [0.0, *accumulate(lengths)]
    speed_m_s = path.distance_m / path.duration_s
    count = math.ceil(at_m[-1] / speed_m_s / every_s)
    fixes = []
    for number in range(count + 1):
        ridden_m = min(number * every_s * speed_m_s, at_m[-1])
        leg = min(bisect_right(at_m, ridden_m), len(lengths)) - 1
        share = (ridden_m - at_m[leg]) / (lengths[leg] or 1)
        (lon, lat), (next_lon, next_lat) = path.line[leg], path.line[leg + 1]
        place = LonLat(lon + (next_lon - lon) * share, lat + (next_lat - lat) * share)
        noisy = moved(place, numbers.gauss(0, noise_m), numbers.gauss(0, noise_m))
        fixes.append(Fix(noisy, number * every_s, ACCURACY_SIGMAS * noise_m or None))
    return fixes
