"""Check-ins that are being filled in, and those that may still be taken back."""

import sqlite3
from datetime import datetime
from pathlib import Path

import msgspec

from mobile_client.views import CheckInDraft, Fix, Outcome


class _Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """A draft on disk: files by their names in the media folder, which may move with the app."""

    account_id: str
    visit_id: str | None = None
    outcome: Outcome | None = None
    note: str = ""
    photos: tuple[str, ...] = ()
    voice: str | None = None
    voice_seconds: float = 0.0
    fix: Fix | None = None
    saved_at: datetime | None = None


def save_draft(db: sqlite3.Connection, draft: CheckInDraft, *, user_id: str, at: datetime) -> None:
    """Keep the draft, one for each account; text and paths as they are."""
    body = _Body(
        account_id=draft.account_id,
        visit_id=draft.visit_id,
        outcome=draft.outcome,
        note=draft.note,
        photos=tuple(path.name for path in draft.photo_paths),
        voice=None if draft.voice_path is None else draft.voice_path.name,
        voice_seconds=draft.voice_seconds,
        fix=draft.fix,
        saved_at=at,
    )
    db.execute(
        "INSERT OR REPLACE INTO draft(account_id, user_id, body) VALUES (?, ?, ?)",
        (draft.account_id, user_id, msgspec.json.encode(body)),
    )


def read_draft(
    db: sqlite3.Connection, account_id: str, folder: Path, *, user_id: str
) -> CheckInDraft | None:
    """Return the kept draft with paths in the media folder."""
    row = db.execute(
        "SELECT body FROM draft WHERE account_id = ? AND user_id = ?", (account_id, user_id)
    ).fetchone()
    if row is None:
        return None
    body = msgspec.json.decode(row[0], type=_Body)
    return CheckInDraft(
        account_id=body.account_id,
        visit_id=body.visit_id,
        outcome=body.outcome,
        note=body.note,
        photo_paths=tuple(folder / name for name in body.photos),
        voice_path=None if body.voice is None else folder / body.voice,
        voice_seconds=body.voice_seconds,
        fix=body.fix,
        saved_at=body.saved_at,
    )


def take_draft(db: sqlite3.Connection, account_id: str, unit: str) -> None:
    """Move the draft aside for as long as its check-in can be taken back."""
    db.execute(
        "INSERT OR REPLACE INTO taken_draft(unit, account_id, user_id, body)"
        " SELECT ?, account_id, user_id, body FROM draft WHERE account_id = ?",
        (unit, account_id),
    )
    db.execute("DELETE FROM draft WHERE account_id = ?", (account_id,))


def restore_draft(db: sqlite3.Connection, unit: str) -> None:
    """Bring back the draft of a check-in that was taken back, unless a newer one was begun."""
    db.execute(
        "INSERT OR IGNORE INTO draft(account_id, user_id, body)"
        " SELECT account_id, user_id, body FROM taken_draft WHERE unit = ?",
        (unit,),
    )
    db.execute("DELETE FROM taken_draft WHERE unit = ?", (unit,))


def draft_files(db: sqlite3.Connection) -> set[str]:
    """Return the names of all files that drafts speak of."""
    rows = db.execute("SELECT body FROM draft UNION ALL SELECT body FROM taken_draft")
    return {name for row in rows for name in files_of(row[0])}


def files_of(body: bytes) -> set[str]:
    """Return the names of the files that one draft speaks of."""
    draft = msgspec.json.decode(body, type=_Body)
    return {*draft.photos, *([draft.voice] if draft.voice else [])}


def purge_taken(db: sqlite3.Connection) -> None:
    """Forget the drafts of check-ins that can no longer be taken back."""
    db.execute(
        "DELETE FROM taken_draft WHERE unit NOT IN"
        " (SELECT unit FROM mutation WHERE state = 'waiting' AND tries = 0)"
    )
