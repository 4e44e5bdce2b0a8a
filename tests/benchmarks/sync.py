"""Sync under load, beside peers and floors of the same run.

`make bench-sync`, or with ARGS=--quick on a tenth of the data. The service runs as a process over
real HTTP on a durable cluster; the load runs on the same machine. Every figure is taken several
times; the floors are judged by the median.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backend.ids import TerritoryId
from backend.settings import Settings
from tests.benchmarks.service import headers_of, our_service, postmaster_of
from tests.benchmarks.sync_ground import Ground, Rep, add_shops, open_ground
from tests.benchmarks.sync_load import CpuShares, Device, Open
from tests.benchmarks.sync_pull import (
    measure_deltas,
    measure_first_sync,
    measure_rate,
    pull_at_once,
)
from tests.benchmarks.sync_push import measure_push
from tests.benchmarks.sync_realign import measure_realignment
from tests.benchmarks.sync_targets import Target, judge, number, report_table, report_targets


@dataclass(frozen=True)
class Size:
    """How much is put in and how often it is measured; `share` of the full data."""

    share: float
    rounds: int
    pulls: int
    batches: int

    def shops(self, full: int) -> int:
        """Return how many shops stand for a full count."""
        return int(full * self.share)


_FULL, _QUICK = Size(1.0, 5, 300, 20), Size(0.1, 2, 60, 2)


def main() -> None:
    """Measure and print; exit 1 when a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data, fewer rounds")
    parser.add_argument("--only", default="", help="only targets whose part's name has this in it")
    asked = parser.parse_args()
    size = _QUICK if asked.quick else _FULL
    _say(f"load of the machine before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="tuyen-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with open_ground(folder) as ground:
            targets = _measure(ground, Settings(data_dir=folder / "data"), size, asked.only)
    _say(f"load of the machine after: {os.getloadavg()[0]:.2f}")
    report_targets(targets)
    judge(targets)


def _measure(ground: Ground, settings: Settings, size: Size, only: str) -> list[Target]:
    growth: dict[str, list[float]] = {}
    with our_service(settings, ground.app_url) as service:
        shares = CpuShares(service.process, postmaster_of(ground.folder))

        def open_device(rep: Rep) -> Device:
            headers = headers_of(settings, rep.actor)
            return Device(service.port, headers, str(rep.actor.device_id))

        first = 0
        for stage in _stages(ground, size):
            started = time.monotonic()
            add_shops(ground, stage, first)
            first += sum(stage.values())
            _say(f"{first:,} shops are in after {time.monotonic() - started:.0f} s more")
            if not only:
                growth[f"{first:,}"] = _at_this_size(ground, open_device, shares, size)
        targets = _targets(ground, open_device, shares, size, only)
        devices = {} if only else _many_devices(ground, open_device, size)
    report_table(
        "Growth with the base: one territory that stays the same",
        ("shops in all", "delta p50 ms", "delta p99 ms", "mutations/s"), growth,
    )  # fmt: skip
    report_table(
        "Growth with devices that pull 20 changes at once",
        ("devices", "pulls/s", "p50 ms", "p99 ms"), devices,
    )  # fmt: skip
    report_table(
        "Where the CPU goes: milliseconds a unit",
        ("unit", "wall", "service", "database", "load"),
        {name: [part * 1e3 for part in parts] for name, parts in shares.seen.items()},
    )
    return targets


def _stages(ground: Ground, size: Size) -> list[dict[TerritoryId, int]]:
    """Return what is added to each territory to reach 10,000, then 100,000, then 1,000,000."""
    big, steady, *others = ground.territories
    hundred = others[:100]
    return [
        {steady: size.shops(5000), **dict.fromkeys(hundred, size.shops(50))},
        {big: size.shops(50_000), **dict.fromkeys(hundred, size.shops(400))},
        dict.fromkeys(others, size.shops(900_000 // len(others))),
    ]


def _at_this_size(ground: Ground, open_device: Open, shares: CpuShares, size: Size) -> list[float]:
    """Return p50 and p99 of deltas and the rate of pushes for the territory that stays as it is."""
    steady = ground.steady
    p50, p99 = measure_deltas(ground, open_device, steady, shares, rounds=1, pulls=size.pulls)
    pushed = measure_push(
        ground, open_device, shares, reps=[steady], phones=1, rounds=1, batches=size.batches // 2
    )
    return [p50.median, p99.median, pushed.median]


def _targets(
    ground: Ground, open_device: Open, shares: CpuShares, size: Size, only: str
) -> list[Target]:
    rows, rounds, pulls = size.shops(50_000), size.rounds, size.pulls
    parts: list[tuple[str, Callable[[], list[Target]]]] = [
        ("first sync", lambda: measure_first_sync(ground, open_device, shares, rounds, rows)),
        ("deltas", lambda: measure_deltas(ground, open_device, ground.big, shares, rounds=rounds,
                                          pulls=pulls)),
        ("deltas at once", lambda: [measure_rate(ground, open_device, shares, rounds=rounds,
                                                 pulls=pulls)]),
        ("pushes", lambda: [measure_push(ground, open_device, shares, reps=ground.reps[2:],
                                         phones=4, rounds=rounds, batches=size.batches)]),
        ("realignment", lambda: measure_realignment(ground, open_device, shares, rounds, rows)),
    ]  # fmt: skip
    found: list[Target] = []
    for name, measure in parts:
        if only not in name:
            continue
        started = time.monotonic()
        try:
            seen = measure()
            for one in seen:
                _say(f"  {one.name}: {number(one.median)} {one.unit}, {one.verdict}")
            found += seen
        except RuntimeError as error:
            # What the others came to is still worth printing; this one counts as missed.
            _say(f"{name}: {error}")
            found.append(Target(name, "", [float("inf")], 0, 0))
        _say(f"{name}: measured in {time.monotonic() - started:.0f} s")
    return found


def _many_devices(ground: Ground, open_device: Open, size: Size) -> dict[str, list[float]]:
    found = {}
    for count in (1, 10, 100):
        run = pull_at_once(ground, open_device, ground.reps[2 : 2 + count], size.pulls // 4)
        found[str(count)] = [run.a_second, run.p50 * 1e3, run.p99 * 1e3]
    return found


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
