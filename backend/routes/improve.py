"""Last improvements of an order, and the swaps that explain what a left-out stop would push out."""

from collections.abc import Iterable, Sequence

import msgspec

from backend.routes.timetable import Slack, Timetable, detour_s, fits_gap, slack_of


class Move(msgspec.Struct, frozen=True):
    """A stop put into a gap of an order, maybe in place of another; `change` of the objective."""

    change: int
    order: tuple[int, ...]
    stop: int
    removed: int | None = None


def improve(table: Timetable, order: Sequence[int], outside: Iterable[int]) -> list[int]:
    """Return an order that no insertion and no swap of one stop for another makes better.

    An insertion that costs nothing is made: a visit is worth more than none.
    """
    current, waiting = list(order), sorted(set(outside) - set(order))
    while True:
        move = _best(best_insertion(table, current, stop) for stop in waiting)
        if move is None or move.change > 0:
            move = _best(best_swap(table, current, stop, below=0) for stop in waiting)
        if move is None:
            return current
        current = list(move.order)
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


def best_insertion(table: Timetable, order: Sequence[int], stop: int) -> Move | None:
    """Return the cheapest possible way to add a stop; None when it fits nowhere."""
    slack = slack_of(table, order)
    gap = _best_gap(table, slack, stop, limit=None)
    if gap is None:
        return None
    change = detour_s(table, slack, gap, stop) - table.price_s[stop]
    return Move(change, (*order[:gap], stop, *order[gap:]), stop)


def best_swap(
    table: Timetable, order: Sequence[int], stop: int, *, below: int | None = None
) -> Move | None:
    """Return the cheapest way to take a stop in for another, changing the objective by less."""
    found: Move | None = None
    travel_s = table.travel_s(order)
    for place, removed in enumerate(order):
        fewer = (*order[:place], *order[place + 1 :])
        slack = slack_of(table, fewer)
        base = table.travel_s(fewer) - travel_s + table.price_s[removed] - table.price_s[stop]
        limit = below if found is None else found.change
        gap = _best_gap(table, slack, stop, limit=None if limit is None else limit - base)
        if gap is not None:
            change = base + detour_s(table, slack, gap, stop)
            found = Move(change, (*fewer[:gap], stop, *fewer[gap:]), stop, removed)
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
