"""Whether this database is the one that this installation wrote last, or a copy of another life.

A file beside the database counts every start, as the database does. A database that is behind the
file was restored from a backup; one with another mark was copied from another phone. Either goes
on under a new device id, because what it counted may have been counted by its other life, too.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path

import msgspec

from backend.sync.protocol.ids import new_id
from mobile_client.device.tokens import write_private
from mobile_client.store.database import Database
from mobile_client.store.meta import read_meta, write_meta


class Mark(msgspec.Struct, frozen=True):
    """One installation and how often it was started."""

    install_id: str = ""
    starts: int = 0


def begin_life(database: Database, path: Path) -> bool:
    """Count a start in database and file; False when the database is from another life.

    A phone that is too full to write keeps its old marks, which fit each other.
    """
    beside = _read_file(path)
    with database.reading() as db:
        kept = read_meta(db, "mark")
        inside = msgspec.json.decode(kept, type=Mark) if kept else Mark()
        is_new = not read_meta(db, "device_id")
    is_same = inside.install_id == beside.install_id and inside.starts >= beside.starts
    mark = Mark(inside.install_id if is_same else "", inside.starts)
    mark = Mark(mark.install_id or new_id(), mark.starts + 1)
    # The database first: a crash in between leaves it ahead of the file, which is no fault.
    with suppress(sqlite3.OperationalError, OSError):
        with database.writing() as db:
            write_meta(db, "mark", msgspec.json.encode(mark).decode())
            if not is_same and not is_new:
                write_meta(db, "is_copy", "1")
            if read_meta(db, "is_open"):
                write_meta(db, "check_due", "1")
            write_meta(db, "is_open", "1")
        write_private(path, msgspec.json.encode(mark))
    return is_same or is_new


def end_life(database: Database) -> None:
    """Note that this life ended as it should; without this the next one checks what it holds."""
    with suppress(sqlite3.OperationalError), database.writing() as db:
        write_meta(db, "is_open", "")


def _read_file(path: Path) -> Mark:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except (OSError, msgspec.MsgspecError):
        return Mark()
