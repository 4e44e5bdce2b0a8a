"""What the tests of jobs share: a worker over the test's database, and a look at the queue."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.jobs import Task, Work
from backend.jobs.worker import Pace, Worker
from tests.support.databases import TestDatabase
from tests.support.ground import execute


@dataclass(frozen=True)
class Queue:
    """The queue of a test's database."""

    test_database: TestDatabase

    def jobs(self) -> list[tuple[object, ...]]:
        """Return every job's task, arguments and status, the oldest first."""
        return execute(
            self.test_database.owner_url,
            "SELECT task_name, args, status::text FROM jobs.procrastinate_jobs ORDER BY id",
        )

    def let_time_pass(self) -> None:
        """Make everything due that waits for its time."""
        execute(
            self.test_database.owner_url,
            "UPDATE jobs.procrastinate_jobs SET scheduled_at = now() - interval '1 s'"
            " WHERE scheduled_at IS NOT NULL",
        )


@pytest.fixture
def queue(test_database: TestDatabase) -> Queue:
    return Queue(test_database)


@pytest.fixture
def make_worker(test_database: TestDatabase, database: Database) -> Callable[..., Worker]:
    def make(*tasks: Task, pace: Pace | None = None, queues: tuple[str, ...] = ()) -> Worker:
        work = Work(database, SystemClock(), {})
        return Worker(test_database.app_url, tasks, work, pace=pace, queues=queues)

    return make
