"""An office that designs territories, over HTTP and with a worker."""

import pytest

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.jobs import Work
from backend.jobs.worker import Worker
from backend.territories.tasks import TASKS
from tests.support.databases import TestDatabase
from tests.support.design_office import DesignOffice
from tests.support.http import Api


@pytest.fixture
def designing(api: Api, test_database: TestDatabase, database: Database) -> DesignOffice:
    """Two territories side by side; the west has three quarters of the shops."""

    def make_worker() -> Worker:
        work = Work(database, SystemClock(), {})
        return Worker(test_database.app_url, TASKS, work, queues=["territories"])

    return DesignOffice(api, test_database.owner_url, make_worker)
