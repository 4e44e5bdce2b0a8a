"""What today's planner would have made of days that are over, against what was driven.

Opening hours and places are as they are now: what they were then is not kept.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
import psycopg2
import psycopg2.errors
import sqlalchemy as sa

from backend.api.problems import Problem
from backend.db.tenancy import Database
from backend.ids import OrgId, UserId
from backend.jobs import Work
from backend.routes import candidate_repository, survey
from backend.routes.candidate_repository import Candidate, Rep
from backend.routes.day.plan import DayPlan
from backend.routes.engines import Engines
from backend.routes.followup import backtest_repository as repository
from backend.routes.followup.backtest_schemas import BacktestDay, BacktestRead
from backend.routes.followup.measures import DayResult
from backend.routes.followup.settling import measure_ground, read_ground, settle
from backend.routes.followup.traffic import with_traffic
from backend.routes.pool import SolverCrash, SolverTimeout
from backend.routes.schemas import PlanRequest
from backend.routes.weeks.planning import WorkerEnding, failure_of

_SOLVE_S = 30.0
_MINUTE_S = 60


def run(work: Work, org_id: OrgId, backtest_id: UUID) -> None:
    """Plan the days of a backtest anew; go on where a former attempt ended, stop when cancelled.

    What cannot go on ends with its reason: tried again it would keep others from their turn. Raises
    WorkerEnding when the worker is asked to stop, and what a lost database raises.
    """
    with work.db.for_org(org_id) as connection:
        asked = repository.find_backtest(connection, org_id, backtest_id)
    if asked is None or asked.state not in {"queued", "running"}:
        return
    try:
        _run(work, org_id, asked)
    except WorkerEnding:
        raise
    except Exception as error:  # the edge of the job: the record says what is wrong
        if _is_database_lost(error):
            raise
        with work.db.for_org(org_id) as connection:
            failure, now = failure_of(error), work.clock.now()
            repository.fail(connection, org_id, backtest_id, failure, now)


def _is_database_lost(error: Exception) -> bool:
    """Tell whether nobody else could do better now; a statement that takes too long is no loss."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    is_lost = isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError)
    return is_lost and not isinstance(cause, psycopg2.errors.QueryCanceled)


def _run(work: Work, org_id: OrgId, asked: BacktestRead) -> None:
    db, engines, now = work.db, work.part(Engines), work.clock.now()
    backtest_id = asked.id
    ground = read_ground(db, org_id, asked.from_date, asked.to_date, rep_id=asked.rep_id)
    driven, _ = settle(db, org_id, ground, engines, now=now, is_over=lambda: work.is_ending)
    days = [one for one in measure_ground(ground, driven, now=now) if one.visits]
    with db.for_org(org_id) as connection:
        repository.begin(connection, org_id, backtest_id, len(days))
    for index, day in enumerate(days[asked.days_done :], start=asked.days_done):
        if work.is_ending:
            raise WorkerEnding("The worker ends: the backtest goes on later.")
        told = _replay(db, org_id, asked.rep_id, day, engines)
        with db.for_org(org_id) as connection:
            if not repository.add_day(connection, org_id, backtest_id, told, index=index):
                return
    with db.for_org(org_id) as connection:
        repository.end(connection, org_id, backtest_id, "done", now)


class _Past(msgspec.Struct, frozen=True):
    """What a past day is planned from, as it is known now."""

    request: PlanRequest
    rep: Rep
    start: tuple[float, float]
    candidates: tuple[Candidate, ...]


def _replay(
    db: Database, org_id: OrgId, rep_id: UUID, day: DayResult, engines: Engines
) -> BacktestDay:
    on_date = day.visits[0].visit.on_date
    past = _read(db, org_id, UserId(rep_id), on_date, day)
    if isinstance(past, str):
        return _tell(day, on_date, None, past)
    try:
        plan = _plan(past, engines)
    except (SolverTimeout, SolverCrash) as error:
        return _tell(day, on_date, None, f"The day could not be planned: {error}.")
    except Problem as error:
        return _tell(day, on_date, None, error.detail)
    return _tell(day, on_date, plan, None)


def _read(
    db: Database, org_id: OrgId, rep_id: UserId, on_date: date, day: DayResult
) -> _Past | str:
    """Return what the day is planned from, or the sentence that says why it cannot be."""
    kinds = {one.visit.account_id: one.visit.kind for one in day.visits}
    with db.for_org(org_id, snapshot=True) as connection:
        rep = candidate_repository.find_rep(connection, org_id, rep_id)
        asked = repository.find_first_request(connection, org_id, rep_id, on_date)
        request = asked or PlanRequest(on_date=on_date)
        candidates = repository.select_candidates(connection, org_id, kinds)
        request = msgspec.structs.replace(request, traffic_percent=None)
        request = with_traffic(connection, org_id, request)
    start = request.start or (rep.base if rep else None)
    if rep is None or start is None:
        return "Nobody knows where the day began."
    known = {one.id for one in candidates}
    request = msgspec.structs.replace(
        request,
        appointments=[one for one in request.appointments if one.account_id in known],
    )
    return _Past(request, rep, (start[0], start[1]), tuple(candidates))


def _plan(past: _Past, engines: Engines) -> DayPlan:
    request = past.request
    network = engines.network(request.profile)
    ground = survey.measure(
        network, past.start, request.end or past.start, past.candidates, request.lunch_place
    )
    problem = survey.make_problem(request, past.rep, past.candidates, ground, so_far=survey.Way())
    return engines.solvers.solve(problem, _SOLVE_S)


def _tell(day: DayResult, on_date: date, plan: DayPlan | None, problem: str | None) -> BacktestDay:
    made = [one.visit for one in day.visits if one.verdict in {"done", "extra"}]
    is_traced = day.driven is not None and day.driven.source == "trace"
    return BacktestDay(
        on_date=on_date,
        accounts=len({one.visit.account_id for one in day.visits}),
        visited=len(made),
        would_visit=None if plan is None else len(plan.stops),
        driven_m=day.driven.distance_m if day.driven else None,
        would_drive_m=None if plan is None else _way_m(plan, is_whole=is_traced),
        minutes=_span(
            [at for one in made for at in (one.checked_in_at, one.done_at) if at is not None]
        ),
        would_take_minutes=None if plan is None else _planned_span(plan),
        is_estimate=day.driven is None
        or day.driven.is_estimate
        or (plan is not None and plan.is_estimate),
        left_out=[] if plan is None else [one.detail for one in plan.dropped],
        problem=problem,
    )


def _way_m(plan: DayPlan, *, is_whole: bool) -> int:
    """Return the planned metres that compare: from visit to visit, where check-ins tell the day."""
    if is_whole:
        return plan.distance_m
    return sum(stop.leg_distance_m for stop in plan.stops[1:])


def _span(times: Sequence[datetime]) -> int | None:
    if not times:
        return None
    return round((max(times) - min(times)).total_seconds() / _MINUTE_S)


def _planned_span(plan: DayPlan) -> int:
    if not plan.stops:
        return 0
    return round((plan.stops[-1].leave_s - plan.stops[0].start_s) / _MINUTE_S)
