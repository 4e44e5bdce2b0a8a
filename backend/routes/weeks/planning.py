"""The job that plans a rep's weeks: states the problem once, solves it, keeps how far it is."""

import logging
import time
import zlib
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import msgspec
import psycopg2
import sqlalchemy as sa

from backend.geo.network.provider import NetworkError
from backend.geo.vocabulary import LonLat
from backend.ids import OrgId, UserId
from backend.jobs import Work
from backend.routes.candidate_repository import find_rep
from backend.routes.coverage.account import WEEK, CoverageError
from backend.routes.coverage.plan import CoveragePlan
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.engines import Engines
from backend.routes.pool import SolverCancelled, SolverCrash, SolverTimeout
from backend.routes.solver.answer import Progress
from backend.routes.weeks import ground_repository, repository
from backend.routes.weeks.calendar import first_monday
from backend.routes.weeks.ground_repository import Held
from backend.routes.weeks.repository import Claim
from backend.routes.weeks.result import make_result, make_summary, standing_kinds
from backend.routes.weeks.schemas import Failure
from backend.routes.weeks.statement import Facts, make_problem
from backend.territories.assignment_repository import today_of

_LOG = logging.getLogger("tuyen.routes")
_MOST_ATTEMPTS = 3
_MOST_SECONDS = 1800.0
"""On the wall: weeks of 200 accounts take half a minute of a processor, which may be busy."""
_WRITE_EVERY_S = 1.0
_HISTORY = timedelta(weeks=12)
_PARTS = {
    "assign": (0.0, 0.05),
    "first_routes": (0.05, 0.1),
    "search": (0.1, 0.9),
    "routes": (0.9, 1.0),
}
"""From where to where of the whole each phase goes, as far as it can be told beforehand."""


class _Kept(msgspec.Struct, frozen=True):
    """What a plan is made of, as it is kept: the problem, and accounts that could not be in it."""

    problem: CoverageProblem
    placeless: tuple[Held, ...]


class WorkerEnding(RuntimeError):
    """The worker is asked to stop in the middle of a plan, which is queued again."""


def plan_weeks(work: Work, org_id: OrgId, plan_id: UUID) -> None:
    """Plan one record's weeks, however often it is asked for: a finished record stays as it is."""
    with work.db.for_org(org_id) as connection:
        claim = repository.claim_plan(connection, org_id, plan_id)
    if claim is None:
        return
    planning = _Planning(work, org_id, plan_id, claim)
    if claim.attempt > _MOST_ATTEMPTS:
        planning.fail(
            Failure("worker_died", "The service ended in the middle of this plan three times.")
        )
        return
    try:
        planning.run()
    except SolverCancelled:
        planning.stop()
    except (sa.exc.SQLAlchemyError, psycopg2.Error):
        raise  # the queue tries again
    except Exception as error:  # noqa: BLE001  the edge of the job: the record says what is wrong
        planning.fail(failure_of(error))


def failure_of(error: Exception) -> Failure:
    """Return why a job cannot go on, as its record tells it; what nobody expects is logged."""
    match error:
        case CoverageError():
            return Failure("malformed", error.detail, error.field)
        case NetworkError():
            return Failure(error.code, error.message)
        case SolverCrash() | SolverTimeout():
            return Failure("solver_failed", f"The weeks could not be planned: {error}")
        case _:
            _LOG.error("A plan failed.", exc_info=error)
            return Failure(
                "planning_failed",
                "Something went wrong that should not: the service's log says what. Try again.",
            )


def _whole(step: Progress) -> float:
    """Return the share of the whole that is done."""
    begin, end = _PARTS[step.phase]
    return begin + (end - begin) * step.share


class _Planning:
    """One attempt at one record."""

    def __init__(self, work: Work, org_id: OrgId, plan_id: UUID, claim: Claim) -> None:
        self._work, self._org_id, self._plan_id, self._claim = work, org_id, plan_id, claim
        self._engines = work.part(Engines)
        self._is_wanted = True
        self._newest: Progress | None = None
        self._written_at = time.monotonic()

    def run(self) -> None:
        """State, solve and keep; raises what the pool and the network raise, and CoverageError."""
        kept = self._kept()
        problem = kept.problem
        plan = self._engines.solvers.solve_weeks(
            problem,
            _MOST_SECONDS,
            progress=lambda step: self._hear(kept, step),
            is_cancelled=self._is_cancelled,
        )
        self._keep(kept, plan, is_final=True)

    def fail(self, failure: Failure) -> None:
        """End the record with a reason."""
        _LOG.warning("Coverage plan %s failed: %s", self._plan_id, failure.detail)
        with self._work.db.for_org(self._org_id) as connection:
            repository.write_failure(
                connection,
                self._org_id,
                self._plan_id,
                attempt=self._claim.attempt,
                failure=failure,
            )

    def stop(self) -> None:
        """Leave a plan that nobody wants; queue it again where only the worker ends."""
        if self._is_wanted:
            with self._work.db.for_org(self._org_id) as connection:
                repository.release_plan(
                    connection, self._org_id, self._plan_id, attempt=self._claim.attempt
                )
            raise WorkerEnding("The worker ends: the plan is queued again.")

    def _kept(self) -> _Kept:
        if self._claim.problem is not None:
            return _unpack(self._claim.problem)
        kept = self._state()
        packed = zlib.compress(msgspec.msgpack.encode(kept))
        self._write(
            lambda connection: repository.write_problem(
                connection,
                self._org_id,
                self._plan_id,
                attempt=self._claim.attempt,
                problem=packed,
            )
        )
        return kept

    def _state(self) -> _Kept:
        request, rep_id = self._claim.request, UserId(self._claim.rep_id)
        first_on = first_monday(request.from_on)
        last_on = first_on + timedelta(WEEK * request.weeks - 1)
        with self._work.db.for_org(self._org_id, snapshot=True) as connection:
            today = today_of(connection, self._org_id)
            rep = find_rep(connection, self._org_id, rep_id)
            accounts = ground_repository.select_accounts(
                connection,
                self._org_id,
                rep_id,
                request,
                first_on=first_on,
                last_on=last_on,
                today=today,
            )
            kind_minutes = ground_repository.select_kind_minutes(connection, self._org_id)
            accepted = ground_repository.select_accepted(
                connection, self._org_id, rep_id, from_on=first_on - _HISTORY, to_on=last_on
            )
        if rep is None or rep.base is None:
            raise CoverageError(
                "The rep has neither home nor accounts on the map.", field="rep_ids"
            )
        placed = tuple(one for one in accounts if one.location is not None)
        points = [rep.base, *(one.location for one in placed if one.location is not None)]
        network = self._engines.network(request.profile)
        matrix = network.matrix(tuple(LonLat(lon, lat) for lon, lat in points))
        facts = Facts(
            country=rep.country,
            today=today,
            cycle_week=self._claim.cycle_week,
            accounts=placed,
            accepted=tuple(accepted),
            kind_minutes=kind_minutes,
        )
        placeless = tuple(Held(one.id, one.name, None) for one in accounts if one.location is None)
        return _Kept(make_problem(request, facts, matrix), placeless)

    def _hear(self, kept: _Kept, step: Progress) -> None:
        if step.plan is not None:
            self._keep(kept, step.plan, is_final=False)
        self._newest = step

    def _is_cancelled(self) -> bool:
        """Note how far the plan is, once a second, and learn whether it is still wanted."""
        if self._work.is_ending:
            return True
        if time.monotonic() - self._written_at >= _WRITE_EVERY_S:
            step = self._newest or Progress("assign", 0.0, None, None)
            self._write(
                lambda connection: repository.write_progress(
                    connection,
                    self._org_id,
                    self._plan_id,
                    attempt=self._claim.attempt,
                    phase=step.phase,
                    share=_whole(step),
                    best_travel_seconds=step.travel_s,
                )
            )
            self._written_at = time.monotonic()
        return not self._is_wanted

    def _keep(self, kept: _Kept, plan: CoveragePlan, *, is_final: bool) -> None:
        result = make_result(
            kept.problem, plan, list(kept.placeless), standing_kinds(self._claim.request)
        )
        with self._work.db.for_org(self._org_id) as connection:
            is_same = None
            if is_final and self._claim.replay_of is not None:
                _, other = repository.find_result(connection, self._org_id, self._claim.replay_of)
                is_same = result == other
            repository.write_result(
                connection,
                self._org_id,
                self._plan_id,
                attempt=self._claim.attempt,
                summary=make_summary(kept.problem, plan, result, is_same=is_same),
                result=result,
                is_final=is_final,
            )

    def _write(self, write: Callable[[sa.Connection], bool]) -> None:
        with self._work.db.for_org(self._org_id) as connection:
            self._is_wanted = write(connection)


def _unpack(packed: bytes) -> _Kept:
    return msgspec.msgpack.decode(zlib.decompress(packed), type=_Kept)
