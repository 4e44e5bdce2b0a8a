"""The SQL of what was learned, and of what people decided about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId
from backend.routes.followup.learning import Learned, Since
from backend.routes.followup.schemas import LearnedRead

_SELECT = """
SELECT l.subject, l.key, coalesce(a.name, l.key) AS name, l.value, l.fixed_value,
  coalesce(l.fixed_value, l.value) AS in_use, coalesce(a.visit_minutes, k.minutes, 100) AS planned,
  l.observations, l.median, l.learned_at, l.learn_from, l.decided_at, u.full_name AS decided_by
 FROM learned_value l
 LEFT JOIN account a ON l.subject = 'account' AND a.org_id = l.org_id
  AND a.id = CASE WHEN l.subject = 'account' THEN l.key::uuid END
 LEFT JOIN LATERAL (SELECT round(avg(b.visit_minutes))::int AS minutes FROM account b
   WHERE l.subject = 'kind' AND b.org_id = l.org_id AND b.deleted_at IS NULL) k ON true
 LEFT JOIN app_user u ON u.org_id = l.org_id AND u.id = l.decided_by
"""


def select_learned(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    subject: str | None = None,
    key: str | None = None,
    limit: int = 500,
) -> list[LearnedRead]:
    """Return what is in use or was decided, the farthest from the plan first."""
    where = ["l.org_id = :org_id"]
    values: dict[str, Any] = {"org_id": org_id, "limit": limit}
    for column, value in {"subject": subject, "key": key}.items():
        if value is not None:
            where.append(f"l.{column} = :{column}")
            values[column] = value
    if key is None:
        where.append("(l.value IS NOT NULL OR l.fixed_value IS NOT NULL)")
    statement = (
        f"SELECT * FROM ({_SELECT} WHERE {' AND '.join(where)}) found"  # noqa: S608  # our own names
        " ORDER BY abs(ln(in_use::float8 / planned)) DESC NULLS LAST, subject, key LIMIT :limit"
    )
    rows = connection.execute(sa.text(statement), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[LearnedRead])


def select_since(connection: sa.Connection, org_id: OrgId) -> Since:
    """Return from when on observations count, where somebody made forget."""
    rows = connection.execute(
        sa.text(
            "SELECT subject, key, learn_from FROM learned_value"
            " WHERE org_id = :org_id AND learn_from IS NOT NULL"
        ),
        {"org_id": org_id},
    )
    return {(row.subject, row.key): row.learn_from for row in rows}


def replace_learned(
    connection: sa.Connection,
    org_id: OrgId,
    rows: Sequence[Learned],
    since: Since,
    *,
    now: datetime,
) -> None:
    """Put these values in place of all that was learned; what people decided stays.

    A value that somebody made forget after `since` was read is not learned: it counts what they do
    not want counted.
    """
    connection.execute(
        sa.text(
            "UPDATE learned_value SET value = NULL, observations = 0, median = NULL"
            " WHERE org_id = :org_id AND value IS NOT NULL"
        ),
        {"org_id": org_id},
    )
    if rows:
        connection.execute(
            sa.text(
                "INSERT INTO learned_value AS l (org_id, subject, key, value, observations, median,"
                " learned_at) VALUES (:org_id, :subject, :key, :value, :observations, :median,"
                " :now) ON CONFLICT (org_id, subject, key) DO UPDATE SET value = excluded.value,"
                " observations = excluded.observations, median = excluded.median,"
                " learned_at = excluded.learned_at"
                " WHERE l.learn_from IS NOT DISTINCT FROM cast(:since AS timestamptz)"
            ),
            [
                {
                    "org_id": org_id,
                    "now": now,
                    "since": since.get((row.subject, row.key)),
                    **msgspec.structs.asdict(row),
                }
                for row in rows
            ],
        )


def fix_value(
    connection: sa.Connection,
    org_id: OrgId,
    subject: str,
    key: str,
    fixed_value: int | None,
    *,
    by: UserId,
    at: datetime,
) -> None:
    """Let a value of a person's own be used, or the learned one again."""
    _decide(connection, org_id, subject, key, "fixed_value", fixed_value, by=by, at=at)


def forget_value(
    connection: sa.Connection, org_id: OrgId, subject: str, key: str, *, by: UserId, at: datetime
) -> None:
    """Use the plan's own value, and learn from what comes after now only."""
    _decide(connection, org_id, subject, key, "learn_from", at, by=by, at=at)
    connection.execute(
        sa.text(
            "UPDATE learned_value SET value = NULL, fixed_value = NULL, observations = 0,"
            " median = NULL WHERE org_id = :org_id AND subject = :subject AND key = :key"
        ),
        {"org_id": org_id, "subject": subject, "key": key},
    )


def _decide(
    connection: sa.Connection,
    org_id: OrgId,
    subject: str,
    key: str,
    column: str,
    value: object,
    *,
    by: UserId,
    at: datetime,
) -> None:
    connection.execute(
        sa.text(
            f"INSERT INTO learned_value AS l (org_id, subject, key, {column}, decided_by,"  # noqa: S608  # our own names
            " decided_at) VALUES (:org_id, :subject, :key, :value, :by, :at)"
            f" ON CONFLICT (org_id, subject, key) DO UPDATE SET {column} = excluded.{column},"
            " decided_by = excluded.decided_by, decided_at = excluded.decided_at"
        ),
        {"org_id": org_id, "subject": subject, "key": key, "value": value, "by": by, "at": at},
    )


def has_account(connection: sa.Connection, org_id: OrgId, account_id: UUID) -> bool:
    """Tell whether the organisation has this account."""
    statement = sa.text(
        "SELECT 1 FROM account WHERE org_id = :org_id AND id = :id AND deleted_at IS NULL"
    )
    return connection.execute(statement, {"org_id": org_id, "id": account_id}).first() is not None


def has_category(connection: sa.Connection, org_id: OrgId, category: str) -> bool:
    """Tell whether an account is of this category, or something is known of it from earlier."""
    statement = sa.text(
        "SELECT EXISTS (SELECT 1 FROM account WHERE org_id = :org_id AND category = :category"
        "   AND deleted_at IS NULL)"
        " OR EXISTS (SELECT 1 FROM learned_value WHERE org_id = :org_id AND subject = 'category'"
        "   AND key = :category)"
    )
    values = {"org_id": org_id, "category": category}
    return bool(connection.execute(statement, values).scalar_one())


def find_traffic(
    connection: sa.Connection, org_id: OrgId, profile: str, from_hour: int, to_hour: int
) -> int | None:
    """Return the mean per cent of travel time over hours of the day, unknown ones taken as 100.

    None when nothing is known of any of them.
    """
    percent: int | None = connection.execute(
        sa.text(
            "SELECT CASE WHEN count(l.key) > 0"
            "   THEN round(avg(coalesce(l.fixed_value, l.value, 100)))::int END"
            " FROM generate_series(cast(:from_hour AS int), :to_hour) h (hour)"
            " LEFT JOIN learned_value l ON l.org_id = :org_id AND l.subject = 'hour'"
            "   AND l.key = :profile || '-' || h.hour"
            "   AND coalesce(l.fixed_value, l.value) IS NOT NULL"
        ),
        {"org_id": org_id, "profile": profile, "from_hour": from_hour, "to_hour": to_hour},
    ).scalar_one()
    return percent
