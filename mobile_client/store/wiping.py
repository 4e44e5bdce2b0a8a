"""Taking data off the phone: at sign-out all of it, at a revoked device all but unsent work."""

import sqlite3

from mobile_client.store.meta import read_meta, write_meta
from mobile_client.store.overlay import rebuild_all
from mobile_client.store.schema import SQL


def wipe_data(db: sqlite3.Connection) -> None:
    """Forget what came from the server; what was made here and not sent stays."""
    for sql in SQL.values():
        for statement in sql.clear:
            db.execute(statement)
    db.execute("DELETE FROM stage")
    for key in ("cursor", "token", "resync", "compared", "last_sync_at", "map_etag"):
        write_meta(db, key, "")
    db.execute("DELETE FROM mutation WHERE state = 'done'")
    db.execute("UPDATE mutation SET state = 'done' WHERE state = 'settled'")
    db.execute("UPDATE problem SET theirs = 'null'")
    db.execute("DELETE FROM upload WHERE state = 'stored'")
    rebuild_all(db)


def wipe_user(db: sqlite3.Connection, user_id: str) -> None:
    """Forget everything of one user, unsent work too, and all that came from the server."""
    for table in ("mutation", "upload", "problem", "draft", "taken_draft"):
        db.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))  # noqa: S608 - fixed names
    wipe_data(db)


def adopt_user(db: sqlite3.Connection, user_id: str) -> None:
    """Make the phone this user's: another one's data goes, but not what they have not sent."""
    owner = read_meta(db, "owner")
    write_meta(db, "owner", user_id)
    if owner and owner != user_id:
        wipe_data(db)
