"""Last improvements of an order, and the swaps that explain what a left-out stop would push out."""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from backend.routes.day.timetable import Slack, Timetable, detour_s, fits_gap, slack_of


class Move(msgspec.Struct, frozen=True):
    """An option put into a gap of an order, maybe for another; `change` of the objective."""

    change: int
    order: tuple[int, ...]
    stop: int
    removed: int | None = None


class Removal(msgspec.Struct, frozen=True):
    """An order with one option taken out, and what that alone changes in the objective."""

    removed: int
    change: int
    order: tuple[int, ...]
    slack: Slack


class Room(msgspec.Struct, frozen=True):
    """An order with the slack in its gaps, as it is and with each stop taken out."""

    order: tuple[int, ...]
    slack: Slack
    removals: tuple[Removal, ...]


def room_in(table: Timetable, order: Sequence[int]) -> Room:
    """Return an order ready for trying further options in it; lunch is never taken out."""
    travel_s = table.travel_s(order)
    removals = []
    for place, removed in enumerate(order):
        if removed == table.meal:
            continue
        fewer = (*order[:place], *order[place + 1 :])
        change = table.travel_s(fewer) - travel_s + table.gain_s[removed]
        removals.append(Removal(removed, change, fewer, slack_of(table, fewer)))
    return Room(tuple(order), slack_of(table, order), tuple(removals))


def improve(table: Timetable, order: Sequence[int], stops: Collection[int]) -> list[int]:
    """Return an order that no insertion and no swap of one visit for another makes better.

    An insertion that costs nothing is made: a visit is worth more than none.
    """
    options = table.options(stops)
    room = room_in(table, order)
    while True:
        waiting = sorted(set(options) - set(room.order))
        move = _best(best_insertion(table, room, option) for option in waiting)
        if move is None or move.change > 0:
            move = _best(best_swap(table, room, option, below=0) for option in waiting)
        if move is None:
            move = _best(best_squeeze(table, room.order, stop) for stop in sorted(set(stops)))
        if move is None or move.change > 0:
            return list(room.order)
        room = room_in(table, move.order)


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
    gaps = [[*current[:gap], stop, *current[gap:]] for gap in range(len(current) + 1)]
    tried = [_without_some(table, one, {table.meal, stop}) for one in gaps]
    found = min((one for one in tried if one is not None), key=table.cost, default=None)
    return found if found is not None and table.cost(found) < table.cost(order) else None


def _without_some(
    table: Timetable, order: Sequence[int], kept: Collection[int | None]
) -> list[int] | None:
    current = list(order)
    while not table.is_possible(current):
        fewer = [
            current[:gap] + current[gap + 1 :]
            for gap, option in enumerate(current)
            if option not in kept
        ]
        if not fewer:
            return None
        current = min(fewer, key=lambda one: (not table.is_possible(one), table.cost(one)))
    return current


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


def best_squeeze(table: Timetable, order: Sequence[int], stop: int) -> Move | None:
    """Return the cheapest way to add a stop when others give up the time they prefer."""
    loose = [option if option == table.meal else table.stop_of[option] for option in order]
    if stop in loose or loose == list(order):
        return None
    move = best_insertion(table, room_in(table, loose), stop)
    if move is None:
        return None
    fuller = as_preferred(table, move.order)
    return Move(table.cost(fuller) - table.cost(order), tuple(fuller), stop)


def best_insertion(table: Timetable, room: Room, stop: int) -> Move | None:
    """Return the cheapest possible way to add an option; None when it fits nowhere."""
    if table.sibling[stop] in room.order:
        return None
    gap = _best_gap(table, room.slack, stop, limit=None)
    if gap is None:
        return None
    change = detour_s(table, room.slack, gap, stop) - table.gain_s[stop]
    return Move(change, (*room.order[:gap], stop, *room.order[gap:]), stop)


def best_swap(table: Timetable, room: Room, stop: int, *, below: int | None = None) -> Move | None:
    """Return the cheapest way to take an option in for another, changing the objective by less.

    An option of a stop that is visited can only take the place of the other one.
    """
    found: Move | None = None
    limit = below
    sibling = table.sibling[stop]
    is_visited = sibling in room.order
    for removal in room.removals:
        if is_visited and removal.removed != sibling:
            continue
        base = removal.change - table.gain_s[stop]
        detour_limit = None if limit is None else limit - base
        gap = _best_gap(table, removal.slack, stop, limit=detour_limit)
        if gap is not None:
            limit = base + detour_s(table, removal.slack, gap, stop)
            order = (*removal.order[:gap], stop, *removal.order[gap:])
            found = Move(limit, order, stop, removal.removed)
    return found


def _best_gap(table: Timetable, slack: Slack, stop: int, *, limit: int | None) -> int | None:
    """Return the gap with the smallest detour, below the limit, that the stop fits into."""
    best_gap = None
    for gap in range(len(slack.leave)):
        detour = detour_s(table, slack, gap, stop)
        if (limit is None or detour < limit) and fits_gap(table, slack, gap, stop):
            best_gap, limit = gap, detour
    return best_gap


def _best(moves: Iterable[Move | None]) -> Move | None:
    return min(
        (move for move in moves if move is not None),
        key=lambda move: (move.change, move.stop),
        default=None,
    )
