"""The HTTP server: granian with one worker process, and what runs in that worker."""

import asyncio
import faulthandler
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from litestar import Litestar

from backend.app import Lifespan, create_app
from backend.db.tenancy import open_database
from backend.jobs.worker import beside
from backend.runtime import Runtime
from backend.settings import Settings, SettingsError, from_environment
from backend.sync.pokes import Pokes
from backend.worker import open_worker

_DRAIN_SECONDS = 10


def serve(runtime: Runtime) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished."""
    settings = runtime.settings
    # The worker is a process of its own and reads its settings from its environment.
    os.environ["TUYEN_DATA_DIR"] = str(settings.data_dir)
    os.environ["TUYEN_DATABASE_URL"] = runtime.app_url
    Granian(
        target="backend.server:create",
        factory=True,
        interface=Interfaces.ASGI,
        address=settings.host,
        port=settings.port,
        websockets=False,
        log_level=LogLevels.warning,
        workers_kill_timeout=_DRAIN_SECONDS,
        # A killed worker is followed by another; one that dies again at once ends the service.
        respawn_failed_workers=True,
    ).serve()


def create() -> Litestar:
    """Build the application inside a worker."""
    faulthandler.enable()  # a library that brings the process down leaves its stack in the log
    settings = from_environment()
    if settings.database_url is None:
        raise SettingsError("TUYEN_DATABASE_URL is not set: start the service by 'tuyen up'.")
    database = open_database(settings.database_url, connections=settings.threads)
    background = [_worker(settings, settings.database_url)] if settings.worker else []
    app = create_app(settings, database, background=background)
    app.on_startup.append(_end_streams_at_signal)
    return app


def _worker(settings: Settings, app_url: str) -> Lifespan:
    """Do the service's jobs in a thread beside it."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        with open_worker(settings, app_url) as worker:
            async with beside(worker):
                yield

    return lifespan


def _end_streams_at_signal(app: Litestar) -> None:
    """End the streams when the worker is told to stop: it waits for every answer under way.

    The server's own handlers stay in force, for the event loop hears signals by another way.
    """
    loop, pokes = asyncio.get_running_loop(), app.state.parts[Pokes]

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        loop.call_soon_threadsafe(pokes.end_streams)

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, end)
