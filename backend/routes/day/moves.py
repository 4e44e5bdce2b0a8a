"""One more visit in an order: in a gap, for another one, or with other visits or lunch moved."""

from collections.abc import Iterator, Sequence

import msgspec

from backend.routes.day.room import Room
from backend.routes.day.timetable import Timetable, detour_s, fits_gap


class Move(msgspec.Struct, frozen=True):
    """An option put into a gap of an order, maybe for another; `change` of the objective."""

    change: int
    order: tuple[int, ...]
    stop: int
    removed: int | None = None


def as_preferred(table: Timetable, order: Sequence[int]) -> list[int]:
    """Return the same order with every visit that can be, first things first, as preferred."""
    current = list(order)
    for place, option in enumerate(order):
        sibling = table.sibling[option]
        if sibling is None or table.gain_s[sibling] <= table.gain_s[option]:
            continue
        wished = [*current[:place], sibling, *current[place + 1 :]]
        if table.is_possible(wished):
            current = wished
    return current


def best_squeeze(table: Timetable, room: Room, stop: int) -> Move | None:
    """Return the cheapest way to add a stop when others give up the time they prefer."""
    loose = room.loose
    if loose is None or stop in loose.order:
        return None
    move = best_insertion(table, loose, stop)
    if move is None:
        return None
    fuller = as_preferred(table, move.order)
    return Move(table.cost(fuller) - table.cost(room.order), tuple(fuller), stop)


def best_insertion(table: Timetable, room: Room, stop: int) -> Move | None:
    """Return the cheapest possible way to add an option; None when it fits nowhere."""
    if table.sibling[stop] in room.order:
        return None
    for detour, gap in room.detours(stop):
        if fits_gap(table, room.slack, gap, stop):
            change = detour - table.gain_s[stop]
            return Move(change, (*room.order[:gap], stop, *room.order[gap:]), stop)
    return None


def best_swap(table: Timetable, room: Room, stop: int, *, below: int | None = None) -> Move | None:
    """Return the cheapest way to take an option in for another, changing the objective by less.

    An option of a stop that is visited can only take the place of the other one; lunch is never
    taken out.
    """
    found: tuple[int, int, int] | None = None
    limit = None if below is None else (below + table.gain_s[stop], -1)
    sibling = table.sibling[stop]
    is_visited = sibling in room.order
    for base, place in room.changes:
        removed = room.order[place]
        if removed == table.meal or (is_visited and removed != sibling):
            continue
        for detour, gap in _detours_without(table, room, place, stop):
            if limit is not None and (base + detour, place) >= limit:
                break
            if fits_gap(table, room.without(place), gap, stop):
                limit = (base + detour, place)
                found = (*limit, gap)
                break
    if found is None:
        return None
    change, place, gap = found
    fewer = (*room.order[:place], *room.order[place + 1 :])
    order = (*fewer[:gap], stop, *fewer[gap:])
    return Move(change - table.gain_s[stop], order, stop, room.order[place])


def _detours_without(
    table: Timetable, room: Room, place: int, stop: int
) -> Iterator[tuple[int, int]]:
    """Yield what a stop adds in each gap of the order without the one at a place, least first."""
    before, after = room.slack.places[place], room.slack.places[place + 2]
    legs = table.leg_s
    direct_s = legs[before][after] if len(room.order) > 1 else 0
    here = (legs[before][stop] + legs[stop][after] - direct_s, place)
    is_here_told = False
    for detour, gap in room.detours(stop):
        if gap in {place, place + 1}:
            continue
        one = (detour, gap if gap < place else gap - 1)
        if not is_here_told and here < one:
            is_here_told = True
            yield here
        yield one
    if not is_here_told:
        yield here


def best_with_lunch_moved(table: Timetable, room: Room, stop: int) -> Move | None:
    """Return the cheapest way to visit a stop when lunch at its place may be at another time.

    Where that does not do, the others give up the time they prefer. None where the stop fits at no
    time of lunch, or lunch has no place of its own.
    """
    if stop in {table.stop_of[one] for one in room.order}:
        return None
    found = [_moving_lunch(table, room, option) for option in table.options([stop])]
    orders = [order for order in found if order]
    if not orders and room.loose is not None:
        order = _moving_lunch(table, room.loose, stop)
        orders = [as_preferred(table, order)] if order else []
    if not orders:
        return None
    order = min(orders, key=table.cost)
    made = next(one for one in order if table.stop_of[one] == stop)
    return Move(table.cost(order) - table.cost(room.order), tuple(order), made)


def _moving_lunch(table: Timetable, room: Room, stop: int) -> Sequence[int] | None:
    """Return the shortest possible order with one more option and lunch anywhere."""
    fasting, found = room.fasting, None
    if fasting is None:
        return None
    problem = table.problem
    most_s = problem.shift_end_s - problem.shift_start_s - room.busy_s - table.service_s[stop]
    for place, slack in enumerate(room.lunches):
        beside = sorted((detour_s(table, slack, gap, stop), gap) for gap in (place, place + 1))
        apart = (
            (detour, gap if gap < place else gap + 1)
            for detour, gap in fasting.detours(stop)
            if gap != place
        )
        for ways in (beside, apart):
            for detour, gap in ways:
                if slack.travel_s + detour > most_s:
                    break
                if fits_gap(table, slack, gap, stop):
                    most_s = slack.travel_s + detour - 1
                    order = slack.places[1:-1]
                    found = (*order[:gap], stop, *order[gap:])
                    break
    return found
