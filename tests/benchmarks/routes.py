"""Routes on published instances: ours beside PyVRP, VROOM and OR-Tools, used plainly.

`make bench-routes`, or with ARGS="--quick" on a few instances. Every solver runs in a process of
its own with the same CPU limit, so many at a time as there are cores. The gap is to the best value
known, or found in this run where none is published. A run of hours can be broken off: with
--answers FILE what was found is kept there, and not sought again.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import msgspec
from rich.console import Console
from rich.table import Table

from tests.benchmarks.vrp import Instance, instances

_PEERS = ("pyvrp_plain", "vroom_plain", "ortools_plain")
_NO_PLAN = 100.0
"""The gap, in per cent, of an answer that is none."""
_LIMITS = (1.0, 10.0, 30.0)


@dataclass(frozen=True)
class Family:
    """Instances of one kind; `every` takes one of so many, `floor` says where ours must win."""

    name: str
    folder: str
    limits: Sequence[float]
    quick_every: int
    must_be_better: Sequence[float] = ()
    peers: Sequence[str] = _PEERS


_FAMILIES = (
    Family("Solomon, 100 customers", "solomon", _LIMITS, 5, must_be_better=(1.0, 10.0)),
    Family("Gehring-Homberger, 200", "gh200", _LIMITS, 4, must_be_better=(1.0, 10.0)),
    Family("Gehring-Homberger, 1,000", "gh1000", (10.0, 30.0), 2),
    Family("prizes, 1,000", "pcvrptw", (10.0, 30.0), 3, peers=("pyvrp_plain", "ortools_plain")),
    Family("one rep, Dumas 20 to 60", "tsptw-dumas", (1.0,), 6),
)


class Answer(msgspec.Struct, frozen=True):
    """What a solver said: no cost where its plan breaks a rule."""

    cost: int | None
    seconds: float


@dataclass(frozen=True, eq=False)
class Race:
    """One solver on one instance."""

    solver: str
    instance: Instance
    seconds: float

    def run(self) -> Answer:
        """Let it run in a process of its own."""
        one = self.instance
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.routes_one", self.solver, one.family,
             one.name, str(self.seconds)],
            capture_output=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        if done.returncode:
            return Answer(None, 0.0)
        return msgspec.json.decode(done.stdout, type=Answer)


class Kept:
    """The answers of a run, one a line, in a file that the next run goes on with."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = Lock()
        lines = path.read_text().splitlines() if path is not None and path.exists() else ()
        self._known: dict[str, Answer] = dict(
            msgspec.json.decode(line, type=tuple[str, Answer]) for line in lines
        )

    def answer(self, race: Race) -> Answer:
        """Return what is known, or run the race and keep its answer."""
        key = f"{race.solver} {race.instance.family}/{race.instance.name} {race.seconds:g}"
        if key not in self._known:
            answer = race.run()
            with self._lock:
                self._known[key] = answer
                if self._path is not None:
                    with self._path.open("ab") as file:
                        file.write(msgspec.json.encode((key, answer)) + b"\n")
        return self._known[key]


def main() -> None:
    """Race and print; exit 1 where ours is worse than a peer, or not better where it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few instances of each family")
    parser.add_argument("--only", default="", help="only families whose name has this in it")
    parser.add_argument("--limit", type=float, help="only this CPU limit, in seconds")
    parser.add_argument("--answers", type=Path, help="a file to keep answers in, and to go on with")
    parser.add_argument("--at-once", type=int, default=os.process_cpu_count() or 1)
    asked = parser.parse_args()
    kept = Kept(asked.answers)
    table = Table("instances", "CPU s", "solver", "gap mean %", "worst %", "no plan", "CPU s used",
                  "verdict", title="Routes: gap to the best known plan")  # fmt: skip
    missed = False
    for family in _FAMILIES:
        if asked.only in family.name:
            for limit in family.limits:
                if asked.limit in {None, limit}:
                    every = family.quick_every if asked.quick else 1
                    with ThreadPoolExecutor(asked.at_once) as pool:
                        missed |= _race(family, limit, table, kept, pool, every=every)
    Console(width=130).print(table)
    sys.exit(1 if missed else 0)


def _told(answers: Iterator[Answer], count: int) -> Iterator[Answer]:
    """Pass answers on, and say on a screen how many there are."""
    for number, answer in enumerate(answers, start=1):
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{number} of {count}")
        yield answer


def _race(
    family: Family,
    limit: float,
    table: Table,
    kept: Kept,
    pool: ThreadPoolExecutor,
    *,
    every: int,
) -> bool:
    """Add a family's rows; return whether ours falls behind."""
    chosen = list(instances(family.folder))[::every]
    solvers = ("ours", *family.peers)
    races = [Race(solver, one, limit) for one in chosen for solver in solvers]
    told = _told(pool.map(kept.answer, races), len(races))
    answers = dict(zip(races, told, strict=True))
    found = {(race.solver, race.instance.name): answer for race, answer in answers.items()}
    gaps: dict[str, list[float]] = defaultdict(list)
    for one in chosen:
        costs = [found[solver, one.name].cost for solver in solvers]
        best = min(cost for cost in [*costs, one.best_known] if cost is not None)
        for solver, cost in zip(solvers, costs, strict=True):
            gaps[solver].append(_NO_PLAN if cost is None else 100 * (cost / best - 1))
    means = {solver: statistics.fmean(all_gaps) for solver, all_gaps in gaps.items()}
    rival = min(means[solver] for solver in family.peers)
    is_missed = means["ours"] > rival or (limit in family.must_be_better and means["ours"] == rival)
    for solver in solvers:
        used = [found[solver, one.name].seconds for one in chosen]
        verdict = ("MISSED" if is_missed else "held") if solver == "ours" else ""
        table.add_row(
            f"{family.name} ({len(chosen)})" if solver == "ours" else "", f"{limit:g}", solver,
            f"{means[solver]:.3f}", f"{max(gaps[solver]):.2f}",
            str(sum(gap == _NO_PLAN for gap in gaps[solver])), f"{statistics.fmean(used):.2f}",
            verdict, style="bold red" if verdict == "MISSED" else None,
        )  # fmt: skip
    return is_missed


if __name__ == "__main__":
    main()
