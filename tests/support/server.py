"""The service over real HTTP: granian on a free port, in a thread of the test process."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

_START_SECONDS = 20


@dataclass(frozen=True)
class RunningService:
    """A service that answers at `url` until the block ends."""

    url: str
    app: Litestar


@contextmanager
def running_service(app: Litestar) -> Iterator[RunningService]:
    """Serve the application over HTTP; it shuts down in order when the block ends."""
    port = _free_port()
    started: list[tuple[asyncio.AbstractEventLoop, Server]] = []
    is_up = threading.Event()
    failures: list[BaseException] = []

    async def serve() -> None:
        server = Server(
            app, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False
        )
        started.append((asyncio.get_running_loop(), server))
        is_up.set()
        await server.serve()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001  # handed to the test's own thread
            failures.append(error)
        finally:
            is_up.set()

    thread = threading.Thread(target=run, name="service")
    thread.start()
    try:
        is_up.wait(_START_SECONDS)
        url = f"http://127.0.0.1:{port}"
        _wait_until_live(url, thread)
        yield RunningService(url, app)
    finally:
        for loop, server in started:
            if thread.is_alive():
                loop.call_soon_threadsafe(server.stop)
        thread.join(_START_SECONDS)
        assert not thread.is_alive(), "the service did not stop"
        for failure in failures:
            raise failure


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_live(url: str, thread: threading.Thread) -> None:
    transport = httpx.HTTPTransport(retries=8)  # each retry waits longer: half a second, then one
    with httpx.Client(transport=transport, trust_env=False) as client:
        assert thread.is_alive(), "the service did not start"
        client.get(f"{url}/livez").raise_for_status()
