"""Single values of the store: cursor, device id, session, times."""

import sqlite3


def read_meta(db: sqlite3.Connection, key: str) -> str:
    """Return the value kept under `key`, empty when there is none."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return "" if row is None else str(row[0])


def write_meta(db: sqlite3.Connection, key: str, value: str) -> None:
    """Keep `value` under `key`."""
    db.execute("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", (key, value))


def pull_number(db: sqlite3.Connection) -> int:
    """Return the number of the pull that was begun last, 0 before the first."""
    return int(read_meta(db, "pull_number") or 0)
