"""Last improvements of an order, and the swaps that explain what a left-out stop would push out."""

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from backend.routes.day.room import Room, change_without, is_kept, is_possible_without
from backend.routes.day.timetable import Slack, Timetable, fits_gap, slack_of


class Move(msgspec.Struct, frozen=True):
    """An option put into a gap of an order, maybe for another; `change` of the objective."""

    change: int
    order: tuple[int, ...]
    stop: int
    removed: int | None = None


def improve(table: Timetable, order: Sequence[int], stops: Collection[int]) -> list[int]:
    """Return an order that no insertion and no swap of one visit for another makes better.

    An insertion that costs nothing is made: a visit is worth more than none.
    """
    options = table.options(stops)
    room = Room(table, order)
    while True:
        waiting = sorted(set(options) - set(room.order))
        move = _best(best_insertion(table, room, option) for option in waiting)
        if move is None or move.change > 0:
            move = _best(best_swap(table, room, option, below=0) for option in waiting)
        if move is None:
            move = _best(best_squeeze(table, room, stop) for stop in sorted(set(stops)))
        if move is None or move.change > 0:
            return list(room.order)
        room = Room(table, move.order)


def worth_going(table: Timetable, order: Sequence[int], stops: Collection[int]) -> list[int]:
    """Return the order, a better one built from nothing, or nobody where staying is cheapest."""
    nobody = table.cost([])
    if table.cost(order) <= nobody:
        return list(order)
    afresh = improve(table, table.nothing, stops)
    return afresh if table.cost(afresh) <= nobody else []


def make_possible(table: Timetable, order: Sequence[int]) -> list[int]:
    """Return the order without the visits, cheapest first, that keep it from being possible."""
    return _without_some(table, order, {table.meal}) or list(table.nothing)


def make_room(table: Timetable, order: Sequence[int], stop: int) -> list[int] | None:
    """Return the order with one more stop, without the visits, cheapest first, in its way.

    None where it can be visited in no gap, or is dearer than what is in its way.
    """
    sibling = table.sibling[stop]
    current = [option for option in order if option != sibling]
    most, found = table.cost(order), None
    for gap in range(len(current) + 1):
        longer = [*current[:gap], stop, *current[gap:]]
        fuller = _without_some(table, longer, {table.meal, stop}, below=most)
        if fuller is not None:
            most, found = table.cost(fuller), fuller
    return found


def _without_some(
    table: Timetable,
    order: Sequence[int],
    kept: Collection[int | None],
    *,
    below: int | None = None,
) -> list[int] | None:
    """Return what is possible of an order; None where nothing is, or where it costs too much."""
    current, cost = list(order), table.cost(order)
    while below is None or cost < below:
        slack = slack_of(table, current)
        if is_kept(table, slack):
            return current
        choices = [
            _price_of_going(table, slack, place)
            for place, option in enumerate(current)
            if option not in kept
        ]
        if not choices:
            return None
        _, change, place = min(choices)
        cost += change
        del current[place]
    return None


def _price_of_going(table: Timetable, slack: Slack, place: int) -> tuple[bool, int, int]:
    """Return whether the order is still impossible without a stop, what that changes, and where."""
    is_stuck = not is_possible_without(table, slack, place)
    return is_stuck, change_without(table, slack, place), place


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


def _best(moves: Iterable[Move | None]) -> Move | None:
    return min(
        (move for move in moves if move is not None),
        key=lambda move: (move.change, move.stop),
        default=None,
    )
