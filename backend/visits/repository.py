"""All SQL of visits, check-ins and notes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.bulk import insertion, recordset, rows_json
from backend.db.tenancy import driver_cursor
from backend.ids import OrgId, UserId
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
  v.rep_id, u.full_name AS rep_name, v.route_id, v.status, v.kind, v.planned_on, v.planned_at,
  v.sequence, v.outcome, v.checked_in_at, v.done_at, v.rv, {_EVIDENCE}
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


def lock_visit(connection: sa.Connection, org_id: OrgId, visit_id: UUID) -> dict[str, Any] | None:
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

type Rows = Sequence[Mapping[str, object]]
"""Rows to write, each with the values of its columns."""

_PROGRESS = {
    "id": "uuid", "status": "text", "outcome": "text", "checked_in_at": "timestamptz",
    "done_at": "timestamptz",
}  # fmt: skip
_VISIT = {
    **_PROGRESS, "account_id": "uuid", "rep_id": "uuid", "route_id": "uuid", "planned_on": "date",
    "planned_at": "timestamptz", "sequence": "int", "asked_kind": "text",
}  # fmt: skip
_NOTE = {
    "id": "uuid", "account_id": "uuid", "visit_id": "uuid", "author_id": "uuid", "body": "text",
    "captured_at": "timestamptz", "is_late": "boolean", "voids": "uuid",
}  # fmt: skip
_CHECK_IN = {
    "id": "uuid", "visit_id": "uuid", "rep_id": "uuid", "captured_at": "timestamptz",
    "corrected_at": "timestamptz", "clock_suspect": "boolean", "clock_offset_ms": "bigint",
    "accuracy_m": "real", "is_mock": "boolean", "boot_id": "text", "elapsed_ms": "bigint",
    "is_late": "boolean", "voids": "uuid",
}  # fmt: skip

_INSERT_VISITS = f"""
INSERT INTO visit (org_id, kind, is_by_hand, {", ".join(_VISIT)})
SELECT %(org)s::uuid,
  coalesce(u.asked_kind, tuyen_usual_kind(a.life_stage, a.last_visit_at)), true,
  {", ".join(f"u.{name}" for name in _VISIT)}
 FROM {recordset(_VISIT)}
 LEFT JOIN account a ON a.org_id = %(org)s::uuid AND a.id = u.account_id"""  # noqa: S608  # constants
_UPDATE_VISITS = f"""UPDATE visit v SET status = u.status, outcome = u.outcome,
  checked_in_at = u.checked_in_at, done_at = u.done_at
 FROM {recordset(_PROGRESS)} WHERE v.org_id = %(org)s::uuid AND v.id = u.id"""  # noqa: S608
_INSERT_NOTES = insertion("note", _NOTE)
_POSITION = {**_CHECK_IN, "account_id": "uuid", "lon": "float8", "lat": "float8"}
_INSERT_CHECK_INS = f"""
INSERT INTO check_in (org_id, account_id, location, distance_m, {", ".join(_CHECK_IN)})
SELECT %(org)s::uuid, a.id, p.at, ST_Distance(p.at::geography, a.location::geography),
  {", ".join(f"u.{name}" for name in _CHECK_IN)}
 FROM {recordset(_POSITION)}
 JOIN account a ON a.org_id = %(org)s::uuid AND a.id = u.account_id,
 LATERAL (SELECT ST_SetSRID(ST_MakePoint(u.lon, u.lat), 4326) AS at) p"""  # noqa: S608  # constants


def insert_visits(connection: sa.Connection, org_id: OrgId, rows: Rows) -> None:
    """Insert visits that people plan or make.

    One that nobody says the kind of is what it usually is, by the visits of its account so far.
    """
    _write(connection, org_id, _INSERT_VISITS, rows)


def update_visits(connection: sa.Connection, org_id: OrgId, rows: Rows) -> None:
    """Write how far visits have come: status, outcome and times of each."""
    _write(connection, org_id, _UPDATE_VISITS, rows)


def insert_check_ins(connection: sa.Connection, org_id: OrgId, rows: Rows) -> None:
    """Insert check-ins, each with its distance to the account in metres, NULL where unknown."""
    _write(connection, org_id, _INSERT_CHECK_INS, rows)


def insert_notes(connection: sa.Connection, org_id: OrgId, rows: Rows) -> None:
    """Insert notes."""
    _write(connection, org_id, _INSERT_NOTES, rows)


def _write(connection: sa.Connection, org_id: OrgId, statement: str, rows: Rows) -> None:
    if rows:
        with driver_cursor(connection) as cursor:
            cursor.execute(statement, {"org": str(org_id), "rows": rows_json(rows)})


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
