"""The SQL of objections."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId
from backend.routes.followup.schemas import ObjectionRead

_SELECT = """
SELECT b.id, b.rep_id, u.full_name AS rep_name, b.on_date, b.visit_id, b.body, b.state, b.answer,
  b.created_at, b.answered_at
 FROM objection b JOIN app_user u ON u.org_id = b.org_id AND u.id = b.rep_id
"""


def insert_objection(connection: sa.Connection, org_id: OrgId, values: dict[str, Any]) -> None:
    """Insert an open objection."""
    connection.execute(
        sa.text(
            "INSERT INTO objection (org_id, id, rep_id, on_date, visit_id, body)"
            " VALUES (:org_id, :id, :rep_id, :on_date, :visit_id, :body)"
        ),
        {"org_id": org_id, **values},
    )


def select_objections(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    rep_id: UUID | None = None,
    on_date: date | None = None,
    objection_id: UUID | None = None,
    only_open: bool = False,
    limit: int = 200,
) -> list[ObjectionRead]:
    """Return objections, the newest first."""
    where = ["b.org_id = :org_id"]
    values: dict[str, Any] = {"org_id": org_id, "limit": limit}
    for column, value in {"rep_id": rep_id, "on_date": on_date, "id": objection_id}.items():
        if value is not None:
            where.append(f"b.{column} = :{column}")
            values[column] = value
    if only_open:
        where.append("b.state = 'open'")
    statement = (
        f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY b.created_at DESC, b.id LIMIT :limit"
    )
    rows = connection.execute(sa.text(statement), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[ObjectionRead])


def answer_objection(
    connection: sa.Connection,
    org_id: OrgId,
    objection_id: UUID,
    *,
    state: str,
    answer: str | None,
    by: UserId,
    at: datetime,
) -> bool:
    """Answer an open objection; false when there is none."""
    done = connection.execute(
        sa.text(
            "UPDATE objection SET state = :state, answer = :answer, answered_by = :by,"
            " answered_at = :at WHERE org_id = :org_id AND id = :id AND state = 'open'"
        ),
        {
            "org_id": org_id,
            "id": objection_id,
            "state": state,
            "answer": answer,
            "by": by,
            "at": at,
        },
    )
    return done.rowcount == 1


def has_visit(
    connection: sa.Connection, org_id: OrgId, visit_id: UUID, rep_id: UserId, on_date: date
) -> bool:
    """Tell whether the visit is one of that person's day: planned for it, or made on it."""
    statement = sa.text(
        "SELECT 1 FROM visit v JOIN organisation o ON o.id = v.org_id"
        " WHERE v.org_id = :org_id AND v.id = :id AND v.rep_id = :rep_id AND v.deleted_at IS NULL"
        " AND (v.planned_on = :on_date"
        "   OR (coalesce(v.checked_in_at, v.done_at) AT TIME ZONE o.time_zone)::date = :on_date"
        "   OR EXISTS (SELECT 1 FROM check_in c WHERE c.org_id = v.org_id AND c.visit_id = v.id"
        "        AND (c.corrected_at AT TIME ZONE o.time_zone)::date = :on_date))"
    )
    values = {"org_id": org_id, "id": visit_id, "rep_id": rep_id, "on_date": on_date}
    return connection.execute(statement, values).first() is not None
