"""The SQL of backtests."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId
from backend.routes.candidate_repository import HOURS, Candidate
from backend.routes.followup.backtest_schemas import BacktestDay, BacktestRead
from backend.routes.schemas import PlanRequest
from backend.routes.weeks.schemas import Failure
from backend.visits.kinds import VisitKind

_SELECT = """
SELECT b.id, b.rep_id, u.full_name AS rep_name, b.from_date, b.to_date, b.state, b.days_total,
  b.days_done, b.days, b.failure, b.created_at, b.ended_at
 FROM backtest b JOIN app_user u ON u.org_id = b.org_id AND u.id = b.rep_id
"""


def insert_backtest(connection: sa.Connection, org_id: OrgId, values: dict[str, Any]) -> None:
    """Insert a backtest that waits for its turn; the database allows one a rep."""
    connection.execute(
        sa.text(
            "INSERT INTO backtest (org_id, id, rep_id, from_date, to_date, asked_by)"
            " VALUES (:org_id, :id, :rep_id, :from_date, :to_date, :asked_by)"
        ),
        {"org_id": org_id, **values},
    )


def find_backtest(
    connection: sa.Connection, org_id: OrgId, backtest_id: UUID
) -> BacktestRead | None:
    """Return a backtest, or None."""
    rows = connection.execute(
        sa.text(f"{_SELECT} WHERE b.org_id = :org_id AND b.id = :id"),
        {"org_id": org_id, "id": backtest_id},
    ).mappings()
    row = rows.one_or_none()
    return None if row is None else msgspec.convert(dict(row), BacktestRead)


def select_backtests(connection: sa.Connection, org_id: OrgId, limit: int) -> list[BacktestRead]:
    """Return the latest backtests, the newest first."""
    rows = connection.execute(
        sa.text(
            f"{_SELECT} WHERE b.org_id = :org_id ORDER BY b.created_at DESC, b.id LIMIT :limit"
        ),
        {"org_id": org_id, "limit": limit},
    ).mappings()
    return msgspec.convert([dict(row) for row in rows], list[BacktestRead])


def begin(connection: sa.Connection, org_id: OrgId, backtest_id: UUID, days_total: int) -> None:
    """Say how many days there are to plan."""
    connection.execute(
        sa.text(
            "UPDATE backtest SET state = 'running', days_total = :total"
            " WHERE org_id = :org_id AND id = :id AND state IN ('queued', 'running')"
        ),
        {"org_id": org_id, "id": backtest_id, "total": days_total},
    )


def add_day(
    connection: sa.Connection, org_id: OrgId, backtest_id: UUID, day: BacktestDay, *, index: int
) -> bool:
    """Keep a result as the one at `index`, counted from 0.

    False when the backtest was cancelled meanwhile, or another run has kept that day.
    """
    done = connection.execute(
        sa.text(
            "UPDATE backtest SET days = days || cast(:day AS jsonb), days_done = days_done + 1"
            " WHERE org_id = :org_id AND id = :id AND state = 'running' AND days_done = :index"
        ),
        {
            "org_id": org_id,
            "id": backtest_id,
            "day": msgspec.json.encode([day]).decode(),
            "index": index,
        },
    )
    return done.rowcount == 1


def end(
    connection: sa.Connection, org_id: OrgId, backtest_id: UUID, state: str, at: datetime
) -> bool:
    """End a backtest that is under way; false when it had ended."""
    done = connection.execute(
        sa.text(
            "UPDATE backtest SET state = :state, ended_at = :at"
            " WHERE org_id = :org_id AND id = :id AND state IN ('queued', 'running')"
        ),
        {"org_id": org_id, "id": backtest_id, "state": state, "at": at},
    )
    return done.rowcount == 1


def fail(
    connection: sa.Connection, org_id: OrgId, backtest_id: UUID, failure: Failure, at: datetime
) -> None:
    """End a backtest that is under way with the reason why it cannot go on."""
    connection.execute(
        sa.text(
            "UPDATE backtest SET state = 'failed', failure = cast(:failure AS jsonb),"
            " ended_at = :at"
            " WHERE org_id = :org_id AND id = :id AND state IN ('queued', 'running')"
        ),
        {
            "org_id": org_id,
            "id": backtest_id,
            "failure": msgspec.json.encode(failure).decode(),
            "at": at,
        },
    )


def find_first_request(
    connection: sa.Connection, org_id: OrgId, rep_id: UserId, on_date: date
) -> PlanRequest | None:
    """Return what was asked when a day was planned first, None where that was not kept.

    Later plans of a day may be of its rest only: they begin where the rep was, when it was.
    """
    request = connection.execute(
        sa.text(
            "SELECT inputs -> 'request' FROM route WHERE org_id = :org_id AND rep_id = :rep_id"
            " AND on_date = :on_date AND deleted_at IS NULL ORDER BY created_at, id LIMIT 1"
        ),
        {"org_id": org_id, "rep_id": rep_id, "on_date": on_date},
    ).scalar()
    return None if request is None else msgspec.convert(request, PlanRequest)


def select_candidates(
    connection: sa.Connection, org_id: OrgId, kinds: Mapping[UUID, VisitKind]
) -> list[Candidate]:
    """Return the accounts of `kinds`, what a visit of each is for, as the planner takes them now.

    Those off the map are left out.
    """
    statement = sa.text(
        f"""
SELECT a.id, a.name, json_build_array(ST_X(a.location), ST_Y(a.location)) AS location,
  {HOURS} AS hours, w.kind, coalesce(k.minutes, m.minutes) AS visit_minutes,
  k.minutes IS NOT NULL OR m.is_learned AS is_learned, a.priority, 0 AS overdue_days,
  false AS is_required
 FROM unnest(cast(:ids AS uuid[]), cast(:kinds AS text[])) w (id, kind)
 JOIN account a ON a.org_id = :org_id AND a.id = w.id,
  LATERAL tuyen_visit_minutes(a.org_id, a.id, a.category, a.visit_minutes) m,
  LATERAL tuyen_kind_minutes(a.org_id, w.kind) k (minutes)
 WHERE a.location IS NOT NULL ORDER BY a.id"""  # noqa: S608  # a constant
    )
    values = {"org_id": org_id, "ids": list(kinds), "kinds": list(kinds.values())}
    rows = connection.execute(statement, values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[Candidate], strict=False)
