"""What pulls cost: the first sync, its size, small deltas one by one and all at once."""

import random
import time
from collections.abc import Iterator, Sequence

from tests.benchmarks.sync_ground import Ground, Rep, shop_ids
from tests.benchmarks.sync_load import CpuShares, Device, Open, Run, hammer
from tests.benchmarks.sync_peers import copy_seconds, delta_reader, touch
from tests.benchmarks.sync_targets import Target

CHANGES = 20
_FULL_ROWS = 50_000


def measure_first_sync(
    ground: Ground, open_device: Open, shares: CpuShares, rounds: int, rows: int
) -> list[Target]:
    """A new phone brings down its territory, decoded; the floor is COPY of the same rows."""
    ours, peer = [], []
    sizes: dict[str, list[float]] = {"zstd": [], "gzip": []}
    for number in range(rounds + 1):
        peer_seconds = copy_seconds(ground, ground.big)
        device = open_device(ground.big)
        with shares.of(f"first sync of {rows:,}"):
            started = time.perf_counter()
            pulled = device.pull()
            seconds = time.perf_counter() - started
        device.close()
        if pulled.rows < rows:
            raise RuntimeError(f"The first sync brought {pulled.rows} of {rows} rows.")
        if number:  # the first round warms up
            ours.append(seconds)
            peer.append(peer_seconds)
    for encoding, seen in sizes.items():
        device = open_device(ground.big)
        pulled = device.pull(encoding)
        device.close()
        # An encoding that the server does not speak misses its target; small pages go plain.
        is_spoken = encoding in pulled.encodings
        seen.append(pulled.wire_bytes / pulled.rows if is_spoken else float("inf"))
    scale = rows / _FULL_ROWS
    return [
        Target(f"first sync of {rows:,} records", "s", ours, 4 * scale, 1.5 * scale, "COPY", peer),
        Target("bytes a record, zstd", "B", sizes["zstd"], 160, 100),
        Target("bytes a record, gzip", "B", sizes["gzip"], 160, 100),
    ]


def measure_deltas(
    ground: Ground, open_device: Open, rep: Rep, shares: CpuShares, *, rounds: int, pulls: int
) -> list[Target]:
    """Twenty records change, one phone pulls, again and again; beside it one indexed SELECT."""
    ids = shop_ids(ground, rep.territory_id, 4000)
    chosen = random.Random(7)
    device = open_device(rep)
    device.pull()
    runs: list[tuple[Run, Run]] = []
    with ground.cursor() as writer, delta_reader(ground, rep) as reader:
        for _ in range(rounds):
            ours, peer = [], []
            for _ in range(pulls):
                touch(ground, writer, chosen.sample(ids, CHANGES))
                started = time.perf_counter()
                found = reader.read()
                between = time.perf_counter()
                pulled = device.pull()
                ended = time.perf_counter()
                if (pulled.rows, found) != (CHANGES, CHANGES):
                    raise RuntimeError(f"A delta brought {pulled.rows} and {found} rows.")
                peer.append(between - started)
                ours.append(ended - between)
            runs.append((Run(sum(ours), ours), Run(sum(peer), peer)))
        touch(ground, writer, ids[:CHANGES])
    with shares.of("delta pull of 20", pulls):
        before = device.cursor
        for _ in range(pulls):
            device.cursor = before
            device.pull()
    device.close()
    name = f"delta pull of {CHANGES}"
    return [
        Target(f"{name}, p50", "ms", [one.p50 * 1e3 for one, _ in runs], 15, 4,
               "indexed SELECT", [peer.p50 * 1e3 for _, peer in runs]),
        Target(f"{name}, p99", "ms", [one.p99 * 1e3 for one, _ in runs], 80, 20,
               "indexed SELECT", [peer.p99 * 1e3 for _, peer in runs]),
    ]  # fmt: skip


def pull_at_once(ground: Ground, open_device: Open, reps: Sequence[Rep], pulls: int) -> Run:
    """Every rep's phone pulls the same twenty changes over and over, all phones at once."""
    devices = [open_device(rep) for rep in reps]
    for device in devices:
        device.pull()
    with ground.cursor() as writer:
        for rep in reps:
            touch(ground, writer, shop_ids(ground, rep.territory_id, CHANGES))

    def again(device: Device) -> Iterator[None]:
        before = device.cursor
        for _ in range(pulls):
            device.cursor = before
            pulled = device.pull()
            if pulled.rows != CHANGES:
                raise RuntimeError(f"A delta brought {pulled.rows} rows.")
            yield

    run = hammer([again(device) for device in devices])
    for device in devices:
        device.close()
    return run


def measure_rate(
    ground: Ground, open_device: Open, shares: CpuShares, *, rounds: int, pulls: int
) -> Target:
    """The most pulls a second whose p99 stays below 100 ms, of 4, 8 and 16 phones at once."""
    rates = []
    for _ in range(rounds):
        fit = [0.0]
        for phones in (4, 8, 16):
            reps = ground.reps[2 : 2 + phones]
            with shares.of(f"delta pull, {phones} phones at once", pulls * phones):
                run = pull_at_once(ground, open_device, reps, pulls)
            if run.p99 < 0.1:
                fit.append(run.a_second)
        rates.append(max(fit))
    return Target("delta pulls at p99 below 100 ms", "1/s", rates, 150, 500, is_rate=True)
