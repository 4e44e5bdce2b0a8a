"""From how a day stands and what the rep says of it to a proposal, in a few milliseconds."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from backend.routes.day.pack import DayPack, PackError, unpack_day
from backend.routes.day.plan import DayPlan
from backend.routes.day.reorder import reorder_day
from backend.routes.day.windows import LATEST_S
from mobile_client.proposals import (
    LEFT_OUT,
    Cost,
    OpenDay,
    Proposal,
    ProposedDrop,
    ProposedStop,
    Wish,
)
from mobile_client.replanning.by_hand import order_by_hand, proposed_stop, still_left
from mobile_client.replanning.ground import (
    FirstLeg,
    Ground,
    find_ground,
    go_first,
    leg_of,
    moment_of,
    rest_as_it_was,
    rest_to_order,
)


def propose(day: OpenDay, wish: Wish, now: datetime) -> Proposal:
    """Return how the rest of the day could go from `now` on.

    Urgent visits come first, in their order and at any hour; closed and skipped ones are left out.
    Candidates that did not fit before come in where they do now.
    """
    pack = _pack_of(day)
    if pack is None or not 0 <= (now - pack.midnight).total_seconds() < LATEST_S:
        return order_by_hand(day, wish, now)
    ground = find_ground(pack, day, wish, now)
    urgent = [key for key, mark in wish.marks.items() if mark == "urgent"]
    known = {stop.key for stop in ground.problem.stops}
    first = go_first(ground, [key for key in urgent if key in known], wish.traffic)
    rest = rest_to_order(ground, day, pack, wish, first)
    order = [stop.account_id for stop in day.stops]
    plan = reorder_day(rest, order)
    before = rest_as_it_was(ground, day, pack, wish)
    stops = _stops(ground, day, wish, first, plan)
    way = [stop.account_id for stop in stops]
    return Proposal(
        route_id=day.route_id,
        made_at=now,
        reason=wish.reason,
        stops=stops,
        dropped=(*_dropped(day, wish, plan), *still_left(day, way)),
        before=_cost(ground, before, []),
        after=_cost(ground, plan, first),
        lunch_at=None if plan.lunch is None else moment_of(ground, plan.lunch.start_s),
        lunch_minutes=0 if plan.lunch is None else (plan.lunch.end_s - plan.lunch.start_s) // 60,
        is_estimate=any(stop.is_estimate for stop in stops),
    )


def _pack_of(day: OpenDay) -> DayPack | None:
    if not day.pack:
        return None
    try:
        return unpack_day(day.pack)
    except PackError:
        # A later server's format, or a damaged one: the rep still orders the day by hand.
        return None


def _stops(
    ground: Ground, day: OpenDay, wish: Wish, first: Sequence[FirstLeg], plan: DayPlan
) -> tuple[ProposedStop, ...]:
    nodes = {stop.key: stop.node for stop in ground.problem.stops}
    way = [*(leg.key for leg in first), *(stop.key for stop in plan.stops)]
    rows = [ground.here, *(nodes[key] for key in way)]
    unsure = {None, *ground.guessed}
    guessed = [bool(unsure & {one, other}) for one, other in pairwise(rows)]
    times = [
        *((leg.arrive_s, leg.arrive_s, leg.leave_s, leg.leg_m, leg.leg_s) for leg in first),
        *(
            (one.arrive_s, one.start_s, one.leave_s, one.leg_distance_m, one.leg_duration_s)
            for one in plan.stops
        ),
    ]
    return tuple(
        proposed_stop(
            day,
            wish,
            key,
            arrive_at=moment_of(ground, arrive_s),
            start_at=moment_of(ground, start_s),
            leave_at=moment_of(ground, leave_s),
            leg_m=leg_m,
            leg_s=leg_s,
            is_estimate=is_guess or plan.is_estimate,
        )
        for key, is_guess, (arrive_s, start_s, leave_s, leg_m, leg_s) in zip(
            way, guessed, times, strict=True
        )
    )


def _dropped(day: OpenDay, wish: Wish, plan: DayPlan) -> list[ProposedDrop]:
    """Return the open visits that are left out: by the rep's word, or for want of time."""
    told = {one.key: one for one in plan.dropped}
    found = []
    for stop in day.stops:
        key, mark = stop.account_id, wish.marks.get(stop.account_id)
        if mark in LEFT_OUT:
            found.append(ProposedDrop(key, stop.visit_id, stop.name, str(mark)))
        elif key in told and mark == "later" and not told[key].facts:
            found.append(ProposedDrop(key, stop.visit_id, stop.name, "not_later"))
        elif key in told:
            one = told[key]
            found.append(ProposedDrop(key, stop.visit_id, stop.name, one.reason.value, one.facts))
    return found


def _cost(ground: Ground, plan: DayPlan, first: Sequence[FirstLeg]) -> Cost:
    travel_s = plan.travel_s + sum(leg.leg_s for leg in first)
    distance_m = plan.distance_m + sum(leg.leg_m for leg in first)
    ends_s = plan.end_s
    if first and not plan.stops:
        nodes = {stop.key: stop.node for stop in ground.problem.stops}
        last = nodes[first[-1].key]
        home = ground.here if last is None else last
        home_s = leg_of(ground.problem.durations_s, home, ground.problem.end)
        travel_s, ends_s = travel_s + home_s, min(ends_s + home_s, LATEST_S)
        distance_m += leg_of(ground.problem.distances_m, home, ground.problem.end)
    stops = len(plan.stops) + len(first)
    return Cost(stops, distance_m, travel_s, moment_of(ground, ends_s))
