"""Whether the store holds what it should: checksums, and the list of all that is held."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from backend.sync.protocol.checksum import digest_of
from backend.sync.protocol.messages import Check
from mobile_client.store.meta import read_meta, write_meta
from mobile_client.store.schema import SQL

type Place = tuple[str, str]
"""A table and an id; what is held is ordered by both."""

type Held = tuple[str, str, int]

CHECK_AFTER = timedelta(days=1)
"""How often the store is compared with the server's checksums."""


class _Counted:
    """Passes records on and counts them."""

    def __init__(self, records: Iterable[tuple[str, int]]) -> None:
        self._records = records
        self.count = 0

    def __iter__(self) -> Iterator[tuple[str, int]]:
        for record in self._records:
            self.count += 1
            yield record


def differing_tables(db: sqlite3.Connection, check: Mapping[str, Check]) -> tuple[str, ...]:
    """Return the tables that hold something else than the server's checksums say."""
    return tuple(
        name for name in sorted(check) if name in SQL and _own_check(db, name) != check[name]
    )


def _own_check(db: sqlite3.Connection, table: str) -> Check:
    records = _Counted((row[0], row[1]) for row in db.execute(SQL[table].versions))
    digest = digest_of(records)
    return Check(count=records.count, digest=digest)


def held_after(
    db: sqlite3.Connection, place: Place | None, limit: int
) -> tuple[list[Held], Place | None]:
    """Return up to `limit` records held after a place, and the last one's; None: there is no more.

    The order is that of tables' names and ids.
    """
    held: list[Held] = []
    for table in sorted(SQL):
        if place is not None and table < place[0]:
            continue
        after = place[1] if place is not None and table == place[0] else ""
        rows = db.execute(SQL[table].versions_after, (after, limit + 1 - len(held)))
        held += [(table, row[0], row[1]) for row in rows]
        if len(held) > limit:
            last = held[limit - 1]
            return held[:limit], (last[0], last[1])
    return held, None


def is_check_due(db: sqlite3.Connection, now: datetime) -> bool:
    """Tell whether the next pull shall bring checksums; a clock that jumps only brings them early.

    They are due after a start that did not follow a proper end, for everything pulled anew, and
    once a day.
    """
    checked = read_meta(db, "checked_at")
    if read_meta(db, "check_due") or not read_meta(db, "cursor") or not checked:
        return True
    return abs(now - datetime.fromisoformat(checked)) >= CHECK_AFTER


def note_check(db: sqlite3.Connection, now: datetime, differing: tuple[str, ...]) -> None:
    """Keep when the store was compared, and that the server shall hear of a difference."""
    write_meta(db, "checked_at", now.isoformat())
    write_meta(db, "check_due", "")
    if differing:
        write_meta(db, "mismatch", "1")


def read_place(db: sqlite3.Connection) -> Place | None:
    """Return how far the comparison with the server got, None at its beginning."""
    kept = read_meta(db, "compared")
    return msgspec.json.decode(kept, type=Place) if kept else None


def keep_place(db: sqlite3.Connection, place: Place | None) -> None:
    """Keep how far the comparison got."""
    write_meta(db, "compared", msgspec.json.encode(place).decode() if place else "")
