"""A day planned anew on the phone's code path: milliseconds of CPU, and how good it is.

Real streets and opening hours (`day_cases`). In the morning nothing is done and all visits are to
be ordered, which is the most there is; at noon the first third is. The next shop is closed, the
last one urgent. One tap is all that a phone does: unpack the day pack, order, give the reasons, and
lay out the former order to compare with. The server's solver gets the rest that the phone orders.
Exits with 1 when 30 stops in the morning take longer than the floor at the 95th percentile.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from rich.console import Console
from rich.table import Table

from backend.routes.day.pack import pack_day, unpack_day
from backend.routes.day.problem import DayProblem
from backend.routes.day.reorder import reorder_day
from backend.routes.day.rest import Now, rest_of_day
from backend.routes.solver.day import solve_day
from mobile_client.proposals import Mark, OpenDay, OpenStop, Wish
from mobile_client.replanning.proposing import propose
from tests.benchmarks.day_cases import day_cases

FLOOR_S = 0.2
FLOOR_AT = (30, "morning")
_SIZES = ((12, 40), (30, 40), (60, 20), (120, 10))
_QUICK = ((30, 10),)
_MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
_MOMENTS = {"morning": (8 * 3600, 0), "noon": (12 * 3600, 3)}
"""When it is, and which part of the visits is done: one in so many, none for 0."""
_SOMEWHERE = (14.5, 35.9)


class Case(msgspec.Struct, frozen=True):
    """A planned day under way, and what the rep says of it."""

    at_s: int
    pack: str
    day: OpenDay
    wish: Wish


def case_of(problem: DayProblem, order: Sequence[str], pack: str, moment: str) -> Case:
    """Go on to a moment of a planned day."""
    at_s, part = _MOMENTS[moment]
    count = len(order) // part if part else 0
    done, rest = order[:count], order[count:]
    held = {stop.key: OpenStop(stop.key, stop.key, stop.key, None, None, None, 10)
            for stop in problem.stops}  # fmt: skip
    day = OpenDay(
        route_id="route",
        pack=pack,
        stops=tuple(held[key] for key in rest),
        done=frozenset(done),
        visited=tuple(done),
        others={key: held[key] for key in held.keys() - set(order)},
    )
    marks: Mapping[str, Mark] = {}
    if len(rest) > 1:
        marks = {rest[0]: "closed", rest[-1]: "urgent"}
    return Case(at_s, pack, day, Wish(marks=marks))


def tap_s(case: Case) -> float:
    """Return the CPU seconds from a tap to the proposal."""
    now = _MIDNIGHT + timedelta(seconds=case.at_s)
    begin = time.process_time()
    propose(case.day, case.wish, now)
    return time.process_time() - begin


def gap_of(case: Case) -> tuple[float, int]:
    """Return how much dearer (in per cent) the phone's rest is than the solver's, and its visits.

    Visits are those that the phone makes more than the solver, below 0 for fewer.
    """
    problem = unpack_day(case.pack).problem
    keys = [stop.account_id for stop in case.day.stops]
    now = Now(at_s=case.at_s, node=problem.start, done=tuple(case.day.done), closed=tuple(keys[:1]))
    rest = rest_of_day(problem, now)
    ours, best = reorder_day(rest, keys), solve_day(rest)
    dearer = 100 * (ours.objective - best.objective) / max(best.objective, 1)
    return dearer, len(ours.stops) - len(best.stops)


def main(words: Sequence[str] | None = None) -> int:
    """Measure the sizes and compare with the floor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="30 stops alone, 10 days")
    table = Table(
        "stops", "days", "when", "pack B", "p50 ms", "p95 ms", "gap %", "worst %", "visits"
    )
    p95_s: dict[tuple[int, str], float] = {}
    for size, count in _QUICK if parser.parse_args(words).quick else _SIZES:
        planned = []
        for problem in day_cases(size, count):
            plan = solve_day(problem)
            points = [_SOMEWHERE] * len(problem.durations_s)
            pack = pack_day(problem, plan, points, _MIDNIGHT) or ""
            planned.append((problem, [stop.key for stop in plan.stops], pack))
        for moment in _MOMENTS:
            cases = [case_of(*one, moment) for one in planned]
            taps = sorted(tap_s(case) for case in cases)
            gaps, visits = zip(*(gap_of(case) for case in cases), strict=True)
            p95_s[size, moment] = taps[min(len(taps) - 1, int(0.95 * len(taps)))]
            table.add_row(
                str(size),
                str(count),
                moment,
                f"{statistics.mean(len(case.pack) for case in cases):,.0f}",
                f"{1000 * statistics.median(taps):.1f}",
                f"{1000 * p95_s[size, moment]:.1f}",
                f"{statistics.mean(gaps):.2f}",
                f"{max(gaps):.2f}",
                f"{sum(visits):+d}",
            )
    console = Console(width=100)
    console.print(table)
    is_kept = p95_s[FLOOR_AT] <= FLOOR_S
    console.print(f"Floor of {1000 * FLOOR_S:.0f} ms at p95 for {FLOOR_AT[0]} stops in the "
                  f"{FLOOR_AT[1]}: {'kept' if is_kept else 'MISSED'}.")  # fmt: skip
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
