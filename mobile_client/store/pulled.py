"""A pull on its way into the store: staged page by page, taken over in one transaction."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from backend.sync.protocol.messages import FINAL, MutationResult, PullResponse
from mobile_client.store.meta import pull_number, read_meta, write_meta
from mobile_client.store.overlay import open_records, rebuild
from mobile_client.store.points import At, pass_by
from mobile_client.store.problems import refresh_theirs
from mobile_client.store.resync import Place, differing_tables, keep_place, note_check, read_place
from mobile_client.store.schema import SQL
from mobile_client.store.settling import end_overlays, settle, settle_replay
from mobile_client.store.wire_rows import rows_by_table

type Kind = Literal["delta", "manifest", "full"]
"""What a pull compares with: the last cursor, what is held, or nothing."""


class Ask(msgspec.Struct, frozen=True):
    """What to ask next; with `compared` or without a token, a manifest goes on by what is held."""

    kind: Kind
    cursor: str | None
    token: str | None
    compared: Place | None
    is_comparing: bool
    has_mismatch: bool


class Applied(msgspec.Struct, frozen=True):
    """What one committed pull changed; `differing` tables do not fit the server's checksums."""

    rows: int
    drops: int
    acks: int
    pages: int
    kind: Kind
    tables: frozenset[str]
    differing: tuple[str, ...] = ()

    @property
    def is_full(self) -> bool:
        """True when the pull brought all there is."""
        return self.kind == "full"


def begin_pull(db: sqlite3.Connection) -> Ask:
    """Return what to ask with; without a token this begins a new pull."""
    token = read_meta(db, "token") or None
    compared = read_place(db)
    if token is None and compared is None:
        db.execute("DELETE FROM stage")
        write_meta(db, "pull_number", str(pull_number(db) + 1))
    kind = _kind(db)
    return Ask(
        kind=kind,
        cursor=read_meta(db, "cursor") or None,
        token=token,
        compared=compared,
        is_comparing=kind == "manifest" and (token is None or compared is not None),
        has_mismatch=bool(read_meta(db, "mismatch")),
    )


def _kind(db: sqlite3.Connection) -> Kind:
    if not read_meta(db, "cursor"):
        return "full"
    return "manifest" if read_meta(db, "resync") else "delta"


def stage_page(db: sqlite3.Connection, page: PullResponse) -> None:
    """Keep a page that is not the last one, and where the next begins."""
    db.execute("INSERT INTO stage(page) VALUES (?)", (msgspec.json.encode(page),))
    write_meta(db, "token", page.token or "")
    keep_place(db, page.next)


def discard_stage(db: sqlite3.Connection, *, is_cursor_lost: bool) -> None:
    """Forget the staged pages; with a lost cursor the next pull brings everything anew."""
    db.execute("DELETE FROM stage")
    write_meta(db, "token", "")
    keep_place(db, None)
    if is_cursor_lost:
        write_meta(db, "cursor", "")
        write_meta(db, "resync", "")


def begin_resync(db: sqlite3.Connection) -> None:
    """Let the next pull compare all that is held with what should be."""
    discard_stage(db, is_cursor_lost=False)
    write_meta(db, "resync", "manifest")


def commit_pull(
    db: sqlite3.Connection, last: PullResponse, now: datetime, *, at: At = pass_by
) -> Applied:
    """Take over the staged pages and the last one: rows, drops, acks, overlays and cursor.

    A pull that began without a cursor names all there is: rows it does not name are removed.
    One page is in memory at a time. Raises ValueError, TypeError, MsgspecError for a damaged page.
    """
    kind, before = _kind(db), open_records(db)
    number = pull_number(db)
    tables: set[str] = set()
    acks: list[str] = []
    rows = drops = pages = 0
    for page in _pages(db, last):
        at("apply.page")
        pages += 1
        for table, page_rows in rows_by_table(page, number):
            db.executemany(SQL[table].upsert_base, page_rows)
            tables.add(table)
            rows += len(page_rows)
        drops += _drop(db, page.drop, tables)
        acks += [ack.id for ack in page.acks if _take_ack(db, ack, now)]
    at("apply.rows")
    if kind == "full":
        drops += _remove_unnamed(db, number, tables)
    ended = end_overlays(db, acks)
    for table, rid in before | ended:
        rebuild(db, table, rid)
    refresh_theirs(db)
    at("apply.overlays")
    differing = _compare(db, last, now)
    _keep_cursor(db, last, now)
    if differing:
        _widen(db, kind)
    at("apply.cursor")
    tables |= {table for table, _ in ended}
    return Applied(rows, drops, len(acks), pages, kind, frozenset(tables), differing)


def _drop(db: sqlite3.Connection, drop: list[tuple[str, str]], tables: set[str]) -> int:
    known = [(table, rid) for table, rid in drop if table in SQL]
    for table, rid in known:
        db.execute(SQL[table].delete_base, (rid,))
        tables.add(table)
    return len(known)


def _remove_unnamed(db: sqlite3.Connection, number: int, tables: set[str]) -> int:
    """Remove what this pull did not bring; return how much that was."""
    gone = 0
    for table, sql in SQL.items():
        count = db.execute(sql.delete_unseen, (number,)).rowcount
        gone += count
        tables |= {table} if count else set()
    return gone


def _compare(db: sqlite3.Connection, last: PullResponse, now: datetime) -> tuple[str, ...]:
    """Return the tables that do not fit the server's checksums, where it sent any."""
    if last.check is None:
        return ()
    differing = differing_tables(db, last.check)
    note_check(db, now, differing)
    return differing


def _widen(db: sqlite3.Connection, kind: Kind) -> None:
    """Make the next pull compare more than this one did; after a full one there is no more."""
    if kind == "delta":
        begin_resync(db)
    elif kind == "manifest":
        discard_stage(db, is_cursor_lost=True)


def _keep_cursor(db: sqlite3.Connection, last: PullResponse, now: datetime) -> None:
    discard_stage(db, is_cursor_lost=False)
    write_meta(db, "cursor", last.cursor or "")
    write_meta(db, "resync", "")
    write_meta(db, "last_sync_at", now.isoformat())


def _pages(db: sqlite3.Connection, last: PullResponse) -> Iterator[PullResponse]:
    numbers = [row[0] for row in db.execute("SELECT no FROM stage ORDER BY no")]
    for number in numbers:
        row = db.execute("SELECT page FROM stage WHERE no = ?", (number,)).fetchone()
        yield msgspec.json.decode(row[0], type=PullResponse)
    yield last


def _take_ack(db: sqlite3.Connection, ack: MutationResult, now: datetime) -> bool:
    if ack.status not in FINAL:
        return False
    return settle(db, ack, now=now, next_try_at=0.0) or settle_replay(db, ack)
