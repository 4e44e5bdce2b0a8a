"""The service as a process of its own under load, and who used the CPU meanwhile."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil

from backend.clock import SystemClock
from backend.identity.actor import Actor
from backend.identity.tokens import TokenService
from backend.settings import Settings

_START_SECONDS = 60


@dataclass(frozen=True)
class Service:
    """A server that listens on a port of this machine."""

    port: int
    process: psutil.Process


@contextmanager
def our_service(settings: Settings, app_url: str) -> Iterator[Service]:
    """Run the product's own application over a database."""
    environment = {"TUYEN_DATA_DIR": str(settings.data_dir), "TUYEN_DATABASE_URL": app_url}
    with under_granian("backend.server:create", environment) as found:
        yield found


@contextmanager
def under_granian(target: str, environment: dict[str, str]) -> Iterator[Service]:
    """Run an application factory under granian with one worker process until the block ends."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--no-ws",
        "--port", str(port), "--log-level", "warning", target,
    ]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        _wait_until_open(port, process)
        yield Service(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("The server under measurement did not start.")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def headers_of(settings: Settings, actor: Actor) -> dict[str, str]:
    """Return the headers of a signed-in person who sends JSON; good for three hours."""
    tokens = TokenService(settings.key_dir, SystemClock(), lifetime=timedelta(hours=3))
    return {"Authorization": f"Bearer {tokens.sign(actor)}", "Content-Type": "application/json"}


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU time that a process and its children used so far, the ended ones included."""
    used = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue  # from now on it counts with its parent's ended children
        used += times.user + times.system + times.children_user + times.children_system
    return used


def postmaster_of(folder: Path) -> psutil.Process:
    """Return the process of the PostgreSQL cluster in a folder."""
    return psutil.Process(int((folder / "data" / "postmaster.pid").read_text().split()[0]))
