"""All SQL of visits, check-ins and notes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

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
    FROM media m WHERE m.org_id = v.org_id AND m.visit_id = v.id), '[]') AS media
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
 AND (a.territory_id = ANY (:territories) OR (a.territory_id IS NULL AND a.owner_id = :user_id))
"""


class Standing(msgspec.Struct, frozen=True):
    """How a person stands to an account: in scope now, or lost it a short while ago."""

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
    connection: sa.Connection, org_id: OrgId, user_id: UserId, account_id: UUID
) -> Standing | None:
    """Lock the account against a move and tell how the person stands to it; None when unknown."""
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
WITH held AS (SELECT tuyen_territories_of(:org_id, :user_id) AS id)
SELECT coalesce(cast(:territory AS uuid) IN (SELECT id FROM held), :owner = :user_id) AS is_in,
  EXISTS (SELECT 1 FROM sync_row s WHERE s.org_id = :org_id AND s.tbl = 'account' AND s.id = :id
           AND s.removed AND (s.bucket = 'u:' || :user_id
                              OR s.bucket IN (SELECT 't:' || h.id FROM held h)))
  OR EXISTS (SELECT 1 FROM territory_assignment t WHERE t.org_id = :org_id
              AND t.user_id = :user_id AND t.territory_id = cast(:territory AS uuid)
              AND t.valid_to > tuyen_today(:org_id) - 7) AS was_in"""
        ),
        {
            "org_id": org_id,
            "user_id": user_id,
            "id": account_id,
            "territory": account.territory_id,
            "owner": account.owner_id,
        },
    ).one()
    return Standing(is_in_scope=bool(row.is_in), was_in_scope=bool(row.was_in))


def lock_visit(
    connection: sa.Connection, org_id: OrgId, visit_id: UUID
) -> Mapping[str, Any] | None:
    """Lock a visit and return its row, or None."""
    statement = sa.text(
        "SELECT id, account_id, rep_id, status, outcome, checked_in_at, done_at FROM visit"
        " WHERE org_id = :org_id AND id = :id AND deleted_at IS NULL FOR NO KEY UPDATE"
    )
    row = connection.execute(statement, {"org_id": org_id, "id": visit_id}).mappings().one_or_none()
    return dict(row) if row is not None else None


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
) -> None:
    """Write the named columns of a visit."""
    table = sa.table("visit", *(sa.column(name) for name in ("org_id", "id", *changes)))
    connection.execute(
        sa.update(table)
        .where(table.c.org_id == org_id, table.c.id == visit_id)
        .values(dict(changes))
    )


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
  clock_suspect, location, accuracy_m, is_mock, distance_m, boot_id, elapsed_ms, is_late, voids)
SELECT :org_id, :id, a.id, :visit_id, :rep_id, :captured_at, :corrected_at, :clock_suspect, p.at,
  :accuracy_m, :is_mock, ST_Distance(p.at::geography, a.location::geography), :boot_id,
  :elapsed_ms, :is_late, :voids
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
