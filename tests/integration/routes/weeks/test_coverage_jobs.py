"""The job that plans weeks: watched, cancelled, killed, stopped, and taken up again."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.jobs.worker import Worker
from tests.integration.routes.weeks.conftest import PATH, Office
from tests.support.ground import execute

SOLVER = b"backend.routes.solver.worker"
PATIENCE_S = 120.0


def _solvers() -> set[int]:
    """Return the solver processes that plan weeks: those of this process that go behind others."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            stat = (path / "stat").read_text().rpartition(")")[2].split()
            is_ours = int(stat[1]) == os.getpid() and stat[0] != "Z" and int(stat[16]) > 0
            if is_ours and SOLVER in (path / "cmdline").read_bytes():
                found.add(int(path.name))
        except OSError:
            continue
    return found


def _until[T](look: Callable[[], T]) -> T:
    """Return what a look finds as soon as it finds something."""
    end = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        pause.wait(0.05)
    raise AssertionError("It did not come about in time.")


@contextmanager
def _working(worker: Worker) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield thread
    finally:
        worker.stop()
        thread.join()


def _plan(office: Office, plan_id: str) -> dict[str, Any]:
    plan: dict[str, Any] = office.detail(plan_id)["plan"]
    return plan


def _ended(office: Office, plan_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        plan = _plan(office, plan_id)
        return plan if plan["status"] not in {"queued", "running"} else None

    return _until(look)


def test_a_manager_watches_the_plan_grow_and_cancels_it(everywhere: Office) -> None:
    (asked,) = everywhere.ask().json()["plans"]
    path = asked["id"]
    with _working(everywhere.make_worker()):
        _until(lambda: _plan(everywhere, path)["best_travel_seconds"])
        _until(lambda: _plan(everywhere, path)["phase"] == "search")
        running = everywhere.detail(path)
        assert running["plan"]["status"] == "running"
        assert 0 < running["plan"]["share"] < 1
        assert running["result"]["days"], "the first full plan is shown while the search goes on"
        solvers = _solvers()
        assert solvers
        manager = everywhere.town.org.manager
        assert everywhere.post(manager, f"/{path}/cancel").json()["status"] == "cancelled"
        _until(lambda: not _solvers() & solvers)
    after = _plan(everywhere, path)
    assert (after["status"], after["share"] < 1) == ("cancelled", True)
    assert everywhere.ask().status_code == 202


def test_a_killed_solver_is_replaced_and_the_weeks_are_planned(everywhere: Office) -> None:
    (asked,) = everywhere.ask().json()["plans"]
    with _working(everywhere.make_worker()):
        (solver,) = _until(_solvers)
        os.kill(solver, signal.SIGKILL)
        assert everywhere.town.get(everywhere.town.org.manager, PATH).status_code == 200
        assert _ended(everywhere, asked["id"])["status"] == "done"


def test_a_solver_that_dies_twice_is_told_and_the_service_answers_on(everywhere: Office) -> None:
    (asked,) = everywhere.ask().json()["plans"]
    with _working(everywhere.make_worker()):
        (first,) = _until(_solvers)
        os.kill(first, signal.SIGKILL)
        (second,) = _until(lambda: _solvers() - {first})
        os.kill(second, signal.SIGKILL)
        plan = _ended(everywhere, asked["id"])
    assert (plan["status"], plan["failure"]["code"]) == ("failed", "solver_failed")
    assert "ended twice" in plan["failure"]["detail"]
    assert everywhere.town.planned(max_candidates=5)["stops"]


def test_a_worker_that_is_stopped_leaves_the_plan_in_the_queue(everywhere: Office) -> None:
    (asked,) = everywhere.ask().json()["plans"]
    with _working(everywhere.make_worker()):
        _until(_solvers)
    assert not _solvers()
    plan = _plan(everywhere, asked["id"])
    assert (plan["status"], plan["share"]) == ("queued", 0)
    execute(
        everywhere.town.url,
        "UPDATE jobs.procrastinate_jobs SET scheduled_at = now() - interval '1 s'",
    )
    everywhere.run()
    assert _plan(everywhere, asked["id"])["status"] == "done"


def test_what_a_dead_worker_had_begun_is_planned_again_but_not_for_ever(office: Office) -> None:
    (asked,) = office.ask().json()["plans"]
    url = office.town.url
    execute(url, "UPDATE coverage_plan SET status = 'running', attempt = 2, share = 0.5")
    office.run()
    assert _plan(office, asked["id"])["status"] == "done"
    (asked,) = office.ask().json()["plans"]
    execute(
        url,
        "UPDATE coverage_plan SET status = 'running', attempt = 3 WHERE id = %s",
        asked["id"],
    )
    office.run()
    plan = _plan(office, asked["id"])
    assert (plan["status"], plan["failure"]["code"]) == ("failed", "worker_died")
