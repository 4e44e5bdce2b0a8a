"""What pushes cost: a rep's day in batches of a hundred, merged and audited, and a raw peer.

A batch holds 40 patches of accounts (every fourth loses one of its two fields to the server) and
20 visits with a check-in and a note each, in groups.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from backend.clock import SystemClock
from backend.sync.protocol.ids import new_id
from tests.benchmarks.sync_ground import Ground, Rep
from tests.benchmarks.sync_load import CpuShares, Device, Open, Run, hammer
from tests.benchmarks.sync_push_peer import Bodies, push_raw
from tests.benchmarks.sync_targets import Target

BATCH = 100
_PATCHES, _VISITS = 40, 20
_SEQ = itertools.count(1)
_FINE = frozenset({"applied", "merged"})

type Mutation = dict[str, object]


@dataclass(frozen=True)
class Shop:
    """What a phone knows of an account."""

    id: str
    category: str
    phone: str
    lon: float
    lat: float


def measure_push(
    ground: Ground,
    open_device: Open,
    shares: CpuShares,
    *,
    phones: int,
    rounds: int,
    batches: int,
    reps: Sequence[Rep],
) -> Target:
    """Push from phones at once; the peer sends the same statements, as many connections."""
    chosen = reps[:phones]
    stocks = [iter(_shops(ground, rep)) for rep in chosen]
    ours, peer = [], []
    for number in range(rounds + 1):
        bodies = [[_batch(rep, stock) for _ in range(batches)]
                  for rep, stock in zip(chosen, stocks, strict=True)]  # fmt: skip
        with shares.of(f"the same by raw psycopg2, {phones} at once", phones * batches * BATCH):
            raw = push_raw(ground, chosen, bodies)
        with shares.of(f"mutation pushed by {phones} at once", phones * batches * BATCH):
            run = _push(open_device, chosen, bodies)
        if number:  # the first round warms up
            ours.append(run.a_second * BATCH)
            peer.append(raw.a_second * BATCH)
    return Target(
        f"mutations pushed by {phones} at once", "1/s", ours, 800, 2500, "raw psycopg2", peer,
        is_rate=True,
    )  # fmt: skip


def _shops(ground: Ground, rep: Rep) -> list[Shop]:
    with ground.cursor() as cursor:
        cursor.execute(
            "SELECT id::text, category, phone, ST_X(location), ST_Y(location) FROM account"
            " WHERE org_id = %s AND territory_id = %s ORDER BY md5(id::text)",
            (rep.actor.org_id, rep.territory_id),
        )
        return [Shop(*row) for row in cursor.fetchall()]


def _batch(rep: Rep, stock: Iterator[Shop]) -> list[Mutation]:
    """Return a batch; every account is patched once a run, so that its base is known."""
    at = SystemClock().now().isoformat()
    mutations: list[Mutation] = []
    for index in range(_PATCHES):
        shop = next(stock)
        phone = "+84900000000" if index % 4 == 0 else shop.phone
        mutations.append(
            _mutation("patch", "account", shop.id, at, _wish(shop),
                      base={"category": shop.category, "phone": phone})
        )  # fmt: skip
        if index % 2 == 0:
            mutations += _visit(rep, shop, at)
    return [{**one, "seq": next(_SEQ)} for one in mutations]


def _wish(shop: Shop) -> dict[str, object]:
    number = (int(shop.phone[-7:]) + 1) % 10_000_000
    category = "bar" if shop.category != "bar" else "pub"
    return {"category": category, "phone": f"{shop.phone[:5]}{number:07d}"}


def _visit(rep: Rep, shop: Shop, at: str) -> list[Mutation]:
    visit, me, group = new_id(), str(rep.actor.user_id), new_id()
    fact: dict[str, object] = {"account_id": shop.id, "visit_id": visit, "captured_at": at}
    place: dict[str, object] = {"location": [shop.lon, shop.lat], "accuracy_m": 8.0}
    told: dict[str, object] = {"account_id": shop.id, "rep_id": me, "planned_on": at[:10],
                               "status": "done", "outcome": "met"}  # fmt: skip
    body = "Khách hẹn giao hàng thứ Ba, xem lại bảng giá."
    return [
        _mutation("create", "visit", visit, at, told, group=group),
        _mutation("create", "check_in", new_id(), at, {**fact, "rep_id": me, **place}, group=group),
        _mutation("create", "note", new_id(), at, {**fact, "author_id": me, "body": body},
                  group=group),
    ]  # fmt: skip


def _mutation(
    op: str, table: str, rid: str, at: str, values: dict[str, object], **more: object
) -> Mutation:
    return {"id": new_id(), "op": op, "table": table, "rid": rid, "at": at, "set": values, **more}


def _push(open_device: Open, reps: Sequence[Rep], bodies: Bodies) -> Run:
    devices = [open_device(rep) for rep in reps]

    def send(device: Device, batches: Sequence[list[Mutation]]) -> Iterator[None]:
        for batch in batches:
            body = {"device_id": device.device_id, "batch_id": new_id(), "protocol": 2,
                    "client_time": SystemClock().now(), "mutations": batch}  # fmt: skip
            answer, _, _ = device.post("/v1/sync/push", msgspec.json.encode(body))
            bad = [one for one in answer["results"] if one["status"] not in _FINE]
            if bad:
                raise RuntimeError(f"{len(bad)} mutations were not taken, such as {bad[0]}.")
            yield

    run = hammer([send(*pair) for pair in zip(devices, bodies, strict=True)])
    for device in devices:
        device.close()
    return run
