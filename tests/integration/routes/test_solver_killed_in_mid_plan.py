"""The solver's process is killed while a day is planned over HTTP, and the service answers on."""

import threading
import time

import httpx
import psutil

from backend.routes.engines import Engines
from tests.integration.routes.conftest import SHOPS, Town

_TRIES = 5
_SOLVER = "backend.routes.solver.worker"


def _at_work() -> psutil.Process | None:
    """Return a solver's process that used the processor in the last moment."""
    for one in psutil.Process().children(recursive=True):
        try:
            if _SOLVER in one.cmdline() and one.cpu_percent(0.05) > 0:
                return one
        except psutil.NoSuchProcess:
            continue
    return None


def _kill_in_mid_plan(town: Town, *, times: int) -> tuple[httpx.Response, int]:
    """Plan a long day and kill its solver so many times; return the answer and the kills."""
    answers: list[httpx.Response] = []
    asking = threading.Thread(
        target=lambda: answers.append(town.plan(town.org.rep, max_candidates=SHOPS))
    )
    asking.start()
    killed: set[int] = set()
    while asking.is_alive() and len(killed) < times:
        solver = _at_work()
        if solver is not None and solver.pid not in killed:
            solver.kill()
            killed.add(solver.pid)
        time.sleep(0.01)
    asking.join()
    return answers[0], len(killed)


def test_a_day_whose_solver_is_killed_is_planned_all_the_same(town: Town, engines: Engines) -> None:
    town.planned(max_candidates=2)
    (before,) = engines.solvers.process_ids()

    answer, kills = _kill_in_mid_plan(town, times=1)

    assert kills == 1
    assert answer.status_code == 201, answer.text
    assert before not in engines.solvers.process_ids()


def test_a_solver_killed_again_and_again_is_told_and_nothing_is_written(town: Town) -> None:
    former = town.planned(max_candidates=2)
    visits = town.visits()
    for _ in range(_TRIES):
        answer, kills = _kill_in_mid_plan(town, times=2)
        if kills == 2:  # the second one may have been too quick for us
            break
        visits = town.visits()
        former = answer.json()

    assert (answer.status_code, answer.json()["code"]) == (503, "solver_failed")
    assert answer.headers["Retry-After"] == "5"
    assert town.visits() == visits
    assert town.get(town.org.rep, f"/v1/routes/{former['id']}").json()["status"] == "planned"
    assert town.planned(max_candidates=4)["stops"]
