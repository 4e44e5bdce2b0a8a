"""The worker for the service's jobs: every room's tasks, put together over one database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from backend.bulk.tasks import TASKS as BULK_TASKS
from backend.clock import SystemClock
from backend.cube.tasks import TASKS as CUBE_TASKS
from backend.db.tenancy import open_database
from backend.insights.tasks import TASKS as INSIGHT_TASKS
from backend.jobs.tasks import Task, Work
from backend.jobs.worker import Pace, Worker
from backend.live.tasks import TASKS as LIVE_TASKS
from backend.maps.tasks import TASKS as MAP_TASKS
from backend.media.blobs import Blobs, open_blobs
from backend.media.inbox import Inbox
from backend.media.tasks import TASKS as MEDIA_TASKS
from backend.pins.tasks import TASKS as PIN_TASKS
from backend.routes.engines import Engines
from backend.routes.followup.tasks import TASKS as FOLLOWUP_TASKS
from backend.routes.weeks.tasks import TASKS as ROUTE_TASKS
from backend.settings import Settings
from backend.sync.protocol.readiness import prepare_structs
from backend.sync.tasks import TASKS as SYNC_TASKS
from backend.territories.tasks import TASKS as TERRITORY_TASKS

TASKS: Sequence[Task] = [
    *BULK_TASKS,
    *CUBE_TASKS,
    *FOLLOWUP_TASKS,
    *INSIGHT_TASKS,
    *LIVE_TASKS,
    *MAP_TASKS,
    *MEDIA_TASKS,
    *PIN_TASKS,
    *ROUTE_TASKS,
    *SYNC_TASKS,
    *TERRITORY_TASKS,
]
# Jobs may take longer than anybody who waits for an answer would.
_STATEMENT_TIMEOUT_MS = 300_000


@contextmanager
def open_worker(
    settings: Settings, app_url: str, *, queues: Sequence[str] = ()
) -> Iterator[Worker]:
    """Provide a worker for the named queues, or for all; it connects as the application's role."""
    prepare_structs()
    pace = Pace()
    database = open_database(
        app_url, connections=pace.jobs, statement_timeout_ms=_STATEMENT_TIMEOUT_MS
    )
    engines = Engines(settings.network_dir, solvers=pace.jobs)
    parts: dict[type, object] = {
        Blobs: open_blobs(settings.blob_url, settings.blob_dir),
        Engines: engines,
        Inbox: Inbox(settings.upload_dir),
    }
    try:
        work = Work(database, SystemClock(), parts)
        yield Worker(app_url, TASKS, work, queues=queues, pace=pace)
    finally:
        engines.close()
        database.close()
