"""Solving in processes of its own: engines hold the interpreter lock and may hang or crash.

A worker is a child process that is reused from day to day and killed when it takes too long, or
when nobody wants its coverage plan any more.
"""

import queue
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from backend.processes import Child, NoAnswerError
from backend.routes.coverage.plan import CoveragePlan
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.day.plan import DayPlan
from backend.routes.day.problem import DayProblem
from backend.routes.solver.answer import (
    Answer,
    Failed,
    PlanDay,
    PlanTeam,
    PlanWeeks,
    Progress,
    Solved,
    TeamSolved,
    WeeksSolved,
    Wish,
    decode_answer,
    encode_wish,
)
from backend.routes.team.plan import TeamPlan
from backend.routes.team.problem import TeamProblem

_WORKER_MODULE = "backend.routes.solver.worker"

_LOOK_S = 0.25
"""How soon it is noticed that a coverage plan is not wanted any more."""

type OnProgress = Callable[[Progress], None]


class SolverTimeout(RuntimeError):
    """No plan in time; whatever was computing it has been killed."""


class SolverCrash(RuntimeError):
    """The solver failed on this day, twice or with an error of its own."""


class SolverCancelled(RuntimeError):
    """Nobody wants the plan any more; what was computing it has been killed."""


class SolverPool:
    """Up to `size` solver processes, started when first needed and shared by threads.

    Close it, or use it as a context manager, to end them.
    """

    def __init__(self, size: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        if size < 1:
            raise ValueError(f"A pool of {size} solvers; give 1 or more.")
        self._monotonic = monotonic
        self._is_closed = False
        # Last in, first out: an idle service keeps using its warm worker and starts no other.
        self._slots: queue.LifoQueue[Child | None] = queue.LifoQueue()
        self._size = size
        for _ in range(size):
            self._slots.put(None)

    def solve(self, problem: DayProblem, timeout_s: float) -> DayPlan:
        """Return the day's plan; callable from any thread.

        Raises SolverTimeout when all workers stay busy, or the day takes longer, together for
        `timeout_s` seconds (loading a new worker's engines does not count), and SolverCrash when
        the solver itself fails.
        """
        answer = self._ask(PlanDay(problem), timeout_s)
        if not isinstance(answer, Solved):
            raise _not_that(answer)
        return answer.plan

    def solve_team(self, problem: TeamProblem, timeout_s: float) -> TeamPlan:
        """Return a team's plan; as `solve` for the day of one."""
        answer = self._ask(PlanTeam(problem), timeout_s)
        if not isinstance(answer, TeamSolved):
            raise _not_that(answer)
        return answer.plan

    def _ask(self, wish: Wish, timeout_s: float) -> Answer:
        deadline = self._monotonic() + timeout_s
        slot = self._take_slot(timeout_s)
        remaining_s = max(deadline - self._monotonic(), 0.0)
        request = encode_wish(wish)
        try:
            for _attempt in range(2):
                asked_at = self._monotonic()
                try:
                    slot = slot or Child(_WORKER_MODULE)
                    asked_at = self._monotonic()
                    answer = slot.ask(request, remaining_s)
                except BaseException as failure:
                    _end(slot)  # it may still answer, which nobody would wait for
                    slot = None
                    remaining_s = max(remaining_s - (self._monotonic() - asked_at), 0.0)
                    if isinstance(failure, NoAnswerError):
                        raise SolverTimeout(str(failure)) from failure
                    # A process may have been killed, at work or while idle: try with a new one.
                    if not isinstance(failure, EOFError | OSError):
                        raise
                else:
                    return decode_answer(answer)
        finally:
            self._give_back(slot)
        raise SolverCrash("The solver's process ended twice while it planned this day.")

    def solve_weeks(
        self,
        problem: CoverageProblem,
        timeout_s: float,
        *,
        progress: OnProgress,
        is_cancelled: Callable[[], bool],
    ) -> CoveragePlan:
        """Return the coverage plan; `progress` and `is_cancelled` are called in this thread.

        A process that dies is replaced once, and plans from the beginning. Each process plans
        weeks once and ends. Raises SolverCancelled soon after `is_cancelled` says so, and what
        `solve` raises.
        """
        deadline = self._monotonic() + timeout_s
        slot = self._take_slot(timeout_s)
        request = encode_wish(PlanWeeks(problem))
        try:
            for _attempt in range(2):
                try:
                    slot = slot or Child(_WORKER_MODULE)
                    slot.send(request)
                    return self._follow(slot, deadline, progress, is_cancelled)
                except NoAnswerError as failure:
                    raise SolverTimeout(str(failure)) from failure
                except (EOFError, OSError):
                    _end(slot)
                    slot = None
        finally:
            _end(slot)
            self._give_back(None)
        raise SolverCrash("The solver's process ended twice while it planned these weeks.")

    def _follow(
        self,
        slot: Child,
        deadline: float,
        progress: OnProgress,
        is_cancelled: Callable[[], bool],
    ) -> CoveragePlan:
        while True:
            if self._is_closed or is_cancelled():
                raise SolverCancelled("Nobody wants this plan any more.")
            if self._monotonic() > deadline:
                raise SolverTimeout("The weeks took longer than they may; the solver was stopped.")
            answer = slot.hear(_LOOK_S)
            match answer if answer is None else decode_answer(answer):
                case Progress() as step:
                    progress(step)
                case WeeksSolved(plan=plan):
                    return plan
                case Failed(detail=detail):
                    raise SolverCrash(f"The solver could not plan these weeks ({detail}).")
                case None | Solved() | TeamSolved():
                    pass

    def process_ids(self) -> list[int]:
        """Return the ids of the idle workers' processes, for health pages."""
        return [slot.process_id for slot in list(self._slots.queue) if slot is not None]

    def close(self) -> None:
        """End every worker; those at work end with the day they compute."""
        self._is_closed = True
        for _ in range(self._size):
            try:
                slot = self._slots.get_nowait()
            except queue.Empty:
                return
            _end(slot)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _take_slot(self, timeout_s: float) -> Child | None:
        if self._is_closed:
            raise SolverCrash("The solver pool is closed.")
        try:
            return self._slots.get(timeout=max(timeout_s, 0.0))
        except queue.Empty:
            raise SolverTimeout(
                f"All {self._size} solvers were busy for {timeout_s:g} seconds; try again."
            ) from None

    def _give_back(self, slot: Child | None) -> None:
        if self._is_closed:
            _end(slot)
            return
        self._slots.put(slot)


def _end(slot: Child | None) -> None:
    if slot is not None:
        slot.end()


def _not_that(answer: Answer) -> SolverCrash:
    """Return what an answer means that is not the plan asked for."""
    if isinstance(answer, Failed):
        return SolverCrash(f"The solver could not plan this day ({answer.detail}).")
    return SolverCrash("The solver answered another question.")
