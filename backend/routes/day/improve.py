"""Last improvements of an order: by one more visit, by one for another, or by going nowhere."""

from collections.abc import Collection, Iterable, Sequence

from backend.routes.day.moves import (
    Move,
    best_insertion,
    best_squeeze,
    best_swap,
    best_with_lunch_moved,
)
from backend.routes.day.room import Room, change_without, is_kept, is_possible_without
from backend.routes.day.timetable import Slack, Timetable, slack_of


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
    fuller = _lunch_moved(table, order, stops)
    if table.cost(fuller) <= nobody:
        return fuller
    afresh = _lunch_moved(table, improve(table, table.nothing, stops), stops)
    return afresh if table.cost(afresh) <= nobody else []


def _lunch_moved(table: Timetable, order: Sequence[int], stops: Collection[int]) -> list[int]:
    """Return an order that no more visit makes better, whenever lunch at its place may be."""
    current = list(order)
    while table.meal in current:
        room = Room(table, current)
        waiting = sorted(set(stops) - {table.stop_of[option] for option in current})
        move = _best(best_with_lunch_moved(table, room, stop) for stop in waiting)
        if move is None or move.change > 0:
            break
        current = improve(table, move.order, stops)
    return current


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


def _best(moves: Iterable[Move | None]) -> Move | None:
    return min(
        (move for move in moves if move is not None),
        key=lambda move: (move.change, move.stop),
        default=None,
    )
