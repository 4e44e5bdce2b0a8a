"""What waits to be sent and what needs the user's choice, as the screens show it."""

import sqlite3

from mobile_client.store.choices import KINDS, as_text, open_choices
from mobile_client.store.edits import SHOWN_NAMES
from mobile_client.store.problems import decode, made_at
from mobile_client.views import IssueItem, ItemState, OutboxItem


def outbox_items(db: sqlite3.Connection, user_id: str) -> tuple[OutboxItem, ...]:
    """Return the user's unsent units in order, then the files that are not with the server yet."""
    rows = db.execute(
        "SELECT unit, MIN(seq) AS first, tbl, account_id, subject, made_at, MAX(tries) AS tries,"
        " MAX(state = 'sending') AS is_sending, MAX(error) AS error,"
        " MAX(tbl = 'rework') AS is_rework FROM mutation"
        " WHERE state IN ('waiting', 'sending') AND user_id = ? GROUP BY unit ORDER BY first",
        (user_id,),
    )
    units = [
        OutboxItem(
            id=row["unit"],
            # The visits that an order adds go before it.
            kind="rework" if row["is_rework"] else KINDS[row["tbl"]],
            subject=row["subject"],
            account_id=row["account_id"],
            at=made_at(row),
            state=_state(row, is_sending=bool(row["is_sending"])),
            tries=row["tries"],
            error=row["error"],
        )
        for row in rows
    ]
    files = db.execute(
        "SELECT * FROM upload WHERE state IN ('waiting', 'sending') AND user_id = ?"
        " ORDER BY made_at, media_id",
        (user_id,),
    )
    return (*units, *(_file_item(row) for row in files))


def _file_item(row: sqlite3.Row) -> OutboxItem:
    return OutboxItem(
        id=row["media_id"],
        kind="voice" if row["kind"] == "voice" else "photo",
        subject=row["subject"],
        account_id=row["account_id"],
        at=made_at(row),
        state=_state(row, is_sending=row["state"] == "sending"),
        tries=row["tries"],
        error=row["error"],
        sent_bytes=row["sent_bytes"],
        total_bytes=row["size_bytes"],
    )


def _state(row: sqlite3.Row, *, is_sending: bool) -> ItemState:
    if is_sending:
        return "sending"
    return "retry" if row["tries"] else "waiting"


def open_issues(db: sqlite3.Connection, user_id: str) -> tuple[IssueItem, ...]:
    """Return what needs the user's eye, oldest first: issues and what was refused."""
    found = (*open_choices(db, user_id), *_problems(db, user_id))
    return tuple(sorted(found, key=lambda issue: (issue.at, issue.id)))


def _problems(db: sqlite3.Connection, user_id: str) -> tuple[IssueItem, ...]:
    rows = db.execute(
        "SELECT * FROM problem WHERE closed_at IS NULL AND user_id = ? ORDER BY made_at, id",
        (user_id,),
    )
    return tuple(
        IssueItem(
            id=row["id"],
            kind=KINDS[row["tbl"]],
            subject=row["subject"],
            account_id=row["account_id"],
            field=SHOWN_NAMES.get(row["tbl"], {}).get(row["field"], row["field"]),
            mine=as_text(decode(row["mine"])),
            theirs=as_text(decode(row["theirs"])),
            who="",
            at=made_at(row),
            can_use_mine=bool(row["can_use_mine"]),
            message=row["message"],
            code=row["code"],
        )
        for row in rows
    )
