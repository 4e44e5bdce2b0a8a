"""All SQL of visits, check-ins and notes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import driver_cursor
from backend.ids import AccountId, OrgId, UserId, VisitId
from backend.visits.schemas import VisitRead

_EVIDENCE = """
  coalesce((SELECT json_agg(json_build_object('id', c.id, 'captured_at', c.captured_at,
      'location', CASE WHEN c.location IS NULL THEN NULL
                       ELSE json_build_array(ST_X(c.location), ST_Y(c.location)) END,
      'accuracy_m', c.accuracy_m, 'is_mock', c.is_mock, 'distance_m', c.distance_m,
      'clock_suspect', c.clock_suspect) ORDER BY c.captured_at, c.id)
    FROM check_in c WHERE c.org_id = v.org_id AND c.visit_id = v.id), '[]') AS check_ins,
  coalesce((SELECT json_agg(json_build_object('id', n.id, 'body', n.body,
      'captured_at', n.captured_at) ORDER BY n.captured_at, n.id)
    FROM note n WHERE n.org_id = v.org_id AND n.visit_id = v.id), '[]') AS notes,
  coalesce((SELECT json_agg(json_build_object('id', m.id, 'kind', m.kind, 'mime', m.mime,
      'size_bytes', m.size_bytes, 'state', m.state, 'captured_at', m.captured_at)
      ORDER BY m.captured_at, m.id)
    FROM media m WHERE m.org_id = v.org_id AND m.visit_id = v.id), '[]') AS media,
  (SELECT count(*) FROM media m WHERE m.org_id = v.org_id AND m.visit_id = v.id) AS files_expected,
  (SELECT count(*) FROM media m WHERE m.org_id = v.org_id AND m.visit_id = v.id
    AND m.state = 'pending') AS files_missing
"""

_SELECT = f"""
SELECT v.id, v.account_id, a.name AS account_name,
  CASE WHEN a.location IS NULL THEN NULL
       ELSE json_build_array(ST_X(a.location), ST_Y(a.location)) END AS location,
  v.rep_id, u.full_name AS rep_name, v.route_id, v.status, v.planned_on, v.planned_at, v.sequence,
  v.outcome, v.checked_in_at, v.done_at, v.rv, {_EVIDENCE}
 FROM visit v
 JOIN account a ON a.org_id = v.org_id AND a.id = v.account_id
 JOIN app_user u ON u.org_id = v.org_id AND u.id = v.rep_id
"""  # noqa: S608  # a constant

_IN_SCOPE = """
 AND (a.territory_id = ANY (:territories) OR (a.territory_id IS NULL AND a.owner_id = :user_id)
      OR a.id IN (SELECT tuyen_held_over(:org_id, :user_id)))
"""


class Standing(msgspec.Struct, frozen=True):
    """How a person stands to an account: in scope now, or entitled to it at a time before."""

    is_in_scope: bool
    was_in_scope: bool


def select_visits(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    on_date: date | None = None,
    rep_id: UUID | None = None,
    account_id: UUID | None = None,
    visit_id: UUID | None = None,
    scope: tuple[UserId, Sequence[UUID]] | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 500,
) -> list[VisitRead]:
    """Return visits with their evidence, in the order of day and id."""
    where = ["v.org_id = :org_id", "v.deleted_at IS NULL"]
    values: dict[str, Any] = {"org_id": org_id, "limit": limit}
    filters = {
        "planned_on": on_date, "rep_id": rep_id, "account_id": account_id, "id": visit_id,
    }  # fmt: skip
    for column, value in filters.items():
        if value is not None:
            where.append(f"v.{column} = :{column}")
            values[column] = value
    if after is not None:
        where.append("(v.planned_on, v.id) > (:after_day, :after_id)")
        values |= {"after_day": after[0], "after_id": after[1]}
    scoped = ""
    if scope is not None:
        scoped = _IN_SCOPE
        values |= {"user_id": scope[0], "territories": list(scope[1])}
    statement = (
        f"{_SELECT} WHERE {' AND '.join(where)} {scoped} ORDER BY v.planned_on, v.id LIMIT :limit"
    )
    rows = connection.execute(sa.text(statement), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[VisitRead], strict=False)


def find_standing(
    connection: sa.Connection,
    org_id: OrgId,
    user_id: UserId,
    account_id: UUID,
    *,
    captured_at: datetime | None = None,
) -> Standing | None:
    """Lock the account against a move and tell how the person stands to it; None when unknown.

    `was_in_scope` is whether they may still report what they captured at that time, now when none
    is given; it is not asked for where the account is in scope.
    """
    account = connection.execute(
        sa.text(
            "SELECT territory_id, owner_id FROM account"
            " WHERE org_id = :org_id AND id = :id FOR NO KEY UPDATE"
        ),
        {"org_id": org_id, "id": account_id},
    ).one_or_none()
    if account is None:
        return None
    row = connection.execute(
        sa.text(
            """
SELECT is_in, CASE WHEN NOT is_in THEN account_was_held(
    :org_id, :user_id, :id, coalesce(cast(:captured_at AS timestamptz), now())) END AS was_in
 FROM (SELECT coalesce(cast(:territory AS uuid) IN (SELECT tuyen_territories_of(:org_id, :user_id)),
                       cast(:owner AS uuid) = :user_id, false)
              OR tuyen_is_held_over(:org_id, :user_id, :id) AS is_in) standing"""
        ),
        {
            "org_id": org_id,
            "user_id": user_id,
            "id": account_id,
            "territory": account.territory_id,
            "owner": account.owner_id,
            "captured_at": captured_at,
        },
    ).one()
    return Standing(is_in_scope=bool(row.is_in), was_in_scope=bool(row.was_in))


def lock_visit(
    connection: sa.Connection, org_id: OrgId, visit_id: UUID
) -> Mapping[str, Any] | None:
    """Lock a visit, its account first, and return its row, or None."""
    with driver_cursor(connection) as cursor:
        cursor.execute(_LOCK_VISIT, {"org": org_id, "id": visit_id})
        row = cursor.fetchone()
    return dict(zip(_LOCKED, row, strict=True)) if row is not None else None


_LOCKED = ("id", "account_id", "rep_id", "status", "outcome", "checked_in_at", "done_at", "rv")
# Two statements in one message.
_LOCK_VISIT = f"""SELECT 1 FROM visit v
   JOIN account a ON a.org_id = v.org_id AND a.id = v.account_id
  WHERE v.org_id = %(org)s AND v.id = %(id)s FOR NO KEY UPDATE OF a;
 SELECT {", ".join(_LOCKED)} FROM visit
  WHERE org_id = %(org)s AND id = %(id)s AND deleted_at IS NULL FOR NO KEY UPDATE"""  # noqa: S608


def insert_visit(
    connection: sa.Connection,
    org_id: OrgId,
    visit_id: VisitId,
    *,
    account_id: AccountId,
    rep_id: UserId,
    planned_on: date,
    route_id: UUID | None = None,
    planned_at: datetime | None = None,
    sequence: int | None = None,
) -> None:
    """Insert a planned visit."""
    connection.execute(
        sa.text(
            "INSERT INTO visit (org_id, id, account_id, rep_id, route_id, planned_on, planned_at,"
            " sequence) VALUES (:org_id, :id, :account_id, :rep_id, :route_id, :planned_on,"
            " :planned_at, :sequence)"
        ),
        {
            "org_id": org_id,
            "id": visit_id,
            "account_id": account_id,
            "rep_id": rep_id,
            "route_id": route_id,
            "planned_on": planned_on,
            "planned_at": planned_at,
            "sequence": sequence,
        },
    )


def update_visit(
    connection: sa.Connection, org_id: OrgId, visit_id: UUID, changes: Mapping[str, Any]
) -> int:
    """Write the named columns of a visit; return its new version."""
    table = sa.table("visit", *(sa.column(name) for name in ("org_id", "id", "rv", *changes)))
    statement = (
        sa.update(table)
        .where(table.c.org_id == org_id, table.c.id == visit_id)
        .values(dict(changes))
        .returning(table.c.rv)
    )
    return int(connection.execute(statement).scalar_one())


def touch_last_visit(
    connection: sa.Connection, org_id: OrgId, account_id: UUID, at: datetime
) -> None:
    """Note on the account when it was last visited."""
    connection.execute(
        sa.text(
            "UPDATE account SET last_visit_at = :at WHERE org_id = :org_id AND id = :id"
            " AND (last_visit_at IS NULL OR last_visit_at < :at)"
        ),
        {"org_id": org_id, "id": account_id, "at": at},
    )


def insert_check_in(
    connection: sa.Connection, org_id: OrgId, values: Mapping[str, Any]
) -> float | None:
    """Insert a check-in; return its distance to the account in metres, None where unknown."""
    statement = sa.text(
        """
INSERT INTO check_in (org_id, id, account_id, visit_id, rep_id, captured_at, corrected_at,
  clock_suspect, clock_offset_ms, location, accuracy_m, is_mock, distance_m, boot_id, elapsed_ms,
  is_late, voids)
SELECT :org_id, :id, a.id, :visit_id, :rep_id, :captured_at, :corrected_at, :clock_suspect,
  :clock_offset_ms, p.at, :accuracy_m, :is_mock,
  ST_Distance(p.at::geography, a.location::geography), :boot_id, :elapsed_ms, :is_late, :voids
 FROM account a, (SELECT ST_SetSRID(ST_MakePoint(cast(:lon AS float8), cast(:lat AS float8)), 4326)
                  AS at) p
 WHERE a.org_id = :org_id AND a.id = :account_id
RETURNING distance_m"""
    )
    distance: float | None = connection.execute(
        statement, {"org_id": org_id, **values}
    ).scalar_one()
    return distance


def insert_note(connection: sa.Connection, org_id: OrgId, values: Mapping[str, Any]) -> None:
    """Insert a note."""
    connection.execute(
        sa.text(
            "INSERT INTO note (org_id, id, account_id, visit_id, author_id, body, captured_at,"
            " is_late, voids) VALUES (:org_id, :id, :account_id, :visit_id, :author_id, :body,"
            " :captured_at, :is_late, :voids)"
        ),
        {"org_id": org_id, **values},
    )


def find_fact(
    connection: sa.Connection, org_id: OrgId, table: str, fact_id: UUID
) -> tuple[UUID, UUID] | None:
    """Return a fact's account and author, or None; `table` is one of facts."""
    statement = sa.text(
        f"SELECT account_id, {_AUTHORS[table]} FROM {table}"  # noqa: S608  # constants
        " WHERE org_id = :org_id AND id = :id"
    )
    row = connection.execute(statement, {"org_id": org_id, "id": fact_id}).one_or_none()
    return (row[0], row[1]) if row is not None else None


_AUTHORS = {"check_in": "rep_id", "note": "author_id"}


def select_territories(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> list[UUID]:
    """Return the territories that a person holds today."""
    rows = connection.execute(
        sa.text("SELECT tuyen_territories_of(:org_id, :user_id)"),
        {"org_id": org_id, "user_id": user_id},
    )
    return list(rows.scalars())


def is_user(connection: sa.Connection, org_id: OrgId, user_id: UUID) -> bool:
    """Tell whether the organisation has this person."""
    statement = sa.text("SELECT 1 FROM app_user WHERE org_id = :org_id AND id = :id")
    return connection.execute(statement, {"org_id": org_id, "id": user_id}).first() is not None
