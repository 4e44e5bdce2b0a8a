"""The outbox: edits wait here, in order, until the server gave each a final answer."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter

import msgspec

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import Mutation, Op, Value
from mobile_client.store.overlay import read_record, rebuild

HOLD_SECONDS = 8.0
"""How long a check-in waits before it is sent, so that it can be taken back."""

LONGEST_WAIT_SECONDS = 900.0
"""No item is put off for longer than this."""

KEEP_SECONDS = 14 * 86_400.0
"""How long sent items stay on the phone."""


class Stamp(msgspec.Struct, frozen=True):
    """Who does it and when, by the device's clock and by its time since boot."""

    user_id: str
    at: datetime
    elapsed_ms: int
    boot_id: str


class Wish(msgspec.Struct, frozen=True):
    """An edit as it was made, before it has a place in the queue."""

    op: Op
    table: str
    rid: str
    set: dict[str, Value] = {}
    add: dict[str, list[str]] = {}
    remove: dict[str, list[str]] = {}
    inc: dict[str, int | float] = {}


class Unit(msgspec.Struct, frozen=True):
    """Mutations that are sent together: one group, or one mutation alone."""

    key: str
    mutations: tuple[Mutation, ...]
    hold_until: float
    next_try_at: float
    tries: int

    def is_due(self, now_s: float) -> bool:
        """Tell whether it may be sent; a clock that was set back does not hold it for long."""
        is_held = now_s < self.hold_until <= now_s + HOLD_SECONDS
        is_put_off = now_s < self.next_try_at <= now_s + LONGEST_WAIT_SECONDS
        return not is_held and not is_put_off

    @property
    def records(self) -> frozenset[str]:
        """The ids of the records it changes."""
        return frozenset(mutation.rid for mutation in self.mutations)


def enqueue(
    db: sqlite3.Connection,
    stamp: Stamp,
    wishes: Iterable[Wish],
    *,
    account_id: str,
    is_held: bool = False,
) -> str:
    """Queue the wishes as one unit and lay them over the store; return the unit's key."""
    wanted = list(wishes)
    ids = [new_id() for _ in wanted]
    unit = new_id() if len(wanted) > 1 else ids[0]
    hold_until = stamp.at.timestamp() + HOLD_SECONDS if is_held else 0.0
    known = read_record(db, "account", account_id)
    subject = "" if known is None else str(known[0].get("name") or "")
    for wish, mutation_id in zip(wanted, ids, strict=True):
        mutation = _mutation(db, stamp, wish, mutation_id, unit if len(wanted) > 1 else None)
        db.execute(
            "INSERT INTO mutation(id, user_id, unit, tbl, rid, account_id, subject, body, made_at,"
            " hold_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(mutation_id, stamp.user_id, unit, wish.table, wish.rid, account_id, subject),
                *(msgspec.json.encode(mutation), stamp.at.isoformat(), hold_until),
            ),
        )
        rebuild(db, wish.table, wish.rid)
    return unit


def _mutation(
    db: sqlite3.Connection, stamp: Stamp, wish: Wish, mutation_id: str, group: str | None
) -> Mutation:
    """Return the mutation with what the person saw; `seq` is filled in when it is sent."""
    seen, rv = read_record(db, wish.table, wish.rid) or ({}, None)
    return Mutation(
        id=mutation_id,
        seq=0,
        op=wish.op,
        table=wish.table,
        rid=wish.rid,
        base_rv=rv,
        base={name: seen.get(name) for name in wish.set} if wish.op is Op.PATCH else {},
        set=wish.set,
        add=wish.add,
        remove=wish.remove,
        inc=wish.inc,
        group=group,
        at=stamp.at,
        elapsed_ms=stamp.elapsed_ms,
        boot_id=stamp.boot_id,
    )


def waiting_units(db: sqlite3.Connection, user_id: str) -> Iterator[Unit]:
    """Yield the user's unsent units in the order of their first mutations."""
    rows = db.execute(
        "SELECT * FROM mutation WHERE state = 'waiting' AND user_id = ? ORDER BY seq", (user_id,)
    )
    # A unit's mutations were queued in one transaction and stand next to each other for ever.
    for key, group in groupby(rows, key=itemgetter("unit")):
        members = list(group)
        yield Unit(
            key=key,
            mutations=tuple(_decode(row) for row in members),
            hold_until=max(row["hold_until"] for row in members),
            next_try_at=max(row["next_try_at"] for row in members),
            tries=max(row["tries"] for row in members),
        )


def _decode(row: sqlite3.Row) -> Mutation:
    mutation = msgspec.json.decode(row["body"], type=Mutation)
    return msgspec.structs.replace(mutation, seq=row["seq"])


def mark_sending(db: sqlite3.Connection, units: Iterable[Unit]) -> None:
    """Note, before the request goes out, that the units may reach the server."""
    db.executemany(
        "UPDATE mutation SET state = 'sending', tries = tries + 1"
        " WHERE unit = ? AND state = 'waiting'",
        [(unit.key,) for unit in units],
    )


def mark_unsent(db: sqlite3.Connection, units: Iterable[Unit], *, did_leave: bool) -> None:
    """Put units back that got no answer; those that never left the phone can be undone again."""
    db.executemany(
        "UPDATE mutation SET state = 'waiting', tries = tries - ?"
        " WHERE unit = ? AND state = 'sending'",
        [(0 if did_leave else 1, unit.key) for unit in units],
    )


def put_back_all(db: sqlite3.Connection) -> None:
    """Put back what was in flight when a run broke off; it may have arrived: no undo."""
    db.execute("UPDATE mutation SET state = 'waiting' WHERE state = 'sending'")
    db.execute("UPDATE upload SET state = 'waiting' WHERE state = 'sending'")


def number_anew(db: sqlite3.Connection) -> None:
    """Give everything unsent new numbers above all that were ever used, in the same order."""
    # The sum is above every number in the table, so no two collide on the way.
    db.execute(
        "UPDATE mutation SET seq = seq + (SELECT MAX(seq) FROM sqlite_sequence WHERE name ="
        " 'mutation') WHERE state IN ('waiting', 'sending')"
    )
    db.execute(
        "UPDATE sqlite_sequence SET seq = MAX(seq, (SELECT COALESCE(MAX(seq), 0) FROM mutation))"
        " WHERE name = 'mutation'"
    )


def put_off(db: sqlite3.Connection, mutation_id: str, next_try_at: float, error: str) -> None:
    """Put back a mutation that the server could not take now, to be sent again later."""
    db.execute(
        "UPDATE mutation SET state = 'waiting', next_try_at = ?, error = ?"
        " WHERE id = ? AND state IN ('waiting', 'sending')",
        (next_try_at, error, mutation_id),
    )


def take_back(db: sqlite3.Connection, unit: str) -> bool:
    """Delete a unit of which nothing was sent; False when some of it may have been."""
    rows = db.execute("SELECT tbl, rid, state, tries FROM mutation WHERE unit = ?", (unit,))
    members = rows.fetchall()
    if not members or any(row["state"] != "waiting" or row["tries"] for row in members):
        return False
    db.execute("DELETE FROM mutation WHERE unit = ?", (unit,))
    db.execute("DELETE FROM upload WHERE unit = ?", (unit,))
    for row in members:
        rebuild(db, row["tbl"], row["rid"])
    return True


def count_unsent(db: sqlite3.Connection, user_id: str) -> int:
    """Return how many of the user's mutations and files did not get to the server yet."""
    row = db.execute(
        "SELECT (SELECT COUNT(*) FROM mutation WHERE state IN ('waiting', 'sending')"
        " AND user_id = :user) + (SELECT COUNT(*) FROM upload"
        " WHERE state IN ('waiting', 'sending') AND user_id = :user)",
        {"user": user_id},
    ).fetchone()
    return int(row[0])


def next_due_at(db: sqlite3.Connection, user_id: str) -> float | None:
    """Return the earliest unix second at which something unsent may be sent, None if nothing."""
    moments: list[float] = []
    earlier: set[str] = set()
    for unit in waiting_units(db, user_id):
        # What waits behind an earlier edit of its record is not due before that one.
        if not unit.records & earlier:
            moments.append(max(unit.hold_until, unit.next_try_at))
        earlier |= unit.records
    moments += [
        float(row[0])
        for row in db.execute(
            "SELECT next_try_at FROM upload u WHERE state = 'waiting' AND user_id = ?"
            " AND NOT EXISTS (SELECT 1 FROM mutation m WHERE m.tbl = 'media'"
            " AND m.rid = u.media_id AND m.state IN ('waiting', 'sending'))",
            (user_id,),
        )
    ]
    return min(moments, default=None)


def purge_sent(db: sqlite3.Connection, now_s: float) -> None:
    """Delete what was answered over 14 days ago and is not the matter of an open issue."""
    db.execute(
        "DELETE FROM mutation WHERE state = 'done' AND settled_at < ?"
        " AND unit NOT IN (SELECT unit FROM problem WHERE closed_at IS NULL)",
        (now_s - KEEP_SECONDS,),
    )
    db.execute("DELETE FROM problem WHERE closed_at < ?", (now_s - KEEP_SECONDS,))


def unsent_bodies(db: sqlite3.Connection) -> list[Mapping[str, object]]:
    """Return every unsent mutation of every user as plain documents, for an export."""
    rows = db.execute("SELECT * FROM mutation WHERE state IN ('waiting', 'sending') ORDER BY seq")
    return [
        {"user_id": row["user_id"], "mutation": msgspec.to_builtins(_decode(row))} for row in rows
    ]
