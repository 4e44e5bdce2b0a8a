"""Why a stop is not in a day's plan, in a sentence with its numbers, and what would let it in."""

from collections.abc import Mapping, Sequence

from backend.routes.day.moves import best_insertion, best_squeeze, best_swap, best_with_lunch_moved
from backend.routes.day.plan import Dropped, Reason
from backend.routes.day.problem import Stop
from backend.routes.day.remedies import Facts, longer_opening, longer_shift, stops_before
from backend.routes.day.room import Room
from backend.routes.day.timetable import (
    NEVER,
    Slack,
    Timetable,
    detour_m,
    detour_s,
    is_near_gap,
    missing_s,
)
from backend.routes.day.windows import clock_time, whole_minutes


def find_hopeless(table: Timetable, stop: int) -> Dropped | None:
    """Return why a stop cannot be visited even alone; None when it can."""
    wish = table.problem.stops[stop]
    if wish.node is None:
        return _dropped(wish, Reason.NO_STREET_NEARBY, "no street is near its place on the map")
    if not wish.windows:
        return _closed(wish)
    if not table.starts[stop]:
        return _too_short(wish)
    if table.leg_s[table.start][stop] >= NEVER:
        return _dropped(wish, Reason.UNREACHABLE, "no street leads there from the day's start")
    if table.leg_s[stop][table.end] >= NEVER:
        return _dropped(wish, Reason.UNREACHABLE, "no street leads from there to the day's end")
    finish_s = _earliest_finish(table, stop)
    late = None
    if finish_s > table.problem.shift_end_s:
        late = _outside_shift(table, stop) or _no_lunch(table, stop, finish_s)
    return late or _beyond_limits(table, Room(table, table.nothing), stop)


def _earliest_finish(table: Timetable, stop: int) -> int:
    """Return when a day is over that visits a stop alone and has its lunch."""
    orders = (
        [*table.nothing[:gap], stop, *table.nothing[gap:]] for gap in range(len(table.nothing) + 1)
    )
    return min(table.finish(order, table.depart(), table.start) for order in orders)


def explain_left_out(
    table: Timetable, order: Sequence[int], hopeless: Mapping[int, Dropped | None]
) -> list[Dropped]:
    """Return why each stop that an order does not visit is left out.

    `hopeless` has what `find_hopeless` says of every stop.
    """
    visited = {table.stop_of[option] for option in order}
    room = Room(table, order or table.nothing)
    return [
        dropped or explain_dropped(table, room, stop)
        for stop, dropped in hopeless.items()
        if stop not in visited
    ]


def explain_dropped(table: Timetable, room: Room, stop: int) -> Dropped:
    """Return why a stop that could be visited alone is not among the stops of an order."""
    wish = table.problem.stops[stop]
    tried = [best_insertion(table, room, option) for option in table.options([stop])]
    tried.append(best_squeeze(table, room, stop))
    if tried == [None] * len(tried):
        tried = [best_with_lunch_moved(table, room, stop)]
    moves = [one for one in tried if one is not None]
    if not moves:
        return _beyond_limits(table, room, stop) or _no_time_left(table, room, stop)
    move = min(moves, key=lambda one: one.change)
    extra_s = table.travel_s(move.order) - table.travel_s(room.order)
    others_s = move.change - extra_s + table.gain_s[move.stop]
    if room.order == table.nothing:
        extra_s = table.travel_s(move.order)  # who visits nobody does not drive to lunch either
    facts: Facts = {
        "extra_travel_s": extra_s,
        "value_s": table.gain_s[move.stop],
        "position": stops_before(table, move.order, move.order.index(move.stop)),
    }
    text = f"it would add {whole_minutes(extra_s)} minutes of travel"
    if others_s:
        facts["preferences_lost_s"] = others_s
        text += f", take {whole_minutes(others_s)} minutes' worth of others' preferred times"
    text += f" and is worth {table.gain_s[move.stop] // 60}"
    return _dropped(wish, Reason.LOWER_VALUE, text, facts)


def _beyond_limits(table: Timetable, room: Room, stop: int) -> Dropped | None:
    """Return that the day's travel has a limit, where nothing else is in the way."""
    slack = room.slack
    over = [
        (_over_limits(table, slack, gap, stop), gap)
        for gap in range(len(slack.leave))
        if missing_s(table, slack, gap, stop) <= 0
    ]
    if not over:
        return None
    (over_s, over_m), gap = min(over)
    if not (over_s or over_m):
        return None
    is_alone = room.order == table.nothing
    facts: Facts = {} if is_alone else {"position": stops_before(table, room.order, gap)}
    return _far(table, stop, over_s, over_m, facts)


def _over_limits(table: Timetable, slack: Slack, gap: int, stop: int) -> tuple[int, int]:
    """Return by how many seconds and metres a stop in a gap breaks the day's limits."""
    return _excess(
        table,
        slack.travel_s + detour_s(table, slack, gap, stop),
        slack.distance_m + detour_m(table, slack, gap, stop),
    )


def _excess(table: Timetable, travel_s: int, distance_m: int) -> tuple[int, int]:
    most_s, most_m = table.problem.max_travel_s, table.problem.max_distance_m
    return (
        0 if most_s is None else max(travel_s - most_s, 0),
        0 if most_m is None else max(distance_m - most_m, 0),
    )


def _far(table: Timetable, stop: int, over_s: int, over_m: int, facts: Facts) -> Dropped:
    remedies = []
    if over_s:
        facts["travel_more_s"] = over_s
        remedies.append(f"{whole_minutes(over_s)} minutes longer on the road")
    if over_m:
        facts["distance_more_m"] = over_m
        remedies.append(f"{-(-over_m // 100) / 10:g} km longer")
    return _dropped(
        table.problem.stops[stop],
        Reason.TOO_FAR,
        "the way to it is more travel than the day may have",
        facts,
        f" The day would have to be {' and '.join(remedies)}.",
    )


def _no_time_left(table: Timetable, room: Room, stop: int) -> Dropped:
    wish = table.problem.stops[stop]
    facts: Facts = {}
    gaps = _near_gaps(table, room.slack, stop)
    remedies = [
        *longer_shift(table, room, stop, gaps, facts),
        *longer_opening(table, room, stop, gaps, facts),
    ]
    choices = [remedy for _, remedy in sorted(remedies)]
    swap = best_swap(table, room, stop)
    if swap is not None and swap.removed is not None:
        other = table.wishes[swap.removed]
        facts["pushes_out"] = other.key
        facts["swap_position"] = stops_before(table, swap.order, swap.order.index(stop))
        choices.append(f"{other.name} is left out")
    text = "it does not fit between the planned stops"
    if wish.is_required:
        text = "it must be visited, but no plan was found that keeps all that must be"
    short_s = min(missing_s(table, room.slack, gap, stop) for gap in range(len(room.order) + 1))
    if short_s < NEVER // 2:
        facts["short_s"] = short_s
        text += f"; at its best place it is {whole_minutes(short_s)} minutes short"
    advice = f" It fits if {' or if '.join(choices)}." if choices else ""
    return _dropped(wish, Reason.NO_TIME_LEFT, text, facts, advice)


def _near_gaps(table: Timetable, slack: Slack, stop: int) -> list[int]:
    """Return the gaps in which a stop keeps the day's travel within its limits."""
    gaps = range(len(slack.leave))
    return [gap for gap in gaps if is_near_gap(table, slack, gap, stop)]


def _dropped(
    stop: Stop, reason: Reason, text: str, facts: Facts | None = None, advice: str = ""
) -> Dropped:
    detail = f"{stop.name} is not planned: {text}.{advice}"
    return Dropped(key=stop.key, reason=reason, detail=detail, facts=facts or {})


def _closed(stop: Stop) -> Dropped:
    if not stop.has_own_hours:
        return _dropped(stop, Reason.CLOSED_TODAY, "it is closed all day")
    return _dropped(
        stop,
        Reason.NO_OWN_HOURS_TODAY,
        "it is visited at its preferred hours only, and is open at none of them on this day",
        advice=" Plan it for another day, or make its preferred hours a wish.",
    )


def _too_short(stop: Stop) -> Dropped:
    longest_s = max(window.end_s - window.start_s for window in stop.windows)
    missing_s = stop.service_s - longest_s
    return _dropped(
        stop,
        Reason.WINDOW_TOO_SHORT,
        f"the visit takes {whole_minutes(stop.service_s)} minutes and its longest "
        f"{'stretch of preferred hours' if stop.has_own_hours else 'opening'} is {longest_s // 60}",
        {"service_s": stop.service_s, "longest_window_s": longest_s, "missing_s": missing_s},
        f" It needs a visit that is {whole_minutes(missing_s)} minutes shorter.",
    )


def _outside_shift(table: Timetable, stop: int) -> Dropped | None:
    problem = table.problem
    arrive_s = problem.shift_start_s + table.leg_s[table.start][stop]
    after_s = table.service_s[stop] + table.leg_s[stop][table.end]
    first_s = table.first_start(stop, arrive_s)
    if first_s + after_s <= problem.shift_end_s:
        return None
    last_s = table.last_start(stop, problem.shift_end_s - after_s)
    facts: Facts = {"arrive_s": arrive_s}
    remedies = []
    if first_s < NEVER:
        facts["shift_later_s"] = later_s = first_s + after_s - problem.shift_end_s
        remedies.append((later_s, f"end {whole_minutes(later_s)} minutes later"))
    if last_s > -NEVER:
        facts["shift_earlier_s"] = earlier_s = arrive_s - last_s
        remedies.append((earlier_s, f"start {whole_minutes(earlier_s)} minutes earlier"))
    advice = f" The shift would have to {min(remedies)[1]}." if remedies else ""
    hours = "preferred hours" if problem.stops[stop].has_own_hours else "opening"
    return _dropped(
        problem.stops[stop],
        Reason.OUTSIDE_SHIFT,
        f"it can be reached at {clock_time(arrive_s)} at the earliest, and its "
        f"{hours}, the visit and the way home do not fit into the shift",
        facts,
        advice,
    )


def _no_lunch(table: Timetable, stop: int, finish_s: int) -> Dropped:
    later_s = finish_s - table.problem.shift_end_s
    known = finish_s < NEVER
    return _dropped(
        table.problem.stops[stop],
        Reason.LUNCH_IN_THE_WAY,
        "the visit and the lunch break cannot both be kept in the shift",
        {"shift_later_s": later_s} if known else {},
        f" The shift would have to end {whole_minutes(later_s)} minutes later." if known else "",
    )
