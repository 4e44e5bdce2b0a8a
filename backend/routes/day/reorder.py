"""A day put in a better order by plain arithmetic: no solver, so it runs on a phone.

Visits move to other places of the order, alone and in short runs, forwards and reversed; what is
left out moves in where it pays. It is a descent: it ends at an order that no such move betters.
Where not all visits have room, another descent begins with nobody, and short runs of the better
one are taken out and filled anew. The work is counted, not timed: the same comes out everywhere.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from backend.routes.day.explain import explain_left_out, find_hopeless
from backend.routes.day.improve import improve, make_possible, make_room, worth_going
from backend.routes.day.plan import DayPlan
from backend.routes.day.problem import DayProblem, ProblemError
from backend.routes.day.schedule import Proof, lay_out
from backend.routes.day.timetable import Timetable

ENGINE = "descent"
_LONGEST_RUN = 3
_MADE_ROOM_FOR = 5
_MAX_MOVES = 200
"""Far more than a day of 120 stops takes; a bound for days that nobody thought of."""
_EMPTIED = 4
_EMPTIED_EVERY = 3
"""How many visits a run has that is taken out, and how far the next one begins behind it."""
_MOST_WORK = 30_000
"""Visits made times visits in question, over all runs: as much again as the descents take."""


def reorder_day(problem: DayProblem, order: Sequence[str]) -> DayPlan:
    """Return a plan that is no worse than the given order of stop keys, with reasons.

    Keys of stops that the day does not have any more are passed over, so a former plan may be
    given as it was. Stops that it did not have are tried too. Same day, same order, same plan.
    """
    table = Timetable(problem)
    index = {stop.key: number for number, stop in enumerate(problem.stops)}
    hopeless = {stop: find_hopeless(table, stop) for stop in index.values()}
    candidates = [stop for stop, dropped in hopeless.items() if dropped is None]
    known = [index[key] for key in order if key in index]
    if len(set(known)) < len(known):
        raise ProblemError("The order names a stop twice; name it once.", field="order")
    begin = _with_meal(table, [stop for stop in known if hopeless[stop] is None])
    best = worth_going(table, _search(table, begin, candidates), candidates)
    dropped = explain_left_out(table, best, hopeless)
    return lay_out(table, best, dropped, Proof(engine=ENGINE))


def _search(table: Timetable, order: list[int], stops: Sequence[int]) -> list[int]:
    best = settle(table, order, stops)
    if {table.stop_of[option] for option in best} >= set(stops):
        return best
    afresh = settle(table, table.nothing, stops)
    return _refill(table, min(best, afresh, key=table.cost), stops)


def _refill(table: Timetable, order: list[int], stops: Sequence[int]) -> list[int]:
    """Return the order, or a better one in which runs of visits gave way to others."""
    best, most = order, _MOST_WORK // (len(stops) * max(len(order), 1))
    step = max(_EMPTIED_EVERY, len(order) // max(most, 1))
    for first in range(0, len(order), step)[:most]:
        run = set(best[first : first + _EMPTIED]) - {table.meal}
        fewer = [option for option in best if option not in run]
        if table.is_possible(fewer):
            refilled = improve(table, fewer, stops)
            if table.cost(refilled) < table.cost(best):
                best = settle(table, refilled, stops)
    return best


def settle(table: Timetable, order: Sequence[int], stops: Sequence[int]) -> list[int]:
    """Return an order, made of an order and further stops, that no single move betters."""
    current = improve(table, make_possible(table, order), stops)
    for _ in range(_MAX_MOVES):
        moved = _better_order(table, current) or _fuller_order(table, current, stops)
        if moved is None:
            return current
        current = improve(table, moved, stops)
    return current


def _better_order(table: Timetable, order: list[int]) -> list[int] | None:
    """Return the possible order with the least travel one move away, None when none is shorter."""
    travel_s = table.travel_s(order)
    shorter = [(change, moved) for change, moved in _moves(table, order) if change < 0]
    for change, moved in sorted(shorter):
        if travel_s + change < travel_s and table.is_possible(moved):
            return moved
    return None


def _fuller_order(table: Timetable, order: list[int], stops: Sequence[int]) -> list[int] | None:
    """Return a better order with a stop, dearest first, that several others make room for."""
    visited = {table.stop_of[option] for option in order}
    waiting = sorted(set(stops) - visited, key=lambda stop: -table.gain_s[stop])
    for stop in waiting[:_MADE_ROOM_FOR]:
        fuller = make_room(table, order, stop)
        if fuller is not None:
            return fuller
    return None


def _moves(table: Timetable, order: list[int]) -> Iterator[tuple[int, list[int]]]:
    """Yield orders with a run moved or reversed, and what that changes in travel."""
    legs = table.leg_s
    places = [table.start, *order, table.end]
    count = len(order)
    for first in range(count):
        for size in range(1, min(_LONGEST_RUN, count - first) + 1):
            run = order[first : first + size]
            rest = [*order[:first], *order[first + size :]]
            around = [table.start, *rest, table.end]
            before, after = places[first], places[first + size + 1]
            taken = legs[before][after] - legs[before][run[0]] - legs[run[-1]][after]
            turn = _inner(legs, run[::-1]) - _inner(legs, run)
            for gap in range(len(rest) + 1):
                left, right = around[gap], around[gap + 1]
                direct = legs[left][right]
                there = legs[left][run[0]] + legs[run[-1]][right] - direct + taken
                if there < 0 and gap != first:
                    yield there, [*rest[:gap], *run, *rest[gap:]]
                back = legs[left][run[-1]] + legs[run[0]][right] - direct + taken + turn
                if back < 0 and size > 1:
                    yield back, [*rest[:gap], *run[::-1], *rest[gap:]]
    yield from _reversals(legs, places, order)


def _reversals(
    legs: list[list[int]], places: list[int], order: list[int]
) -> Iterator[tuple[int, list[int]]]:
    """Yield orders with a longer run reversed in its place."""
    count = len(order)
    for first in range(count - _LONGEST_RUN):
        inner = back = 0
        for last in range(first + 1, count):
            inner += legs[order[last - 1]][order[last]]
            back += legs[order[last]][order[last - 1]]
            if last - first < _LONGEST_RUN:
                continue
            before, after = places[first], places[last + 2]
            change = (
                legs[before][order[last]] + back + legs[order[first]][after]
                - legs[before][order[first]] - inner - legs[order[last]][after]
            )  # fmt: skip
            if change < 0:
                turned = order[first : last + 1][::-1]
                yield change, [*order[:first], *turned, *order[last + 1 :]]


def _inner(legs: list[list[int]], run: Sequence[int]) -> int:
    return sum(legs[one][two] for one, two in pairwise(run))


def _with_meal(table: Timetable, order: list[int]) -> list[int]:
    """Put a lunch that has a place where it is least out of the way, possible or not."""
    if table.meal is None:
        return order
    longer = [[*order[:gap], table.meal, *order[gap:]] for gap in range(len(order) + 1)]
    return min(longer, key=lambda one: (not table.is_possible(one), table.travel_s(one)))
