import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.routes.day.problem import DayProblem
from backend.routes.pool import SolverCancelled, SolverCrash, SolverPool, SolverTimeout
from backend.routes.solver.answer import Progress
from backend.routes.solver.coverage import plan_coverage, usual_budget
from backend.routes.solver.day import solve_day
from tests.unit.routes.coverage.month import month, shop
from tests.unit.routes.days import NOON_LUNCH, street_day, visit

PLENTY_S = 120.0


def big_day(count: int) -> DayProblem:
    stops = [visit(f"s{number}", number, minutes=20) for number in range(1, count + 1)]
    positions = [0, *(number * 37 % 101 - 50 for number in range(count))]
    return street_day(positions, *stops, lunch=NOON_LUNCH)


@pytest.fixture
def pool() -> Iterator[SolverPool]:
    with SolverPool(2) as pool:
        yield pool


def test_a_plan_from_the_pool_is_the_plan(pool: SolverPool) -> None:
    day = big_day(12)

    assert pool.solve(day, PLENTY_S) == solve_day(day)


def test_no_process_runs_before_it_is_needed_and_one_serves_many_days(pool: SolverPool) -> None:
    assert pool.process_ids() == []

    for count in (1, 2, 3):
        pool.solve(big_day(count), PLENTY_S)

    assert len(pool.process_ids()) == 1


def test_a_day_that_takes_too_long_is_killed_and_the_next_is_planned(pool: SolverPool) -> None:
    pool.solve(big_day(2), PLENTY_S)
    (process_id,) = pool.process_ids()

    with pytest.raises(SolverTimeout):
        pool.solve(big_day(300), 0.01)

    assert not Path(f"/proc/{process_id}").exists()
    assert pool.solve(big_day(2), PLENTY_S).stops


def test_a_killed_worker_is_replaced_unnoticed(pool: SolverPool) -> None:
    pool.solve(big_day(2), PLENTY_S)
    (process_id,) = pool.process_ids()

    os.kill(process_id, signal.SIGKILL)

    assert len(pool.solve(big_day(3), PLENTY_S).stops) == 3
    assert process_id not in pool.process_ids()


def test_a_second_attempt_has_the_time_that_the_first_one_left() -> None:
    process_ids: list[int] = []

    def clock() -> float:
        """Let ten minutes pass until the first process is found to be gone."""
        is_gone = process_ids and not Path(f"/proc/{process_ids[0]}").exists()
        return 600.0 if is_gone else 0.0

    with SolverPool(1, monotonic=clock) as pool:
        pool.solve(big_day(2), PLENTY_S)
        process_ids += pool.process_ids()
        os.kill(process_ids[0], signal.SIGKILL)

        with pytest.raises(SolverTimeout):
            pool.solve(big_day(3), PLENTY_S)


def test_threads_share_the_workers(pool: SolverPool) -> None:
    days = [big_day(count) for count in range(1, 9)]

    with ThreadPoolExecutor(8) as threads:
        plans = list(threads.map(lambda day: pool.solve(day, PLENTY_S), days))

    assert [len(plan.stops) for plan in plans] == list(range(1, 9))
    assert len(pool.process_ids()) == 2


def test_closing_ends_every_process() -> None:
    with SolverPool(1) as pool:
        pool.solve(big_day(2), PLENTY_S)
        (process_id,) = pool.process_ids()

    assert not Path(f"/proc/{process_id}").exists()
    with pytest.raises(SolverCrash):
        pool.solve(big_day(2), PLENTY_S)


def test_a_pool_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        SolverPool(0)


def test_weeks_come_with_progress_and_are_those_of_the_solver(pool: SolverPool) -> None:
    weeks = month(*(shop(f"s{number}", number, "2") for number in range(1, 9)))
    told: list[Progress] = []

    plan = pool.solve_weeks(weeks, PLENTY_S, progress=told.append, is_cancelled=lambda: False)

    assert plan == plan_coverage(weeks, budget=usual_budget(weeks))
    (first,) = [step.plan for step in told if step.plan is not None]
    assert len(first.days) == len(plan.days)
    assert all(0 <= step.share <= 1 for step in told)
    assert pool.process_ids() == [], "a process that went behind others is not used again"


def test_weeks_that_nobody_wants_any_more_are_stopped(pool: SolverPool) -> None:
    weeks = month(*(shop(f"s{number}", number, "4") for number in range(1, 60)))
    told: list[Progress] = []

    with pytest.raises(SolverCancelled):
        pool.solve_weeks(weeks, PLENTY_S, progress=told.append, is_cancelled=lambda: bool(told))
    with pytest.raises(SolverTimeout):
        pool.solve_weeks(weeks, 0.3, progress=told.append, is_cancelled=lambda: False)

    assert pool.solve(big_day(2), PLENTY_S).stops


def test_a_fault_of_the_caller_ends_the_process(pool: SolverPool) -> None:
    weeks = month(*(shop(f"s{number}", number, "4") for number in range(1, 60)))

    def fail(_: Progress) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        pool.solve_weeks(weeks, PLENTY_S, progress=fail, is_cancelled=lambda: False)
    assert pool.process_ids() == []
