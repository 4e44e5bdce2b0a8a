"""The SQL of realignments: their plans, and the set-based moves of accounts and people."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import driver_cursor, send
from backend.ids import OrgId, UserId
from backend.territories.realignment_schemas import (
    AssignmentChange,
    Counts,
    RealignmentRead,
)

_SELECT = """SELECT r.id, r.name, r.state, r.plan, r.effective_on, r.hold_over_days, r.counts,
    r.created_by, r.created_at, r.applied_by, r.applied_at, r.undone_by, r.undone_at, r.rv
  FROM realignment r WHERE r.org_id = %(org)s"""

# The moves of a plan as it would be now; without a selection there are none.
MOVES = """SELECT * FROM realignment_moves(%(org)s, ST_SetSRID(%(area)s::geometry, 4326),
    %(ids)s::uuid[], %(rule)s::jsonb, %(to)s::uuid, %(areas_of)s::uuid, false)"""
_INSERT_MOVES = """INSERT INTO realignment_move
    (org_id, realignment_id, account_id, from_territory_id, from_is_manual, to_territory_id,
     to_is_manual)
  SELECT %(org)s, %(id)s, m.account_id, m.from_territory_id, m.from_is_manual, m.to_territory_id,
         m.to_is_manual
    FROM realignment_moves(%(org)s, ST_SetSRID(%(area)s::geometry, 4326), %(ids)s::uuid[],
                           %(rule)s::jsonb, %(to)s::uuid, %(areas_of)s::uuid, true) m"""
FINGERPRINT = """md5(count(*) || '.' || coalesce(sum(hashtextextended(concat_ws(
    '>', m.account_id, m.from_territory_id, m.from_is_manual, m.to_territory_id), 0)), 0))"""
_MOVE = """UPDATE account a
   SET territory_is_manual = m.to_is_manual, territory_id = m.to_territory_id
  FROM realignment_move m
 WHERE m.org_id = %(org)s AND m.realignment_id = %(id)s
   AND a.org_id = %(org)s AND a.id = m.account_id"""

# Where an undo finds an account: where it was put, elsewhere, or no longer there.
_LOCK_BACK = """SELECT count(*) FILTER (WHERE a.deleted_at IS NOT NULL),
    count(*) FILTER (WHERE a.deleted_at IS NULL AND NOT {still})
  FROM (SELECT a.id, a.territory_id, a.territory_is_manual, a.deleted_at, m.to_territory_id,
               m.to_is_manual
          FROM realignment_move m JOIN account a ON a.org_id = m.org_id AND a.id = m.account_id
         WHERE m.org_id = %(org)s AND m.realignment_id = %(id)s
         ORDER BY a.id FOR NO KEY UPDATE OF a) a"""
_STILL = """(a.territory_is_manual = {moves}.to_is_manual
    AND a.territory_id IS NOT DISTINCT FROM {moves}.to_territory_id)"""
# Out of a territory that is gone meanwhile there is no way back by hand: those go by location.
_MOVE_BACK = """UPDATE account a
   SET territory_is_manual = m.from_is_manual AND {alive}, territory_id = m.from_territory_id
  FROM realignment_move m
 WHERE m.org_id = %(org)s AND m.realignment_id = %(id)s
   AND a.org_id = %(org)s AND a.id = m.account_id AND a.deleted_at IS NULL AND {still}"""
_ALIVE = """(m.from_territory_id IS NULL OR EXISTS (SELECT 1 FROM territory t
    WHERE t.org_id = %(org)s AND t.id = m.from_territory_id AND t.deleted_at IS NULL))"""


def select_realignments(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    realignment_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 1,
    is_locked: bool = False,
) -> list[RealignmentRead]:
    """Return realignments, the newest first; those older than `before`, or one by id."""
    query = _SELECT
    query += " AND r.id = %(id)s" if realignment_id is not None else ""
    query += " AND r.id < %(before)s" if before is not None else ""
    query += " ORDER BY r.id DESC LIMIT %(limit)s"
    query += " FOR NO KEY UPDATE" if is_locked else ""
    values = {"org": org_id, "id": realignment_id, "before": before, "limit": limit}
    with driver_cursor(connection) as cursor:
        cursor.execute(query, values)
        return [_read(row) for row in cursor.fetchall()]


def allow_long_statements(connection: sa.Connection) -> None:
    """Let the transaction's statements take minutes and memory: tens of thousands move in one."""
    send(connection, "SET LOCAL statement_timeout = '5min'; SET LOCAL work_mem = '64MB'")


def select_due(connection: sa.Connection, org_id: OrgId, today: date) -> list[UUID]:
    """Return the scheduled realignments whose day has come, in the order of their days."""
    with driver_cursor(connection) as cursor:
        cursor.execute(
            "SELECT id FROM realignment WHERE org_id = %s AND state = 'scheduled'"
            " AND effective_on <= %s ORDER BY effective_on, id",
            (org_id, today),
        )
        return [row[0] for row in cursor.fetchall()]


def insert_realignment(connection: sa.Connection, org_id: OrgId, values: dict[str, Any]) -> None:
    """Insert a draft."""
    with driver_cursor(connection) as cursor:
        cursor.execute(
            "INSERT INTO realignment (org_id, id, name, plan, effective_on, hold_over_days,"
            " created_by) VALUES (%(org)s, %(id)s, %(name)s, %(plan)s::jsonb, %(effective_on)s,"
            " %(hold_over_days)s, %(created_by)s)",
            {"org": org_id, **values, "plan": _json(values["plan"])},
        )


def update_realignment(
    connection: sa.Connection, org_id: OrgId, realignment_id: UUID, **changes: object
) -> None:
    """Write the named columns of a realignment; `counts` and `assignments` as JSON."""
    kept = {
        name: _json(value) if name in {"counts", "assignments"} else value
        for name, value in changes.items()
    }
    columns = ", ".join(f"{name} = %({name})s" for name in kept)
    with driver_cursor(connection) as cursor:
        cursor.execute(
            f"UPDATE realignment SET {columns} WHERE org_id = %(org)s AND id = %(id)s",  # noqa: S608
            {"org": org_id, "id": realignment_id, **kept},
        )


def close_realignment(
    connection: sa.Connection,
    org_id: OrgId,
    realignment_id: UUID,
    state: Literal["applied", "undone"],
    by: UserId,
    counts: Counts,
) -> None:
    """Note that a realignment was carried out or undone, when and by whom."""
    with driver_cursor(connection) as cursor:
        cursor.execute(
            f"UPDATE realignment SET state = %s, counts = %s::jsonb, {state}_at = now(),"  # noqa: S608
            f" {state}_by = %s WHERE org_id = %s AND id = %s",
            (state, _json(counts), by, org_id, realignment_id),
        )


def read_assignment_changes(
    connection: sa.Connection, org_id: OrgId, realignment_id: UUID
) -> list[AssignmentChange]:
    """Return which assignments a realignment ended and began."""
    with driver_cursor(connection) as cursor:
        cursor.execute(
            "SELECT assignments FROM realignment WHERE org_id = %s AND id = %s",
            (org_id, realignment_id),
        )
        row = cursor.fetchone()
        return msgspec.convert(row[0] if row else [], list[AssignmentChange])


def insert_moves(
    connection: sa.Connection, org_id: OrgId, found: RealignmentRead, area: str | None
) -> tuple[int, str]:
    """Lock the accounts that a plan moves and note where they were; count and fingerprint them.

    `area` is the selection's area as hexadecimal WKB.
    """
    values = {"org": org_id, "id": found.id, **selected(found, area)}
    counted = f"""SELECT count(*), {FINGERPRINT} FROM realignment_move m
      WHERE m.org_id = %(org)s AND m.realignment_id = %(id)s"""  # noqa: S608  # constants only
    with driver_cursor(connection) as cursor:
        cursor.execute(_INSERT_MOVES, values)
        cursor.execute(counted, values)
        row = cursor.fetchone()
        return (int(row[0]), str(row[1])) if row else (0, "")


def count_moves(
    connection: sa.Connection, org_id: OrgId, found: RealignmentRead, area: str | None
) -> tuple[int, str]:
    """Count and fingerprint the moves of a plan as it would be now, and lock nothing."""
    query = f"SELECT count(*), {FINGERPRINT} FROM ({MOVES}) m"  # noqa: S608  # constants only
    with driver_cursor(connection) as cursor:
        cursor.execute(query, {"org": org_id, **selected(found, area)})
        row = cursor.fetchone()
        return (int(row[0]), str(row[1])) if row else (0, "")


def selected(found: RealignmentRead, area: str | None) -> dict[str, Any]:
    """Return the parameters of `realignment_moves` for a plan."""
    plan = found.plan
    rule = plan.selection.rule if plan.selection else None
    fields = msgspec.to_builtins(rule) if rule else {}
    return {
        "area": area,
        # Without a selection: among no ids.
        "ids": plan.selection.account_ids if plan.selection else [],
        "rule": _json({name: value for name, value in fields.items() if value is not None}),
        "to": plan.to_territory_id,
        "areas_of": found.id if plan.territory_ids else None,
    }


def move_accounts(connection: sa.Connection, org_id: OrgId, realignment_id: UUID) -> None:
    """Put the accounts noted where the plan wants them."""
    with driver_cursor(connection) as cursor:
        cursor.execute(_MOVE, {"org": org_id, "id": realignment_id})


def move_accounts_back(connection: sa.Connection, org_id: OrgId, realignment_id: UUID) -> Counts:
    """Put back the accounts that are still where they were put; count the others."""
    values = {"org": org_id, "id": realignment_id}
    with driver_cursor(connection) as cursor:
        cursor.execute(_LOCK_BACK.format(still=_STILL.format(moves="a")), values)
        deleted, moved_on = cursor.fetchone() or (0, 0)
        cursor.execute(_MOVE_BACK.format(alive=_ALIVE, still=_STILL.format(moves="m")), values)
        return Counts(moved_back=cursor.rowcount, moved_on=moved_on, deleted=deleted)


def _read(row: tuple[object, ...]) -> RealignmentRead:
    fields = dict(zip(RealignmentRead.__struct_fields__, row, strict=True))
    return msgspec.convert(fields, RealignmentRead)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
