"""The SQLite file: one writer, many readers, each seeing whole transactions only."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mobile_client.store.meta import read_meta, write_meta
from mobile_client.store.outbox import put_back_all
from mobile_client.store.overlay import rebuild_all
from mobile_client.store.schema import (
    KEEP_OLD_ISSUES,
    SCHEMA_HASH,
    own_statements,
    synced_statements,
)

type Connect = Callable[[Path], sqlite3.Connection]

_BUSY_SECONDS = 10.0


def connect(path: Path) -> sqlite3.Connection:
    """Open the file with full durability; transactions are begun and ended by hand."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS)
    db.row_factory = sqlite3.Row
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        db.execute(f"PRAGMA {pragma}")
    return db


def _upgrade_statements(db: sqlite3.Connection) -> tuple[str, ...]:
    kind = db.execute("SELECT type FROM sqlite_master WHERE name = 'issue'").fetchone()
    return KEEP_OLD_ISSUES if kind is not None and kind[0] == "table" else ()


class Database:
    """Serves transactions to any thread; writers wait for each other, readers for nobody."""

    def __init__(self, path: Path, connect: Connect = connect) -> None:
        self._path = path
        self._connect = connect
        self._writer = connect(path)
        self._write_lock = threading.RLock()
        self._readers: list[sqlite3.Connection] = []
        self._reader_lock = threading.Lock()
        self._is_closed = False
        self._prepare()

    def _prepare(self) -> None:
        with self.writing() as db:
            for statement in (*_upgrade_statements(db), *own_statements()):
                db.execute(statement)
            if read_meta(db, "schema_hash") != SCHEMA_HASH:
                for statement in synced_statements():
                    db.execute(statement)
                db.execute("DELETE FROM stage")
                for key in ("cursor", "token", "resync", "compared"):
                    write_meta(db, key, "")
                write_meta(db, "schema_hash", SCHEMA_HASH)
                rebuild_all(db)
            put_back_all(db)

    @property
    def is_closed(self) -> bool:
        """Tell whether `close` was called."""
        return self._is_closed

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run the block in one transaction: all of it is kept, or nothing."""
        with self._write_lock:
            db = self._writer
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                # A full disk makes SQLite roll back by itself; a second one would hide the cause.
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Run the block on one snapshot of the store."""
        db = self._take_reader()
        try:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
        finally:
            self._give_back(db)

    def _take_reader(self) -> sqlite3.Connection:
        with self._reader_lock:
            if self._is_closed:
                msg = "The store is closed."
                raise RuntimeError(msg)
            if self._readers:
                return self._readers.pop()
        return self._connect(self._path)

    def _give_back(self, db: sqlite3.Connection) -> None:
        with self._reader_lock:
            if not self._is_closed:
                self._readers.append(db)
                return
        db.close()

    def close(self) -> None:
        """Close every connection; one that is still read from closes when it is given back."""
        with self._write_lock, self._reader_lock:
            self._is_closed = True
            for db in (*self._readers, self._writer):
                db.close()
            self._readers.clear()
