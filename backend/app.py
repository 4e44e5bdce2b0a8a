"""The service: every room's controllers, put together over one database."""

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.types import ControllerRouterHandler

from backend.accounts.controllers import AccountController, ContactController
from backend.accounts.duplicate_controllers import DuplicateController
from backend.accounts.importing.controllers import ImportController
from backend.admin_units.controllers import AdminUnitController
from backend.admin_units.import_controllers import AdminUnitImportController
from backend.api.description import DescriptionPlugin
from backend.api.disk import DiskGuard, places_of, require_room
from backend.api.health import HealthController
from backend.api.opts import PUBLIC
from backend.api.rendering import EXCEPTION_HANDLERS
from backend.api.unread import Unread
from backend.areas.controllers import AreaController
from backend.areas.ground_controllers import AreaGroundController
from backend.areas.near_controllers import NearController
from backend.bulk.controllers import BulkController
from backend.campaigns.controllers import CampaignController
from backend.clock import Clock, SystemClock
from backend.context.controllers import ContextController
from backend.context.import_controllers import ContextImportController
from backend.context.trade_controllers import TradeAreaController
from backend.cube.controllers import CubeController
from backend.cube.store import Cubes
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
from backend.insights.controllers import InsightController
from backend.live.controllers import LiveController
from backend.maps.controllers import MapController
from backend.maps.views.controllers import SavedViewController
from backend.media.blobs import Blobs, open_blobs
from backend.media.controllers import MediaController
from backend.media.inbox import Inbox
from backend.media.upload_controllers import UploadController
from backend.orders.controllers import SaleController
from backend.pins.controllers import PinController
from backend.press.turns import Press
from backend.reports.controllers import ReportController
from backend.routes.controllers import RouteController
from backend.routes.engines import Engines
from backend.routes.followup.backtest_controllers import BacktestController
from backend.routes.followup.controllers import (
    FollowupController,
    RouteActualController,
    TraceController,
)
from backend.routes.followup.learned_controllers import LearnedController
from backend.routes.handout.controllers import HandoutController
from backend.routes.handout.feed_controllers import CalendarController, CalendarFeedController
from backend.routes.handout.feeds import FeedGate
from backend.routes.reach_controllers import IsochroneController
from backend.routes.rework.controllers import ReworkController
from backend.routes.weeks.controllers import CoverageController
from backend.settings import Settings
from backend.sync.controllers import SyncController
from backend.sync.cursor import CursorSigner, load_secret
from backend.sync.desk_controllers import IssueController, QuarantineController
from backend.sync.pokes import Pokes
from backend.sync.protocol.readiness import prepare_structs
from backend.sync.rx.controllers import RxController
from backend.sync.stream_controllers import StreamController
from backend.territories.controllers import (
    AssignmentController,
    PlacementController,
    TerritoryController,
)
from backend.territories.design.controllers import DesignController
from backend.territories.design.decision_controllers import DesignDecisionController
from backend.territories.outline_controllers import (
    OutlineImportController,
    TerritoryFromUnitController,
)
from backend.territories.past_controllers import TerritoryPastController
from backend.territories.realignment_controllers import RealignmentController
from backend.visits.controllers import VisitController
from backend.web.controllers import STATIC_FILES, PageController

CONTROLLERS: Sequence[ControllerRouterHandler] = [
    AccountController,
    AdminUnitController,
    AdminUnitImportController,
    AreaController,
    NearController,
    AreaGroundController,
    BulkController,
    CampaignController,
    AssignmentController,
    AuthController,
    BacktestController,
    CalendarController,
    CalendarFeedController,
    ContactController,
    ContextController,
    ContextImportController,
    CoverageController,
    CubeController,
    DeviceController,
    DesignController,
    DesignDecisionController,
    DuplicateController,
    FollowupController,
    HandoutController,
    HealthController,
    ImportController,
    InsightController,
    IsochroneController,
    IssueController,
    LearnedController,
    LiveController,
    MapController,
    SavedViewController,
    MeController,
    MediaController,
    OutlineImportController,
    PageController,
    PinController,
    PlacementController,
    QuarantineController,
    RealignmentController,
    ReportController,
    ReworkController,
    RouteActualController,
    RouteController,
    RxController,
    STATIC_FILES,
    SaleController,
    StreamController,
    SyncController,
    TeamController,
    TerritoryController,
    TerritoryFromUnitController,
    TerritoryPastController,
    TraceController,
    TradeAreaController,
    UploadController,
    UserController,
    VisitController,
]


type Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_app(
    settings: Settings,
    database: Database,
    *,
    clock: Clock | None = None,
    disk: DiskGuard | None = None,
    background: Sequence[Lifespan] = (),
) -> Litestar:
    """Build the service; the caller owns the database and closes it.

    `background` runs as long as the service does: a worker for its jobs, where one is wanted.
    """
    prepare_structs()
    clock = clock or SystemClock()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    desk = open_desk(settings, database, clock)
    engines = Engines(settings.network_dir)
    blobs = open_blobs(settings.blob_url, settings.blob_dir)
    signer = CursorSigner(load_secret(settings.key_dir))
    pokes = Pokes(database)
    state = State(
        {
            "settings": settings,
            "database": database,
            "clock": clock,
            "desk": desk,
            "tokens": desk.tokens,
            "disk": disk or _guard_disk(settings),
            "parts": {
                CursorSigner: signer,
                Blobs: blobs,
                Cubes: Cubes(),
                Engines: engines,
                FeedGate: FeedGate(),
                Inbox: Inbox(settings.upload_dir),
                Pokes: pokes,
                Press: Press(),
                Settings: settings,
            },
        }
    )
    return Litestar(
        route_handlers=CONTROLLERS,
        request_class=Call,
        state=state,
        lifespan=[_threads(settings.threads, engines), pokes.lifespan, *background],
        guards=[require_room],
        middleware=[
            Unread,
            DefineMiddleware(BearerAuthentication, exclude_from_auth_key="is_public"),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=_openapi(),
        logging_config=None,
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=1000, exclude_opt_key="is_compressed"
        ),
    )


def _guard_disk(settings: Settings) -> DiskGuard:
    own_server = Path(settings.pg_data_dir) if settings.pg_data_dir else None
    places = places_of(settings.data_dir, own_server)
    return DiskGuard(places, settings.min_free_mb * 1_000_000)


def _openapi() -> OpenAPIConfig:
    """Describe the API at /schema, for everybody: it holds no data."""
    return OpenAPIConfig(
        title="Tuyen",
        version=importlib.metadata.version("tuyen"),
        openapi_router=Router("/schema", route_handlers=[], opt=PUBLIC, include_in_schema=False),
        # The readers that Litestar offers load their scripts from outside the machine.
        render_plugins=[DescriptionPlugin(path=["/", "/openapi.json"])],
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
