"""What a check-in proves: presence, nothing, or that a visit cannot have been. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal
from uuid import UUID

from backend.geo.network.traces import DEFAULT_ACCURACY_M, FASTEST_M_S
from backend.geo.vocabulary import LonLat, great_circle_m
from backend.routes.followup.facts import VisitFact, moment

NEAR_M = 150.0
"""A check-in proves presence within so many metres, its own accuracy aside: a market's width."""
USELESS_ACCURACY_M = 300.0
"""A position no better than this tells nothing of where somebody stood."""
SHORTEST_STAY_S = 60
"""Nobody presents goods in less; a shop that was closed takes no time, and is no ghost."""

type GhostReason = Literal["far_away", "too_short", "too_fast", "mock_position"]


def find_ghost(visit: VisitFact, *, too_fast: bool) -> tuple[GhostReason, ...]:
    """Return why a visit is a ghost: what it says of itself cannot have been.

    The check-in is too far from the account whatever its accuracy, the position is simulated, a
    presentation took less than a minute, or nobody gets there so fast from the visit before. A
    visit that a planner excused is none.
    """
    if visit.is_excused:
        return ()
    reasons: dict[GhostReason, bool] = {
        "mock_position": visit.is_mock,
        "far_away": _is_far(visit),
        "too_short": _is_short(visit),
        "too_fast": too_fast,
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def is_proven(visit: VisitFact) -> bool:
    """Say whether there is a position good enough to tell where somebody stood.

    Without one a visit is unproven, which is no reproach: phones have no signal in cellars.
    """
    return visit.distance_m is not None and _accuracy_m(visit) <= USELESS_ACCURACY_M


def _accuracy_m(visit: VisitFact) -> float:
    return DEFAULT_ACCURACY_M if visit.accuracy_m is None else visit.accuracy_m


def _is_far(visit: VisitFact) -> bool:
    if visit.distance_m is None or _accuracy_m(visit) > USELESS_ACCURACY_M:
        return False
    return visit.distance_m - _accuracy_m(visit) > NEAR_M


def _is_short(visit: VisitFact) -> bool:
    stay_s = visit.reported_stay_s
    return stay_s is not None and stay_s < SHORTEST_STAY_S and visit.outcome in {"met", "ordered"}


def find_too_fast(visits: Sequence[VisitFact], profile: str) -> set[UUID]:
    """Return the visits whose check-in nobody can have reached from the one before."""
    placed = sorted((one for one in visits if one.is_visited and one.place), key=moment)
    fast: set[UUID] = set()
    for before, after in pairwise(placed):
        if before.place is None or after.place is None or after.checked_in_at is None:
            continue
        left_at = before.done_at or before.checked_in_at
        if left_at is None:
            continue
        seconds = max((after.checked_in_at - left_at).total_seconds(), 0.0)
        metres = great_circle_m(LonLat(*before.place), LonLat(*after.place))
        metres -= _accuracy_m(before) + _accuracy_m(after) + NEAR_M
        if metres > FASTEST_M_S[profile] * seconds:
            fast.add(after.visit_id)
    return fast
