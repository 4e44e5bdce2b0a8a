"""A job is there exactly when its transaction was committed, and is done until it is done."""

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from backend.db.tenancy import Database
from backend.ids import OrgId, new_id
from backend.jobs import Task, Work, enqueue, enqueue_in, enqueue_in_turn
from backend.jobs.worker import Pace, Worker
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.people import Org

type MakeWorker = Callable[..., Worker]


class Notebook:
    """A task that writes down what it was called with, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.calls: list[Any] = []
        self.failures = failures
        self.has_run = threading.Event()

    def run(self, work: Work, org_id: OrgId, number: int = 0) -> None:
        assert isinstance(work, Work)
        self.calls.append((org_id, number))
        self.has_run.set()
        if len(self.calls) <= self.failures:
            raise RuntimeError("not yet")

    def task(self, name: str = "test.note") -> Task:
        return Task(name, self.run)


class Changed(Exception):
    """Ends a transaction without a commit."""


def test_a_rolled_back_transaction_asks_for_nothing(
    database: Database, org: Org, make_worker: MakeWorker, queue: Any
) -> None:
    notebook = Notebook()
    with pytest.raises(Changed), database.for_org(org.id) as connection:  # noqa: PT012
        enqueue(connection, "test.note", org_id=org.id)
        raise Changed
    assert queue.jobs() == []
    make_worker(notebook.task()).run_due()
    assert notebook.calls == []


def test_a_committed_transaction_asks_once_with_its_own_values(
    database: Database, org: Org, make_worker: MakeWorker, queue: Any
) -> None:
    notebook = Notebook()
    with database.for_org(org.id) as connection:
        enqueue(connection, "test.note", org_id=org.id, number=7)
        other = enqueue_and_read(connection)
    assert other == "account"
    make_worker(notebook.task()).run_due()
    assert notebook.calls == [(org.id, 7)]
    assert isinstance(notebook.calls[0][0], UUID)
    assert queue.jobs() == []
    make_worker(notebook.task()).run_due()
    assert len(notebook.calls) == 1


def enqueue_and_read(connection: Any) -> Any:
    """Tell that plain queries still find their tables after a job was asked for."""
    return connection.exec_driver_sql("SELECT 'account'::regclass::text").scalar_one()


def test_jobs_that_take_turns_wait_once_each_and_run_again_when_asked_again(
    database: Database, org: Org, make_worker: MakeWorker, queue: Any
) -> None:
    notebook = Notebook()
    for number in (1, 2, 1):
        with database.for_org(org.id) as connection:
            enqueue_in_turn(connection, "test.note", org_id=org.id, number=number)
            assert enqueue_and_read(connection) == "account"
    make_worker(notebook.task()).run_due()
    assert notebook.calls == [(org.id, 1), (org.id, 2)]

    with database.for_org(org.id) as connection:
        enqueue_in_turn(connection, "test.note", org_id=org.id, number=1)
    make_worker(notebook.task()).run_due()
    assert notebook.calls[2:] == [(org.id, 1)]
    assert queue.jobs() == []


def test_a_worker_for_some_rooms_leaves_the_jobs_of_others(
    database: Database, org: Org, make_worker: MakeWorker, queue: Any
) -> None:
    ours, theirs = Notebook(), Notebook()
    tasks = ours.task("media.note"), theirs.task("sync.note")
    with database.for_org(org.id) as connection:
        for task in tasks:
            enqueue(connection, task.name, org_id=org.id)
    make_worker(*tasks, queues=("media",)).run_due()
    assert (len(ours.calls), len(theirs.calls)) == (1, 0)
    assert [name for name, _, _ in queue.jobs()] == ["sync.note"]


def test_a_job_for_later_waits(
    database: Database, org: Org, make_worker: MakeWorker, queue: Any
) -> None:
    notebook = Notebook()
    with database.for_org(org.id) as connection:
        enqueue_in(connection, 3600, "test.note", org_id=org.id)
    make_worker(notebook.task()).run_due()
    assert notebook.calls == []
    queue.let_time_pass()
    make_worker(notebook.task()).run_due()
    assert len(notebook.calls) == 1


def test_a_job_that_fails_is_tried_again_later_and_at_last_given_up(
    database: Database, org: Org, make_worker: MakeWorker, queue: Any
) -> None:
    notebook = Notebook(failures=2)
    with database.for_org(org.id) as connection:
        enqueue(connection, "test.note", org_id=org.id)
    for calls in (1, 2, 3):
        make_worker(notebook.task()).run_due()
        assert len(notebook.calls) == calls
        make_worker(notebook.task()).run_due()
        assert len(notebook.calls) == calls, "the next attempt has to wait"
        queue.let_time_pass()
    assert queue.jobs() == []

    hopeless = Notebook(failures=100)
    with database.for_org(org.id) as connection:
        enqueue(connection, "test.note", org_id=org.id)
    for _ in range(12):
        make_worker(hopeless.task()).run_due()
        queue.let_time_pass()
    assert len(hopeless.calls) == 9
    assert [status for _, _, status in queue.jobs()] == ["failed"]


def test_a_lasting_worker_is_woken_by_the_commit_and_stops_when_asked(
    database: Database, org: Org, make_worker: MakeWorker
) -> None:
    notebook = Notebook()
    worker = make_worker(notebook.task())
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        with database.for_org(org.id) as connection:
            enqueue(connection, "test.note", org_id=org.id)
        assert notebook.has_run.wait(20)
    finally:
        worker.stop()
        thread.join(20)
    assert not thread.is_alive()


def test_a_worker_whose_connections_are_cut_goes_on(
    database: Database, org: Org, make_worker: MakeWorker, test_database: TestDatabase
) -> None:
    first, second = Notebook(), Notebook()
    worker = make_worker(
        first.task("test.first"), second.task("test.second"), pace=Pace(reconnect_s=0.01)
    )
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        with database.for_org(org.id) as connection:
            enqueue(connection, "test.first", org_id=org.id)
        assert first.has_run.wait(20)
        execute(
            test_database.owner_url.replace("tuyen_owner", "postgres"),
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query NOT LIKE '%%BEGIN%%'",
        )
        with database.for_org(org.id) as connection:
            enqueue(connection, "test.second", org_id=org.id)
        assert second.has_run.wait(20)
    finally:
        worker.stop()
        thread.join(20)
    assert not thread.is_alive()


def test_the_calendar_asks_for_each_organisation(
    database: Database, org: Org, other_org: Org, make_worker: MakeWorker, queue: Any
) -> None:
    notebook = Notebook()
    task = Task("test.note", notebook.run, cron="0 3 * * *")
    with database.without_org() as connection:
        enqueue(connection, "test.note by the calendar", timestamp=1)
    make_worker(task).run_due()
    assert {org_id for org_id, _ in notebook.calls} == {org.id, other_org.id}
    assert queue.jobs() == []


def test_what_takes_turns_is_asked_for_by_the_calendar_once_until_it_is_done(
    database: Database, org: Org, make_worker: MakeWorker, queue: Any
) -> None:
    notebook = Notebook(failures=1)
    task = Task("test.note", notebook.run, cron="* * * * *", is_in_turn=True)

    for night in (1, 2):
        with database.without_org() as connection:
            enqueue(connection, "test.note by the calendar", timestamp=night)
        make_worker(task).run_due()
        assert len(queue.jobs()) == 1, "the night before is still to be made good"
    queue.let_time_pass()
    make_worker(task).run_due()

    assert notebook.calls == [(org.id, 0)] * 2
    assert queue.jobs() == []


def test_what_the_calendar_asked_while_nobody_worked_is_made_good_once(
    org: Org, make_worker: MakeWorker
) -> None:
    notebook = Notebook()
    task = Task("test.note", notebook.run, cron="0 3 * * *")
    for _ in range(2):
        worker = make_worker(task)
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            assert notebook.has_run.wait(20)
        finally:
            worker.stop()
            thread.join(20)
        assert not thread.is_alive()
    assert notebook.calls == [(org.id, 0)]


def test_a_worker_stopped_while_it_starts_ends(org: Org, make_worker: MakeWorker) -> None:
    assert org
    task = Notebook().task()
    for late_ms in range(0, 60, 2):
        worker = make_worker(task)
        thread = threading.Thread(target=worker.run, daemon=True)
        thread.start()
        time.sleep(late_ms % 12 / 1000)
        worker.stop()
        thread.join(20)
        assert not thread.is_alive(), f"stopped after {late_ms % 12} ms"


def test_organisations_are_listed_by_id_alone(database: Database, org: Org, other_org: Org) -> None:
    with database.for_org(org.id) as connection:
        listed = connection.exec_driver_sql("SELECT tuyen_org_ids()").scalars().all()
        seen = connection.exec_driver_sql("SELECT id FROM organisation").scalars().all()
    assert set(listed) == {org.id, other_org.id}
    assert seen == [org.id]


def test_a_job_begun_by_a_dead_worker_is_taken_up_again(
    database: Database, org: Org, make_worker: MakeWorker, test_database: TestDatabase
) -> None:
    notebook = Notebook()
    with database.for_org(org.id) as connection:
        enqueue(connection, "test.note", org_id=org.id)
    # As a worker leaves it that was killed two minutes ago.
    execute(
        test_database.owner_url,
        "WITH dead AS (INSERT INTO jobs.procrastinate_workers (last_heartbeat)"
        " VALUES (now() - interval '2 min') RETURNING id)"
        " UPDATE jobs.procrastinate_jobs SET status = 'doing', worker_id = dead.id FROM dead",
    )
    make_worker(notebook.task()).run_due()
    assert notebook.calls == [(org.id, 0)]


def test_a_job_that_kills_every_worker_is_given_up(
    database: Database, org: Org, make_worker: MakeWorker, queue: Any, test_database: TestDatabase
) -> None:
    notebook = Notebook()
    with database.for_org(org.id) as connection:
        enqueue(connection, "test.note", org_id=OrgId(new_id()))
    execute(
        test_database.owner_url,
        "UPDATE jobs.procrastinate_jobs SET status = 'doing', attempts = 8",
    )
    make_worker(notebook.task()).run_due()
    assert notebook.calls == []
    assert [status for _, _, status in queue.jobs()] == ["failed"]
