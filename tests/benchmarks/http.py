"""CPU a request through the API with row-level security, against raw psycopg2 in the same run.

`make bench-http`. Both servers run under granian, one worker each, and serve the same rows of the
same database. What is compared is the CPU time of the server's processes, not the wall clock: the
machine may be busy with other things.
"""

import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec

from backend.db.cluster import APP_ROLE, OWNER_ROLE, Cluster
from backend.db.migrate import migrate
from backend.demo.script import run_demo
from backend.settings import Settings
from tests.benchmarks.rows import Row, report
from tests.benchmarks.service import (
    Service,
    cpu_seconds,
    free_port,
    headers_of,
    our_service,
    under_granian,
)
from tests.support.ground import add_territory, execute
from tests.support.people import Org, make_org

_ACCOUNTS = 2000
_ROUNDS = 5
_REQUESTS = 400
_CLIENTS = 4
_CHANGED = 20
_FLOOR, _AIM = 0.50, "0.60, then 0.75"
_BOX = (24.90, 60.15, 25.00, 60.20)


def main() -> None:
    """Measure and print; exit 1 when a floor is missed."""
    with tempfile.TemporaryDirectory(prefix="tuyen-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        rows = _measure_requests(folder)
        rows += _measure_demo(folder / "demo")
    report("CPU a request, microseconds (median of rounds)", rows)


def _measure_requests(folder: Path) -> list[Row]:
    cluster = Cluster(folder / "pg")
    cluster.start()
    try:
        cluster.ensure_database("bench")
        owner_url = cluster.url("bench", OWNER_ROLE)
        migrate(owner_url)
        org = make_org(owner_url)
        _fill(owner_url, org)
        settings = Settings(data_dir=folder / "data")
        with (
            our_service(settings, cluster.url("bench", APP_ROLE)) as ours,
            _target_calls(settings, org, owner_url, ours.port) as (calls, values),
            _peer(owner_url, values) as peer,
        ):
            return [_compare(name, ours, peer, *call) for name, call in calls.items()]
    finally:
        cluster.stop()


def _fill(owner_url: str, org: Org) -> None:
    add_territory(owner_url, org, "All", _BOX, org.rep)
    execute(
        owner_url,
        "INSERT INTO account (org_id, id, name, category, address, phone, location,"
        " location_source) SELECT %s, gen_random_uuid(), 'Quán số ' || n, 'cafe', n || ' Lê Lợi',"
        " '+8490' || (1000000 + n), ST_SetSRID(ST_MakePoint(24.90 + random() / 10,"
        " 60.15 + random() / 20), 4326), 'import' FROM generate_series(1, %s) n",
        org.id,
        _ACCOUNTS,
    )
    execute(owner_url, "ANALYZE account")
    execute(owner_url, "ANALYZE sync_row")


type _Call = tuple[str, str, dict[str, str], bytes]


@contextmanager
def _target_calls(
    settings: Settings, org: Org, owner_url: str, port: int
) -> Iterator[tuple[dict[str, _Call], dict[str, Any]]]:
    """Prepare a delta of 20 rows for the pull; yield our calls and the peer's values."""
    headers = headers_of(settings, org.rep)
    device = {"device_id": str(org.rep.device_id), "limit": 5000}
    page: dict[str, Any] = {"state": "more"}
    token = None
    while page["state"] == "more":
        body = {**device, "token": token} if token else device
        page = msgspec.json.decode(
            _request(port, "POST", "/v1/sync/pull", headers, msgspec.json.encode(body))
        )
        token = page.get("token")
    (before,) = execute(owner_url, "SELECT pg_current_snapshot()::text")
    execute(
        owner_url,
        "UPDATE account SET address = 'x'"
        " WHERE id IN (SELECT id FROM account ORDER BY id LIMIT %s)",
        _CHANGED,
    )
    (after,) = execute(owner_url, "SELECT pg_current_snapshot()::text")
    territory = execute(owner_url, "SELECT 't:' || id FROM territory")[0][0]
    buckets = [territory, f"u:{org.rep.user_id}"]
    values = {
        "org": str(org.id), "lon": 24.95, "lat": 60.17,
        "page": {
            "org": str(org.id), "old": buckets, "new": buckets, "added": [], "lost": [],
            "seen": before[0], "target": after[0], "tbl": "",
            "id": "00000000-0000-0000-0000-000000000000", "all": True, "tables": [],
            "limit": 1001,
        },
    }  # fmt: skip
    pull = msgspec.json.encode({**device, "limit": 1000, "cursor": page["cursor"]})
    nearest = "/v1/accounts/nearest?lon=24.95&lat=60.17&limit=20"
    manager = headers_of(settings, org.manager)
    yield (
        {
            "list of 20 accounts": ("/list", "/v1/accounts?limit=20", manager, b""),
            "nearest 20 accounts": ("/nearest", nearest, manager, b""),
            "pull of 20 changes": ("/pull", "/v1/sync/pull", headers, pull),
        },
        values,
    )


def _compare(
    name: str,
    ours: Service,
    peer: Service,
    peer_path: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
) -> Row:
    our_cpu, peer_cpu = [], []
    for number in range(_ROUNDS + 1):
        method = "POST" if body else "GET"
        first = _cpu_us(peer, method, peer_path, {}, body)
        second = _cpu_us(ours, method, path, headers, body)
        if number:  # the first round warms both up
            peer_cpu.append(first)
            our_cpu.append(second)
    mine, raw = statistics.median(our_cpu), statistics.median(peer_cpu)
    return Row(name, f"{mine:.0f} us", f"raw psycopg2 {raw:.0f} us", raw / mine, _FLOOR, _AIM)


def _cpu_us(
    service: Service, method: str, path: str, headers: dict[str, str], body: bytes
) -> float:
    """Return the server's CPU microseconds a request over a burst of them."""
    before = cpu_seconds(service.process)

    def work() -> None:
        connection = HTTPConnection("127.0.0.1", service.port)
        for _ in range(_REQUESTS // _CLIENTS):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
            assert answer.status == 200, data
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (cpu_seconds(service.process) - before) / _REQUESTS * 1e6


def _request(port: int, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    assert answer.status == 200, data
    return data


@contextmanager
def _peer(owner_url: str, values: dict[str, Any]) -> Iterator[Service]:
    environment = {
        "BENCH_OWNER_URL": owner_url,
        "BENCH_VALUES": msgspec.json.encode(values).decode(),
    }
    with under_granian("tests.benchmarks.raw_peer:create", environment) as found:
        yield found


def _measure_demo(folder: Path) -> list[Row]:
    """Run the demo from nothing and report its own timings and the server's memory."""
    folder.mkdir(mode=0o755)
    settings = Settings(data_dir=folder, port=free_port())
    found = run_demo(settings, None, is_once=True, say=lambda _: None)
    rows = [
        Row(f"memory of the server, {state}", f"{megabytes:.0f} MB", "")
        for state, megabytes in found.memory_mb.items()
    ]
    return rows + [
        Row(f"demo: {step}", f"{seconds:.2f} s", "") for step, seconds in found.seconds.items()
    ]


if __name__ == "__main__":
    main()
