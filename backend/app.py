"""The service: every room's controllers, put together over one database."""

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ControllerRouterHandler

from backend.accounts.controllers import AccountController, ContactController
from backend.accounts.importing.controllers import ImportController
from backend.api.health import HealthController
from backend.api.opts import PUBLIC
from backend.api.rendering import EXCEPTION_HANDLERS
from backend.clock import Clock, SystemClock
from backend.db.tenancy import Database
from backend.identity.authentication import BearerAuthentication
from backend.identity.call import Call
from backend.identity.controllers import (
    AuthController,
    DeviceController,
    MeController,
    TeamController,
    UserController,
)
from backend.identity.desk import open_desk
from backend.maps.controllers import MapController
from backend.media.blobs import Blobs, open_blobs
from backend.media.controllers import MediaController
from backend.routes.controllers import RouteController
from backend.routes.engines import Engines
from backend.settings import Settings
from backend.sync.controllers import SyncController
from backend.sync.cursor import CursorSigner, load_secret
from backend.territories.controllers import (
    AssignmentController,
    PlacementController,
    TerritoryController,
)
from backend.visits.controllers import VisitController
from backend.web.controllers import STATIC_FILES, PageController

CONTROLLERS: Sequence[ControllerRouterHandler] = [
    AccountController,
    AssignmentController,
    AuthController,
    ContactController,
    DeviceController,
    HealthController,
    ImportController,
    MapController,
    MeController,
    MediaController,
    PageController,
    PlacementController,
    RouteController,
    STATIC_FILES,
    SyncController,
    TeamController,
    TerritoryController,
    UserController,
    VisitController,
]


def create_app(settings: Settings, database: Database, *, clock: Clock | None = None) -> Litestar:
    """Build the service; the caller owns the database and closes it."""
    clock = clock or SystemClock()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    desk = open_desk(settings, database, clock)
    engines = Engines(settings.network_dir)
    blobs = open_blobs(settings.blob_url, settings.blob_dir)
    signer = CursorSigner(load_secret(settings.key_dir))
    state = State(
        {
            "settings": settings,
            "database": database,
            "clock": clock,
            "desk": desk,
            "tokens": desk.tokens,
            "parts": {CursorSigner: signer, Blobs: blobs, Engines: engines, Settings: settings},
        }
    )
    return Litestar(
        route_handlers=CONTROLLERS,
        request_class=Call,
        state=state,
        lifespan=[_threads(settings.threads, engines)],
        middleware=[DefineMiddleware(BearerAuthentication, exclude_from_auth_key="is_public")],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=_openapi(),
        logging_config=None,
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=1000, exclude_opt_key="is_compressed"
        ),
    )


def _openapi() -> OpenAPIConfig:
    """Describe the API at /schema, for everybody: it holds no data."""
    return OpenAPIConfig(
        title="Tuyen",
        version=importlib.metadata.version("tuyen"),
        openapi_router=Router("/schema", route_handlers=[], opt=PUBLIC),
        # The readers that Litestar offers load their scripts from outside the machine.
        render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
    )


def _threads(
    count: int, engines: Engines
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Give the event loop as many request threads as the pool has connections; end the engines."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        executor = ThreadPoolExecutor(count, thread_name_prefix="request")
        asyncio.get_running_loop().set_default_executor(executor)
        yield
        engines.close()

    return lifespan
