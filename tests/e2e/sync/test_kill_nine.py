"""kill -9 of server, worker and PostgreSQL under load: nothing acknowledged is lost or doubled.

The test stands for the supervisor that every process has in production: what ended is started
again. TUYEN_KILLS and TUYEN_KILL_SEED make a longer or another storm.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
import psycopg2
import pytest

from backend.clock import SystemClock
from backend.db.cluster import APP_ROLE, OWNER_ROLE, Cluster, ClusterError
from backend.identity.actor import Actor
from backend.identity.tokens import TokenService
from backend.ids import DeviceId, new_id
from tests.support.ground import EAST, IN_EAST, IN_WEST, WEST, add_account, add_territory, execute
from tests.support.ground import truth as truth_of
from tests.support.insistent import InsistentPhone, SignedIn
from tests.support.own_cluster import own_cluster
from tests.support.people import Org, insert_device, make_org
from tests.support.service_process import ROOT, free_port

pytestmark = pytest.mark.e2e

_KILLS = int(os.environ.get("TUYEN_KILLS", "20"))
_SEED = int(os.environ.get("TUYEN_KILL_SEED", "1"))
_RETURN_SECONDS = 120
_LOOK_SECONDS = 0.02
_DATABASE = "storm"


class Kept:
    """A command in a group of its own, started again whenever it is found to have ended."""

    def __init__(self, command: str, environment: dict[str, str], log: Path) -> None:
        self._command = [sys.executable, "-m", "backend", command]
        self._environment, self._log = environment, log
        self.starts = 0
        self.process = self._start()

    def keep(self) -> None:
        """Start it again where it ended."""
        if self.process.poll() is not None:
            self.process = self._start()

    def kill_group(self) -> None:
        """End it and all its children at once."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        self.starts += 1
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip


@dataclass
class House:
    """The processes that are killed, and what keeps them running."""

    cluster: Cluster
    port: int
    service: Kept
    worker: Kept
    random: random.Random

    def keep(self) -> None:
        """Start again what has ended, as a supervisor does."""
        try:
            self.cluster.start()
        except ClusterError:
            return  # orphans of the killed one still hold its memory: at the next look
        self.service.keep()
        self.worker.keep()

    def kill_web_process(self) -> None:
        """Kill the process that answers requests; the one above it starts another."""
        children = psutil.Process(self.service.process.pid).children()
        if children:
            max(children, key=lambda one: one.memory_info().rss).kill()

    def kill_service(self) -> None:
        """Kill the service with all its processes."""
        self.service.kill_group()

    def kill_worker(self) -> None:
        """Kill the worker."""
        self.worker.kill_group()

    def kill_backend(self) -> None:
        """Kill a database process of the service: PostgreSQL ends all others and recovers."""
        pids = self._backends()
        if pids:
            os.kill(self.random.choice(pids), signal.SIGKILL)

    def kill_database(self) -> None:
        """Kill PostgreSQL's first process; the others end when they notice."""
        pid = int((self.cluster.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def _backends(self) -> list[int]:
        try:
            rows = execute(
                self.cluster.url(_DATABASE, OWNER_ROLE),
                "SELECT pid FROM pg_stat_activity WHERE usename = %s ORDER BY pid",
                APP_ROLE,
            )
        except psycopg2.OperationalError:
            return []
        return [int(str(row[0])) for row in rows]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A durable cluster: what it acknowledged has to survive."""
    with own_cluster(_DATABASE, durable=True) as cluster:
        yield cluster


@pytest.fixture
def owner_url(cluster: Cluster) -> str:
    return cluster.url(_DATABASE, OWNER_ROLE)


@pytest.fixture
def org(owner_url: str) -> Org:
    org = make_org(owner_url)
    add_territory(owner_url, org, "West", WEST, org.rep)
    add_territory(owner_url, org, "East", EAST, org.other_rep)
    return org


@pytest.fixture
def house(cluster: Cluster, owner_url: str, tmp_path: Path) -> Iterator[House]:
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if name[:6] != "TUYEN_"},
        "TUYEN_DATABASE_URL": cluster.url(_DATABASE, APP_ROLE),
        "TUYEN_OWNER_DATABASE_URL": owner_url,
        "TUYEN_DATA_DIR": str(tmp_path / "data"),
        "TUYEN_PORT": str(port),
        "TUYEN_WORKER": "0",
    }
    log = tmp_path / "service.log"
    service, worker = Kept("up", environment, log), Kept("worker", environment, log)
    try:
        yield House(cluster, port, service, worker, random.Random(_SEED))
    finally:
        service.kill_group()
        worker.kill_group()


def test_nothing_acknowledged_is_lost_or_doubled(
    house: House, org: Org, owner_url: str, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{house.port}"
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        phones = _phones(client, org, owner_url, tmp_path / "data")
        _weather(house, phones)
        _check_database(phones, owner_url)
        for phone in phones:
            phone.phone.pull()
            assert phone.phone.versions() == truth_of(owner_url, phone.phone.actor)
    told = sum((phone.seen for phone in phones), Counter[str]())
    assert told["RemoteProtocolError"] + told["ReadError"], f"No call was cut, no kill met: {told}"


def _weather(house: House, phones: list[InsistentPhone]) -> None:
    """Kill amid the work, each time after a few answers more or less; then let all come home."""
    stop, look = threading.Event(), threading.Event()
    with ThreadPoolExecutor(len(phones)) as pool:
        runs = [pool.submit(phone.run, stop) for phone in phones]
        try:
            _wait_for_answers(house, phones, 4)
            for kill in _storm(house):
                kill()
                _wait_for_answers(house, phones, house.random.randint(2, 10))
        finally:
            stop.set()
            while not all(run.done() for run in runs):
                house.keep()
                look.wait(_LOOK_SECONDS)
    for run in runs:
        run.result()


def _storm(house: House) -> list[Callable[[], None]]:
    # Database processes most often: they come back quickest, and so more kills meet work.
    kinds = [
        house.kill_backend, house.kill_web_process, house.kill_database, house.kill_backend,
        house.kill_service, house.kill_backend, house.kill_worker,
    ]  # fmt: skip
    kills = [kinds[number % len(kinds)] for number in range(_KILLS)]
    house.random.shuffle(kills)
    return kills


def _wait_for_answers(house: House, phones: list[InsistentPhone], count: int) -> None:
    """Keep the house running until so many mutations more were acknowledged: it is back."""
    wanted = sum(len(phone.acked) for phone in phones) + count
    until, look = time.monotonic() + _RETURN_SECONDS, threading.Event()
    while sum(len(phone.acked) for phone in phones) < wanted:
        assert time.monotonic() < until, f"The service did not return: {[p.seen for p in phones]}"
        house.keep()
        look.wait(_LOOK_SECONDS)


def _phones(client: httpx.Client, org: Org, owner_url: str, data_dir: Path) -> list[InsistentPhone]:
    """Open two phones of each rep."""
    shops = {
        org.rep: [str(add_account(owner_url, org, f"W{n}", *IN_WEST)) for n in range(3)],
        org.other_rep: [str(add_account(owner_url, org, f"E{n}", *IN_EAST)) for n in range(3)],
    }
    tokens = TokenService(data_dir / "keys", SystemClock(), lifetime=timedelta(hours=3))
    phones = []
    for seed, (actor, own) in enumerate([*shops.items(), *shops.items()]):
        one = _another_device(owner_url, actor)
        headers = {"Authorization": f"Bearer {tokens.sign(one)}"}
        phones.append(InsistentPhone(SignedIn(client, headers), one, own, _SEED * 100 + seed))
    return phones


def _another_device(owner_url: str, actor: Actor) -> Actor:
    device_id = DeviceId(new_id())
    with psycopg2.connect(owner_url) as connection, connection.cursor() as cursor:
        insert_device(cursor, actor.org_id, actor.user_id, device_id)
    connection.close()
    return Actor(actor.org_id, actor.user_id, actor.role, device_id)


def _check_database(phones: list[InsistentPhone], owner_url: str) -> None:
    """Compare what is there with what was acknowledged: no more and no less."""
    for table in ("note", "contact"):
        there = [str(row[0]) for row in execute(owner_url, f"SELECT id FROM {table}")]
        told = [rid for phone in phones for rid in phone.creations(table)]
        assert sorted(there) == sorted(told), table
    owed = {str(key): total for key, total in execute(
        owner_url, "SELECT id, empties_owed FROM account WHERE empties_owed > 0")}  # fmt: skip
    assert owed == dict(sum((phone.increments() for phone in phones), Counter[str]()))
    kept = {str(key): status for key, status in execute(
        owner_url, "SELECT id, result ->> 'status' FROM sync_mutation")}  # fmt: skip
    acked = {key: str(result.was or result.status)
             for phone in phones for key, result in phone.acked.items()}  # fmt: skip
    assert kept == acked
