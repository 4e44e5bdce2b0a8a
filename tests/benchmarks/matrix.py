"""Matrices of the street network beside OSRM's own Python call, on Malta.

`python -m tests.benchmarks.matrix`, with --quick up to 200 points. In one run, turn by turn:

* call: `OSRM.Table(...)` in this process, its result left in OSRM's own lists;
* raw: the same and both tables as arrays of int32, by the fastest way found;
* new, half, known: `OsrmNetwork.matrix` with nothing, half of the points, or all in its cache.

Times are CPU of this process and the network's together; the ratio is to raw.
"""

import argparse
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import osrm
import psutil
from rich.console import Console
from rich.table import Table

from backend.geo.network.build import GRAPH_NAME, build_network
from backend.geo.network.osrm import OsrmNetwork
from backend.geo.network.pair_cache import Known, PairCache, key_of
from backend.geo.network.provider import NO_WAY
from backend.geo.vocabulary import LonLat

EXTRACT = Path(__file__).parents[3] / "shared" / "data" / "osm" / "malta.osm.pbf"
FOLDER = Path(tempfile.gettempdir()) / "tuyen-bench-network"
_SIZES = (50, 100, 200, 500, 1000)
_QUICK_SIZES = (50, 100, 200)
_WAYS = ("call", "raw", "new", "half", "known")
_MOST = 1.2
_TURNS = 5
_SPENT_S = 1.0
"""So often each way takes its turn at least, and until the raw one has used so much CPU."""
_MB = 1e6

_CONSOLE = Console(width=160, highlight=False)

type Ask = Callable[[Sequence[LonLat]], object]


class Ground:
    """One graph, opened as the raw engine and as our network."""

    def __init__(self, folder: Path) -> None:
        info = build_network(EXTRACT, folder)
        base = folder / f"car-{info.version}" / GRAPH_NAME
        self.network = OsrmNetwork(base, profile="car", version=info.version)
        self._osrm = osrm.OSRM(
            algorithm="CH",
            storage_config=str(base),
            use_shared_memory=False,
            max_locations_distance_table=-1,
        )

    def points(self, count: int) -> list[LonLat]:
        """Return places within reach of a street, the same in each run."""
        numbers = random.Random(7)
        drawn = [
            LonLat(numbers.uniform(14.35, 14.55), numbers.uniform(35.83, 35.95))
            for _ in range(2 * count)
        ]
        off = {one.index for one in self.network.matrix(drawn[:2000]).off_network}
        return [point for index, point in enumerate(drawn[:2000]) if index not in off][:count]

    def call(self, points: Sequence[LonLat]) -> dict[str, object]:
        """OSRM's own call."""
        found: dict[str, object] = self._osrm.Table(
            osrm.TableParameters(
                coordinates=list(points),
                annotations=["duration", "distance"],
                radiuses=[500.0] * len(points),
                generate_hints=False,
            )
        )
        return found

    def raw(self, points: Sequence[LonLat]) -> object:
        """OSRM's own call, and its lists as arrays."""
        found = self.call(points)
        return [_array(found[name], len(points)) for name in ("durations", "distances")]

    def check(self, points: Sequence[LonLat]) -> None:
        """Raise ValueError where our numbers are not the engine's."""
        ours = self.network.matrix(points)
        for mine, theirs in zip(
            (ours.durations_s, ours.distances_m), self.raw(points), strict=True
        ):
            if not np.array_equal(mine, theirs):
                raise ValueError("The network's matrix is not the engine's.")

    def ways(self, points: Sequence[LonLat]) -> dict[str, tuple[Callable[[], object], Ask]]:
        """What prepares each way, untimed, and what is timed."""
        half = points[: len(points) // 2]
        known = self.network.matrix(half)
        keys = [key_of(point) for point in half]

        def forget() -> None:
            self.network.cache = PairCache()

        def know_half() -> None:
            self.network.cache = PairCache()
            self.network.cache.keep(keys, Known(known.durations_s, known.distances_m), {})

        return {
            "call": (lambda: None, self.call),
            "raw": (lambda: None, self.raw),
            "new": (forget, self.network.matrix),
            "half": (know_half, self.network.matrix),
            "known": (lambda: self.network.matrix(points), self.network.matrix),
        }

    def cpu_s(self) -> float:
        """CPU of this process and of the network's: the kernel's own count, in nanoseconds."""
        threads = Path(f"/proc/{self.network.worker_pid}/task").glob("*/schedstat")
        return time.process_time() + sum(int(one.read_text().split()[0]) for one in threads) / 1e9

    def rss_mb(self) -> tuple[float, float]:
        """Memory of this process and of the network's."""
        pids = (None, self.network.worker_pid)
        here, there = (psutil.Process(pid).memory_info().rss / _MB for pid in pids)
        return here, there


def _array(rows: object, size: int) -> np.ndarray:
    numbers = np.fromiter(chain.from_iterable(rows), np.float64, size * size)  # type: ignore[arg-type]
    np.rint(numbers, out=numbers)
    numbers[np.isnan(numbers)] = NO_WAY
    return numbers.astype(np.int32).reshape(size, size)


def measure(ground: Ground, points: Sequence[LonLat]) -> dict[str, tuple[float, float]]:
    """Return the median CPU and the best wall seconds of one matrix by way."""
    ways = ground.ways(points)
    spent: dict[str, list[float]] = {name: [] for name in ways}
    best = dict.fromkeys(ways, math.inf)
    while len(spent["raw"]) < _TURNS or sum(spent["raw"]) < _SPENT_S:
        for name, (prepare, ask) in ways.items():
            prepare()
            cpu_s, started = ground.cpu_s(), time.perf_counter()
            ask(points)
            best[name] = min(best[name], time.perf_counter() - started)
            spent[name].append(ground.cpu_s() - cpu_s)
    return {name: (statistics.median(spent[name]), best[name]) for name in ways}


def growth(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Return the exponent of the best line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def main() -> int:
    """Print the table; 1 when ours costs more than 1.2 times raw for 100 points or more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    sizes = _QUICK_SIZES if parser.parse_args().quick else _SIZES
    ground = Ground(FOLDER)
    places = ground.points(max(sizes))
    table = Table("points", *(f"{way} ms" for way in _WAYS), "new/raw", "half/raw", "known/raw")
    for title in ("new/call", "wall new/raw", "RSS here, network MB", "cache MB"):
        table.add_column(title)
    costs: list[dict[str, tuple[float, float]]] = []
    for size in sizes:
        ground.check(places[:size])
        cost = measure(ground, places[:size])
        costs.append(cost)
        table.add_row(str(size), *_row(cost), *_memory(ground))
    _CONSOLE.print(table)
    for way in _WAYS:
        exponent = growth(sizes[1:], [cost[way][0] for cost in costs[1:]])
        _CONSOLE.print(f"{way}: CPU grows with the points to the power of {exponent:.2f}")
    ground.network.close()
    return _verdict(sizes, costs)


def _row(cost: dict[str, tuple[float, float]]) -> list[str]:
    cpu = {way: cpu_s for way, (cpu_s, _) in cost.items()}
    return [
        *(f"{cpu[way] * 1000:.1f}" for way in _WAYS),
        *(f"{cpu[way] / cpu['raw']:.2f}" for way in ("new", "half", "known")),
        f"{cpu['new'] / cpu['call']:.2f}",
        f"{cost['new'][1] / cost['raw'][1]:.2f}",
    ]


def _memory(ground: Ground) -> list[str]:
    here, there = ground.rss_mb()
    return [f"{here:.0f}, {there:.0f}", f"{ground.network.cache.bytes / _MB:.1f}"]


def _verdict(sizes: Sequence[int], costs: Sequence[dict[str, tuple[float, float]]]) -> int:
    ratios = {
        (size, way): cost[way][0] / cost["raw"][0]
        for size, cost in zip(sizes, costs, strict=True)
        for way in ("new", "half", "known")
    }
    (size, way), worst = max(ratios.items(), key=lambda item: item[1])
    _CONSOLE.print(f"worst ratio to raw: {worst:.2f} ({way}, {size} points); {_MOST} is the most")
    return int(worst > _MOST)


if __name__ == "__main__":
    sys.exit(main())
