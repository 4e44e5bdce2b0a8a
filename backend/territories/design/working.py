"""The job that makes a design: states the problem once, solves it, keeps how far it is."""

import logging
import time
from collections.abc import Callable
from uuid import UUID

import psycopg2
import sqlalchemy as sa

from backend.ids import OrgId
from backend.jobs import Work
from backend.territories.design import repository
from backend.territories.design.engine import (
    EngineCancelled,
    EngineError,
    RulesImpossible,
    solve_apart,
)
from backend.territories.design.ground_repository import select_ground
from backend.territories.design.kept import (
    Stated,
    border_hashes,
    make_summary,
    pack_design,
    pack_stated,
    unpack_stated,
)
from backend.territories.design.problem import DesignError
from backend.territories.design.repository import Claim
from backend.territories.design.schemas import DesignFailure
from backend.territories.design.statement import make_problem

_LOG = logging.getLogger("tuyen.territories")
_MOST_ATTEMPTS = 3
_MOST_SECONDS = 1800.0
_WRITE_EVERY_S = 1.0


class WorkerEnding(RuntimeError):
    """The worker is asked to stop in the middle of a design, which is queued again."""


def make_design(work: Work, org_id: OrgId, design_id: UUID) -> None:
    """Make one record's design, however often it is asked for: a finished one stays as it is."""
    with work.db.for_org(org_id) as connection:
        claim = repository.claim_design(connection, org_id, design_id)
    if claim is None:
        return
    making = _Making(work, org_id, design_id, claim)
    if claim.attempt > _MOST_ATTEMPTS:
        making.fail(
            DesignFailure("worker_died", "The service ended in the middle of this design thrice.")
        )
        return
    try:
        making.run()
    except EngineCancelled:
        making.stop()
    except (sa.exc.SQLAlchemyError, psycopg2.Error):
        raise  # the queue tries again
    except Exception as error:  # noqa: BLE001  the edge of the job: the record says what is wrong
        making.fail(_failure_of(error))


def _failure_of(error: Exception) -> DesignFailure:
    match error:
        case DesignError():
            return DesignFailure("malformed", error.detail, error.field)
        case RulesImpossible():
            return DesignFailure("rules_impossible", str(error))
        case EngineError():
            return DesignFailure("solver_failed", str(error))
        case _:
            _LOG.error("A design failed.", exc_info=error)
            return DesignFailure(
                "design_failed",
                "Something went wrong that should not: the service's log says what. Try again.",
            )


class _Making:
    """One attempt at one record."""

    def __init__(self, work: Work, org_id: OrgId, design_id: UUID, claim: Claim) -> None:
        self._work, self._org_id, self._design_id, self._claim = work, org_id, design_id, claim
        self._is_wanted = True
        self._share = 0.0
        self._written_at = time.monotonic()

    def run(self) -> None:
        """State, solve and keep; raises DesignError and what the engine raises."""
        request = self._claim.request
        stated = self._stated()
        design = solve_apart(
            stated.problem, _MOST_SECONDS, progress=self._hear, is_cancelled=self._is_cancelled
        )
        summary = make_summary(request, stated, design)
        packed = pack_design(design)
        self._write(
            lambda connection: repository.write_design(
                connection,
                self._org_id,
                self._design_id,
                attempt=self._claim.attempt,
                design=packed,
                summary=summary,
            )
        )

    def fail(self, failure: DesignFailure) -> None:
        """End the record with a reason."""
        _LOG.warning("Territory design %s failed: %s", self._design_id, failure.detail)
        self._write(
            lambda connection: repository.write_failure(
                connection,
                self._org_id,
                self._design_id,
                attempt=self._claim.attempt,
                failure=failure,
            )
        )

    def stop(self) -> None:
        """Leave a design that nobody wants; queue it again where only the worker ends."""
        if self._is_wanted:
            with self._work.db.for_org(self._org_id) as connection:
                repository.release_design(
                    connection, self._org_id, self._design_id, attempt=self._claim.attempt
                )
            raise WorkerEnding("The worker ends: the design is queued again.")

    def _stated(self) -> Stated:
        """Return the problem as an attempt before stated it, or state and keep it."""
        if self._claim.problem is not None:
            return unpack_stated(self._claim.problem)
        request = self._claim.request
        with self._work.db.for_org(self._org_id, snapshot=True) as connection:
            ids = [one.territory_id for one in request.territories]
            ground = select_ground(connection, self._org_id, ids)
        borders = border_hashes(ids, ground.areas)
        stated = Stated(make_problem(request, ground), len(ground.accounts), borders)
        packed = pack_stated(stated)
        self._write(
            lambda connection: repository.write_problem(
                connection,
                self._org_id,
                self._design_id,
                attempt=self._claim.attempt,
                problem=packed,
            )
        )
        return stated

    def _hear(self, share: float) -> None:
        self._share = share

    def _is_cancelled(self) -> bool:
        """Note how far the design is, once a second, and learn whether it is still wanted."""
        if self._work.is_ending:
            return True
        if time.monotonic() - self._written_at >= _WRITE_EVERY_S:
            self._write(
                lambda connection: repository.write_share(
                    connection,
                    self._org_id,
                    self._design_id,
                    attempt=self._claim.attempt,
                    share=self._share,
                )
            )
            self._written_at = time.monotonic()
        return not self._is_wanted

    def _write(self, write: Callable[[sa.Connection], bool]) -> None:
        with self._work.db.for_org(self._org_id) as connection:
            self._is_wanted = write(connection)
