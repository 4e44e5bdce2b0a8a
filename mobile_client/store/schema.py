"""The SQLite tables, made from the protocol's, and how a wire value is kept in a column.

Every synced table T has a server image `T_base` that only a pull writes, an overlay `T_mine`
that holds the records with unsettled edits as they look after those edits, and a view T of both.
"""

import msgspec

from backend.sync.protocol.messages import Value
from backend.sync.protocol.tables import TABLES, Field, FieldType, Table, schema_hash

type SqlValue = str | int | float | bytes | None

FOLDED_TABLE = "account"
"""The table with a search column without diacritics."""

_SQL_TYPES = {FieldType.INTEGER: "INTEGER", FieldType.FLAG: "INTEGER", FieldType.REAL: "REAL"}
DOCUMENTS = frozenset({FieldType.SET, FieldType.POINT, FieldType.JSON})
"""Kept as JSON text."""

_INDEXED = frozenset({"account_id", "visit_id", "on_date"})

_OWN_TABLES = """
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mutation(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL,
  unit TEXT NOT NULL,
  tbl TEXT NOT NULL,
  rid TEXT NOT NULL,
  account_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  body BLOB NOT NULL,
  made_at TEXT NOT NULL,
  hold_until REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'settled', 'done')),
  tries INTEGER NOT NULL DEFAULT 0,
  next_try_at REAL NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  status TEXT,
  code TEXT,
  kept TEXT NOT NULL DEFAULT '[]',
  settled_at REAL,
  settled_pull INTEGER,
  CHECK (state IN ('waiting', 'sending') OR (status IS NOT NULL AND status IN (
    'applied', 'merged', 'conflict', 'duplicate', 'rejected', 'quarantined')))
);
CREATE INDEX IF NOT EXISTS mutation_record ON mutation(tbl, rid, seq) WHERE state <> 'done';
CREATE INDEX IF NOT EXISTS mutation_unit ON mutation(unit);
CREATE TABLE IF NOT EXISTS problem(
  id TEXT PRIMARY KEY,
  unit TEXT NOT NULL,
  user_id TEXT NOT NULL,
  tbl TEXT NOT NULL,
  rid TEXT NOT NULL,
  account_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  field TEXT NOT NULL,
  mine TEXT NOT NULL,
  theirs TEXT NOT NULL,
  made_at TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  can_use_mine INTEGER NOT NULL,
  closed_at REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS upload(
  media_id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  unit TEXT NOT NULL,
  kind TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  file TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  made_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'sending', 'stored', 'refused')),
  url TEXT NOT NULL DEFAULT '',
  sent_bytes INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0,
  next_try_at REAL NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  stored_at REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS draft(
  account_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS taken_draft(
  unit TEXT PRIMARY KEY, account_id TEXT NOT NULL, user_id TEXT NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stage(no INTEGER PRIMARY KEY, page BLOB NOT NULL);
"""


class TableSql(msgspec.Struct, frozen=True):
    """The statements of one synced table; rows are (id, rv, *columns, *folded).

    Rows of the image have, as their last value, the number of the pull that brought them.
    """

    create: tuple[str, ...]
    forget: tuple[str, ...]
    upsert_base: str
    delete_base: str
    select_base: str
    select: str
    upsert_mine: str
    delete_mine: str
    versions: str
    versions_after: str
    delete_unseen: str
    clear: tuple[str, ...]


def _sql_of(table: Table) -> TableSql:
    name = table.name
    extra = ["folded"] if name == FOLDED_TABLE else []
    columns = [*table.columns, *extra]
    listed = ", ".join(f'"{column}"' for column in columns)
    typed = ", ".join(f'"{f.name}" {_SQL_TYPES.get(f.type, "TEXT")}' for f in table.fields)
    typed += "".join(f", {column} TEXT" for column in extra)
    typed_base = f"id TEXT PRIMARY KEY, rv INTEGER, {typed}, seen INTEGER"
    marks = ", ".join("?" * (len(columns) + 2))
    indexes = [
        f"CREATE INDEX {name}_{kind}_{column} ON {name}_{kind}({column})"
        for kind in ("base", "mine")
        for column in table.columns
        if column in _INDEXED
    ]
    flags = "is_deleted INTEGER NOT NULL, is_pending INTEGER NOT NULL"
    # Only names from the protocol's own tables are put into these texts, never input.
    view = (
        f"CREATE VIEW {name} AS"  # noqa: S608 - see above
        f" SELECT id, rv, {listed}, 0 AS is_pending FROM {name}_base b"
        f" WHERE NOT EXISTS (SELECT 1 FROM {name}_mine m WHERE m.id = b.id)"
        f" UNION ALL SELECT id, rv, {listed}, is_pending FROM {name}_mine WHERE NOT is_deleted"
    )
    return TableSql(
        create=(
            f"CREATE TABLE {name}_base({typed_base}) WITHOUT ROWID",
            f"CREATE TABLE {name}_mine(id TEXT PRIMARY KEY, rv INTEGER, {typed}, {flags})",
            *indexes,
            view,
        ),
        forget=(
            f"DROP VIEW IF EXISTS {name}",
            f"DROP TABLE IF EXISTS {name}_base",
            f"DROP TABLE IF EXISTS {name}_mine",
        ),
        upsert_base=f"INSERT OR REPLACE INTO {name}_base(id, rv, {listed}, seen)"  # noqa: S608 - see above
        f" VALUES ({marks}, ?)",
        delete_base=f"DELETE FROM {name}_base WHERE id = ?",  # noqa: S608 - see above
        select_base=f"SELECT * FROM {name}_base WHERE id = ?",  # noqa: S608 - see above
        select=f"SELECT * FROM {name} WHERE id = ?",  # noqa: S608 - see above
        upsert_mine=f"INSERT OR REPLACE INTO {name}_mine(id, rv, {listed}, is_deleted,"  # noqa: S608 - see above
        f" is_pending) VALUES ({marks}, ?, ?)",
        delete_mine=f"DELETE FROM {name}_mine WHERE id = ?",  # noqa: S608 - see above
        versions=f"SELECT id, rv FROM {name}_base",  # noqa: S608 - see above
        versions_after=f"SELECT id, rv FROM {name}_base WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608 - see above
        delete_unseen=f"DELETE FROM {name}_base WHERE seen <> ?",  # noqa: S608 - see above
        clear=(f"DELETE FROM {name}_base", f"DELETE FROM {name}_mine"),  # noqa: S608 - see above
    )


SQL: dict[str, TableSql] = {table.name: _sql_of(table) for table in TABLES.values()}
"""The statements of every synced table, by its name."""


def own_statements() -> list[str]:
    """Return the statements that create what is not synced: outbox, problems, uploads, drafts."""
    return [text for text in _OWN_TABLES.split(";\n") if text.strip()]


def synced_statements() -> list[str]:
    """Return the statements that make the synced tables anew, empty."""
    return [text for sql in SQL.values() for text in (*sql.forget, *sql.create)]


_LAYOUT = 2
"""Counts the changes of this module that need the synced tables to be made anew."""

SCHEMA_HASH = f"{schema_hash()}.{_LAYOUT}"
"""A store made for another hash makes its synced tables anew and pulls everything."""

KEEP_OLD_ISSUES = ("ALTER TABLE issue RENAME TO problem",)
"""For a store of the first version, whose own table had the name that a synced one has now."""


def to_sql(field: Field, value: Value) -> SqlValue:
    """Return what the field's column keeps for a wire value."""
    if value is None:
        return None
    if field.type in DOCUMENTS:
        return msgspec.json.encode(value).decode()
    if field.type is FieldType.FLAG:
        return int(bool(value))
    if isinstance(value, list | dict):
        msg = f"The field {field.name} holds a document, but its type is {field.type}."
        raise TypeError(msg)
    return value


def from_sql(field: Field, value: SqlValue) -> Value:
    """Return the wire value of what a column keeps."""
    if value is None:
        return None
    if field.type in DOCUMENTS and isinstance(value, str):
        loaded: Value = msgspec.json.decode(value)
        return loaded
    if field.type is FieldType.FLAG:
        return bool(value)
    return value.decode() if isinstance(value, bytes) else value
