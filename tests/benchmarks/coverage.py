"""A rep's month on real roads: our plan beside the plans people make without one.

`python -m tests.benchmarks.coverage`, or with --quick on fewer accounts and less time. Named shops
of the Malta extract on its streets, 200 accounts, four weeks. Times are CPU seconds. The baselines
have the same accounts and frequencies, and each of their days is routed by the same engine.
"""

import argparse
import multiprocessing
import os
import random
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import msgspec
import numpy as np

from backend.accounts.frequency import parse_frequency
from backend.geo.network.build import build_network
from backend.geo.network.opening import open_network
from backend.geo.osm import read_places
from backend.geo.vocabulary import LonLat
from backend.routes.coverage.account import Account
from backend.routes.coverage.check import check_coverage
from backend.routes.coverage.plan import CoveragePlan
from backend.routes.coverage.problem import CoverageProblem, Workday
from backend.routes.day.windows import Window
from backend.routes.solver.budget import CpuSeconds
from backend.routes.solver.coverage import Step, plan_coverage
from backend.routes.solver.coverage_days import Routed
from backend.routes.solver.coverage_weeks import Weeks
from backend.routes.solver.pyvrp_engine import Effort
from tests.benchmarks.rows import Row, report

_EXTRACT = Path(__file__).parents[3] / "shared" / "data" / "osm" / "malta.osm.pbf"
_MALTA = (14.33, 35.79, 14.58, 35.96)
_HUB = (14.461, 35.897)
_SHARES = (("8", 0.075, 15), ("4", 0.25, 12), ("2", 0.375, 10), ("1", 0.3, 10))
"""Frequency, share of the accounts, minutes of a visit."""

_SHIFT = (7 * 3600, 19 * 3600)
_WEEKDAYS = 5
_FIRST_ON = date(2026, 11, 2)

_ACCOUNTS, _SECONDS = 200, 34.0
_QUICK_ACCOUNTS, _QUICK_SECONDS = 60, 6.0
_REPS, _REP_SECONDS = 10, 24.0
_MOST_FIRST_S, _MOST_S, _MOST_REPS_S = 10.0, 40.0, 300.0
_LONG_SEEDS, _LONGER = (11, 12, 13, 14), 3.0
"""What is best known comes from runs with other seeds that last so many times longer."""

_NEAR_BEST = 0.985
_ZONES, _QUICK_ZONES = 1.1, 1.0
"""Zones need not keep days even: with few accounts that is worth as much as the search."""


class Planned(msgspec.Struct):
    """A plan, and the CPU seconds until its first version and its last."""

    plan: CoveragePlan
    first_s: float
    seconds: float


def main() -> None:
    """Plan, compare and print; exit 1 when a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="60 accounts, one rep, few seconds")
    parser.add_argument("--seconds", type=float, help="another CPU budget for the one rep")
    asked = parser.parse_args()
    count = _QUICK_ACCOUNTS if asked.quick else _ACCOUNTS
    reps = 1 if asked.quick else _REPS
    months = _months(count, reps)
    problem, points = months[0]
    seconds = asked.seconds or (_QUICK_SECONDS if asked.quick else _SECONDS)
    rows = _one_rep(problem, points, seconds, is_quick=asked.quick)
    if not asked.quick:
        rows.append(_many_reps([one for one, _ in months]))
    report(f"A month of {count} accounts on Malta's roads", rows)


def _one_rep(
    problem: CoverageProblem, points: list[LonLat], seconds: float, *, is_quick: bool
) -> list[Row]:
    found = _plan(problem, seconds)
    plan = found.plan
    faults = check_coverage(problem, plan)
    visits = sum(len(day.plan.stops) for day in plan.days)
    rows = [
        Row("first full plan", f"{found.first_s:.1f} s", f"{_MOST_FIRST_S:.0f} s",
            _MOST_FIRST_S / found.first_s, 1.0, "CPU"),
        Row("final plan", f"{found.seconds:.1f} s", f"{_MOST_S:.0f} s",
            _MOST_S / found.seconds, 1.0, "CPU"),
        Row("rules kept", "all" if not faults else faults[0], f"{visits} visits",
            0.0 if faults or plan.dropped or plan.unplaced else 1.0, 1.0, "checked apart"),
        Row("days as even as asked", f"{plan.spread_percent:.1f} %",
            f"{problem.balance_percent} %", problem.balance_percent / plan.spread_percent, 1.0),
        _travel("travel, random allowed days", plan, _random_travel_s(problem), 1.3),
        _travel("travel, weekday zones, uneven", plan, _zones_travel_s(problem, points),
                _QUICK_ZONES if is_quick else _ZONES),
        Row("travel, lower bound", _hours(plan.travel_s), _hours(plan.bound_s),
            plan.bound_s / plan.travel_s, None, "1 is proven"),
    ]  # fmt: skip
    if not is_quick:
        best_s = min(plan.travel_s, _long_travel_s(problem, _LONGER * seconds))
        rows.append(_travel("travel, best of longer runs", plan, best_s, _NEAR_BEST))
    return rows


def _travel(target: str, plan: CoveragePlan, other_s: int, floor: float) -> Row:
    return Row(target, _hours(plan.travel_s), _hours(other_s), other_s / plan.travel_s, floor)


def _hours(seconds: int) -> str:
    return f"{seconds / 3600:.2f} h"


def _long_travel_s(problem: CoverageProblem, seconds: float) -> int:
    others = [msgspec.structs.replace(problem, seed=seed) for seed in _LONG_SEEDS]
    return min(found.plan.travel_s for found in _plan_all(others, seconds))


def _plan_all(problems: list[CoverageProblem], seconds: float) -> list[Planned]:
    """Plan in processes, as many at a time as there are cores."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=context) as pool:
        return list(pool.map(_plan, problems, [seconds] * len(problems)))


def _many_reps(problems: list[CoverageProblem]) -> Row:
    """Plan all reps, as many at a time as there are cores, by the clock on the wall."""
    started = time.monotonic()
    plans = _plan_all(problems, _REP_SECONDS)
    seconds = time.monotonic() - started
    faults = sum(
        len(check_coverage(problem, found.plan))
        for problem, found in zip(problems, plans, strict=True)
    )
    accounts = sum(len(problem.accounts) for problem in problems)
    return Row(
        f"{len(problems)} reps, {accounts:,} accounts",
        f"{seconds:.0f} s, {faults} faults",
        f"{_MOST_REPS_S:.0f} s",
        0.0 if faults else _MOST_REPS_S / seconds,
        1.0,
        f"wall, {len(os.sched_getaffinity(0))} cores",
    )


def _plan(problem: CoverageProblem, seconds: float) -> Planned:
    started = time.process_time()
    first_s = 0.0

    def note(step: Step) -> None:
        nonlocal first_s
        if step.plan is not None:
            first_s = time.process_time() - started

    plan = plan_coverage(problem, budget=CpuSeconds(seconds), progress=note)
    return Planned(plan, first_s, time.process_time() - started)


def _random_travel_s(problem: CoverageProblem) -> int:
    rng = random.Random(1)
    weeks = Weeks(problem)
    return _travel_s(weeks, [rng.randrange(len(patterns)) for patterns in weeks.visits])


def _zones_travel_s(problem: CoverageProblem, points: list[LonLat]) -> int:
    """Give each weekday a zone by k-means on the map; rare visits fall in any of its weeks."""
    rng = random.Random(1)
    places = np.array([(point.lon, point.lat * 1.23) for point in points[1:]])
    centres = places[rng.sample(range(len(places)), _WEEKDAYS)]
    for _ in range(20):
        zones = _apart(places, centres).argmin(axis=1)
        centres = np.array(
            [
                places[zones == zone].mean(axis=0) if (zones == zone).any() else centres[zone]
                for zone in range(_WEEKDAYS)
            ]
        )
    weeks, apart = Weeks(problem), _apart(places, centres)
    choice = []
    for account, patterns in enumerate(weeks.visits):
        costs = [sum(apart[account][day % _WEEKDAYS] for day in days) for days in patterns]
        best = [index for index, cost in enumerate(costs) if cost < min(costs) + 1e-12]
        choice.append(rng.choice(best))
    return _travel_s(weeks, choice)


def _apart(places: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return np.hypot(*(places[:, None] - centres).transpose(2, 0, 1))


def _travel_s(weeks: Weeks, choice: list[int]) -> int:
    routed = Routed(weeks, Effort())
    plans = routed.plans(choice, [[] for _ in weeks.days], lambda _: None)
    if any(plan.dropped for plan in plans):
        raise ValueError("A baseline leaves visits out; give it a longer shift.")
    return sum(plan.travel_s for plan in plans)


def _months(count: int, reps: int) -> list[tuple[CoverageProblem, list[LonLat]]]:
    """Return a month for each rep, from a street network built for the purpose."""
    west, south, east, north = _MALTA
    shops = [
        LonLat(place.lon, place.lat)
        for place in read_places(_EXTRACT)
        if west < place.lon < east and south < place.lat < north
    ]
    with tempfile.TemporaryDirectory() as folder:
        build_network(_EXTRACT, Path(folder))
        network = open_network(Path(folder))
        try:
            months = []
            for rep in range(reps):
                rng = random.Random(rep)
                points = _around(shops, count, rng)
                matrix = network.matrix(points)
                months.append((_month(matrix.duration_rows(), matrix.distance_rows(), rng), points))
            return months
        finally:
            network.close()


def _around(shops: list[LonLat], count: int, rng: random.Random) -> list[LonLat]:
    """Return a rep's home and accounts: some of the shops that lie nearest to the middle."""
    near = sorted(
        shops, key=lambda one: (one.lon - _HUB[0]) ** 2 + (1.23 * (one.lat - _HUB[1])) ** 2
    )
    return rng.sample(near[: int(3.5 * count)], count + 1)


def _month(
    durations_s: tuple[tuple[int | None, ...], ...],
    distances_m: tuple[tuple[int | None, ...], ...],
    rng: random.Random,
) -> CoverageProblem:
    count = len(durations_s) - 1
    kinds = [kind for kind in _SHARES for _ in range(round(count * kind[1]))]
    kinds = (kinds + [_SHARES[-1]] * count)[:count]
    rng.shuffle(kinds)
    is_open = (Window(start_s=_SHIFT[0], end_s=_SHIFT[1]),)
    return CoverageProblem(
        accounts=tuple(
            Account(
                key=f"shop {number}",
                node=number,
                service_s=60 * minutes,
                frequency=parse_frequency(frequency),
                windows=(is_open,) * 7,
            )
            for number, (frequency, _, minutes) in enumerate(kinds, start=1)
        ),
        first_on=_FIRST_ON,
        weeks=4,
        workdays=tuple(
            Workday(day=day, shift_start_s=_SHIFT[0], shift_end_s=_SHIFT[1])
            for day in range(28)
            if day % 7 < _WEEKDAYS
        ),
        start=0,
        end=0,
        durations_s=durations_s,
        distances_m=distances_m,
    )


if __name__ == "__main__":
    main()
