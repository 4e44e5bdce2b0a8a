"""Unsent work on its way to another phone: queue, files and drafts as plain values."""

import sqlite3
from collections.abc import Mapping

import msgspec

from backend.sync.protocol.messages import Mutation
from backend.sync.protocol.tables import TABLES
from mobile_client.store.drafts import files_of
from mobile_client.store.overlay import rebuild

VERSION = 1

_UNSENT = "state IN ('waiting', 'sending')"


class Waiting(msgspec.Struct, frozen=True):
    """An unsent mutation with what the phone keeps beside it; its number is not taken along."""

    user_id: str
    unit: str
    account_id: str
    subject: str
    made_at: str
    body: Mutation


class WaitingFile(msgspec.Struct, frozen=True):
    """An unsent file."""

    media_id: str
    user_id: str
    unit: str
    kind: str
    sha256: str
    file: str
    size_bytes: int
    account_id: str
    subject: str
    made_at: str


class Draft(msgspec.Struct, frozen=True):
    """A check-in that is being filled in."""

    account_id: str
    user_id: str
    body: msgspec.Raw


class Parcel(msgspec.Struct, frozen=True):
    """Everything unsent of a phone, of every user, in the queue's order."""

    mutations: list[Waiting]
    uploads: list[WaitingFile]
    drafts: list[Draft]
    version: int = VERSION

    @property
    def files(self) -> list[str]:
        """The names of the files that uploads and drafts speak of."""
        named = {upload.file for upload in self.uploads}
        return sorted(named.union(*(files_of(bytes(draft.body)) for draft in self.drafts)))


class Unpacked(msgspec.Struct, frozen=True):
    """How much of a parcel was new on this phone."""

    mutations: int
    uploads: int
    drafts: int


def pack(db: sqlite3.Connection) -> Parcel:
    """Return everything unsent; nothing leaves the phone's own queue by this."""
    mutations = [
        Waiting(body=msgspec.json.decode(row["body"], type=Mutation), **_named(row, Waiting))
        for row in db.execute(f"SELECT * FROM mutation WHERE {_UNSENT} ORDER BY seq")  # noqa: S608 - constant
    ]
    uploads = [
        WaitingFile(size_bytes=row["size_bytes"], **_named(row, WaitingFile))
        for row in db.execute(f"SELECT * FROM upload WHERE {_UNSENT} ORDER BY made_at, media_id")  # noqa: S608 - constant
    ]
    drafts = [
        Draft(row["account_id"], row["user_id"], msgspec.Raw(row["body"]))
        for row in db.execute("SELECT * FROM draft ORDER BY account_id")
    ]
    return Parcel(mutations, uploads, drafts)


def _named(row: sqlite3.Row, kind: type[Waiting | WaitingFile]) -> dict[str, str]:
    texts = (name for name in kind.__struct_fields__ if name not in {"body", "size_bytes"})
    return {name: str(row[name]) for name in texts}


def unpack(db: sqlite3.Connection, parcel: Parcel, present: frozenset[str]) -> Unpacked:
    """Queue what is not here yet, behind what is; ids stay, so that a repeat changes nothing.

    Uploads whose files are not `present` stay out. Nothing unpacked can be undone: the phone that
    it comes from may have sent it.
    """
    new = [one for one in parcel.mutations if one.body.table in TABLES]
    count = sum(_insert(db, "mutation", _columns(one)) for one in new)
    for one in new:
        rebuild(db, one.body.table, one.body.rid)
    files = [msgspec.structs.asdict(one) for one in parcel.uploads if one.file in present]
    uploads = sum(_insert(db, "upload", one) for one in files)
    drafts = sum(
        _insert(db, "draft", {**msgspec.structs.asdict(one), "body": bytes(one.body)})
        for one in parcel.drafts
    )
    return Unpacked(count, uploads, drafts)


def _columns(one: Waiting) -> dict[str, str | int | float | bytes]:
    return {
        "id": one.body.id,
        "user_id": one.user_id,
        "unit": one.unit,
        "tbl": one.body.table,
        "rid": one.body.rid,
        "account_id": one.account_id,
        "subject": one.subject,
        "body": msgspec.json.encode(one.body),
        "made_at": one.made_at,
        "hold_until": 0.0,
        "tries": 1,
    }


def _insert(
    db: sqlite3.Connection, table: str, columns: Mapping[str, str | int | float | bytes]
) -> int:
    """Write a row unless its key is known; return 1 when it was written."""
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    # Names come from this module only.
    text = f"INSERT OR IGNORE INTO {table}({names}) VALUES ({marks})"  # noqa: S608 - see above
    return db.execute(text, tuple(columns.values())).rowcount
