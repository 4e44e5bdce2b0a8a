"""How long somebody stayed at a visit, as the day's trace tells it. Pure."""

from collections.abc import Sequence
from uuid import UUID

from backend.geo.network.provider import Fix
from backend.geo.network.traces import DEFAULT_ACCURACY_M, MAX_ACCURACY_M
from backend.geo.vocabulary import LonLat, great_circle_m
from backend.routes.followup.facts import VisitFact

AT_SHOP_M = 75.0
"""A fix within so many metres of an account, its accuracy aside, is at the account."""
_NEAR_REPORT_S = 600.0
"""Reports are written at the counter or on the saddle, not an hour later."""
_FAR_DEGREES = 0.0013
"""More than AT_SHOP_M and the worst accuracy that is believed, together."""
_STRAY_S = 90.0
"""So long may fixes lie elsewhere without the stay being over: walls throw signals about."""

type Stays = dict[UUID, tuple[float, float]]
"""Arrival and departure by visit, in seconds since 1970."""


def find_stays(fixes: Sequence[Fix], visits: Sequence[VisitFact]) -> Stays:
    """Return the stays around the reports of visits; fixes come in order of time.

    A stay is from the first to the last fix at the account, around the report or up to ten minutes
    from it. One lonely fix, or none, tells of no stay.
    """
    believed = [fix for fix in fixes if 0 <= (fix.accuracy_m or 0) <= MAX_ACCURACY_M]
    stays: Stays = {}
    for visit in visits:
        at = visit.checked_in_at or visit.done_at
        if visit.is_visited and visit.location is not None and at is not None:
            stay = _stay(believed, LonLat(*visit.location), at.timestamp())
            if stay is not None:
                stays[visit.visit_id] = stay
    return stays


def _stay(fixes: Sequence[Fix], shop: LonLat, at_s: float) -> tuple[float, float] | None:
    runs = _runs([fix.at_s for fix in fixes], [_is_at(fix, shop) for fix in fixes])
    near = [
        run for run in runs if run[0] - _NEAR_REPORT_S <= at_s <= run[1] + _NEAR_REPORT_S
    ]  # fmt: skip
    if not near:
        return None
    first_s, last_s = min(near, key=lambda run: max(run[0] - at_s, at_s - run[1], 0.0))
    return (first_s, last_s) if last_s > first_s else None


def _runs(times: Sequence[float], at_shop: Sequence[bool]) -> list[tuple[float, float]]:
    """Return from when to when fixes were at the shop; strays that come back are no end."""
    runs: list[tuple[float, float]] = []
    was_away = True
    for at_s, is_at in zip(times, at_shop, strict=True):
        if not is_at:
            was_away = True
        elif runs and (not was_away or at_s - runs[-1][1] <= _STRAY_S):
            runs[-1] = (runs[-1][0], at_s)
            was_away = False
        else:
            runs.append((at_s, at_s))
            was_away = False
    return runs


def _is_at(fix: Fix, shop: LonLat) -> bool:
    # A degree of latitude is 111 km anywhere: most fixes of a day need no more than this.
    if abs(fix.position.lat - shop.lat) > _FAR_DEGREES:
        return False
    reach_m = AT_SHOP_M + (fix.accuracy_m or DEFAULT_ACCURACY_M)
    return great_circle_m(fix.position, shop) <= reach_m
