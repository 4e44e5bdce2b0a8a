"""What a realignment costs: a territory's shops change hands, and the phone that lost them."""

import time

from tests.benchmarks.sync_ground import Ground, Rep
from tests.benchmarks.sync_load import CpuShares, Device, Open
from tests.benchmarks.sync_targets import Target

_FULL_ROWS = 50_000


def measure_realignment(
    ground: Ground, open_device: Open, shares: CpuShares, rounds: int, rows: int
) -> list[Target]:
    """Move the big territory's shops away and back; its phone drops them and gets them again."""
    desk = open_device(Rep(ground.org.manager, ground.big.territory_id, ground.big.bucket))
    phone = open_device(ground.big)
    phone.pull()
    moves, drops, peer = [], [], []
    for number in range(rounds):
        peer.append(_plain_update(ground))
        plan = {
            "name": f"Mùa {number}",
            "selection": {"rule": {"from_territory_id": str(ground.big.territory_id)}},
            "to_territory_id": str(ground.territories[-1]),
        }
        made, _, _ = desk.post_json("/v1/realignments", plan)
        path = f"/v1/realignments/{made['id']}"
        with shares.of(f"realignment of {rows:,}"):
            moves.append(_seconds(desk, f"{path}/apply", {"force": True}, rows))
        with shares.of(f"drop list of {rows:,}"):
            started = time.perf_counter()
            pulled = phone.pull()
            drops.append(time.perf_counter() - started)
        if pulled.drops < rows:
            raise RuntimeError(f"The phone dropped {pulled.drops} of {rows} records.")
        with shares.of(f"undo of {rows:,}"):
            _seconds(desk, f"{path}/undo", None, rows)
        phone.pull()
    desk.close()
    phone.close()
    scale = rows / _FULL_ROWS
    return [
        Target(f"realignment of {rows:,} records", "s", moves, 10 * scale, 3 * scale,
               "plain UPDATE", peer),
        Target(f"drop list of {rows:,} after it", "s", drops, 1 * scale, 0.3 * scale),
    ]  # fmt: skip


def _seconds(desk: Device, path: str, body: object, rows: int) -> float:
    started = time.perf_counter()
    answer, _, _ = desk.post_json(path, body)
    seconds = time.perf_counter() - started
    counts = answer["counts"]
    moved = counts["moved_back"] if path.endswith("undo") else counts["moved"]
    if moved != rows:
        raise RuntimeError(f"{path} moved {moved} of {rows} records: {counts}.")
    return seconds


def _plain_update(ground: Ground) -> float:
    """Return how long PostgreSQL takes to rewrite the same rows with no trigger on."""
    with ground.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        started = time.perf_counter()
        cursor.execute(
            "UPDATE account SET visit_minutes = visit_minutes"
            " WHERE org_id = %s AND territory_id = %s",
            (ground.org.manager.org_id, ground.big.territory_id),
        )
        return time.perf_counter() - started
