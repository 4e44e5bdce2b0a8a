"""The marked stand-in for a street network: straight lines, a detour factor and a speed."""

from collections.abc import Sequence
from itertools import pairwise

from backend.geo.network.provider import (
    MIN_PATH_POINTS,
    Leg,
    Matrix,
    Path,
    check_points,
    check_profile,
)
from backend.geo.vocabulary import LonLat, great_circle_m

# Streets are longer than the straight line: 1.2 to 1.4 in cities of a grid, more at rivers.
DETOUR_FACTOR = 1.35
# Door-to-door speeds in towns, in metres a second: 27, 25, 13 and 4.7 km/h.
SPEEDS_M_S = {"car": 7.5, "scooter": 6.9, "bicycle": 3.6, "foot": 1.3}


class CrowFlyNetwork:
    """Estimates from great circles; every answer says `is_estimate`."""

    is_estimate = True

    def __init__(self, profile: str = "car", *, why: str | None = None) -> None:
        self.profile = check_profile(profile)
        self.version = f"crow-fly-{profile}-1"
        self.why = why or "Travel times are estimated from the straight line."

    def matrix(self, points: Sequence[LonLat]) -> Matrix:
        """Estimate all pairs; no point is ever unreachable."""
        check_points(points)
        metres = [[self._metres(a, b) for b in points] for a in points]
        return Matrix(
            durations_s=tuple(tuple(self._seconds(m) for m in row) for row in metres),
            distances_m=tuple(tuple(round(m) for m in row) for row in metres),
            is_estimate=True,
        )

    def path(self, points: Sequence[LonLat]) -> Path:
        """Join the points by straight lines, one leg each."""
        check_points(points, least=MIN_PATH_POINTS)
        metres = [self._metres(a, b) for a, b in pairwise(points)]
        legs = tuple(Leg(round(m), self._seconds(m), index) for index, m in enumerate(metres))
        return Path(
            line=tuple(points),
            legs=legs,
            distance_m=sum(leg.distance_m for leg in legs),
            duration_s=sum(leg.duration_s for leg in legs),
            is_estimate=True,
        )

    def close(self) -> None:
        """Hold nothing, give back nothing."""

    def _metres(self, a: LonLat, b: LonLat) -> float:
        return great_circle_m(a, b) * DETOUR_FACTOR

    def _seconds(self, metres: float) -> int:
        return round(metres / SPEEDS_M_S[self.profile])
