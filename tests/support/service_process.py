"""The whole service as a process of its own, which a test may kill and start again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.databases import TestDatabase

ROOT = Path(__file__).parents[2]
_START_SECONDS = 240
_LOOK_SECONDS = 0.05


class ServiceProcess:
    """`tuyen up` on one port for all its lives, over a test's database or its own embedded one."""

    def __init__(
        self, database: TestDatabase | None, data_dir: Path, environment: dict[str, str]
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = data_dir
        self.log_file = data_dir / "service.log"
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            **{name: value for name, value in os.environ.items() if name[:6] != "TUYEN_"},
            "TUYEN_DATA_DIR": str(data_dir),
            "TUYEN_PORT": str(self.port),
            **environment,
        }
        if database is not None:
            self._environment |= {
                "TUYEN_DATABASE_URL": database.app_url,
                "TUYEN_OWNER_DATABASE_URL": database.owner_url,
            }

    @property
    def pid(self) -> int:
        """The process and the group of all its children."""
        assert self._process is not None, "the service was not started"
        return self._process.pid

    def start(self) -> None:
        """Start the service and wait until it answers."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "backend", "up"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.starts += 1
        self._wait_until_live()

    def kill9(self) -> None:
        """End the process and its children at once, wherever they are."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the process to end, and wait for it."""
        self._signal(signal.SIGTERM)

    def restart(self) -> None:
        """Kill what still runs and start anew on the same port and data."""
        self.kill9()
        self.start()

    def log(self) -> str:
        """Return what the service wrote in all its lives."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if number is signal.SIGTERM:
            self._process.send_signal(number)
        else:
            # Its worker is a child: a kill leaves nobody behind who could end it.
            os.killpg(self._process.pid, number)
        self._process.wait(_START_SECONDS)
        self._process = None

    def _wait_until_live(self) -> None:
        until = time.monotonic() + _START_SECONDS
        with httpx.Client(trust_env=False) as client:
            while not self._is_live(client):
                assert time.monotonic() < until, f"the service did not start:\n{self.log()}"

    def _is_live(self, client: httpx.Client) -> bool:
        process = self._process
        assert process is not None
        try:
            return client.get(f"{self.url}/livez").is_success
        except httpx.TransportError:
            try:
                process.wait(_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                return False
            raise AssertionError(f"the service ended:\n{self.log()}") from None


@contextmanager
def service_process(
    database: TestDatabase | None, data_dir: Path, **environment: str
) -> Iterator[ServiceProcess]:
    """Run the service over a database until the block ends; settings come as TUYEN_...

    Without a database it starts its own in the folder: then end it by `stop`, or it stays.

    The folder must be this service's own: keys, uploads and blobs live there, and its log.
    """
    service = ServiceProcess(database, data_dir, environment)
    try:
        service.start()
        yield service
    finally:
        if service._process is not None:
            service.kill9()


def free_port() -> int:
    """Return a local port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
