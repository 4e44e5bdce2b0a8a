"""What becomes of a mutation when the server has answered: settled, put off, or an issue."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.sync.protocol.messages import FINAL, Mutation, MutationResult, Status
from mobile_client.store.meta import pull_number
from mobile_client.store.outbox import put_off
from mobile_client.store.overlay import rebuild
from mobile_client.store.problems import raise_issues, raise_notice, replace_problem


def settle(
    db: sqlite3.Connection, result: MutationResult, *, now: datetime, next_try_at: float
) -> bool:
    """Record the answer to one mutation; True when it is final and the mutation was still open.

    An applied edit stays in the overlay until a pull that begins after this brings the server's
    row, so that the person's words never flicker away in between.
    """
    row = db.execute(
        "SELECT * FROM mutation WHERE id = ? AND state IN ('waiting', 'sending')", (result.id,)
    ).fetchone()
    if row is None:
        return False
    if result.status not in FINAL:
        error = result.detail or result.code or result.status.value
        put_off(db, result.id, next_try_at, error)
        return False
    mutation = msgspec.json.decode(row["body"], type=Mutation)
    outcome = first_status(result)
    is_effective = outcome in {Status.APPLIED, Status.MERGED}
    db.execute(
        "UPDATE mutation SET state = ?, status = ?, code = ?, kept = ?, error = ?, settled_at = ?,"
        " settled_pull = ? WHERE id = ?",
        (
            *("settled" if is_effective else "done", result.status.value, result.code),
            *(msgspec.json.encode(result.kept_server).decode(), result.detail or ""),
            *(now.timestamp(), pull_number(db), result.id),
        ),
    )
    is_refused = outcome in {Status.REJECTED, Status.QUARANTINED}
    # What lost to the server's values comes down as an issue; a choice made elsewhere stands.
    is_told = not is_refused and (result.issue is not None or mutation.table == "issue")
    if outcome is not Status.APPLIED and not is_told:
        raise_issues(db, row, mutation, result, is_refused=is_refused)
    if result.duplicate_of is not None:
        raise_notice(db, row, result)
    if not is_effective and row["tbl"] == "media":
        db.execute(
            "UPDATE upload SET state = 'refused', error = ? WHERE media_id = ?",
            (result.detail or result.code or "", row["rid"]),
        )
    rebuild(db, row["tbl"], row["rid"])
    return True


def settle_replay(db: sqlite3.Connection, result: MutationResult) -> bool:
    """Take the new answer to a quarantined mutation that a person tried again on the server."""
    row = db.execute(
        "SELECT * FROM mutation WHERE id = ? AND state = 'done' AND status = 'quarantined'",
        (result.id,),
    ).fetchone()
    outcome = first_status(result)
    if row is None or outcome is Status.QUARANTINED:
        return False
    db.execute(
        "UPDATE mutation SET status = ?, code = ?, error = ? WHERE id = ?",
        (result.status.value, result.code, result.detail or "", result.id),
    )
    replace_problem(db, row, result, is_solved=outcome in {Status.APPLIED, Status.MERGED})
    return True


def first_status(result: MutationResult) -> Status:
    """Return what became of the mutation when the server took it first."""
    if result.status is not Status.DUPLICATE:
        return result.status
    return result.was or Status.APPLIED


def end_overlays(db: sqlite3.Connection, acks: Sequence[str]) -> set[tuple[str, str]]:
    """Let go of edits whose effect the pull being committed holds; return their records."""
    number = pull_number(db)
    rows = db.execute(
        "SELECT id, tbl, rid, settled_pull FROM mutation WHERE state = 'settled'"
    ).fetchall()
    answered = set(acks)
    ended = [row for row in rows if row["settled_pull"] < number or row["id"] in answered]
    db.executemany("UPDATE mutation SET state = 'done' WHERE id = ?", [(r["id"],) for r in ended])
    return {(row["tbl"], row["rid"]) for row in ended}
