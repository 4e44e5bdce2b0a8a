"""The SQL of pull: which records changed for whom between two snapshots, and their rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import compress
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import Query, driver_cursor, first_row
from backend.identity.actor import Actor
from backend.ids import OrgId
from backend.sync.cursor import Position
from backend.sync.protocol.messages import Check, MutationResult
from backend.sync.protocol.tables import TABLES, FieldType, Table

type Key = tuple[str, str]
"""A record: its table and id."""


class Standpoint(msgspec.Struct, frozen=True):
    """The running snapshot, this life of the database, and what a person may see in it."""

    snapshot: str
    epoch: str
    buckets: tuple[str, ...]
    acks: list[MutationResult]
    """The results of the device's mutations that it was not told yet."""
    is_expired: bool
    """Whether tombstones are gone that the device's way needs."""


_STANDPOINT = """
SELECT snapshot, epoch, buckets, acks, is_expired FROM sync_standpoint(
  %(org)s, %(user)s, %(device)s, %(all)s, %(acked)s, %(since)s)
"""
_RESULTS = msgspec.json.Decoder(list[MutationResult])


def ask_standpoint(actor: Actor, position: Position | None) -> Query:
    """Return the query that opens a pull or a comparison of a device at that position."""
    values = {
        "org": str(actor.org_id),
        "user": str(actor.user_id),
        "device": str(actor.device_id),
        "all": actor.sees_everything,
        "acked": position and position.acked,
        "since": position and position.since,
    }
    return Query(_STANDPOINT, values)


def read_standpoint(connection: sa.Connection) -> Standpoint:
    """Return the answer to `ask_standpoint`."""
    snapshot, epoch, buckets, acks, is_expired = first_row(connection)
    return Standpoint(
        snapshot, epoch, tuple(sorted(buckets)), _RESULTS.decode(acks), is_expired=is_expired
    )


# Gained, changed and lost: every branch reads one index, and what entered after `target` waits for
# the next delta. A gained or lost bucket is read in the order of its index, as far as a page
# goes: with the bucket inside the comparison, since by (tbl, id) alone the planner takes an index
# that walks over everybody's records. OFFSET 0 keeps it from looking for the
# few changes of a large bucket along the key, in the hope of filling the page soon, and || '' from
# looking for one record in a whole bucket that it believes to be small.
_PAGE = """
WITH near (tbl, id, is_sure) AS (
  SELECT g.tbl, g.id, true FROM unnest(%(added)s) b (bucket), LATERAL (
    SELECT tbl, id FROM sync_row
     WHERE org_id = %(org)s AND (bucket, tbl, id) > (b.bucket, %(tbl)s, %(id)s)
       AND bucket <= b.bucket AND NOT removed AND (%(all)s OR tbl = ANY (%(tables)s))
       AND pg_visible_in_snapshot(first_xid, %(target)s)
     ORDER BY bucket, tbl, id LIMIT %(limit)s) g
  UNION ALL
  SELECT tbl, id, NOT removed AND bucket = ANY (%(new)s) FROM (
    SELECT bucket, tbl, id, removed, first_xid FROM sync_row
     WHERE org_id = %(org)s AND bucket = ANY (%(old)s)
       AND xid >= pg_snapshot_xmin(%(seen)s) AND NOT pg_visible_in_snapshot(xid, %(seen)s)
    OFFSET 0) changed
   WHERE (tbl, id) > (%(tbl)s, %(id)s) AND (%(all)s OR tbl = ANY (%(tables)s))
     AND pg_visible_in_snapshot(first_xid, %(target)s)
     AND (pg_visible_in_snapshot(first_xid, %(seen)s)
          OR NOT removed AND bucket = ANY (%(new)s))
  UNION ALL
  SELECT g.tbl, g.id, false FROM unnest(%(lost)s) b (bucket), LATERAL (
    SELECT tbl, id FROM sync_row
     WHERE org_id = %(org)s AND (bucket, tbl, id) > (b.bucket, %(tbl)s, %(id)s)
       AND bucket <= b.bucket AND NOT removed AND (%(all)s OR tbl = ANY (%(tables)s))
       AND pg_visible_in_snapshot(first_xid, %(seen)s)
     ORDER BY bucket, tbl, id LIMIT %(limit)s) g),
hit AS (
  SELECT tbl, id, bool_or(is_sure) AS is_sure FROM near
   GROUP BY tbl, id ORDER BY tbl, id LIMIT %(limit)s)
SELECT tbl, hit.id::text, CASE WHEN is_sure THEN true ELSE coalesce((
  SELECT true FROM sync_row s WHERE s.org_id = %(org)s AND s.tbl = hit.tbl AND s.id = hit.id
     AND NOT s.removed AND s.bucket || '' = ANY (%(new)s)
     AND pg_visible_in_snapshot(s.first_xid, %(target)s) LIMIT 1), false) END AS is_visible
 FROM hit ORDER BY hit.tbl, hit.id
"""
_EMPTY_SNAPSHOT = "1:1:"


@lru_cache(maxsize=16)
def _needed(text: str, is_used: tuple[bool, bool, bool]) -> str:
    """Leave the branches out of a page's text that nothing can come from: planning costs most."""
    before, opening, rest = text.partition("is_sure) AS (")
    branches, closing, after = rest.partition("),\nhit AS (")
    used = list(compress(branches.split("UNION ALL"), is_used))
    return "".join((before, opening, "UNION ALL".join(used), closing, after)) if used else text


def read_page(
    connection: sa.Connection, org_id: OrgId, position: Position, limit: int
) -> list[tuple[str, str, bool]]:
    """Return the next records of the way from `seen` to `target`, in the order of table and id.

    Each is a table, an id, and whether the device may see the record now: if not, it is a drop.
    """
    old, new = set(position.buckets), set(position.target_buckets)
    added, lost = new if position.is_anew else new - old, old - new
    # From nothing, every bucket is gained; the empty snapshot then only fills a place.
    values = {
        # As text: the driver turns a UUID object into one with Python code, each time it stands.
        "org": str(org_id),
        "old": sorted(old),
        "new": sorted(new),
        "added": sorted(added),
        "lost": sorted(lost),
        "seen": position.seen or _EMPTY_SNAPSHOT,
        "target": position.target,
        "tbl": position.table,
        "id": position.row_id,
        "all": not position.tables,
        "tables": list(position.tables),
        "limit": limit,
    }
    with driver_cursor(connection) as cursor:
        cursor.execute(_needed(_TYPED_PAGE, (bool(added), bool(old), bool(lost))), values)
        found: list[tuple[str, str, bool]] = cursor.fetchall()
        return found


_CASTS = {
    "org": "uuid", "old": "text[]", "new": "text[]", "added": "text[]", "lost": "text[]",
    "tables": "text[]", "seen": "pg_snapshot", "target": "pg_snapshot", "id": "uuid", "tbl": "text",
}  # fmt: skip


def _typed(query: str) -> str:
    """Give every parameter its type, which psycopg2 leaves to the server to guess."""
    for name, kind in _CASTS.items():
        query = query.replace(f"%({name})s", f"%({name})s::{kind}")
    return query


_TYPED_PAGE = _typed(_PAGE)


def read_rows(connection: sa.Connection, org_id: OrgId, wanted: Mapping[str, Sequence[str]]) -> str:
    """Return the records of these ids by table as `[table, id, rv, [values]]`, with commas between.

    The database builds the JSON; all tables are read by one statement.
    """
    return ",".join(row for (row,) in _read_each(connection, org_id, _ROW_SQL, wanted))


def read_versions(
    connection: sa.Connection, org_id: OrgId, wanted: Mapping[str, Sequence[str]]
) -> dict[Key, int]:
    """Return the version of each of these records that is there."""
    found = _read_each(connection, org_id, _VERSION_SQL, wanted)
    return {(table, row_id): rv for table, row_id, rv in found}


def by_table(keys: Iterable[Key]) -> dict[str, list[str]]:
    """Return the ids of records by table, in the order given."""
    found: dict[str, list[str]] = {}
    for table, row_id in keys:
        found.setdefault(table, []).append(row_id)
    return found


def read_values(
    connection: sa.Connection, org_id: OrgId, table: Table, row_id: UUID
) -> tuple[int, dict[str, object]] | None:
    """Return one record's version and values by column as they look on the wire, or None."""
    row = read_rows(connection, org_id, {table.name: [str(row_id)]})
    if not row:
        return None
    _, _, rv, values = msgspec.json.decode(row, type=tuple[str, str, int, list[object]])
    return rv, dict(zip(table.columns, values, strict=True))


def read_checks(
    connection: sa.Connection, org_id: OrgId, buckets: Sequence[str], tables: Sequence[str]
) -> dict[str, Check]:
    """Return a check of what the buckets hold of each table in this snapshot; all when unnamed."""
    values = {"org": str(org_id), "buckets": list(buckets)}
    text = " UNION ALL ".join(_CHECK_SQL[name] for name in tables or TABLES)
    with driver_cursor(connection) as cursor:
        cursor.execute(text, values)
        return {name: Check(count, digest) for name, count, digest in cursor.fetchall()}


def _read_each(
    connection: sa.Connection,
    org_id: OrgId,
    queries: Mapping[str, str],
    wanted: Mapping[str, Sequence[str]],
) -> list[tuple[Any, ...]]:
    if not wanted:
        return []
    values: dict[str, object] = {"org": str(org_id)}
    values |= {f"{name}_ids": list(ids) for name, ids in wanted.items()}
    parts = [queries[name].replace("%(ids)s", f"%({name}_ids)s") for name in wanted]
    with driver_cursor(connection) as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return cursor.fetchall()


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
    # Nobody plans a day anew that is over, in any time zone.
    ("route", "pack"): "CASE WHEN r.on_date >= current_date - 1 THEN r.pack END",
}


def _row_sql(table: Table) -> str:
    parts = [
        _SPECIAL.get((table.name, field.name))
        or _EXPRESSIONS.get(field.type, "r.{0}").format(field.name)
        for field in table.fields
    ]
    return (
        f"(SELECT json_build_array('{table.name}', r.id, r.rv, json_build_array("
        f"{', '.join(parts)}))::text{_FROM.format(table.name)} ORDER BY r.id)"
    )


_FROM = " FROM {0} r WHERE r.org_id = %(org)s::uuid AND r.id = ANY (%(ids)s::uuid[])"
_ROW_SQL = {table.name: _row_sql(table) for table in TABLES.values()}
_VERSION_SQL = {name: f"SELECT '{name}', r.id::text, r.rv{_FROM.format(name)}" for name in TABLES}
# Written like `protocol.checksum`: the exclusive or of the first 64 bits of each record's MD5.
_CHECK_SQL = {
    name: f"""SELECT '{name}', count(*), lpad(to_hex(coalesce(bit_xor(
        ('x' || left(md5(r.id || ':' || r.rv), 16))::bit(64)::bigint), 0)), 16, '0')
       FROM {name} r WHERE r.org_id = %(org)s::uuid AND r.id IN (
         SELECT s.id FROM sync_row s WHERE s.org_id = %(org)s::uuid AND s.tbl = '{name}'
            AND s.bucket = ANY (%(buckets)s::text[]) AND NOT s.removed)"""  # noqa: S608
    for name in TABLES
}


def purge_tombstones(connection: sa.Connection, before: datetime) -> int:
    """Forget what was removed before a time, in every organisation; return how many it were.

    Cursors that had not seen them all expire.
    """
    purged: int = connection.execute(
        sa.text("SELECT sync_purge(:before)"), {"before": before}
    ).scalar_one()
    return purged
