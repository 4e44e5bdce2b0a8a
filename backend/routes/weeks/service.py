"""Coverage plans after they were asked for: read, cancelled, accepted, replayed, compared."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend import jobs
from backend.api.paging import decode_id_cursor, encode_cursor
from backend.api.payloads import Page
from backend.api.problems import Conflict, NotFound, malformed_field
from backend.identity.actor import Actor
from backend.ids import UserId, new_id
from backend.routes.repository import lock_day
from backend.routes.service import check_planner
from backend.routes.weeks import comparing, repository
from backend.routes.weeks.actual_repository import select_actual_days, select_merged
from backend.routes.weeks.refusals import not_done, under_way
from backend.routes.weeks.result import days_from
from backend.routes.weeks.schemas import (
    Comparison,
    CoveragePlanDetail,
    CoveragePlanRead,
    Status,
    WeeksResult,
)
from backend.territories.assignment_repository import today_of

_SOLVED: frozenset[Status] = frozenset({"done", "accepted", "replaced"})


def list_plans(
    connection: sa.Connection,
    actor: Actor,
    *,
    rep_id: UUID | None,
    statuses: Sequence[Status] | None,
    limit: int,
    cursor: str | None,
) -> Page[CoveragePlanRead]:
    """Return a page of plans without their days, the newest first; reps see their own."""
    if not actor.sees_everything:
        if rep_id not in {None, actor.user_id}:
            return Page([])
        rep_id = actor.user_id
    rows = repository.select_plans(
        connection,
        actor.org_id,
        rep_id=rep_id,
        statuses=statuses,
        after_id=decode_id_cursor(cursor),
        limit=limit + 1,
    )
    plans = rows[:limit]
    return Page(plans, encode_cursor(str(plans[-1].id)) if len(rows) > limit else None)


def get_plan(connection: sa.Connection, actor: Actor, plan_id: UUID) -> CoveragePlanRead:
    """Return a plan without its days; raise NotFound when it is not there or somebody else's."""
    found = repository.select_plans(connection, actor.org_id, plan_id=plan_id)
    if not found or not (actor.sees_everything or found[0].rep_id == actor.user_id):
        raise NotFound(f"There is no coverage plan {plan_id} that you may see.")
    return found[0]


def get_detail(connection: sa.Connection, actor: Actor, plan_id: UUID) -> CoveragePlanDetail:
    """Return a plan with its days; raise NotFound as `get_plan`."""
    plan = get_plan(connection, actor, plan_id)
    request, result = repository.find_result(connection, actor.org_id, plan_id)
    return CoveragePlanDetail(plan, request, result)


def cancel_plan(connection: sa.Connection, actor: Actor, plan_id: UUID) -> CoveragePlanRead:
    """Cancel a plan that waits or runs; raise Conflict for one that is finished."""
    plan = _writable(connection, actor, plan_id)
    if plan.status != "cancelled" and not repository.cancel_plan(connection, actor.org_id, plan_id):
        raise Conflict(
            f"This plan is {get_plan(connection, actor, plan_id).status}: there is nothing to "
            "cancel.",
            code="coverage_finished",
        )
    return get_plan(connection, actor, plan_id)


def accept_plan(connection: sa.Connection, actor: Actor, plan_id: UUID) -> CoveragePlanRead:
    """Let a plan hold from today, or from its first day, in place of what held on its days.

    Raises Conflict for a plan that is not done, or whose weeks are over.
    """
    plan = _writable(connection, actor, plan_id)
    rep_id = UserId(plan.rep_id)
    lock_day(connection, actor.org_id, rep_id)
    plan = get_plan(connection, actor, plan_id)
    if plan.status == "accepted":
        return plan
    result = _result(connection, actor, plan)
    today = today_of(connection, actor.org_id)
    if plan.last_on < today:
        raise Conflict("The weeks of this plan are over: plan later ones.", code="coverage_over")
    days = days_from(result, max(plan.from_on, today), plan.last_on)
    repository.accept_plan(
        connection, actor.org_id, plan_id, rep_id=rep_id, by=actor.user_id, days=days
    )
    return get_plan(connection, actor, plan_id)


def replay_plan(connection: sa.Connection, actor: Actor, plan_id: UUID) -> CoveragePlanRead:
    """Plan the same problem again as a new record, which tells whether the same came out.

    Raises Conflict for a plan that is not done, and where another of the rep is being made.
    """
    plan = _writable(connection, actor, plan_id)
    problem = repository.find_problem(connection, actor.org_id, plan_id)
    if plan.status not in _SOLVED or problem is None:
        raise not_done(plan)
    request, _ = repository.find_result(connection, actor.org_id, plan_id)
    new_plan_id = new_id()
    is_new = repository.insert_plan(
        connection,
        actor.org_id,
        {
            "id": new_plan_id,
            "rep_id": plan.rep_id,
            "created_by": actor.user_id,
            "first_on": plan.first_on,
            "from_on": plan.from_on,
            "weeks": plan.weeks,
            "cycle_week": plan.cycle_week - 1,
            "request": msgspec.json.encode(request).decode(),
            "problem": problem,
            "replay_of": plan_id,
        },
    )
    if not is_new:
        raise under_way(plan.rep_name)
    jobs.enqueue_behind(
        connection, "routes.plan_coverage", org_id=actor.org_id, plan_id=new_plan_id
    )
    return get_plan(connection, actor, new_plan_id)


def compare_plans(
    connection: sa.Connection, actor: Actor, plan_id: UUID, with_id: UUID | None
) -> Comparison:
    """Return a plan beside another one of the rep, or beside what really happened.

    A plan of other weeks is moved by whole cycles of four weeks. Accounts that were merged since
    count as what they became. Raises Conflict for a plan that
    is not done or has not begun, and Malformed for plans that cannot lie side by side.
    """
    plan = get_plan(connection, actor, plan_id)
    result = _merged_result(connection, actor, plan)
    if with_id is None:
        return _beside_reality(connection, actor, plan, result)
    other = get_plan(connection, actor, with_id)
    if other.rep_id != plan.rep_id:
        raise malformed_field(
            "with_id", "The other plan is another person's: name one of the same."
        )
    length = 7 * max(plan.weeks, other.weeks)
    shift = comparing.cycles_apart(plan.first_on, other.first_on, length)
    from_on = max(plan.from_on, other.from_on + timedelta(shift))
    to_on = min(plan.last_on, other.last_on + timedelta(shift))
    if from_on > to_on:
        raise malformed_field("with_id", "The two plans share no day: name one of nearer weeks.")
    other_result = _merged_result(connection, actor, other)
    days = comparing.days_of(result)
    others = comparing.days_of(other_result, shift_days=shift)
    names = comparing.names_of([result, other_result])
    return Comparison(
        plan_id=plan_id,
        with_id=with_id,
        from_on=from_on,
        to_on=to_on,
        plan=comparing.side_of(
            days, from_on, to_on, missing=comparing.count_missing(others, days, from_on, to_on)
        ),
        other=comparing.side_of(
            others, from_on, to_on, missing=comparing.count_missing(days, others, from_on, to_on)
        ),
        moved=comparing.moved_accounts(days, others, from_on, to_on, names),
    )


def _beside_reality(
    connection: sa.Connection, actor: Actor, plan: CoveragePlanRead, result: WeeksResult
) -> Comparison:
    to_on = min(plan.last_on, today_of(connection, actor.org_id) - timedelta(1))
    if to_on < plan.from_on:
        raise Conflict(
            "These weeks have not begun: there is nothing to compare with yet.",
            code="coverage_not_begun",
        )
    days = comparing.days_of(result)
    names = comparing.names_of([result])
    actual = select_actual_days(
        connection, actor.org_id, plan.rep_id, from_on=plan.from_on, to_on=to_on
    )
    return Comparison(
        plan_id=plan.id,
        with_id=None,
        from_on=plan.from_on,
        to_on=to_on,
        plan=comparing.side_of(days, plan.from_on, to_on, missing=_dropped_by(result, to_on)),
        other=comparing.side_of(
            actual,
            plan.from_on,
            to_on,
            missing=comparing.count_missing(days, actual, plan.from_on, to_on),
        ),
        moved=comparing.moved_accounts(days, actual, plan.from_on, to_on, names),
    )


def _dropped_by(result: WeeksResult, to_on: date) -> int:
    """Return how many visits a plan leaves out itself, as far as they were due by a date."""
    return sum(one.on_date is None or one.on_date <= to_on for one in result.dropped)


def _writable(connection: sa.Connection, actor: Actor, plan_id: UUID) -> CoveragePlanRead:
    plan = get_plan(connection, actor, plan_id)
    check_planner(actor, UserId(plan.rep_id))
    return plan


def _merged_result(connection: sa.Connection, actor: Actor, plan: CoveragePlanRead) -> WeeksResult:
    """Return the days of a plan with its accounts as they are known now; raise as `_result`."""
    result = _result(connection, actor, plan)
    names = comparing.names_of([result])
    return comparing.as_merged(result, select_merged(connection, actor.org_id, names.keys()))


def _result(connection: sa.Connection, actor: Actor, plan: CoveragePlanRead) -> WeeksResult:
    """Return the days of a plan that is done; raise Conflict for another."""
    _, result = repository.find_result(connection, actor.org_id, plan.id)
    if plan.status not in _SOLVED or result is None:
        raise not_done(plan)
    return result
