"""What all worlds share: a PostgreSQL of the run's own, the service processes, expensive faults."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec
import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from backend.clock import SystemClock
from backend.db.cluster import APP_ROLE, OWNER_ROLE, SUPERUSER, Cluster
from backend.db.migrate import migrate
from backend.sync.cursor import CursorSigner, load_secret
from tests.simulator import breakages
from tests.simulator.proofs import CLIENT_BREAKAGE
from tests.simulator.service import Config
from tests.simulator.tally import Log, Tally
from tests.simulator.wire import Wire
from tests.support.cutting_proxy import Line, Plan, cutting_proxy
from tests.support.service_process import ROOT, free_port

_NAME = "simulated"
_START_SECONDS = 120


def is_lost(error: psycopg2.Error) -> bool:
    """Tell whether an error means that PostgreSQL went away, not that it refused something."""
    return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) or (
        # So libpq's "server closed the connection unexpectedly" arrives at times.
        type(error) is psycopg2.DatabaseError
    )


class House:
    """The machinery of a run."""

    def __init__(self, folder: Path, cluster: Cluster, tally: Tally) -> None:
        self.folder = folder
        self.cluster = cluster
        self.tally = tally
        self.clock = SystemClock()
        self.key_dir = folder / "service" / "keys"
        self.ports: list[int] = []
        self.proxy_ports: dict[int, int] = {}
        """The port of a bad line to each service."""
        self._lines = ExitStack()
        with (folder / "service.log").open("ab") as log:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.simulator.service"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._ears = threading.Thread(target=self._listen, daemon=True)
        self._ears.start()
        self.restarts = 0
        self.breakage = ""
        """What is broken on purpose."""

    @property
    def owner_url(self) -> str:
        """The database as its owner, whom row-level security does not bind."""
        return self.cluster.url(_NAME, OWNER_ROLE)

    @property
    def signer(self) -> CursorSigner:
        """The service's own signer, to forge cursors with."""
        return CursorSigner(load_secret(self.key_dir))

    def connect(self) -> Connection:
        """Open a connection as the owner; tries until PostgreSQL is back from a restart."""
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                return psycopg2.connect(self.owner_url)
            except psycopg2.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def open_services(self, count: int, breakage: str = "") -> None:
        """Start service processes, with a deliberate breakage if one is named."""
        self.breakage = breakage
        if breakage in breakages.SCHEMA:
            self.change_schema(breakages.SCHEMA[breakage])
        for _ in range(count):
            self._open_service("" if breakage == CLIENT_BREAKAGE else breakage)

    @contextmanager
    def services(self, count: int, breakage: str = "") -> Iterator[None]:
        """Run service processes until the block ends; what a breakage changed is undone then."""
        self.open_services(count, breakage)
        try:
            yield
        finally:
            self.close_services()
            if breakage in breakages.SCHEMA:
                self.change_schema(breakages.REPAIR[breakage])
            self.breakage = ""

    def _open_service(self, breakage: str) -> None:
        """Start a service process and wait until it answers."""
        config = Config(
            app_url=self.cluster.url(_NAME, APP_ROLE),
            data_dir=str(self.folder / "service"),
            port=free_port(),
            breakage=breakage,
        )
        self._order(msgspec.json.encode(config).decode())
        wire = Wire(config.port)
        until = time.monotonic() + _START_SECONDS
        while wire.is_dead():
            if time.monotonic() > until or self._nursery.poll() is not None:
                raise AssertionError(f"The service did not start: {self.service_log()[-4000:]}")
            time.sleep(0.05)
        wire.close()
        self.ports.append(config.port)
        plan = Plan(_bad_lines(config.port), on_cut=self._count_cut)
        self.proxy_ports[config.port] = self._lines.enter_context(cutting_proxy(config.port, plan))

    def _order(self, line: str) -> None:
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(line + "\n")
        self._nursery.stdin.flush()

    def _count_cut(self, _: int) -> None:
        self.tally.fault("phone's line cut")

    def close_services(self) -> None:
        """End the service processes; others may be opened then."""
        self._order("")
        self._lines.close()
        for port in self.ports:
            wire = Wire(port)
            while not wire.is_dead():
                time.sleep(0.02)
        self.ports.clear()

    def service_log(self) -> str:
        """Return what the services wrote."""
        return (self.folder / "service.log").read_text(errors="replace")

    def _listen(self) -> None:
        assert self._nursery.stdout is not None
        for line in self._nursery.stdout:
            if line.startswith("!"):
                self.tally.fail(Log(self.tally, 0, "service"), line[1:].strip())
            else:
                self.tally.fault(line.strip())

    def restart_postgres(self, *, is_crash: bool) -> None:
        """End PostgreSQL, in order or not, and start it again; everybody loses the connection."""
        mode = "immediate" if is_crash else "fast"
        self.cluster._run("pg_ctl", "stop", "-w", "-m", mode, "-D", "data")
        self.cluster.start()
        self.restarts += 1
        self.tally.fault("PostgreSQL restarted" + (" after a crash" if is_crash else ""))

    def purge_tombstones(self, older_s: float) -> None:
        """Forget tombstones that are older than some seconds; may expire cursors of any world."""
        with suppress(psycopg2.Error):
            connection = self.connect()
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT sync_purge(now() - make_interval(secs => %s))", (older_s,))
                row = cursor.fetchone()
            connection.close()
            if row and row[0]:
                self.tally.fault("tombstones purged")

    def change_epoch(self) -> None:
        """Tell every device that the database has been restored."""
        with suppress(psycopg2.Error):
            connection = self.connect()
            with connection, connection.cursor() as cursor:
                cursor.execute("UPDATE sync_epoch SET epoch = gen_random_uuid()")
            connection.close()
            self.tally.fault("epoch changed")

    def change_schema(self, statement: str) -> None:
        """Change the database as its owner: a breakage's part."""
        connection = self.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def close(self) -> None:
        """End every process."""
        self._lines.close()
        self._nursery.kill()
        self._nursery.wait()
        self._ears.join()
        for pipe in (self._nursery.stdin, self._nursery.stdout):
            if pipe is not None:
                pipe.close()
        self.cluster.stop()


def _bad_lines(seed: int) -> Iterator[Line]:
    """Yield how each connection of a real phone fares: mostly well."""
    rng = random.Random(seed)
    while True:
        kind = rng.random()
        if kind < 0.08:
            yield Line(up_bytes=rng.randrange(4000), is_reset=rng.random() < 0.5)
        elif kind < 0.2:
            yield Line(down_bytes=rng.randrange(30_000), is_reset=rng.random() < 0.5)
        elif kind < 0.22:
            yield Line(bytes_per_s=20_000)
        else:
            yield Line()


@contextmanager
def open_house(tally: Tally, *, services: int, breakage: str = "") -> Iterator[House]:
    """Build a cluster with a migrated database and start services over it; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tuyen-sim-", dir=_fast_folder()))
    folder.chmod(0o755)
    (folder / "service").mkdir()
    house = House(folder, Cluster(folder / "pg", durable=False), tally)
    try:
        house.cluster.start()
        house.cluster.ensure_database(_NAME)
        migrate(house.owner_url)
        _keep_what_is_committed(house.cluster)
        house.open_services(services, breakage)
        yield house
    finally:
        house.close()
        shutil.rmtree(folder, ignore_errors=True)


def _fast_folder() -> str | None:
    """Return a folder in memory where there is one: nothing of a run must outlive the machine."""
    memory = Path("/dev/shm")  # noqa: S108  # a fresh private folder is made in it
    return str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else None


def _keep_what_is_committed(cluster: Cluster) -> None:
    """Write each commit out before it is told: a crash of PostgreSQL must not forget it."""
    connection = psycopg2.connect(cluster.url("postgres", SUPERUSER))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {_NAME} SET synchronous_commit = on")
    connection.close()
