"""Problems: what the server refused, kept with the person's words until they have seen it."""

import sqlite3
from datetime import datetime

import msgspec

from backend.sync.protocol.messages import Mutation, MutationResult, Op, Value
from mobile_client.store.outbox import Stamp, Wish, enqueue
from mobile_client.store.overlay import read_base, read_record

_FOLLOW_ON = ("group_failed", "parent_rejected")
"""Codes of refusals that only follow from another one of the same unit."""

NO_CHOICE = frozenset({"record_deleted", "status_not_allowed"})
"""Codes of conflicts in which sending one's own value again cannot help."""

_INSERT = """
INSERT INTO problem(id, unit, user_id, tbl, rid, account_id, subject, field, mine, theirs, made_at,
  code, message, can_use_mine) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT(id) DO UPDATE SET code = excluded.code, message = excluded.message,
  tbl = excluded.tbl, rid = excluded.rid
  WHERE problem.code IN ('group_failed', 'parent_rejected')
  AND excluded.code NOT IN ('group_failed', 'parent_rejected')
"""


def raise_issues(
    db: sqlite3.Connection,
    row: sqlite3.Row,
    mutation: Mutation,
    result: MutationResult,
    *,
    is_refused: bool,
) -> None:
    """Make what was not taken visible: one issue a field kept, or one for a unit refused."""
    if is_refused or mutation.op is Op.DELETE or result.code in NO_CHOICE:
        text = encode(None) if mutation.op is Op.DELETE else _said(db, row["unit"])
        _insert(db, row, mutation, result, ("", text, encode(None)), can_use_mine=False)
        return
    held = read_base(db, mutation.table, mutation.rid)
    server = {} if held is None else held[0]
    for field in result.kept_server or [*mutation.set]:
        mine, theirs = mutation.set.get(field), server.get(field)
        values = (field, encode(mine), encode(theirs))
        _insert(db, row, mutation, result, values, can_use_mine=True)


def _insert(
    db: sqlite3.Connection,
    row: sqlite3.Row,
    mutation: Mutation,
    result: MutationResult,
    values: tuple[str, str, str],
    *,
    can_use_mine: bool,
) -> None:
    field, mine, theirs = values
    key = f"{mutation.id}:{field}" if can_use_mine else f"{row['unit']}:"
    code = result.code or result.status.value
    message = result.detail or sentence_of(code)
    db.execute(
        _INSERT,
        (
            *(key, row["unit"], row["user_id"], row["tbl"], row["rid"], row["account_id"]),
            *(row["subject"], field, mine, theirs, row["made_at"], code, message),
            int(can_use_mine),
        ),
    )


def raise_notice(db: sqlite3.Connection, row: sqlite3.Row, result: MutationResult) -> None:
    """Tell that an account just made may be one that exists; nothing needs to be done."""
    known = read_record(db, "account", result.duplicate_of or "")
    name = "" if known is None else str(known[0].get("name") or "")
    message = f"This may be the same account as {name or 'one that is there already'}."
    db.execute(
        _INSERT,
        (
            *(f"{result.id}:duplicate", row["unit"], row["user_id"], row["tbl"], row["rid"]),
            *(row["account_id"], row["subject"], "", encode(name), encode(None), row["made_at"]),
            *("possible_duplicate", message, 0),
        ),
    )


def replace_problem(
    db: sqlite3.Connection, row: sqlite3.Row, result: MutationResult, *, is_solved: bool
) -> None:
    """Close the problem of a unit that was taken after all, or say what it is refused for now."""
    code = result.code or result.status.value
    message = result.detail or sentence_of(code)
    db.execute(
        "UPDATE problem SET code = ?, message = ?, closed_at = CASE WHEN ? THEN 0 ELSE closed_at"
        " END WHERE id = ?",
        (code, message, is_solved, f"{row['unit']}:"),
    )


def sentence_of(code: str) -> str:
    """Return what a code means for the person, where the server sent no sentence."""
    if code in {"merged", "conflict", "changed_meanwhile"}:
        return "The record was changed on the server in the meantime."
    if code in {"record_deleted", "deleted"}:
        return "The record was deleted in the meantime."
    if code in _FOLLOW_ON:
        return "The server refused what this belongs to."
    return f"The server did not take this ({code})."


def _said(db: sqlite3.Connection, unit: str) -> str:
    """Return what the person had written in a unit that was refused, so that it can be copied."""
    bodies = db.execute("SELECT body FROM mutation WHERE unit = ? ORDER BY seq", (unit,))
    mutations = [msgspec.json.decode(body[0], type=Mutation) for body in bodies]
    notes = [str(m.set["body"]) for m in mutations if m.table == "note" and m.set.get("body")]
    if notes:
        return encode("\n".join(notes))
    edits = [m for m in mutations if m.op is Op.PATCH]
    parts = [f"{name}: {value}" for m in edits for name, value in m.set.items() if value]
    parts += [f"{name}: {change:+}" for m in edits for name, change in m.inc.items()]
    return encode(", ".join(parts))


def refresh_theirs(db: sqlite3.Connection) -> None:
    """Give open problems with a choice the server's values that a pull just brought."""
    rows = db.execute(
        "SELECT id, tbl, rid, field FROM problem WHERE closed_at IS NULL AND can_use_mine"
    ).fetchall()
    for row in rows:
        held = read_base(db, row["tbl"], row["rid"])
        if held is not None:
            theirs = encode(held[0].get(row["field"]))
            db.execute("UPDATE problem SET theirs = ? WHERE id = ?", (theirs, row["id"]))


def close_problem(db: sqlite3.Connection, problem_id: str, stamp: Stamp, *, use_mine: bool) -> bool:
    """Close a problem; with `use_mine` queue the person's value on top of the server's.

    False for an unknown or closed one.
    """
    row = db.execute(
        "SELECT * FROM problem WHERE id = ? AND closed_at IS NULL", (problem_id,)
    ).fetchone()
    if row is None:
        return False
    db.execute("UPDATE problem SET closed_at = ? WHERE id = ?", (stamp.at.timestamp(), problem_id))
    if use_mine and row["can_use_mine"]:
        changes = {row["field"]: decode(row["mine"])}
        wish = Wish(Op.PATCH, row["tbl"], row["rid"], set=changes)
        enqueue(db, stamp, [wish], account_id=row["account_id"])
    return True


def encode(value: Value) -> str:
    """Return a field's value as the text that an issue keeps."""
    return msgspec.json.encode(value).decode()


def decode(text: str) -> Value:
    """Return the field's value that an issue keeps."""
    loaded: Value = msgspec.json.decode(text or "null")
    return loaded


def made_at(row: sqlite3.Row) -> datetime:
    """Return when the person made what the row is about."""
    return datetime.fromisoformat(row["made_at"])
