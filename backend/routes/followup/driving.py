"""What a day's driving comes to: the mileage of its trace or of its check-ins, and how far off."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
import shapely

from backend.geo.network.crow_fly import CrowFlyNetwork
from backend.geo.network.provider import Fix, NetworkError, StreetNetwork
from backend.geo.network.traces import MAX_SILENCE_S
from backend.geo.vocabulary import EARTH_RADIUS_M, LonLat
from backend.routes.followup.dwelling import Stays

OFF_ROUTE_M = 150.0
"""Farther from the planned line than this is off the route: the next parallel street is not."""
_METRES_A_DEGREE = np.radians(EARTH_RADIUS_M)


class Driving(msgspec.Struct, frozen=True):
    """A day's way: metres told, metres in a straight line that nobody can tell, and its parts.

    What is off the route is None where there is no planned line, or no trace to compare.
    """

    source: str
    is_estimate: bool
    distance_m: int
    unmatched_m: int
    outlier_count: int
    off_route_m: int | None
    off_route_s: int | None
    parts: tuple[tuple[LonLat, ...], ...]
    stays: Stays = {}


class NotNow(Exception):
    """The street network has no time: what is asked can be told later."""


def drive_trace(network: StreetNetwork, fixes: Sequence[Fix], planned: Sequence[LonLat]) -> Driving:
    """Tell the way of a trace: matched to streets; gaps are not counted, but told in metres.

    Raises NotNow. Where the network cannot match at all, the fixes are joined by straight lines.
    """
    try:
        match = network.match(fixes)
    except NetworkError as error:
        if error.is_passing:
            raise NotNow from error
        match = CrowFlyNetwork(network.profile).match(fixes)
    parts = tuple(part.line for part in match.parts if len(part.line) > 1)
    off_m, off_s = _off_route(parts, fixes, set(match.outliers), planned)
    return Driving(
        source="trace",
        is_estimate=match.is_estimate,
        distance_m=match.distance_m,
        unmatched_m=sum(gap.straight_m for gap in match.gaps),
        outlier_count=len(match.outliers),
        off_route_m=off_m,
        off_route_s=off_s,
        parts=parts,
    )


def drive_check_ins(network: StreetNetwork, places: Sequence[LonLat]) -> Driving:
    """Tell the way between check-ins over the streets: always an estimate, from first to last.

    Raises NotNow.
    """
    steps = [
        place for index, place in enumerate(places) if index == 0 or place != places[index - 1]
    ]
    if len(steps) < 2:  # noqa: PLR2004  # a way has two ends
        return Driving("check_ins", True, 0, 0, 0, None, None, ())  # noqa: FBT003  # by position
    try:
        path = network.path(steps)
    except NetworkError as error:
        if error.is_passing:
            raise NotNow from error
        path = CrowFlyNetwork(network.profile).path(steps)
    return Driving(
        source="check_ins",
        is_estimate=True,
        distance_m=path.distance_m,
        unmatched_m=0,
        outlier_count=0,
        off_route_m=None,
        off_route_s=None,
        parts=(path.line,),
    )


def _off_route(
    parts: Sequence[Sequence[LonLat]],
    fixes: Sequence[Fix],
    outliers: set[int],
    planned: Sequence[LonLat],
) -> tuple[int | None, int | None]:
    """Return metres of the driven way, and seconds between fixes, beyond OFF_ROUTE_M of a plan."""
    if len(planned) < 2:  # noqa: PLR2004  # a line has two ends
        return None, None
    scale = (_METRES_A_DEGREE * np.cos(np.radians(planned[0].lat)), _METRES_A_DEGREE)
    corridor = shapely.LineString(np.array(planned) * scale).buffer(OFF_ROUTE_M)
    shapely.prepare(corridor)
    lines = [shapely.LineString(np.array(part) * scale) for part in parts]
    away_m = sum(line.difference(corridor).length for line in lines)
    # By time and not by index: pieces arrive as they like.
    kept = sorted(
        (fix for index, fix in enumerate(fixes) if index not in outliers), key=lambda fix: fix.at_s
    )
    if not kept:
        return round(away_m), 0
    where = np.array([fix.position for fix in kept]) * scale
    is_off = ~shapely.contains_xy(corridor, where[:, 0], where[:, 1])
    away_s = sum(
        after.at_s - before.at_s
        for (before, is_before), (after, is_after) in pairwise(zip(kept, is_off, strict=True))
        if is_before and is_after and after.at_s - before.at_s <= MAX_SILENCE_S
    )
    return round(away_m), round(away_s)
