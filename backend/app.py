"""The service: every room's controllers, put together over one database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar, Request
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.types import ControllerRouterHandler

from backend.accounts.controllers import AccountController, ContactController
from backend.accounts.importing.controllers import ImportController
from backend.api.health import HealthController
from backend.api.rendering import EXCEPTION_HANDLERS
from backend.clock import Clock, SystemClock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
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
            "blobs": blobs,
            "signer": signer,
            "engines": engines,
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
        dependencies={
            "db": Provide(_provide_database, sync_to_thread=False),
            "actor": Provide(_provide_actor, sync_to_thread=False),
            "clock": Provide(_provide_clock, sync_to_thread=False),
            "settings": Provide(_provide_settings, sync_to_thread=False),
            "blobs": Provide(_provide_blobs, sync_to_thread=False),
            "signer": Provide(_provide_signer, sync_to_thread=False),
            "engines": Provide(_provide_engines, sync_to_thread=False),
        },
        openapi_config=OpenAPIConfig(title="Tuyen", version="0.1.0", path="/schema"),
        compression_config=CompressionConfig(backend="gzip", minimum_size=1000),
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


def _provide_database(state: State) -> Database:
    database: Database = state.database
    return database


def _provide_clock(state: State) -> Clock:
    clock: Clock = state.clock
    return clock


def _provide_settings(state: State) -> Settings:
    settings: Settings = state.settings
    return settings


def _provide_blobs(state: State) -> Blobs:
    blobs: Blobs = state.blobs
    return blobs


def _provide_signer(state: State) -> CursorSigner:
    signer: CursorSigner = state.signer
    return signer


def _provide_engines(state: State) -> Engines:
    engines: Engines = state.engines
    return engines


def _provide_actor(request: Request[Actor, None, State]) -> Actor:
    return request.user
