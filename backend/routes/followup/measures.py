"""Plan against actual of a day, and of many: pure arithmetic over what was told.

The docstring of each measure is its definition; docs/GLOSSARY.md has the words.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain, pairwise
from typing import Any, Literal
from uuid import UUID

import msgspec

from backend.routes.followup.facts import DrivenDay, PlanFact, VisitFact, moment
from backend.routes.followup.proof import GhostReason, find_ghost, find_too_fast, is_proven
from backend.routes.followup.statistics import longest_in_order
from backend.routes.schemas import RouteStop

type Verdict = Literal["done", "missed", "open", "extra"]
type MissReason = Literal["not_visited", "cancelled", "closed", "replanned", "another_day"]


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
        """Seconds that the rep came after the planned start; negative when it was early."""
        if self.stop is None or self.visit.arrived_at is None or self.verdict != "done":
            return None
        return round((self.visit.arrived_at - self.stop.start_at).total_seconds())


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
    visits = [_with_trace(one, driven) for one in visits]
    fast = find_too_fast(visits, profile)
    results = [*_planned(plan, visits, now), *_extra(plan, visits)]
    results = [
        msgspec.structs.replace(
            one,
            ghost=find_ghost(one.visit, too_fast=one.visit.visit_id in fast),
            is_proven=is_proven(one.visit),
        )
        if one.verdict in {"done", "extra"}
        else one
        for one in results
    ]
    legs, stays = tuple(_legs(plan, results)), tuple(_stays(results))
    tally = _tally(plan, results, driven, legs, stays)
    return DayResult(rep_id, plan, driven, tuple(results), legs, stays, tally)


def _with_trace(visit: VisitFact, driven: DrivenDay | None) -> VisitFact:
    stay = driven.stays.get(visit.visit_id) if driven else None
    if stay is None:
        return visit
    arrived_at, left_at = (datetime.fromtimestamp(at_s, UTC) for at_s in stay)
    return msgspec.structs.replace(visit, traced=(arrived_at, left_at))


def add_up(tallies: Iterable[Tally]) -> Tally:
    """Return the tally of all days together."""
    rows = [msgspec.structs.asdict(one) for one in tallies]
    sums: dict[str, Any] = {
        name: sum(row[name] for row in rows) for name in Tally.__struct_fields__ if name != "late_s"
    }
    return Tally(late_s=tuple(chain.from_iterable(row["late_s"] for row in rows)), **sums)


def _planned(
    plan: PlanFact | None, visits: Sequence[VisitFact], now: datetime
) -> Iterable[VisitResult]:
    if plan is None:
        return
    made = _made(plan, visits)
    for stop in plan.stops:
        visit = made.get(stop.visit_id)
        if visit is not None:  # a plan outlives its visits: some were deleted since
            yield _judged(plan, visit, stop, now)
    held = {stop.visit_id for stop in plan.stops} | {one.visit_id for one in made.values()}
    for visit in visits:
        if visit.visit_id not in held and _was_taken_out(plan, visit):
            yield VisitResult(visit, None, "missed", _why_taken_out(plan, visit))


def _made(plan: PlanFact, visits: Sequence[VisitFact]) -> dict[UUID, VisitFact]:
    """Return the visit that stands for each stop: its own, else another made at the account.

    People who do not find the planned visit on their phone make one of their own.
    """
    made = {one.visit_id: one for one in visits}
    held = {stop.visit_id for stop in plan.stops}
    others = {
        one.account_id: one
        for one in sorted(visits, key=moment, reverse=True)
        if one.is_visited and one.visit_id not in held
    }
    for stop in plan.stops:
        own = made.get(stop.visit_id)
        if own is not None and not own.is_visited and stop.account_id in others:
            made[stop.visit_id] = others.pop(stop.account_id)
    return {stop.visit_id: made[stop.visit_id] for stop in plan.stops if stop.visit_id in made}


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
    """Say whether a visit was planned when the day began, and taken out of the plan since.

    The day began with its first plan: a later one that begins later takes nobody's misses away.
    """
    is_out = visit.status == "cancelled" and visit.route_id is not None
    return is_out and visit.updated_at >= plan.began_at


def _why_taken_out(plan: PlanFact, visit: VisitFact) -> MissReason:
    return "closed" if visit.account_id in plan.closed_ids else "replanned"


def _extra(plan: PlanFact | None, visits: Sequence[VisitFact]) -> Iterable[VisitResult]:
    held = {one.visit_id for one in _made(plan, visits).values()} if plan else set()
    extra = [one for one in visits if one.is_visited and one.visit_id not in held]
    for visit in sorted(extra, key=moment):
        yield VisitResult(visit, None, "extra")


def _legs(plan: PlanFact | None, results: Sequence[VisitResult]) -> Iterable[Leg]:
    """Yield the ways that were driven as planned: from a stop to the next one of the plan.

    Left out are those with lunch or a planned wait within, and those whose ends nobody timed. Of a
    day that was planned anew under way only the ways between stops of the rest count: the first of
    them is planned from where the rep was, and those before with the traffic of another plan.
    """
    former = {one.visit_id for one in plan.stops[: plan.frozen_count]} if plan else set()
    done = [one for one in results if one.verdict == "done"]
    done = sorted(done, key=lambda one: moment(one.visit))
    lunch = plan.lunch.after_sequence if plan and plan.lunch else None
    for before, after in pairwise(done):
        if before.stop is None or after.stop is None or before.stop.visit_id in former:
            continue
        is_next = after.stop.sequence == before.stop.sequence + 1
        waits = after.stop.start_at > after.stop.arrive_at
        if not is_next or waits or before.stop.sequence == lunch or after.stop.leg_seconds <= 0:
            continue
        left_at, came_at = before.visit.left_at, after.visit.arrived_at
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
    in_time = sorted((one for one in visited if one.stop), key=lambda one: moment(one.visit))
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
