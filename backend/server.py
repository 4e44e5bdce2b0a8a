"""The HTTP server: granian with one worker process, and what runs in that worker."""

import os

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from litestar import Litestar

from backend.app import create_app
from backend.db.tenancy import open_database
from backend.runtime import Runtime
from backend.settings import SettingsError, from_environment

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
    ).serve()


def create() -> Litestar:
    """Build the application inside a worker."""
    settings = from_environment()
    if settings.database_url is None:
        raise SettingsError("TUYEN_DATABASE_URL is not set: start the service by 'tuyen up'.")
    database = open_database(settings.database_url, connections=settings.threads)
    return create_app(settings, database)
