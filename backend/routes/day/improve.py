"""Last improvements of an order, and the swaps that explain what a left-out stop would push out."""

from collections.abc import Iterable, Sequence

import msgspec

from backend.routes.day.timetable import Slack, Timetable, detour_s, fits_gap, slack_of


class Move(msgspec.Struct, frozen=True):
    """A stop put into a gap of an order, maybe in place of another; `change` of the objective."""

    change: int
    order: tuple[int, ...]
    stop: int
    removed: int | None = None


class Removal(msgspec.Struct, frozen=True):
    """An order with one stop taken out, and what that alone changes in the objective."""

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
    """Return an order ready for trying further stops in it."""
    travel_s = table.travel_s(order)
    removals = []
    for place, removed in enumerate(order):
        fewer = (*order[:place], *order[place + 1 :])
        change = table.travel_s(fewer) - travel_s + table.price_s[removed]
        removals.append(Removal(removed, change, fewer, slack_of(table, fewer)))
    return Room(tuple(order), slack_of(table, order), tuple(removals))


def improve(table: Timetable, order: Sequence[int], outside: Iterable[int]) -> list[int]:
    """Return an order that no insertion and no swap of one stop for another makes better.

    An insertion that costs nothing is made: a visit is worth more than none.
    """
    waiting = sorted(set(outside) - set(order))
    room = room_in(table, order)
    while True:
        move = _best(best_insertion(table, room, stop) for stop in waiting)
        if move is None or move.change > 0:
            move = _best(best_swap(table, room, stop, below=0) for stop in waiting)
        if move is None:
            return list(room.order)
        room = room_in(table, move.order)
        waiting.remove(move.stop)
        if move.removed is not None:
            waiting.append(move.removed)


def make_possible(table: Timetable, order: Sequence[int]) -> list[int]:
    """Return the order without the stops, cheapest first, that keep it from being possible."""
    current = list(order)
    while not table.is_possible(current):
        fewer = [current[:gap] + current[gap + 1 :] for gap in range(len(current))]
        current = min(fewer, key=lambda one: (not table.is_possible(one), table.cost(one)))
    return current


def best_insertion(table: Timetable, room: Room, stop: int) -> Move | None:
    """Return the cheapest possible way to add a stop; None when it fits nowhere."""
    gap = _best_gap(table, room.slack, stop, limit=None)
    if gap is None:
        return None
    change = detour_s(table, room.slack, gap, stop) - table.price_s[stop]
    return Move(change, (*room.order[:gap], stop, *room.order[gap:]), stop)


def best_swap(table: Timetable, room: Room, stop: int, *, below: int | None = None) -> Move | None:
    """Return the cheapest way to take a stop in for another, changing the objective by less."""
    found: Move | None = None
    limit = below
    for removal in room.removals:
        base = removal.change - table.price_s[stop]
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
