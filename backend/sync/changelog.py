"""The SQL of pull: which records changed for whom between two snapshots, and their rows."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import Query, driver_cursor, first_row
from backend.identity.actor import Actor
from backend.ids import OrgId
from backend.sync.cursor import Position
from backend.sync.protocol.messages import MutationResult
from backend.sync.protocol.tables import TABLES, FieldType, Table


class Candidate(msgspec.Struct, frozen=True):
    """A record that changed for the device: to be sent when visible, else dropped."""

    table: str
    id: str
    is_visible: bool


class Standpoint(msgspec.Struct, frozen=True):
    """The running snapshot, this life of the database, and what a person may see in it."""

    snapshot: str
    epoch: str
    buckets: tuple[str, ...]
    acks: list[MutationResult]
    """The results of the device's mutations that it was not told yet."""


# Whoever sees everything holds every territory's bucket and that of the accounts without one.
_STANDPOINT = """
SELECT pg_current_snapshot()::text, e.epoch || ':' || (pg_control_system()).system_identifier
    || ':' || (pg_control_checkpoint()).timeline_id,
  ARRAY(SELECT 't:' || tuyen_territories_of(%(org)s::uuid, %(user)s::uuid) WHERE NOT %(all)s
        UNION ALL SELECT 't:' || id FROM territory
         WHERE %(all)s AND org_id = %(org)s::uuid AND deleted_at IS NULL
        UNION ALL SELECT 't:none' WHERE %(all)s
        UNION ALL SELECT 'u:' || %(user)s),
  (SELECT coalesce(json_agg(m.result ORDER BY m.xid, m.id), '[]')::text FROM sync_mutation m
    WHERE m.org_id = %(org)s::uuid AND m.device_id = %(device)s::uuid
      AND m.xid >= pg_snapshot_xmin(%(acked)s::pg_snapshot)
      AND NOT pg_visible_in_snapshot(m.xid, %(acked)s::pg_snapshot))
 FROM sync_epoch e
"""
_RESULTS = msgspec.json.Decoder(list[MutationResult])


def ask_standpoint(actor: Actor, acked: str | None) -> Query:
    """Return the query that opens a pull; `acked` is the snapshot up to which results were told."""
    values = {
        "org": str(actor.org_id),
        "user": str(actor.user_id),
        "device": str(actor.device_id),
        "all": actor.sees_everything,
        "acked": acked,
    }
    return Query(_STANDPOINT, values)


def read_standpoint(connection: sa.Connection) -> Standpoint:
    """Return the answer to `ask_standpoint`."""
    snapshot, epoch, buckets, acks = first_row(connection)
    return Standpoint(snapshot, epoch, tuple(sorted(buckets)), _RESULTS.decode(acks))


# Every branch of the union reads one index; together they are the rows that changed, were gained
# or were lost on the way from `seen` to `target`. What entered after that waits for the next delta.
_PAGE = """
WITH hit AS (
  SELECT tbl, id FROM sync_row
   WHERE org_id = %(org)s AND bucket = ANY (%(added)s) AND NOT removed
     AND (tbl, id) > (%(tbl)s, %(id)s) AND pg_visible_in_snapshot(first_xid, %(target)s)
  UNION
  SELECT tbl, id FROM sync_row
   WHERE org_id = %(org)s AND bucket = ANY (%(old)s) AND (tbl, id) > (%(tbl)s, %(id)s)
     AND xid >= pg_snapshot_xmin(%(seen)s) AND NOT pg_visible_in_snapshot(xid, %(seen)s)
     AND pg_visible_in_snapshot(first_xid, %(target)s)
     AND (pg_visible_in_snapshot(first_xid, %(seen)s)
          OR NOT removed AND bucket = ANY (%(new)s))
  UNION
  SELECT tbl, id FROM sync_row
   WHERE org_id = %(org)s AND bucket = ANY (%(lost)s) AND NOT removed
     AND (tbl, id) > (%(tbl)s, %(id)s) AND pg_visible_in_snapshot(first_xid, %(seen)s)
  ORDER BY tbl, id LIMIT %(limit)s)
SELECT hit.tbl, hit.id::text, EXISTS (
  SELECT 1 FROM sync_row s WHERE s.org_id = %(org)s AND s.tbl = hit.tbl AND s.id = hit.id
     AND NOT s.removed AND s.bucket = ANY (%(new)s)
     AND pg_visible_in_snapshot(s.first_xid, %(target)s)) AS is_visible
 FROM hit ORDER BY hit.tbl, hit.id
"""
_EMPTY_SNAPSHOT = "1:1:"


def read_page(
    connection: sa.Connection, org_id: OrgId, position: Position, limit: int
) -> list[Candidate]:
    """Return the next records of the way from `seen` to `target`, in the order of table and id."""
    old, new = set(position.buckets), set(position.target_buckets)
    # From nothing, every bucket is gained; the empty snapshot then only fills a place.
    values = {
        # As text: the driver turns a UUID object into one with Python code, each time it stands.
        "org": str(org_id),
        "old": sorted(old),
        "new": sorted(new),
        "added": sorted(new if position.is_anew else new - old),
        "lost": sorted(old - new),
        "seen": position.seen or _EMPTY_SNAPSHOT,
        "target": position.target,
        "tbl": position.table,
        "id": position.row_id,
        "limit": limit,
    }
    with driver_cursor(connection) as cursor:
        cursor.execute(_TYPED_PAGE, values)
        return [Candidate(table, row_id, visible) for table, row_id, visible in cursor.fetchall()]


_CASTS = {
    "org": "uuid", "old": "text[]", "new": "text[]", "added": "text[]", "lost": "text[]",
    "seen": "pg_snapshot", "target": "pg_snapshot", "id": "uuid", "tbl": "text",
}  # fmt: skip


def _typed(query: str) -> str:
    """Give every parameter its type, which psycopg2 leaves to the server to guess."""
    for name, kind in _CASTS.items():
        query = query.replace(f"%({name})s", f"%({name})s::{kind}")
    return query


_TYPED_PAGE = _typed(_PAGE)


def read_rows(
    connection: sa.Connection, org_id: OrgId, table: Table, ids: Sequence[str]
) -> list[msgspec.Raw]:
    """Return records as `[table, id, rv, [values]]`, built as JSON by the database."""
    with driver_cursor(connection) as cursor:
        cursor.execute(_ROW_SQL[table.name], {"org": str(org_id), "ids": list(ids)})
        return [msgspec.Raw(text.encode()) for (text,) in cursor.fetchall()]


def read_values(
    connection: sa.Connection, org_id: OrgId, table: Table, row_id: UUID
) -> tuple[int, dict[str, object]] | None:
    """Return one record's version and values by column as they look on the wire, or None."""
    rows = read_rows(connection, org_id, table, [str(row_id)])
    if not rows:
        return None
    _, _, rv, values = msgspec.json.decode(rows[0], type=tuple[str, str, int, list[object]])
    return rv, dict(zip(table.columns, values, strict=True))


_EXPRESSIONS: Mapping[FieldType, str] = {
    FieldType.POINT: (
        "CASE WHEN r.{0} IS NULL THEN NULL ELSE json_build_array(ST_X(r.{0}), ST_Y(r.{0})) END"
    ),
    FieldType.MOMENT: 'to_char(r.{0}, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')',
}
_SPECIAL = {
    # Shapes for the phone: the outline, to about a metre.
    ("territory", "area"): "ST_AsGeoJSON(r.area, 5)::json",
    ("route", "line"): "ST_AsEncodedPolyline(r.line, 6)",
}


def _row_sql(table: Table) -> str:
    parts = [
        _SPECIAL.get((table.name, field.name))
        or _EXPRESSIONS.get(field.type, "r.{0}").format(field.name)
        for field in table.fields
    ]
    return (
        f"SELECT json_build_array('{table.name}', r.id, r.rv, json_build_array("  # noqa: S608
        f"{', '.join(parts)}))::text FROM {table.name} r"
        " WHERE r.org_id = %(org)s::uuid AND r.id = ANY (%(ids)s::uuid[]) ORDER BY r.id"
    )


_ROW_SQL = {table.name: _row_sql(table) for table in TABLES.values()}
