"""All SQL of coverage plans: the record, its progress, and the days that are accepted."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId
from backend.routes.weeks.schemas import (
    CoveragePlanRead,
    CoverageRequest,
    Failure,
    Status,
    WeeksResult,
    WeeksSummary,
)

_SELECT = """
SELECT p.id, p.rep_id, u.full_name AS rep_name, p.status, p.first_on, p.from_on,
  p.first_on + 7 * p.weeks - 1 AS last_on, p.weeks, p.cycle_week + 1 AS cycle_week, p.phase,
  p.share, p.best_travel_seconds, p.summary, p.failure, p.replay_of, p.created_by, p.created_at,
  p.started_at, p.finished_at, p.accepted_at, p.accepted_by, p.rv
 FROM coverage_plan p JOIN app_user u ON u.org_id = p.org_id AND u.id = p.rep_id
"""


class Claim(msgspec.Struct, frozen=True):
    """A plan that a job has taken: what to plan, and which attempt this is."""

    rep_id: UUID
    request: CoverageRequest
    cycle_week: int
    attempt: int
    problem: bytes | None
    replay_of: UUID | None


def insert_plan(connection: sa.Connection, org_id: OrgId, values: Mapping[str, Any]) -> bool:
    """Insert a queued plan, the request encoded; False when one of the rep is under way."""
    done = connection.execute(
        sa.text(
            "INSERT INTO coverage_plan (org_id, id, rep_id, created_by, first_on, from_on, weeks,"
            " cycle_week, request, problem, replay_of) VALUES (:org_id, :id, :rep_id, :created_by,"
            " :first_on, :from_on, :weeks, :cycle_week, cast(:request AS jsonb), :problem,"
            " :replay_of) ON CONFLICT (org_id, rep_id) WHERE status IN ('queued', 'running')"
            " DO NOTHING"
        ),
        {"org_id": org_id, "problem": None, "replay_of": None, **values},
    )
    return bool(done.rowcount)


def select_plans(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    rep_id: UUID | None = None,
    statuses: Sequence[Status] | None = None,
    plan_id: UUID | None = None,
    after_id: UUID | None = None,
    limit: int = 1,
) -> list[CoveragePlanRead]:
    """Return plans without their days, the newest first, from behind one of them on."""
    statement = f"""{_SELECT} WHERE p.org_id = :org_id
  AND (cast(:rep_id AS uuid) IS NULL OR p.rep_id = :rep_id)
  AND (cast(:plan_id AS uuid) IS NULL OR p.id = :plan_id)
  AND (cast(:statuses AS text[]) IS NULL OR p.status = ANY (cast(:statuses AS text[])))
  AND (cast(:after_id AS uuid) IS NULL OR EXISTS (
    SELECT 1 FROM coverage_plan b WHERE b.org_id = p.org_id AND b.id = :after_id
     AND (p.created_at < b.created_at OR p.created_at = b.created_at AND p.id > b.id)))
 ORDER BY p.created_at DESC, p.id LIMIT :limit"""  # noqa: S608  # a constant
    values = {
        "org_id": org_id,
        "rep_id": rep_id,
        "plan_id": plan_id,
        "statuses": None if statuses is None else list(statuses),
        "after_id": after_id,
        "limit": limit,
    }
    rows = connection.execute(sa.text(statement), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[CoveragePlanRead], strict=False)


def find_result(
    connection: sa.Connection, org_id: OrgId, plan_id: UUID
) -> tuple[CoverageRequest, WeeksResult | None]:
    """Return what a plan that is there was asked, and its days as far as there are any."""
    request, result = connection.execute(
        sa.text("SELECT request, result FROM coverage_plan WHERE org_id = :org_id AND id = :id"),
        {"org_id": org_id, "id": plan_id},
    ).one()
    asked = msgspec.convert(request, CoverageRequest)
    return asked, None if result is None else msgspec.convert(result, WeeksResult)


def find_problem(connection: sa.Connection, org_id: OrgId, plan_id: UUID) -> bytes | None:
    """Return the problem that a plan was made of, None when it was not stated yet."""
    found = connection.execute(
        sa.text("SELECT problem FROM coverage_plan WHERE org_id = :org_id AND id = :id"),
        {"org_id": org_id, "id": plan_id},
    ).scalar_one()
    return None if found is None else bytes(found)


def claim_plan(connection: sa.Connection, org_id: OrgId, plan_id: UUID) -> Claim | None:
    """Begin an attempt at a plan; None when it is finished or was cancelled."""
    row = (
        connection.execute(
            sa.text(
                "UPDATE coverage_plan SET status = 'running', attempt = attempt + 1, share = 0,"
                " phase = NULL, best_travel_seconds = NULL, started_at = now()"
                " WHERE org_id = :org_id AND id = :id AND status IN ('queued', 'running')"
                " RETURNING rep_id, request, cycle_week, attempt, problem, replay_of"
            ),
            {"org_id": org_id, "id": plan_id},
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    problem = row["problem"]
    return msgspec.convert(
        {**row, "problem": None if problem is None else bytes(problem)}, Claim
    )  # fmt: skip


def release_plan(connection: sa.Connection, org_id: OrgId, plan_id: UUID, *, attempt: int) -> None:
    """Put a plan back into the queue whose worker was asked to stop: that is no failed attempt."""
    _update(
        connection, org_id, plan_id, attempt,
        "status = 'queued', attempt = attempt - 1, share = 0, phase = NULL", {},
    )  # fmt: skip


def write_problem(
    connection: sa.Connection, org_id: OrgId, plan_id: UUID, *, attempt: int, problem: bytes
) -> bool:
    """Keep what is planned; False when the attempt does not count any more."""
    return _update(connection, org_id, plan_id, attempt, "problem = :problem", {"problem": problem})


def write_progress(
    connection: sa.Connection,
    org_id: OrgId,
    plan_id: UUID,
    *,
    attempt: int,
    phase: str,
    share: float,
    best_travel_seconds: int | None,
) -> bool:
    """Note how far a plan is; False when it was cancelled, or another attempt has begun."""
    return _update(
        connection,
        org_id,
        plan_id,
        attempt,
        "phase = :phase, share = :share, best_travel_seconds = :best",
        {"phase": phase, "share": share, "best": best_travel_seconds},
    )


def write_result(
    connection: sa.Connection,
    org_id: OrgId,
    plan_id: UUID,
    *,
    attempt: int,
    summary: WeeksSummary,
    result: WeeksResult,
    is_final: bool,
) -> bool:
    """Keep the first full plan, or the final one; False as `write_progress`."""
    final = ", status = 'done', share = 1, finished_at = now()" if is_final else ""
    return _update(
        connection,
        org_id,
        plan_id,
        attempt,
        "summary = cast(:summary AS jsonb), result = cast(:result AS jsonb),"
        f" best_travel_seconds = :best{final}",
        {
            "summary": msgspec.json.encode(summary).decode(),
            "result": msgspec.json.encode(result).decode(),
            "best": summary.travel_seconds,
        },
    )


def write_failure(
    connection: sa.Connection, org_id: OrgId, plan_id: UUID, *, attempt: int, failure: Failure
) -> bool:
    """End a plan with the reason why there is none; False as `write_progress`."""
    return _update(
        connection,
        org_id,
        plan_id,
        attempt,
        "status = 'failed', failure = cast(:failure AS jsonb), finished_at = now()",
        {"failure": msgspec.json.encode(failure).decode()},
    )


def cancel_plan(connection: sa.Connection, org_id: OrgId, plan_id: UUID) -> bool:
    """Cancel a plan that waits or runs; False when it does neither."""
    done = connection.execute(
        sa.text(
            "UPDATE coverage_plan SET status = 'cancelled', finished_at = now()"
            " WHERE org_id = :org_id AND id = :id AND status IN ('queued', 'running')"
        ),
        {"org_id": org_id, "id": plan_id},
    )
    return bool(done.rowcount)


def accept_plan(
    connection: sa.Connection,
    org_id: OrgId,
    plan_id: UUID,
    *,
    rep_id: UserId,
    by: UserId,
    days: Sequence[tuple[date, Sequence[UUID]]],
) -> bool:
    """Let a plan hold on its days in place of others; False when it is not done.

    Plans that hold on no day from today on become replaced, unless their weeks are over.
    """
    values = {"org_id": org_id, "id": plan_id, "by": by, "rep_id": rep_id}
    done = connection.execute(
        sa.text(
            "UPDATE coverage_plan SET status = 'accepted', accepted_at = now(), accepted_by = :by"
            " WHERE org_id = :org_id AND id = :id AND status IN ('done', 'replaced')"
        ),
        values,
    )
    if not done.rowcount:
        return False
    connection.execute(
        sa.text(
            "INSERT INTO coverage_day (org_id, rep_id, on_date, plan_id, account_ids)"
            " VALUES (:org_id, :rep_id, :on_date, :id, :account_ids)"
            " ON CONFLICT (org_id, rep_id, on_date) DO UPDATE SET plan_id = excluded.plan_id,"
            " account_ids = excluded.account_ids"
        ),
        [{**values, "on_date": on, "account_ids": list(accounts)} for on, accounts in days],
    )
    connection.execute(
        sa.text(
            "UPDATE coverage_plan p SET status = 'replaced' WHERE p.org_id = :org_id"
            " AND p.rep_id = :rep_id AND p.status = 'accepted' AND p.id <> :id"
            " AND p.first_on + 7 * p.weeks > tuyen_today(:org_id) AND NOT EXISTS ("
            "  SELECT 1 FROM coverage_day d WHERE d.org_id = p.org_id AND d.plan_id = p.id"
            "   AND d.on_date >= tuyen_today(:org_id))"
        ),
        values,
    )
    return True


def find_cycle(connection: sa.Connection, org_id: OrgId, rep_id: UserId) -> tuple[date, int] | None:
    """Return the first Monday and the cycle's week (from 0) of the plan accepted last."""
    row = connection.execute(
        sa.text(
            "SELECT first_on, cycle_week FROM coverage_plan WHERE org_id = :org_id"
            " AND rep_id = :rep_id AND accepted_at IS NOT NULL"
            " ORDER BY accepted_at DESC, id DESC LIMIT 1"
        ),
        {"org_id": org_id, "rep_id": rep_id},
    ).one_or_none()
    return None if row is None else (row.first_on, row.cycle_week)


def _update(
    connection: sa.Connection,
    org_id: OrgId,
    plan_id: UUID,
    attempt: int,
    changes: str,
    values: Mapping[str, Any],
) -> bool:
    """Change a running plan in the name of an attempt; False when that does not count any more."""
    done = connection.execute(
        sa.text(
            f"UPDATE coverage_plan SET {changes} WHERE org_id = :org_id AND id = :id"  # noqa: S608  # constants
            " AND status = 'running' AND attempt = :attempt"
        ),
        {"org_id": org_id, "id": plan_id, "attempt": attempt, **values},
    )
    return bool(done.rowcount)
