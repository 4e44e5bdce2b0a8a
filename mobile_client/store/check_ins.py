"""A check-in as one unit of facts: visit, position, note, photos and voice note."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import Op, Value
from mobile_client.facade import EditError
from mobile_client.store.captures import Capture, CaptureError, keep_file
from mobile_client.store.drafts import restore_draft, save_draft, take_draft
from mobile_client.store.outbox import Stamp, Wish, enqueue, take_back
from mobile_client.store.overlay import read_record
from mobile_client.views import CheckInDraft, CheckInResult, MediaKind

_MOST_PHOTOS = 20
_LONGEST_NOTE = 10_000


class Media(msgspec.Struct, frozen=True):
    """A captured file with its place in the check-in."""

    id: str
    kind: MediaKind
    capture: Capture


def keep_files(
    folder: Path, draft: CheckInDraft
) -> tuple[CheckInDraft, list[tuple[MediaKind, Capture]]]:
    """Put what was recorded under its content's name; return the draft that speaks of it there.

    Raises EditError when the draft holds too much or a recording is empty.
    """
    if len(draft.note) > _LONGEST_NOTE:
        raise EditError("too_long", "note", f"The note is over {_LONGEST_NOTE} characters.")
    if len(draft.photo_paths) > _MOST_PHOTOS:
        raise EditError("invalid", "photo", f"At most {_MOST_PHOTOS} photos fit a check-in.")
    sources: list[tuple[MediaKind, Path]] = [("photo", path) for path in draft.photo_paths]
    if draft.voice_path is not None:
        sources.append(("voice", draft.voice_path))
    files: list[tuple[MediaKind, Capture]] = []
    for kind, path in sources:
        try:
            files.append((kind, keep_file(folder, path)))
        except CaptureError as error:
            raise EditError("invalid", kind, str(error)) from error
    photos = tuple(folder / capture.file for kind, capture in files if kind == "photo")
    voice = next((folder / capture.file for kind, capture in files if kind == "voice"), None)
    return replace(draft, photo_paths=photos, voice_path=voice), files


def remove_sources(folder: Path, draft: CheckInDraft, kept: CheckInDraft) -> None:
    """Delete the recordings' first names in the media folder; files from elsewhere stay."""
    names = {path.name for path in (*kept.photo_paths, kept.voice_path) if path is not None}
    for path in (*draft.photo_paths, draft.voice_path):
        if path is not None and path.parent == folder and path.name not in names:
            path.unlink(missing_ok=True)


def save_check_in(
    db: sqlite3.Connection,
    draft: CheckInDraft,
    files: list[tuple[MediaKind, Capture]],
    stamp: Stamp,
    *,
    today: date,
) -> CheckInResult:
    """Save the visit and all that was recorded at it, queue it as one unit, end the draft.

    Must run inside one transaction. Raises KeyError when the visit or account is not here.
    """
    if read_record(db, "account", draft.account_id) is None:
        raise KeyError(draft.account_id)
    media = [Media(new_id(), kind, capture) for kind, capture in files]
    visit = _visit(db, draft, stamp, today)
    wishes = [visit, *_facts(draft, visit.rid, media, stamp)]
    unit = enqueue(db, stamp, wishes, account_id=draft.account_id, is_held=True)
    for one in media:
        db.execute(
            "INSERT INTO upload(media_id, user_id, unit, kind, sha256, file, size_bytes,"
            " account_id, subject, made_at)"
            " SELECT ?, ?, ?, ?, ?, ?, ?, ?, subject, ? FROM mutation WHERE unit = ? LIMIT 1",
            (
                *(one.id, stamp.user_id, unit, one.kind, one.capture.sha256, one.capture.file),
                *(one.capture.size_bytes, draft.account_id, stamp.at.isoformat(), unit),
            ),
        )
    if draft.note or files:
        save_draft(db, draft, user_id=stamp.user_id, at=stamp.at)
        take_draft(db, draft.account_id, unit)
    else:
        db.execute("DELETE FROM draft WHERE account_id = ?", (draft.account_id,))
    return CheckInResult(id=unit, visit_id=visit.rid)


def _visit(db: sqlite3.Connection, draft: CheckInDraft, stamp: Stamp, today: date) -> Wish:
    status = "checked_in" if draft.outcome is None else "done"
    values: dict[str, Value] = {"status": status}
    if draft.outcome is not None:
        values["outcome"] = draft.outcome
    if draft.visit_id is not None:
        if read_record(db, "visit", draft.visit_id) is None:
            raise KeyError(draft.visit_id)
        return Wish(Op.PATCH, "visit", draft.visit_id, set=values)
    owner: dict[str, Value] = {
        "account_id": draft.account_id,
        "rep_id": stamp.user_id,
        "planned_on": today.isoformat(),
    }
    return Wish(Op.CREATE, "visit", new_id(), set={**owner, **values})


def _facts(draft: CheckInDraft, visit_id: str, media: list[Media], stamp: Stamp) -> Iterator[Wish]:
    shared: dict[str, Value] = {"account_id": draft.account_id, "visit_id": visit_id}
    captured: dict[str, Value] = {"captured_at": stamp.at.isoformat()}
    authored = {**shared, "author_id": stamp.user_id, **captured}
    fix = draft.fix
    position: dict[str, Value] = {}
    if fix is not None:
        position = {
            "location": [fix.lon, fix.lat],
            "accuracy_m": fix.accuracy_m,
            "is_mock": fix.is_mock,
        }
    check_in = {**shared, "rep_id": stamp.user_id, **captured, **position}
    yield Wish(Op.CREATE, "check_in", new_id(), set=check_in)
    if draft.note.strip():
        yield Wish(Op.CREATE, "note", new_id(), set={**authored, "body": draft.note.strip()})
    for one in media:
        told: dict[str, Value] = {
            "kind": one.kind,
            "sha256": one.capture.sha256,
            "size_bytes": one.capture.size_bytes,
            "mime": one.capture.mime,
        }
        yield Wish(Op.CREATE, "media", one.id, set={**authored, **told})


def undo_check_in(db: sqlite3.Connection, unit: str) -> bool:
    """Take a check-in back and bring its draft back; False when it may have left the phone."""
    if not take_back(db, unit):
        return False
    restore_draft(db, unit)
    return True
