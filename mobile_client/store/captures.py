"""Photos and voice notes: files named by their content, kept until the server has them."""

import hashlib
import os
import shutil
import sqlite3
from pathlib import Path

import msgspec

from mobile_client.store.drafts import draft_files
from mobile_client.store.outbox import KEEP_SECONDS

_BLOCK_BYTES = 1 << 20
_ISO_BRAND_AT = 4
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"RIFF", "audio/wav", ".wav"),
)
_STRAY_SECONDS = 86_400.0
_VOICE_SUFFIX = ".m4a"


class CaptureError(Exception):
    """A captured file cannot be kept; the message says why."""


class Capture(msgspec.Struct, frozen=True):
    """A kept file; `file` is its name in the media folder."""

    sha256: str
    file: str
    size_bytes: int
    mime: str


class Upload(msgspec.Struct, frozen=True):
    """A file on its way to the server; `url` is where an earlier try began."""

    media_id: str
    unit: str
    file: str
    sha256: str
    size_bytes: int
    url: str
    tries: int


def keep_file(folder: Path, source: Path) -> Capture:
    """Put a recorded file under its content's name, the source stays; raises CaptureError."""
    if not source.is_file() or source.stat().st_size == 0:
        raise CaptureError("The recording is empty. Take it again.")
    mime, suffix = _sniff(source)
    digest, size = hash_file(source)
    capture = Capture(digest, f"{digest}{suffix}", size, mime)
    target = folder / capture.file
    if not target.exists():
        _put(source, target)
    return capture


def _put(source: Path, target: Path) -> None:
    """Link within the folder, else copy by a temporary name: a full disk leaves no half file."""
    if source.parent == target.parent:
        try:
            os.link(source, target)
        except OSError:
            # Some of Android's file systems have no hard links.
            pass
        else:
            return
    part = target.with_suffix(".part")
    try:
        shutil.copyfile(source, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _sniff(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        head = file.read(16)
    for signature, mime, suffix in _SIGNATURES:
        if head.startswith(signature):
            return mime, suffix
    if head[_ISO_BRAND_AT:].startswith(b"ftyp"):
        return "audio/mp4", _VOICE_SUFFIX
    raise CaptureError("The file is neither a JPEG or PNG picture nor a WAV or M4A recording.")


def hash_file(path: Path) -> tuple[str, int]:
    """Return the file's SHA-256 in hexadecimal and its size in bytes."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def due_uploads(
    db: sqlite3.Connection, user_id: str, now_s: float, *, is_forced: bool
) -> list[Upload]:
    """Return the files to send now: their records are with the server."""
    rows = db.execute(
        "SELECT u.* FROM upload u WHERE u.state = 'waiting' AND u.user_id = :user"
        " AND (:forced OR u.next_try_at <= :now)"
        " AND NOT EXISTS (SELECT 1 FROM mutation m WHERE m.tbl = 'media' AND m.rid = u.media_id"
        " AND m.state IN ('waiting', 'sending')) ORDER BY u.made_at, u.media_id",
        {"user": user_id, "forced": is_forced, "now": now_s},
    )
    return [Upload(**{name: row[name] for name in Upload.__struct_fields__}) for row in rows]


def note_progress(db: sqlite3.Connection, media_id: str, *, url: str, sent_bytes: int) -> None:
    """Keep where an upload goes on and how much the server holds."""
    db.execute(
        "UPDATE upload SET state = 'sending', url = ?, sent_bytes = ?, error = ''"
        " WHERE media_id = ?",
        (url, sent_bytes, media_id),
    )


def note_stored(db: sqlite3.Connection, media_id: str, now_s: float) -> None:
    """Record the server's receipt."""
    db.execute(
        "UPDATE upload SET state = 'stored', sent_bytes = size_bytes, stored_at = ?, error = '',"
        " url = '' WHERE media_id = ?",
        (now_s, media_id),
    )


def note_failed(db: sqlite3.Connection, media_id: str, next_try_at: float, error: str) -> None:
    """Put an upload off until `next_try_at`."""
    db.execute(
        "UPDATE upload SET state = 'waiting', tries = tries + 1, next_try_at = ?, error = ?"
        " WHERE media_id = ?",
        (next_try_at, error, media_id),
    )


def refuse_upload(db: sqlite3.Connection, media_id: str, code: str, message: str) -> None:
    """Give an upload up for good and make that an issue; the file stays on the phone."""
    db.execute(
        "UPDATE upload SET state = 'refused', error = ?, url = '' WHERE media_id = ?",
        (message, media_id),
    )
    db.execute(
        "INSERT OR IGNORE INTO problem(id, unit, user_id, tbl, rid, account_id, subject, field,"
        " mine, theirs, made_at, code, message, can_use_mine)"
        " SELECT media_id || ':file', unit, user_id, 'media', media_id, account_id, subject, '',"
        " 'null', 'null', made_at, ?, ?, 0 FROM upload WHERE media_id = ?",
        (code, message, media_id),
    )


def begun_uploads(db: sqlite3.Connection, user_id: str) -> list[str]:
    """Return where the server holds parts of the user's files that are not whole yet."""
    rows = db.execute(
        "SELECT url FROM upload WHERE user_id = ? AND url <> '' AND state <> 'stored'", (user_id,)
    )
    return [str(row[0]) for row in rows]


def note_paused(db: sqlite3.Connection, media_id: str) -> None:
    """Put an upload back that was cut off by a lost connection."""
    db.execute("UPDATE upload SET state = 'waiting' WHERE media_id = ?", (media_id,))


def purge_files(db: sqlite3.Connection, folder: Path, now_s: float) -> int:
    """Remove files that the server holds for 14 days or that nothing speaks of; return how many."""
    db.execute(
        "DELETE FROM upload WHERE state = 'stored' AND stored_at < ?", (now_s - KEEP_SECONDS,)
    )
    db.execute(
        "DELETE FROM upload WHERE state = 'refused'"
        " AND unit NOT IN (SELECT unit FROM problem WHERE closed_at IS NULL OR closed_at > ?)",
        (now_s - KEEP_SECONDS,),
    )
    spoken_of = {row[0] for row in db.execute("SELECT file FROM upload")} | draft_files(db)
    gone = [
        path
        for path in folder.iterdir()
        # A recording that has only just begun is not in any draft yet.
        if path.name not in spoken_of and path.stat().st_mtime < now_s - _STRAY_SECONDS
    ]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
