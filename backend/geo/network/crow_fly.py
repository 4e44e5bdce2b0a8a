"""The marked stand-in for a street network: straight lines, a detour factor and a speed."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from backend.geo.network.provider import (
    MIN_PATH_POINTS,
    Fix,
    Isochrone,
    Leg,
    MatchedPart,
    MatchedTrace,
    Matrix,
    Path,
    check_points,
    check_positions,
    check_profile,
)
from backend.geo.network.reach import draw_circles
from backend.geo.network.traces import clean_trace, put_together
from backend.geo.vocabulary import EARTH_RADIUS_M, LonLat, great_circle_m

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
        metres = great_circles_m(check_positions(points)) * DETOUR_FACTOR
        return Matrix(
            durations_s=np.rint(metres / SPEEDS_M_S[self.profile]).astype(np.int32),
            distances_m=np.rint(metres).astype(np.int32),
            is_estimate=True,
        )

    def path(self, points: Sequence[LonLat]) -> Path:
        """Join the points by straight lines, one leg each."""
        check_points(points, least=MIN_PATH_POINTS)
        check_positions(points)
        metres = [self._metres(a, b) for a, b in pairwise(points)]
        legs = tuple(Leg(round(m), self._seconds(m), index) for index, m in enumerate(metres))
        return Path(
            line=tuple(points),
            legs=legs,
            distance_m=sum(leg.distance_m for leg in legs),
            duration_s=sum(leg.duration_s for leg in legs),
            is_estimate=True,
        )

    def match(self, trace: Sequence[Fix]) -> MatchedTrace:
        """Join the fixes by straight lines, without a detour: they are close to each other."""
        clean = clean_trace(trace, self.profile)
        parts = [
            MatchedPart(
                line=tuple(one.position for one in run),
                distance_m=round(
                    sum(great_circle_m(a.position, b.position) for a, b in pairwise(run))
                ),
                first_index=run[0].index,
                last_index=run[-1].index,
                confidence=None,
            )
            for run in clean.runs
        ]
        return put_together(parts, outliers=clean.outliers, gaps=clean.gaps, is_estimate=True)

    def isochrone(self, origin: LonLat, minutes: Sequence[float]) -> Isochrone:
        """Circles, as far as the speed and the detour let one get."""
        (start,) = check_positions([origin])
        metres_a_second = SPEEDS_M_S[self.profile] / DETOUR_FACTOR
        return draw_circles(start, minutes, metres_a_second=metres_a_second)

    def close(self) -> None:
        """Hold nothing, give back nothing."""

    def _metres(self, a: LonLat, b: LonLat) -> float:
        return great_circle_m(a, b) * DETOUR_FACTOR

    def _seconds(self, metres: float) -> int:
        return round(metres / SPEEDS_M_S[self.profile])


def great_circles_m(points: Sequence[LonLat]) -> npt.NDArray[np.float64]:
    """Metres between all points on the mean sphere, as `great_circle_m` counts them."""
    lon, lat = np.radians(np.array(points, float).reshape(-1, 2)).T
    half_lat = np.sin((lat[:, None] - lat) / 2)
    half_lon = np.sin((lon[:, None] - lon) / 2)
    chord = half_lat**2 + np.cos(lat[:, None]) * np.cos(lat) * half_lon**2
    result: npt.NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(chord.clip(max=1)))
    return result
