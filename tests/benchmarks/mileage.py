"""How well the way of a trace is told: rides over Malta that are known, with noise.

`python -m tests.benchmarks.mileage`, with --quick for 30 rides. Each way is the network's own path
between two places; a ride along it is sampled, disturbed and matched. `sum` is what adding up the
straight lines between the fixes would have told.
"""

import argparse
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path as FilePath

from rich.console import Console
from rich.table import Table

from backend.geo.network.build import build_network
from backend.geo.network.opening import open_network
from backend.geo.network.provider import Fix, NetworkError, Path, StreetNetwork
from backend.geo.vocabulary import LonLat, great_circle_m
from tests.integration.geo.rides import ride

EXTRACT = FilePath(__file__).parents[3] / "shared" / "data" / "osm" / "malta.osm.pbf"
FOLDER = FilePath(tempfile.gettempdir()) / "tuyen-bench-network"
_EVERY_S = (5, 15, 30, 60)
_NOISE_M = (5, 15, 30)
_SHORTEST_M = 2000
# What StreetNetwork.match promises: by seconds and metres, in per cent.
_PROMISED = {(15, 5): (1, 5), (15, 15): (1, 5), (60, 5): (2, 10), (60, 15): (2, 10)}


def draw_paths(network: StreetNetwork, count: int) -> list[Path]:
    """Return ways across the island, the same in each run."""
    numbers = random.Random(3)
    paths: list[Path] = []
    while len(paths) < count:
        ends = [LonLat(numbers.uniform(14.38, 14.52), numbers.uniform(35.84, 35.94)) for _ in "ab"]
        try:
            path = network.path(ends)
        except NetworkError:
            continue  # one of them lies in the sea
        if path.distance_m >= _SHORTEST_M:
            paths.append(path)
    return paths


def errors(found_m: Sequence[float], paths: Sequence[Path]) -> tuple[float, float, float]:
    """Return median and 95th percentile of the error, and its mean with sign, in per cent."""
    signed = [
        100 * (metres - path.distance_m) / path.distance_m
        for metres, path in zip(found_m, paths, strict=True)
    ]
    sizes = sorted(abs(one) for one in signed)
    return statistics.median(sizes), sizes[int(0.95 * len(sizes))], statistics.mean(signed)


def summed_m(trace: Sequence[Fix]) -> float:
    """Metres of the straight lines between the fixes."""
    return sum(great_circle_m(a.position, b.position) for a, b in pairwise(trace))


def main() -> int:
    """Print the table; 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    count = 30 if parser.parse_args().quick else 200
    build_network(EXTRACT, FOLDER)
    network = open_network(FOLDER)
    paths = draw_paths(network, count)
    table = Table("fix every s", "noise m", "median %", "p95 %", "bias %", "gaps", "sum: median %")
    is_kept = True
    for every_s in _EVERY_S:
        for noise_m in _NOISE_M:
            rides = [
                ride(path, every_s=every_s, noise_m=noise_m, seed=seed)
                for seed, path in enumerate(paths)
            ]
            told = [network.match(trace) for trace in rides]
            median, worst, bias = errors([one.distance_m for one in told], paths)
            summed, _, _ = errors([summed_m(trace) for trace in rides], paths)
            most = _PROMISED.get((every_s, noise_m))
            is_kept &= most is None or (median <= most[0] and worst <= most[1])
            gaps = sum(len(one.gaps) for one in told)
            figures = (f"{one:.1f}" for one in (median, worst, bias))
            table.add_row(str(every_s), str(noise_m), *figures, str(gaps), f"{summed:.0f}")
    network.close()
    Console(width=100).print(table)
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
