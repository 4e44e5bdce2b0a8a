"""Pending edits over the server's image: what the person sees is the image plus their own edits."""

import sqlite3
from collections.abc import Iterable, Mapping

import msgspec

from backend.sync.protocol.messages import Mutation, Op, Value
from backend.sync.protocol.tables import TABLES, Table
from mobile_client.store.folding import fold
from mobile_client.store.schema import FOLDED_TABLE, SQL, SqlValue, from_sql, to_sql

type Record = dict[str, Value]
"""A record's fields by their names on the wire."""

_EFFECTIVE = """
SELECT seq, body, state, kept, NULL AS mine FROM mutation
WHERE tbl = :table AND rid = :rid AND state <> 'done'
  AND user_id = (SELECT value FROM meta WHERE key = 'owner')
UNION ALL
SELECT m.seq, m.body, m.state, m.kept, i.mine FROM mutation m JOIN issue_base i ON i.id = m.rid
WHERE m.tbl = 'issue' AND m.state <> 'done' AND i.mine IS NOT NULL
  AND i.tbl = :table AND i.rid = :rid
  AND m.user_id = (SELECT value FROM meta WHERE key = 'owner') ORDER BY seq
"""

_OPEN = """
SELECT tbl, rid FROM mutation WHERE state <> 'done'
UNION
SELECT i.tbl, i.rid FROM mutation m JOIN issue_base i ON i.id = m.rid
WHERE m.tbl = 'issue' AND m.state <> 'done'
"""


class Edit(msgspec.Struct, frozen=True):
    """A mutation that counts for the overlay; `kept_server` fields are not taken from it."""

    mutation: Mutation
    is_pending: bool
    kept_server: frozenset[str] = frozenset()


def apply_edits(base: Mapping[str, Value] | None, edits: Iterable[Edit]) -> Record | None:
    """Return the record as it looks after the edits in order, None when there is none; pure."""
    record: Record | None = None if base is None else dict(base)
    for edit in edits:
        record = _apply(record, edit)
    return record


def _apply(record: Record | None, edit: Edit) -> Record | None:
    mutation = edit.mutation
    if mutation.op is Op.DELETE:
        return None
    if mutation.op is Op.CREATE:
        # The server's row of our own create is already here: the server's form of it stands.
        return dict(mutation.set) if record is None else record
    if record is None:
        return None
    wanted = {name: v for name, v in mutation.set.items() if name not in edit.kept_server}
    record = {**record, **wanted}
    for name, difference in mutation.inc.items():
        held = record.get(name)
        record[name] = (held if isinstance(held, int | float) else 0) + difference
    for name in {*mutation.add, *mutation.remove}:
        held = record.get(name)
        before = {str(item) for item in held} if isinstance(held, list) else set()
        after = (before - set(mutation.remove.get(name, []))) | set(mutation.add.get(name, []))
        record[name] = [*sorted(after)]
    return record


def read_edits(db: sqlite3.Connection, table: str, rid: str) -> list[Edit]:
    """Return the owner's edits of a record that the server's image does not hold yet, in order.

    A choice of one's own values in an issue about the record is such an edit, too.
    """
    rows = db.execute(_EFFECTIVE, {"table": table, "rid": rid}).fetchall()
    edits = []
    for row in rows:
        mutation = msgspec.json.decode(row["body"], type=Mutation)
        if row["mine"] is not None:
            if mutation.set.get("resolution") != "mine":
                continue
            mine = msgspec.json.decode(row["mine"], type=Record)
            mutation = msgspec.structs.replace(mutation, op=Op.PATCH, rid=rid, set=mine)
        kept = msgspec.json.decode(row["kept"], type=frozenset[str])
        edits.append(Edit(mutation, is_pending=row["state"] != "settled", kept_server=kept))
    return edits


def rebuild(db: sqlite3.Connection, table: str, rid: str) -> None:
    """Make the record's overlay anew from the server's image and the edits.

    With an issue's, that of the record which it is about.
    """
    if table == "issue":
        target = db.execute("SELECT tbl, rid FROM issue_base WHERE id = ?", (rid,)).fetchone()
        if target is not None and target["tbl"] in SQL and target["tbl"] != "issue":
            _rebuild(db, target["tbl"], target["rid"])
    _rebuild(db, table, rid)


def _rebuild(db: sqlite3.Connection, table: str, rid: str) -> None:
    sql = SQL[table]
    edits = read_edits(db, table, rid)
    db.execute(sql.delete_mine, (rid,))
    if not edits:
        return
    row = db.execute(sql.select_base, (rid,)).fetchone()
    base = None if row is None else record_of(TABLES[table], row)
    record = apply_edits(base, edits)
    if record is None and base is None:
        return
    values = to_row(TABLES[table], rid, None if row is None else row["rv"], record or {})
    is_pending = any(edit.is_pending for edit in edits)
    db.execute(sql.upsert_mine, (*values, int(record is None), int(is_pending)))


def rebuild_all(db: sqlite3.Connection) -> None:
    """Make every overlay anew."""
    for table, rid in open_records(db):
        rebuild(db, table, rid)


def read_record(db: sqlite3.Connection, table: str, rid: str) -> tuple[Record, int | None] | None:
    """Return the record as the person sees it and the server's version of it."""
    row = db.execute(SQL[table].select, (rid,)).fetchone()
    return None if row is None else (record_of(TABLES[table], row), row["rv"])


def read_base(db: sqlite3.Connection, table: str, rid: str) -> tuple[Record, int | None] | None:
    """Return the record as the server gave it last."""
    row = db.execute(SQL[table].select_base, (rid,)).fetchone()
    return None if row is None else (record_of(TABLES[table], row), row["rv"])


def record_of(table: Table, row: sqlite3.Row) -> Record:
    """Return a row's fields as wire values."""
    return {field.name: from_sql(field, row[field.name]) for field in table.fields}


def to_row(
    table: Table, rid: str, rv: int | None, record: Mapping[str, Value]
) -> tuple[SqlValue, ...]:
    """Return (id, rv, *columns, *folded) for the table's statements."""
    values = [to_sql(field, record.get(field.name)) for field in table.fields]
    if table.name == FOLDED_TABLE:
        values.append(fold(f"{record.get('name') or ''} {record.get('address') or ''}"))
    return (rid, rv, *values)


def open_records(db: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return the records with edits that the server's image does not hold yet."""
    rows = db.execute(_OPEN).fetchall()
    return {(row[0], row[1]) for row in rows if row[0] in SQL}
