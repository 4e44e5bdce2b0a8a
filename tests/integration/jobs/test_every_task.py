"""The service's own tasks: every one can be asked for, runs on an empty house, and runs again."""

import ast
from pathlib import Path
from typing import Any

import pytest

from backend import worker as house
from backend.db.tenancy import Database
from backend.jobs import enqueue
from backend.jobs.queue import queue_of
from backend.settings import Settings
from backend.worker import TASKS, open_worker
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.people import Org

BACKEND = Path(house.__file__).parent
NAMES = {task.name for task in TASKS}
CALENDAR = [task for task in TASKS if task.cron is not None]


def _asked_for() -> set[str]:
    """Return the names of tasks that the code asks for."""
    found = set()
    for path in BACKEND.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("jobs.enqueue"):
                found |= {
                    one.value
                    for one in node.args
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
    return found


def test_every_task_that_is_asked_for_is_known() -> None:
    assert _asked_for()
    assert _asked_for() <= NAMES
    assert len(NAMES) == len(TASKS)


def test_every_task_is_named_after_its_room() -> None:
    rooms = {
        "bulk", "cube", "insights", "live", "maps", "media", "pins", "routes", "sync",
        "territories",
    }  # fmt: skip
    assert {queue_of(name) for name in NAMES} == rooms


@pytest.mark.parametrize("task", CALENDAR, ids=lambda task: task.name)
def test_what_the_calendar_asks_for_runs_and_runs_again(
    task: Any,
    database: Database,
    org: Org,
    other_org: Org,
    settings: Settings,
    test_database: TestDatabase,
) -> None:
    assert org.id != other_org.id
    for _ in range(2):
        with database.without_org() as connection:
            enqueue(connection, f"{task.name} by the calendar", timestamp=0)
        with open_worker(settings, test_database.app_url) as worker:
            worker.run_due()
        left = execute(
            test_database.owner_url, "SELECT task_name, status::text FROM jobs.procrastinate_jobs"
        )
        assert left == []


def test_old_tombstones_are_purged_by_the_calendar(
    database: Database, org: Org, settings: Settings, test_database: TestDatabase
) -> None:
    owner_url = test_database.owner_url
    execute(
        owner_url,
        "INSERT INTO sync_row (org_id, bucket, tbl, id, removed, changed_at) VALUES"
        " (%s, 'b', 'account', gen_random_uuid(), true, now() - interval '91 days'),"
        " (%s, 'b', 'account', gen_random_uuid(), true, now() - interval '89 days')",
        org.id,
        org.id,
    )
    with database.without_org() as connection:
        enqueue(connection, "sync.purge")
    with open_worker(settings, test_database.app_url) as worker:
        worker.run_due()
    assert execute(owner_url, "SELECT count(*) FROM sync_row WHERE bucket = 'b'") == [(1,)]
