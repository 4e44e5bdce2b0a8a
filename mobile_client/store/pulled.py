"""A pull on its way into the store: staged page by page, taken over in one transaction."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

import msgspec

from backend.sync.protocol.messages import FINAL, MutationResult, PullResponse, Value
from backend.sync.protocol.tables import TABLES, Table
from mobile_client.store.issues import refresh_theirs
from mobile_client.store.meta import pull_number, read_meta, write_meta
from mobile_client.store.overlay import Record, rebuild, to_row
from mobile_client.store.schema import SQL
from mobile_client.store.settling import end_overlays, settle

type _Row = tuple[str, str, int, list[object]]


class Applied(msgspec.Struct, frozen=True):
    """What one committed pull changed."""

    rows: int
    drops: int
    acks: int
    pages: int
    is_full: bool
    tables: frozenset[str]


def begin_pull(db: sqlite3.Connection) -> tuple[str | None, str | None]:
    """Return (cursor, token) to ask with; without a token this begins a new pull."""
    token = read_meta(db, "token") or None
    if token is None:
        db.execute("DELETE FROM stage")
        write_meta(db, "pull_number", str(pull_number(db) + 1))
    return read_meta(db, "cursor") or None, token


def stage_page(db: sqlite3.Connection, page: PullResponse) -> None:
    """Keep a page that is not the last one, and the token for the next."""
    db.execute("INSERT INTO stage(page) VALUES (?)", (msgspec.json.encode(page),))
    write_meta(db, "token", page.token or "")


def discard_stage(db: sqlite3.Connection, *, is_cursor_lost: bool) -> None:
    """Forget the staged pages; with a lost cursor the next pull brings everything anew."""
    db.execute("DELETE FROM stage")
    write_meta(db, "token", "")
    if is_cursor_lost:
        write_meta(db, "cursor", "")


def commit_pull(db: sqlite3.Connection, last: PullResponse, now: datetime) -> Applied:
    """Take over the staged pages and the last one: rows, drops, acks, overlays and cursor.

    A pull that began without a cursor names all there is: rows it does not name are removed.
    """
    is_full = not read_meta(db, "cursor")
    changed: set[tuple[str, str]] = set()
    named: set[tuple[str, str]] = set()
    acks: list[str] = []
    rows = drops = pages = 0
    for page in _pages(db, last):
        pages += 1
        for table, page_rows in _rows_by_table(page).items():
            db.executemany(SQL[table].upsert_base, page_rows)
            keys = {(table, str(row[0])) for row in page_rows}
            named |= keys
            changed |= keys
            rows += len(page_rows)
        for table, rid in page.drop:
            if table in TABLES:
                db.execute(SQL[table].delete_base, (rid,))
                named.discard((table, rid))
                changed.add((table, rid))
                drops += 1
        acks += [ack.id for ack in page.acks if _take_ack(db, ack, now)]
    gone = _remove_unnamed(db, named) if is_full else set()
    changed |= gone | end_overlays(db, acks)
    for table, rid in changed:
        rebuild(db, table, rid)
    refresh_theirs(db, changed)
    _keep_cursor(db, last, now)
    tables = frozenset(table for table, _ in changed)
    return Applied(rows, drops + len(gone), len(acks), pages, is_full=is_full, tables=tables)


def _keep_cursor(db: sqlite3.Connection, last: PullResponse, now: datetime) -> None:
    discard_stage(db, is_cursor_lost=False)
    write_meta(db, "cursor", last.cursor or "")
    write_meta(db, "last_sync_at", now.isoformat())


def _pages(db: sqlite3.Connection, last: PullResponse) -> Iterator[PullResponse]:
    numbers = [row[0] for row in db.execute("SELECT no FROM stage ORDER BY no")]
    for number in numbers:
        row = db.execute("SELECT page FROM stage WHERE no = ?", (number,)).fetchone()
        yield msgspec.json.decode(row[0], type=PullResponse)
    yield last


def _rows_by_table(page: PullResponse) -> dict[str, list[tuple[object, ...]]]:
    """Decode a page's rows; tables and columns that this version does not know are left out."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for raw in page.rows:
        name, rid, rv, values = msgspec.json.decode(raw, type=_Row)
        table = TABLES.get(name)
        if table is not None:
            record = _record(table, page.cols.get(name, list(table.columns)), values)
            found.setdefault(name, []).append(to_row(table, rid, rv, record))
    return found


def _record(table: Table, columns: list[str], values: list[object]) -> Record:
    named = dict(zip(columns, values, strict=True))
    return {name: _as_value(named.get(name)) for name in table.columns}


def _as_value(value: object) -> Value:
    """Narrow a decoded JSON value; documents are kept as they came."""
    kept: Value = value  # type: ignore[assignment] # JSON holds nothing else
    return kept


def _take_ack(db: sqlite3.Connection, ack: MutationResult, now: datetime) -> bool:
    return ack.status in FINAL and settle(db, ack, now=now, next_try_at=0.0)


def _remove_unnamed(db: sqlite3.Connection, named: set[tuple[str, str]]) -> set[tuple[str, str]]:
    gone = {
        (table, str(row[0]))
        for table, sql in SQL.items()
        for row in db.execute(sql.base_ids)
        if (table, str(row[0])) not in named
    }
    for table, rid in gone:
        db.execute(SQL[table].delete_base, (rid,))
    return gone
