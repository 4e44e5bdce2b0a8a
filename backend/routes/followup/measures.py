"""Plan against actual of a day, and of many: pure arithmetic over what was told.

The docstring of each measure is its definition; docs/GLOSSARY.md has the words.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, pairwise
from typing import Any, Literal
from uuid import UUID

import msgspec

from backend.geo.network.traces import DEFAULT_ACCURACY_M, FASTEST_M_S
from backend.geo.vocabulary import LonLat, great_circle_m
from backend.routes.followup.facts import DrivenDay, PlanFact, VisitFact
from backend.routes.schemas import RouteStop

NEAR_M = 150.0
"""A check-in proves presence within so many metres, its own accuracy aside: a market's width."""
USELESS_ACCURACY_M = 300.0
"""A position no better than this tells nothing of where somebody stood."""
SHORTEST_STAY_S = 60
"""Nobody presents goods in less; a shop that was closed takes no time, and is no ghost."""

type Verdict = Literal["done", "missed", "open", "extra"]
type MissReason = Literal["not_visited", "cancelled", "closed", "replanned", "another_day"]
type GhostReason = Literal["far_away", "too_short", "too_fast", "mock_position"]


class VisitResult(msgspec.Struct, frozen=True):
    """One visit of a day: what was planned and what became of it; `reason` is that of a miss."""

    visit: VisitFact
    stop: RouteStop | None
    verdict: Verdict
    reason: MissReason | None = None
    ghost: tuple[GhostReason, ...] = ()
    is_proven: bool = False

    @property
    def late_s(self) -> int | None:
        """Seconds that the check-in came after the planned start; negative when it was early."""
        if self.stop is None or self.visit.checked_in_at is None or self.verdict != "done":
            return None
        return round((self.visit.checked_in_at - self.stop.start_at).total_seconds())


class Leg(msgspec.Struct, frozen=True):
    """A way between two stops that was driven as planned: from check-out to check-in."""

    at: datetime
    planned_s: int
    actual_s: int


class Stay(msgspec.Struct, frozen=True):
    """A visit whose length is known, in seconds."""

    visit: VisitFact
    planned_s: int
    actual_s: int


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted of a day or of many: tallies add up, shares do not."""

    days: int = 0
    planned: int = 0
    done: int = 0
    missed: int = 0
    open: int = 0
    in_order: int = 0
    extra: int = 0
    completed: int = 0
    """Visits with an outcome, planned or extra."""
    ordered: int = 0
    ghosts: int = 0
    unproven: int = 0
    late_s: tuple[int, ...] = ()
    planned_wait_s: int = 0
    mileage_m: int = 0
    """Driven on all days."""
    planned_m: int = 0
    driven_m: int = 0
    """These two are of the days only that have both, so that they can be compared."""
    unmatched_m: int = 0
    estimated_days: int = 0
    traced_days: int = 0
    off_route_m: int = 0
    off_route_s: int = 0
    legs_planned_s: int = 0
    legs_actual_s: int = 0
    stays_planned_s: int = 0
    stays_actual_s: int = 0
    stays: int = 0


class DayResult(msgspec.Struct, frozen=True):
    """A person's day: visits in the order of the plan, then the extra ones in order of time."""

    rep_id: UUID
    plan: PlanFact | None
    driven: DrivenDay | None
    visits: tuple[VisitResult, ...]
    legs: tuple[Leg, ...]
    stays: tuple[Stay, ...]
    tally: Tally


def measure_day(
    rep_id: UUID,
    plan: PlanFact | None,
    visits: Sequence[VisitFact],
    driven: DrivenDay | None,
    *,
    now: datetime,
) -> DayResult:
    """Measure one day of one person.

    Planned is what the plan in use holds, and what an earlier plan held until the day had begun.
    A visit is done when somebody checked in that day, open while the planned day is not over, and
    missed after that, with the reason. Extra is what was done without being planned.
    """
    profile = plan.profile if plan else "car"
    ghosts = _too_fast(visits, profile)
    results = [*_planned(plan, visits, now), *_extra(plan, visits)]
    results = [_with_proof(one, ghosts) for one in results]
    legs, stays = tuple(_legs(plan, results)), tuple(_stays(results))
    tally = _tally(plan, results, driven, legs, stays)
    return DayResult(rep_id, plan, driven, tuple(results), legs, stays, tally)


def add_up(tallies: Iterable[Tally]) -> Tally:
    """Return the tally of all days together."""
    rows = [msgspec.structs.asdict(one) for one in tallies]
    sums: dict[str, Any] = {
        name: sum(row[name] for row in rows) for name in Tally.__struct_fields__ if name != "late_s"
    }
    return Tally(late_s=tuple(chain.from_iterable(row["late_s"] for row in rows)), **sums)


def longest_in_order(sequences: Sequence[int]) -> int:
    """Return how many visits kept to the planned order: the longest rising run, gaps allowed."""
    ends: list[int] = []
    for one in sequences:
        at = bisect_left(ends, one)
        ends[at : at + 1] = [one]
    return len(ends)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value that so large a share lies at or below, between neighbours by line."""
    if not values:
        return None
    ranked = sorted(values)
    at = share * (len(ranked) - 1)
    low = int(at)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (at - low)


def _planned(
    plan: PlanFact | None, visits: Sequence[VisitFact], now: datetime
) -> Iterable[VisitResult]:
    if plan is None:
        return
    by_id = {one.visit_id: one for one in visits}
    for stop in plan.stops:
        visit = by_id.get(stop.visit_id)
        if visit is not None:  # a plan outlives its visits: some were deleted since
            yield _judged(plan, visit, stop, now)
    held = {stop.visit_id for stop in plan.stops}
    for visit in visits:
        if visit.visit_id not in held and _was_taken_out(plan, visit):
            yield VisitResult(visit, None, "missed", _why_taken_out(plan, visit))


def _judged(plan: PlanFact, visit: VisitFact, stop: RouteStop, now: datetime) -> VisitResult:
    if visit.is_visited:
        return VisitResult(visit, stop, "done")
    if visit.status == "cancelled":
        return VisitResult(visit, stop, "missed", "cancelled")
    if visit.visited_on is not None:
        return VisitResult(visit, stop, "missed", "another_day")
    if now < plan.ends_at:
        return VisitResult(visit, stop, "open")
    return VisitResult(visit, stop, "missed", "not_visited")


def _was_taken_out(plan: PlanFact, visit: VisitFact) -> bool:
    """Say whether a visit was planned when the day began, and taken out of the plan since."""
    is_out = visit.status == "cancelled" and visit.route_id is not None
    return is_out and visit.updated_at >= plan.starts_at


def _why_taken_out(plan: PlanFact, visit: VisitFact) -> MissReason:
    return "closed" if visit.account_id in plan.closed_ids else "replanned"


def _extra(plan: PlanFact | None, visits: Sequence[VisitFact]) -> Iterable[VisitResult]:
    held = {stop.visit_id for stop in plan.stops} if plan else set()
    extra = [one for one in visits if one.is_visited and one.visit_id not in held]
    for visit in sorted(extra, key=_moment):
        yield VisitResult(visit, None, "extra")


def _moment(visit: VisitFact) -> tuple[bool, datetime, UUID]:
    """Order by check-in, else by check-out; what has neither time comes last."""
    at = visit.checked_in_at or visit.done_at
    return at is None, at or visit.updated_at, visit.visit_id


def _with_proof(result: VisitResult, too_fast: set[UUID]) -> VisitResult:
    """Add what a check-in proves.

    A ghost is a visit that cannot have been what it says: the check-in too far from the account
    whatever its accuracy, a simulated position, a presentation of less than a minute, or two
    places at a speed that nobody travels at. Without a position, or with a useless one, it is
    unproven, which is no reproach: phones have no signal in cellars.
    """
    visit = result.visit
    if result.verdict not in {"done", "extra"}:
        return result
    ghost: list[GhostReason] = []
    if not visit.is_excused:
        if visit.is_mock:
            ghost.append("mock_position")
        if _is_far(visit):
            ghost.append("far_away")
        if _is_short(visit):
            ghost.append("too_short")
        if visit.visit_id in too_fast:
            ghost.append("too_fast")
    is_proven = visit.distance_m is not None and _accuracy_m(visit) <= USELESS_ACCURACY_M
    return msgspec.structs.replace(result, ghost=tuple(ghost), is_proven=is_proven)


def _accuracy_m(visit: VisitFact) -> float:
    return DEFAULT_ACCURACY_M if visit.accuracy_m is None else visit.accuracy_m


def _is_far(visit: VisitFact) -> bool:
    if visit.distance_m is None or _accuracy_m(visit) > USELESS_ACCURACY_M:
        return False
    return visit.distance_m - _accuracy_m(visit) > NEAR_M


def _is_short(visit: VisitFact) -> bool:
    stay_s = visit.stay_s
    return stay_s is not None and stay_s < SHORTEST_STAY_S and visit.outcome in {"met", "ordered"}


def _too_fast(visits: Sequence[VisitFact], profile: str) -> set[UUID]:
    """Return the visits whose check-in nobody can have reached from the one before."""
    placed = sorted((one for one in visits if one.is_visited and one.place), key=_moment)
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


def _legs(plan: PlanFact | None, results: Sequence[VisitResult]) -> Iterable[Leg]:
    """Yield the ways that were driven as planned: from a stop to the next one of the plan.

    Left out are those with lunch or a planned wait within, and those whose ends nobody timed.
    """
    done = [one for one in results if one.verdict == "done"]
    done = sorted(done, key=lambda one: _moment(one.visit))
    lunch = plan.lunch.after_sequence if plan and plan.lunch else None
    for before, after in pairwise(done):
        if before.stop is None or after.stop is None:
            continue
        is_next = after.stop.sequence == before.stop.sequence + 1
        waits = after.stop.start_at > after.stop.arrive_at
        if not is_next or waits or before.stop.sequence == lunch or after.stop.leg_seconds <= 0:
            continue
        left_at, came_at = before.visit.done_at, after.visit.checked_in_at
        if after.visit.stay_s is None or left_at is None or came_at is None or came_at <= left_at:
            continue
        yield Leg(left_at, after.stop.leg_seconds, round((came_at - left_at).total_seconds()))


def _stays(results: Sequence[VisitResult]) -> Iterable[Stay]:
    """Yield the visits whose length is known: timed at both ends, met or ordered, no ghost."""
    for one in results:
        actual_s = one.visit.stay_s
        if actual_s is None or one.ghost or one.visit.outcome not in {"met", "ordered"}:
            continue
        planned_s = one.visit.visit_minutes * 60
        if one.stop is not None:
            planned_s = round((one.stop.leave_at - one.stop.start_at).total_seconds())
        yield Stay(one.visit, planned_s, actual_s)


def _tally(
    plan: PlanFact | None,
    results: Sequence[VisitResult],
    driven: DrivenDay | None,
    legs: Sequence[Leg],
    stays: Sequence[Stay],
) -> Tally:
    verdicts = [one.verdict for one in results]
    visited = [one for one in results if one.verdict in {"done", "extra"}]
    completed = [one for one in visited if one.visit.status == "done"]
    in_time = sorted((one for one in visited if one.stop), key=lambda one: _moment(one.visit))
    late_s = [one.late_s for one in results if one.late_s is not None]
    has_both = plan is not None and driven is not None
    return Tally(
        days=1,
        planned=len(results) - verdicts.count("extra"),
        done=verdicts.count("done"),
        missed=verdicts.count("missed"),
        open=verdicts.count("open"),
        in_order=longest_in_order([one.stop.sequence for one in in_time if one.stop]),
        extra=verdicts.count("extra"),
        completed=len(completed),
        ordered=sum(one.visit.outcome == "ordered" for one in completed),
        ghosts=sum(bool(one.ghost) for one in visited),
        unproven=sum(not one.is_proven for one in visited),
        late_s=tuple(late_s),
        planned_wait_s=plan.wait_seconds if plan else 0,
        mileage_m=driven.distance_m if driven else 0,
        planned_m=plan.distance_m if plan and has_both else 0,
        driven_m=driven.distance_m if driven and has_both else 0,
        unmatched_m=driven.unmatched_m if driven else 0,
        estimated_days=int(driven is not None and driven.is_estimate),
        traced_days=int(driven is not None and driven.source == "trace"),
        off_route_m=(driven.off_route_m or 0) if driven else 0,
        off_route_s=(driven.off_route_s or 0) if driven else 0,
        legs_planned_s=sum(one.planned_s for one in legs),
        legs_actual_s=sum(one.actual_s for one in legs),
        stays_planned_s=sum(one.planned_s for one in stays),
        stays_actual_s=sum(one.actual_s for one in stays),
        stays=len(stays),
    )
