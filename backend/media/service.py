"""Files: announce, receive in pieces, verify, store, serve."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from backend.api.problems import Conflict, Malformed, NotFound, Problem, TooLarge, malformed_field
from backend.clock import Clock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.media import repository
from backend.media.blobs import (
    Blobs,
    UnreadableImageError,
    check_picture,
    hash_file,
    read_claims,
    sniff,
)
from backend.media.schemas import MAX_BYTES, MIMES, MediaCreate, MediaKind, MediaRow, Upload

_UPLOAD_LIFE = timedelta(days=14)


class ChecksumMismatch(Problem):
    """The bytes that arrived are not those that were announced (tus answers this with 460)."""

    status, code, title = 460, "checksum_mismatch", "The file arrived damaged"


def declare_media(
    connection: sa.Connection,
    actor: Actor,
    data: MediaCreate,
    *,
    media_id: UUID,
    is_late: bool = False,
) -> None:
    """Announce a file; the caller has checked that the account is the actor's."""
    if data.mime not in MIMES[data.kind]:
        allowed = ", ".join(sorted(MIMES[data.kind]))
        raise malformed_field("mime", f"A {data.kind.value} is one of: {allowed}.")
    if data.size_bytes > MAX_BYTES[data.kind]:
        limit = MAX_BYTES[data.kind] // 1_000_000
        raise malformed_field("size_bytes", f"A {data.kind.value} may have {limit} MB at most.")
    repository.insert_media(
        connection,
        actor.org_id,
        {
            "id": media_id,
            "account_id": data.account_id,
            "visit_id": data.visit_id,
            "author_id": actor.user_id,
            "kind": data.kind.value,
            "sha256": data.sha256,
            "size_bytes": data.size_bytes,
            "mime": data.mime,
            "captured_at": data.captured_at,
            "is_late": is_late,
        },
    )


def find_readable(connection: sa.Connection, actor: Actor, media_id: UUID) -> MediaRow:
    """Return a file's record; raise NotFound when it is not there or not in the actor's scope."""
    media = repository.find_media(connection, actor.org_id, media_id)
    if media is not None and (
        actor.sees_everything
        or media.author_id == actor.user_id
        or repository.is_in_scope(connection, actor.org_id, actor.user_id, media.account_id)
    ):
        return media
    raise NotFound(f"There is no file {media_id} that you may see.")


def open_upload(
    connection: sa.Connection, actor: Actor, media_id: UUID, size_bytes: int, clock: Clock
) -> Upload | None:
    """Begin or resume a file's upload; None when its content is stored already."""
    media = find_readable(connection, actor, media_id)
    if media.author_id != actor.user_id:
        raise NotFound(f"There is no file {media_id} of yours.")
    if media.size_bytes != size_bytes:
        raise malformed_field(
            "Upload-Length", f"The file was announced with {media.size_bytes} bytes."
        )
    if media.state == "stored":
        return None
    if media.state == "refused":
        raise Malformed("This file was refused: it is not what it says.", code="media_type_refused")
    twin_id = repository.find_twin(connection, actor.org_id, media)
    if twin_id is not None:
        repository.copy_stored(connection, actor.org_id, media_id, twin_id, at=clock.now())
        return None
    wanted = Upload(new_id(), media_id, actor.user_id, size_bytes, 0)
    return repository.insert_upload(connection, actor.org_id, wanted, clock.now() + _UPLOAD_LIFE)


def get_upload(
    connection: sa.Connection, actor: Actor, upload_id: UUID, *, is_locked: bool = False
) -> Upload:
    """Return an upload of the actor's own; raise NotFound otherwise."""
    upload = repository.find_upload(connection, actor.org_id, upload_id, is_locked=is_locked)
    if upload is None or upload.user_id != actor.user_id:
        raise NotFound(f"There is no upload {upload_id}: begin it again.")
    return upload


def append(
    connection: sa.Connection,
    actor: Actor,
    upload_id: UUID,
    folder: Path,
    *,
    offset: int,
    data: bytes,
) -> Upload:
    """Write bytes at the offset, make them safe, then note the new offset.

    The offset is only ever behind the file, so after a crash at any point the client resumes
    from bytes that are really there; what lies beyond the offset is cut off first.
    """
    upload = get_upload(connection, actor, upload_id, is_locked=True)
    if offset != upload.offset_bytes:
        raise Conflict(
            f"{upload.offset_bytes} bytes are here, not {offset}: ask for the offset again.",
            code="offset_mismatch",
        )
    if offset + len(data) > upload.size_bytes:
        raise TooLarge(f"The file was announced with {upload.size_bytes} bytes.")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / str(upload_id)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.ftruncate(descriptor, offset)
        os.pwrite(descriptor, data, offset)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    repository.update_offset(connection, actor.org_id, upload_id, offset + len(data))
    return Upload(upload_id, upload.media_id, upload.user_id, upload.size_bytes, offset + len(data))


def finish(
    db: Database, actor: Actor, upload: Upload, folder: Path, blobs: Blobs, clock: Clock
) -> None:
    """Verify a whole file and store it; a damaged one is thrown away, to be sent again.

    Calling it again changes nothing: of two callers at once the second waits and finds it done.
    """
    path = folder / str(upload.id)
    with db.for_org(actor.org_id) as connection:
        if repository.find_upload(connection, actor.org_id, upload.id, is_locked=True) is None:
            return
        media = find_readable(connection, actor, upload.media_id)
        refusal = _inspect(path, media)
        repository.delete_upload(connection, actor.org_id, upload.id)
        if refusal is None:
            blobs.put_file(actor.org_id, media.sha256, path)
            claims = read_claims(path) if media.kind is MediaKind.PHOTO else {}
            repository.update_state(
                connection, actor.org_id, media.id, state="stored", at=clock.now(), claimed=claims
            )
        elif not isinstance(refusal, ChecksumMismatch):
            repository.update_state(
                connection, actor.org_id, media.id, state="refused", at=clock.now()
            )
    path.unlink(missing_ok=True)
    if refusal is not None:
        raise refusal


def _inspect(path: Path, media: MediaRow) -> Problem | None:
    if not path.exists() or hash_file(path) != media.sha256:
        return ChecksumMismatch("The file's checksum is not the announced one: send it again.")
    if sniff(path, media.kind) is None:
        return Malformed(
            f"The file is not a {media.kind.value} of an allowed type.", code="media_type_refused"
        )
    if media.kind is MediaKind.PHOTO:
        try:
            check_picture(path)
        except UnreadableImageError as error:
            return Malformed(f"The picture cannot be read: {error}", code="media_type_refused")
    return None
