"""Records from outside into accounts: COPY into a passing table, then one insert and one merge."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched

import msgspec
import sqlalchemy as sa
from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class that its library spells low

from backend.db.tenancy import driver_cursor
from backend.geo.vocabulary import OnProgress, Progress
from backend.ids import OrgId, new_id

BATCH = 5000
ANALYZE_FROM = 500
"""Changes from which on the planner's statistics are renewed at once."""
COLUMNS = (
    "kind", "name", "life_stage", "category", "address", "phone", "email", "website", "channel",
    "tags", "opening_hours", "preferred_hours", "preferred_hours_are_firm", "visit_minutes",
    "visit_every_days", "visit_frequency", "priority",
)  # fmt: skip
"""What a record from outside may say, besides the location."""
_POINT = "CASE WHEN n.lon IS NOT NULL THEN ST_SetSRID(ST_MakePoint(n.lon, n.lat), 4326) END"
_POINT_SOURCE = "CASE WHEN n.lon IS NOT NULL THEN %(location_source)s END"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('tuyen_import:' || %(org)s, 0))"
_SAME_RECORD = "a.org_id = %(org)s AND a.source = %(source)s AND a.source_ref = n.source_ref"
_DELETED_HERE = f"""SELECT count(*) FROM incoming n JOIN account a ON {_SAME_RECORD}
  WHERE a.deleted_at IS NOT NULL"""  # noqa: S608  # constants only


class Incoming(msgspec.Struct, frozen=True):
    """A record from outside: stable reference, checked values, `location` as [lon, lat]."""

    ref: str
    values: Mapping[str, object]


class Stored(msgspec.Struct, frozen=True):
    """How many records were new, changed something, changed nothing, or were deleted by people."""

    taken: int
    updated: int
    unchanged: int
    deleted_here: int


class Origin(msgspec.Struct, frozen=True):
    """Where records come from, and what they speak of: other fields are left alone."""

    source: str
    location_source: str
    columns: tuple[str, ...]
    has_location: bool


def store(
    connection: sa.Connection,
    org_id: OrgId,
    origin: Origin,
    records: Iterable[Incoming],
    on_progress: OnProgress | None = None,
) -> Stored:
    """Insert new records and merge known ones, in the caller's transaction; refs are unique."""
    columns = [name for name in COLUMNS if name in origin.columns]
    values = {
        "org": org_id,
        "source": origin.source,
        "location_source": origin.location_source,
    }
    tell = on_progress or (lambda _: None)
    with driver_cursor(connection) as cursor:
        # A large import takes longer than a request may; two at once would race for the same refs.
        cursor.execute("SET LOCAL statement_timeout = '15min'")
        cursor.execute(_LOCK, values)
        total = _copy(cursor, columns, records, tell)
        tell(Progress("storing accounts", 0, total))
        cursor.execute(_DELETED_HERE, values)
        row = cursor.fetchone()
        deleted_here = int(row[0]) if row else 0
        cursor.execute(_merge(columns, has_location=origin.has_location), values)
        updated = cursor.rowcount
        cursor.execute(_remember(columns, has_location=origin.has_location), values)
        cursor.execute(_insert(columns), values)
        taken = cursor.rowcount
        if taken + updated > ANALYZE_FROM:
            cursor.execute("SELECT account_cells_fold(%(org)s, 2147483647)", values)
            cursor.execute("SELECT account_analyze()")
        tell(Progress("storing accounts", total, total))
    return Stored(taken, updated, total - taken - updated - deleted_here, deleted_here)


def _copy(
    cursor: Cursor, columns: Sequence[str], records: Iterable[Incoming], tell: OnProgress
) -> int:
    """Put the records into the passing table and count them."""
    cursor.execute(_make_table())
    copy = f"COPY incoming (id, source_ref, lon, lat, {_list(columns)}) FROM STDIN (FORMAT csv)"
    total = 0
    for batch in batched(records, BATCH, strict=False):
        cursor.copy_expert(copy, _csv(batch, columns))
        total += len(batch)
        tell(Progress("taking records", total))
    cursor.execute("ANALYZE incoming")
    return total


def _csv(batch: Sequence[Incoming], columns: Sequence[str]) -> io.StringIO:
    """Write the records for COPY: what is not quoted and empty is NULL."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NOTNULL)
    writer.writerows(_cells(record, columns) for record in batch)
    text.seek(0)
    return text


def _cells(record: Incoming, columns: Sequence[str]) -> Iterator[object]:
    location = record.values.get("location")
    lon, lat = location if isinstance(location, list) else (None, None)
    yield from (new_id(), record.ref, lon, lat)
    for name in columns:
        value = record.values.get(name)
        yield _array(value) if isinstance(value, list) else value


def _array(labels: list[str]) -> str:
    """Write a text array as PostgreSQL reads it."""
    escaped = (label.replace("\\", "\\\\").replace('"', '\\"') for label in labels)
    return "{" + ",".join(f'"{label}"' for label in escaped) + "}"


def _list(columns: Sequence[str], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{name}" for name in columns)


def _make_table() -> str:
    return f"""DROP TABLE IF EXISTS pg_temp.incoming;
      CREATE TEMP TABLE incoming ON COMMIT DROP AS
      SELECT account_id AS id, ''::text AS source_ref, lon, lat, {_list(COLUMNS)}
        FROM account_import LIMIT 0"""  # noqa: S608  # constants only


def _insert(columns: Sequence[str]) -> str:
    """What is new becomes an account, and its values are remembered."""
    return f"""WITH made AS (
      INSERT INTO account (org_id, id, source, source_ref, location, location_source,
                           {_list(columns)})
      SELECT %(org)s, n.id, %(source)s, n.source_ref, {_POINT}, {_POINT_SOURCE},
             {_list(columns, "n.")}
        FROM incoming n
       WHERE NOT EXISTS (SELECT 1 FROM account a WHERE {_SAME_RECORD})
       ORDER BY n.id
      RETURNING *)
    INSERT INTO account_import (org_id, account_id, lon, lat, {_list(COLUMNS)})
    SELECT org_id, id, ST_X(location), ST_Y(location), {_list(COLUMNS)}
      FROM made"""  # noqa: S608  # constants only


def _merge(columns: Sequence[str], *, has_location: bool) -> str:
    """Each field takes the new value where it still says what the last import said."""
    now = {name: f"a.{name}" for name in columns}
    new = {
        name: f"CASE WHEN a.{name} IS NOT DISTINCT FROM i.{name} THEN n.{name} ELSE a.{name} END"
        for name in columns
    }
    if has_location:
        is_kept = "(ST_X(a.location), ST_Y(a.location)) IS NOT DISTINCT FROM (i.lon, i.lat)"
        now |= {"location": "a.location", "location_source": "a.location_source"}
        new |= {
            "location": f"CASE WHEN {is_kept} THEN {_POINT} ELSE a.location END",
            "location_source": f"CASE WHEN NOT {is_kept} THEN a.location_source"
            f" WHEN (n.lon, n.lat) IS DISTINCT FROM (i.lon, i.lat) THEN {_POINT_SOURCE}"
            " ELSE a.location_source END",
        }
    changes = ", ".join(f"{name} = {value}" for name, value in new.items())
    return f"""UPDATE account a SET {changes} FROM incoming n, account_import i
     WHERE {_SAME_RECORD} AND a.deleted_at IS NULL AND i.org_id = %(org)s AND i.account_id = a.id
       AND ({", ".join(now.values())}) IS DISTINCT FROM
           ({", ".join(new.values())})"""  # noqa: S608  # constants only


def _remember(columns: Sequence[str], *, has_location: bool) -> str:
    """What this import says is what the next one compares with."""
    names = [*columns, *(("lon", "lat") if has_location else ())]
    changes = ", ".join(f"{name} = n.{name}" for name in names)
    return f"""UPDATE account_import i SET imported_at = now(), {changes}
      FROM incoming n, account a
     WHERE {_SAME_RECORD} AND i.org_id = %(org)s AND i.account_id = a.id
       AND ({_list(names, "i.")}) IS DISTINCT FROM ({_list(names, "n.")})"""  # noqa: S608
