"""The service as a process of its own, which the demo stops and starts again."""

import os
import signal
import socket
import subprocess
import sys
import time

import httpx

from backend.runtime import Runtime

_START_SECONDS = 60.0


class DemoFailed(RuntimeError):
    """A step of the demo is not as it must be; the message says which."""


class Service:
    """`tuyen up` in a child process, on the same database and port each time."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self.url = f"http://{settings.host}:{settings.port}"
        self._settings = settings
        self._environment = {
            **os.environ,
            "TUYEN_DATA_DIR": str(settings.data_dir),
            "TUYEN_DATABASE_URL": runtime.app_url,
            "TUYEN_OWNER_DATABASE_URL": runtime.owner_url,
            "TUYEN_HOST": settings.host,
            "TUYEN_PORT": str(settings.port),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, None when stopped."""
        return self._process.pid if self._process is not None else None

    def start(self) -> float:
        """Start and wait until it is ready; return the seconds it took. Raises DemoFailed."""
        if _is_taken(self._settings.host, self._settings.port):
            raise DemoFailed(
                f"Something else listens on port {self._settings.port}: "
                "stop it, or choose another with --port."
            )
        started = time.monotonic()
        command = [sys.executable, "-m", "backend", "up"]
        self._process = subprocess.Popen(  # noqa: S603  # our own command
            command, env=self._environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        while time.monotonic() - started < _START_SECONDS:
            if self._process.poll() is not None:
                raise DemoFailed("The service ended while it was starting; see above.")
            if self._answers():
                return time.monotonic() - started
            time.sleep(0.05)
        raise DemoFailed(f"The service was not ready within {_START_SECONDS:.0f} s.")

    def stop(self) -> None:
        """End it in order and wait; nothing answers at its address then."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait(self) -> None:
        """Stay until the process ends or somebody presses Ctrl-C."""
        if self._process is not None:
            self._process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


def _is_taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0
