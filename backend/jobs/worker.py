"""The worker: takes jobs one by one from the database, in this process or in one of its own."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec
import procrastinate
from procrastinate.app import WorkerOptions
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from backend.jobs import repository
from backend.jobs.queue import SCHEMA, enqueue, enqueue_in_turn, queue_of
from backend.jobs.tasks import Task, Work

_LOG = logging.getLogger("tuyen.jobs")
_MAX_ATTEMPTS = 8
# 3, 9, 27 ... seconds: the last attempt comes some three hours after the first.
_RETRY = procrastinate.RetryStrategy(max_attempts=_MAX_ATTEMPTS, exponential_wait=3)
# What the calendar asked for while nobody worked is made good within a day.
_MAX_LATE_SECONDS = 86_400.0
_TIDY_CRON = "41 3 * * *"
_KEEP_FAILED_HOURS = 30 * 24


class Pace(msgspec.Struct, frozen=True):
    """How many jobs at once, and how soon things are noticed; in seconds."""

    jobs: int = 2
    heartbeat_s: float = 10.0
    stalled_s: float = 30.0
    """A worker that was silent so long is dead, and its jobs are taken up by others."""
    reconnect_s: float = 3.0
    drain_s: float = 8.0
    """How long jobs under way may take to end when the worker is asked to stop."""


class Worker:
    """Runs jobs in threads of its own until it is told to stop; outlives a lost database."""

    def __init__(
        self,
        url: str,
        tasks: Sequence[Task],
        work: Work,
        *,
        queues: Sequence[str] = (),
        pace: Pace | None = None,
    ) -> None:
        self._url = url
        self._tasks = tasks
        self._work = work
        self._queues = list(queues)
        self._pace = pace or Pace()
        self._begun = 0
        self._stopping = threading.Event()
        self._wake: Callable[[], object] = lambda: None

    def run(self) -> None:
        """Work until `stop` is called; jobs under way are finished."""
        asyncio.run(self._serve())

    def run_due(self) -> None:
        """Do all that can be done now, then return."""
        asyncio.run(self._live(is_lasting=False))

    def stop(self) -> None:
        """Ask the worker to end, from any thread."""
        self._stopping.set()
        self._work.end()
        with suppress(RuntimeError):  # its loop has ended already
            self._wake()

    async def _serve(self) -> None:
        end = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._wake = lambda: loop.call_soon_threadsafe(end.set)
        ending = asyncio.create_task(end.wait())
        while not self._stopping.is_set():
            life = asyncio.create_task(self._live(is_lasting=True))
            await asyncio.wait({life, ending}, return_when=asyncio.FIRST_COMPLETED)
            life.cancel()
            (outcome,) = await asyncio.gather(life, return_exceptions=True)
            if not self._stopping.is_set():
                why = getattr(outcome, "__cause__", None) or outcome
                _LOG.warning("The worker lost its database and starts again: %r", why)
                await asyncio.wait({ending}, timeout=self._pace.reconnect_s)
        ending.cancel()

    async def _live(self, *, is_lasting: bool) -> None:
        pace = self._pace
        connector = procrastinate.PsycopgConnector(
            conninfo=self._url,
            kwargs={"options": f"-c search_path={SCHEMA} -c timezone=UTC"},
            min_size=1,
            max_size=pace.jobs + 1,
        )
        app = procrastinate.App(
            connector=connector, periodic_defaults={"max_delay": _MAX_LATE_SECONDS}
        )
        self._register(app, has_calendar=is_lasting)
        async with _opened(app):
            await self._rescue(app)
            rescue = asyncio.create_task(self._rescue_for_ever(app))
            try:
                if is_lasting:
                    await app.run_worker_async(**self._options(is_lasting=True))
                else:
                    await self._empty(app)
            finally:
                rescue.cancel()
                await asyncio.gather(rescue, return_exceptions=True)

    async def _empty(self, app: procrastinate.App) -> None:
        """Run until a round found nothing: jobs may ask for others."""
        begun = -1
        while self._begun > begun:
            begun = self._begun
            await app.run_worker_async(**self._options(is_lasting=False))

    def _options(self, *, is_lasting: bool) -> WorkerOptions:
        options: WorkerOptions = {
            "wait": is_lasting,
            "listen_notify": is_lasting,
            "concurrency": self._pace.jobs,
            "delete_jobs": "successful",
            "install_signal_handlers": False,
            "shutdown_graceful_timeout": self._pace.drain_s,
            "update_heartbeat_interval": self._pace.heartbeat_s,
            "stalled_worker_timeout": self._pace.stalled_s,
        }
        if self._queues:
            options["queues"] = self._queues
        return options

    async def _rescue_for_ever(self, app: procrastinate.App) -> None:
        while True:
            await asyncio.sleep(self._pace.heartbeat_s)
            await self._rescue(app)

    async def _rescue(self, app: procrastinate.App) -> None:
        """Take up what the worker of a killed process had begun."""
        manager = app.job_manager
        silent_s = self._pace.stalled_s
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=silent_s):
            _LOG.warning("Job %s of a dead worker is taken up again: %s", job.id, job.task_name)
            with suppress(ConnectorException):  # another worker was faster
                if job.attempts >= _MAX_ATTEMPTS:
                    # It may be what kills the workers.
                    await manager.finish_job(job, Status.FAILED, delete_job=False)
                else:
                    await manager.retry_job(job)

    def _register(self, app: procrastinate.App, *, has_calendar: bool) -> None:
        app.task(name="jobs.tidy", queue="jobs", pass_context=True)(_tidy)
        for task in self._tasks:
            queue = queue_of(task.name)
            app.task(name=task.name, queue=queue, retry=_RETRY)(self._runner(task))
            if task.cron is not None:
                name = f"{task.name} by the calendar"
                tick = app.task(name=name, queue=queue, retry=_RETRY)(self._ticker(task))
                if has_calendar:
                    app.periodic(cron=task.cron)(tick)
        if has_calendar:
            app.periodic(cron=_TIDY_CRON)(app.tasks["jobs.tidy"])

    def _runner(self, task: Task) -> Callable[..., None]:
        def run(**args: object) -> None:
            self._begun += 1
            task.call(self._work, args)

        return run

    def _ticker(self, task: Task) -> Callable[..., None]:
        def tick(timestamp: int) -> None:
            del timestamp
            self._begun += 1
            with self._work.db.without_org() as connection:
                if task.is_for_all:
                    enqueue(connection, task.name)
                    return
                ask = enqueue_in_turn if task.is_in_turn else enqueue
                for org_id in repository.select_orgs(connection):
                    ask(connection, task.name, org_id=org_id)

        return tick


@asynccontextmanager
async def _opened(app: procrastinate.App) -> AsyncIterator[None]:
    """Open the application and close it: also when it was cancelled while it opened.

    Its pool's own tasks would else outlive every cancellation, and the process with them.
    """
    try:
        await app.open_async()
        yield
    finally:
        await app.close_async()


async def _tidy(context: procrastinate.JobContext, timestamp: int) -> None:
    """Forget what failed a month ago."""
    del timestamp
    await context.app.job_manager.delete_old_jobs(
        nb_hours=_KEEP_FAILED_HOURS,
        include_failed=True,
        include_cancelled=True,
        include_aborted=True,
    )


@asynccontextmanager
async def beside(worker: Worker) -> AsyncIterator[None]:
    """Run a worker in a thread of its own, next to an event loop that it does not disturb."""
    thread = threading.Thread(target=worker.run, name="worker")
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        await asyncio.to_thread(thread.join)
