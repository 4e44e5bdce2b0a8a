"""What is left of a day to order: its candidates, its ways, and what the rep says of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from backend.routes.day.pack import DayPack
from backend.routes.day.plan import DayPlan
from backend.routes.day.problem import DayProblem, Matrix, Stop
from backend.routes.day.reach import from_here, nearest_row, with_stop
from backend.routes.day.rest import Now, rest_of_day, slower
from backend.routes.day.schedule import schedule_in_order
from backend.routes.day.windows import LATEST_S, Window, intersect_windows
from mobile_client.proposals import LEFT_OUT, OpenDay, OpenStop, Wish

LATER_S = 2 * 3600
"""Who asks to be visited later today means after so long."""

_PINNED_S = 600
"""A visit that keeps its time begins at most so much before or after it."""

_ALWAYS = (Window(0, LATEST_S),)


class Ground(msgspec.Struct, frozen=True):
    """A day's candidates and ways; `here` is the row of the rep, `guessed` rows are estimates."""

    problem: DayProblem
    here: int
    at_s: int
    guessed: frozenset[int]
    midnight: datetime


class FirstLeg(msgspec.Struct, frozen=True):
    """An urgent visit that comes before everything else."""

    key: str
    arrive_s: int
    leave_s: int
    leg_s: int
    leg_m: int


def find_ground(pack: DayPack, day: OpenDay, wish: Wish, now: datetime) -> Ground:
    """Return the day's ways with the visits that its pack does not have, and with the rep."""
    wanted = {stop.account_id for stop in day.stops} | _may_come_in(day, wish)
    stops = tuple(stop for stop in pack.problem.stops if stop.key in wanted)
    problem = msgspec.structs.replace(pack.problem, stops=stops)
    points, guessed = [*pack.points], set[int]()
    for one in _strangers(day, wish, {stop.key for stop in stops}):
        stop = _stop(one)
        if one.lon is None or one.lat is None:
            # Who calls may not be on any map: then the visit is made without a known way.
            problem = msgspec.structs.replace(problem, stops=(*problem.stops, stop))
            continue
        guessed.add(len(points))
        problem = with_stop(problem, points, stop, (one.lon, one.lat))
        points.append((one.lon, one.lat))
    place = wish.position or day.place
    here = problem.start if place is None else nearest_row(points, place)
    if here is None and place is not None:
        here = len(points)
        guessed.add(here)
        problem = from_here(problem, points, place)
    since_s = int((now - pack.midnight).total_seconds())
    return Ground(
        problem=problem,
        here=problem.start if here is None else here,
        at_s=min(max(since_s, problem.shift_start_s), LATEST_S - 1),
        guessed=frozenset(guessed),
        midnight=pack.midnight,
    )


def _may_come_in(day: OpenDay, wish: Wish) -> set[str]:
    gone = {one.account_id for one in day.left if one.reason in LEFT_OUT}
    asked = {key for key, mark in wish.marks.items() if mark not in LEFT_OUT}
    return set(day.others) - (gone - asked) - day.done


def _strangers(day: OpenDay, wish: Wish, known: set[str]) -> list[OpenStop]:
    """Return what is to be visited and has no place in the day's matrices."""
    urgent = [day.others[key] for key, mark in wish.marks.items()
              if mark == "urgent" and key in day.others and key not in day.done]  # fmt: skip
    wanted = {one.account_id: one for one in (*day.stops, *urgent)}
    return [one for key, one in wanted.items() if key not in known]


def _stop(one: OpenStop) -> Stop:
    return Stop(
        key=one.account_id,
        node=None,
        service_s=one.minutes * 60,
        windows=_ALWAYS,
        is_required=True,
        label=one.name,
    )


def go_first(ground: Ground, urgent: Sequence[str], traffic: int) -> list[FirstLeg]:
    """Return the urgent visits one after the other; where no street leads, they take no way."""
    durations_s = slower(ground.problem.durations_s, traffic)
    stops = {stop.key: stop for stop in ground.problem.stops}
    at_s, node, legs = ground.at_s, ground.here, []
    for key in urgent:
        to = stops[key].node
        leg_s = leg_of(durations_s, node, to)
        leave_s = min(at_s + leg_s + stops[key].service_s, LATEST_S - 1)
        leg_m = leg_of(ground.problem.distances_m, node, to)
        legs.append(FirstLeg(key, min(at_s + leg_s, LATEST_S - 1), leave_s, leg_s, leg_m))
        at_s, node = leave_s, node if to is None else to
    return legs


def leg_of(matrix: Matrix, one: int, other: int | None) -> int:
    """Return a matrix's entry, 0 where there is no place or no way."""
    return 0 if other is None else matrix[one][other] or 0


def rest_to_order(
    ground: Ground, day: OpenDay, pack: DayPack, wish: Wish, first: Sequence[FirstLeg]
) -> DayProblem:
    """Return what is left to order: what is closed or skipped is out, urgent visits are done."""
    planned = {stop.account_id: stop for stop in day.stops}
    stops = tuple(
        _marked(stop, planned.get(stop.key), wish, ground)
        for stop in ground.problem.stops
        if wish.marks.get(stop.key) not in LEFT_OUT
    )
    nodes = {stop.key: stop.node for stop in stops}
    last = nodes[first[-1].key] if first else None
    at_s = first[-1].leave_s if first else ground.at_s
    now = Now(
        at_s=at_s,
        node=ground.here if last is None else last,
        done=tuple(leg.key for leg in first),
        had_lunch=_had_lunch(day, pack, wish, ground),
        traffic=wish.traffic,
        travel_s=_so_far(day, pack.problem, pack.problem.durations_s)
        + sum(leg.leg_s for leg in first),
        distance_m=_so_far(day, pack.problem, pack.problem.distances_m)
        + sum(leg.leg_m for leg in first),
    )
    return rest_of_day(msgspec.structs.replace(ground.problem, stops=stops), now)


def _so_far(day: OpenDay, problem: DayProblem, matrix: Matrix) -> int:
    """Return the way past the visits made, as the pack has it.

    Those that it does not have were made before it: then its limits have left them out already.
    """
    nodes = {stop.key: stop.node for stop in problem.stops}
    rows = [nodes.get(key) for key in day.visited]
    return sum(
        leg_of(matrix, one, other)
        for one, other in pairwise([problem.start, *(row for row in rows if row is not None)])
    )


def _had_lunch(day: OpenDay, pack: DayPack, wish: Wish, ground: Ground) -> bool:
    if wish.had_lunch is not None:
        return wish.had_lunch
    if day.lunch_over_at is not None:
        return day.lunch_over_at <= moment_of(ground, ground.at_s)
    return pack.lunch_over_s is not None and pack.lunch_over_s <= ground.at_s


def _marked(stop: Stop, planned: OpenStop | None, wish: Wish, ground: Ground) -> Stop:
    """Return a stop as the rep wants it: later, or at the time that it has."""
    mark = wish.marks.get(stop.key)
    if mark == "later":
        after = (Window(min(ground.at_s + LATER_S, LATEST_S - 1), LATEST_S),)
        windows = intersect_windows(stop.windows, after)
        return msgspec.structs.replace(stop, windows=windows, is_required=True, preferred=())
    if mark == "pinned" and planned is not None and planned.start_at is not None:
        start_s = int((planned.start_at - ground.midnight).total_seconds())
        first_s = min(max(start_s - _PINNED_S, 0), LATEST_S - 1)
        last_s = max(start_s, ground.at_s) + _PINNED_S + stop.service_s
        window = Window(first_s, min(max(last_s, first_s + 1), LATEST_S))
        return msgspec.structs.replace(stop, windows=(window,), is_required=True, preferred=())
    return stop


def rest_as_it_was(ground: Ground, day: OpenDay, pack: DayPack, wish: Wish) -> DayPlan:
    """Return the rest of the day in the order that it has, from here and now."""
    order = [stop.account_id for stop in day.stops]
    stops = tuple(stop for stop in ground.problem.stops if stop.key in set(order))
    had_lunch = _had_lunch(day, pack, wish, ground)
    now = Now(
        at_s=ground.at_s,
        node=ground.here,
        had_lunch=had_lunch,
        traffic=wish.traffic,
        travel_s=_so_far(day, pack.problem, pack.problem.durations_s),
        distance_m=_so_far(day, pack.problem, pack.problem.distances_m),
    )
    rest = rest_of_day(msgspec.structs.replace(ground.problem, stops=stops), now)
    known = {stop.key for stop in stops}
    return schedule_in_order(rest, [key for key in order if key in known])


def moment_of(ground: Ground, seconds: int) -> datetime:
    """Return a time of the local day as an aware time."""
    return ground.midnight + timedelta(seconds=seconds)
