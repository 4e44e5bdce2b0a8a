"""Issues as the server keeps them: whose value shall stand, mine or theirs."""

import sqlite3

import msgspec

from backend.sync.protocol.messages import Op, Value
from backend.sync.protocol.tables import TABLES
from mobile_client.store.day import EPOCH, moment
from mobile_client.store.edits import SHOWN_NAMES
from mobile_client.store.outbox import Stamp, Wish, enqueue
from mobile_client.store.overlay import Record, read_base, read_record
from mobile_client.store.problems import NO_CHOICE, sentence_of
from mobile_client.views import IssueItem, ItemKind

KINDS: dict[str, ItemKind] = {
    "account": "account",
    "contact": "contact",
    "note": "note",
    "visit": "check_in",
    "check_in": "check_in",
    "media": "photo",
    "rework": "rework",
    "issue": "choice",
}
"""What a table's records are called on the screens."""

_BETWEEN = " · "


def open_choices(db: sqlite3.Connection, user_id: str) -> tuple[IssueItem, ...]:
    """Return the user's issues that nobody has resolved, oldest first.

    One that was resolved here is gone at once; it comes back when the server refuses that.
    """
    rows = db.execute(
        "SELECT * FROM issue WHERE resolution IS NULL AND user_id = ? ORDER BY made_at, id",
        (user_id,),
    )
    return tuple(_item(db, row) for row in rows)


def _item(db: sqlite3.Connection, row: sqlite3.Row) -> IssueItem:
    mine, theirs = _document(row["mine"]), _document(row["theirs"])
    held = _target(db, row["tbl"], row["rid"])
    # The server's value may have moved on since; what would be kept is what is there now.
    now = {name: (held or {}).get(name, theirs.get(name)) for name in mine}
    account_id = _account_of(row["tbl"], row["rid"], held or mine)
    account = read_record(db, "account", account_id)
    can_use_mine = bool(mine) and row["code"] not in NO_CHOICE
    shown = SHOWN_NAMES.get(row["tbl"], {})
    return IssueItem(
        id=row["id"],
        kind=KINDS.get(row["tbl"], "account"),
        subject="" if account is None else str(account[0].get("name") or ""),
        account_id=account_id,
        field=",".join(shown.get(name, name) for name in mine),
        mine=_BETWEEN.join(as_text(value) for value in mine.values()),
        theirs=_BETWEEN.join(as_text(value) for value in now.values()),
        # The record does not tell who made the change that stands.
        who="",
        at=moment(row["made_at"]) or EPOCH,
        can_use_mine=can_use_mine,
        message=sentence_of(row["code"] or "conflict"),
        code=row["code"] or "",
    )


def _document(kept: str | None) -> Record:
    return msgspec.json.decode(kept or "null", type=Record | None) or {}


def _target(db: sqlite3.Connection, table: str, rid: str) -> Record | None:
    held = read_base(db, table, rid) if table in TABLES else None
    return None if held is None else held[0]


def _account_of(table: str, rid: str, record: Record) -> str:
    return rid if table == "account" else str(record.get("account_id") or "")


def resolve_choice(db: sqlite3.Connection, issue_id: str, stamp: Stamp, *, use_mine: bool) -> bool:
    """Queue the person's choice; False when there is no such issue to choose in."""
    known = read_record(db, "issue", issue_id)
    if known is None or known[0].get("resolution") is not None:
        return False
    issue = known[0]
    table, rid = str(issue.get("tbl")), str(issue.get("rid"))
    has_choice = bool(issue.get("mine")) and issue.get("code") not in NO_CHOICE
    resolution = "mine" if use_mine and has_choice else "theirs" if has_choice else "dismissed"
    wish = Wish(Op.PATCH, "issue", issue_id, set={"resolution": resolution})
    account_id = _account_of(table, rid, _target(db, table, rid) or {})
    enqueue(db, stamp, [wish], account_id=account_id)
    return True


def as_text(value: Value) -> str:
    """Return a field's value as the screens show it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
