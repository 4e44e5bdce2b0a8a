"""Files on their way: begin, receive in pieces, verify, store."""

from datetime import timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend import jobs
from backend.api.problems import (
    Conflict,
    Gone,
    Malformed,
    NotFound,
    Problem,
    TooLarge,
    malformed_field,
)
from backend.clock import Clock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import OrgId, new_id
from backend.media import repository
from backend.media.blobs import (
    Blobs,
    UnreadableImageError,
    check_picture,
    hash_file,
    read_claims,
    sniff,
)
from backend.media.inbox import Inbox
from backend.media.schemas import MAX_BYTES, MediaKind, MediaRow, MediaState, Upload
from backend.media.service import find_readable

UPLOAD_LIFE = timedelta(days=14)
# The request that brought the last byte looks at the file itself; this is for when it cannot.
_FINISH_LATER_SECONDS = 60


class ChecksumMismatch(Problem):
    """The bytes that arrived are not those that were announced (tus answers this with 460)."""

    status, code, title = 460, "checksum_mismatch", "The file arrived damaged"


def open_upload(
    connection: sa.Connection, actor: Actor, media_id: UUID, size_bytes: int, clock: Clock
) -> Upload | None:
    """Begin or resume a file's upload; None when its content is stored already."""
    media = _find_own(connection, actor, media_id, size_bytes)
    if media.state is MediaState.STORED:
        return None
    twin_id = repository.find_twin(connection, actor.org_id, media)
    if twin_id is not None:
        repository.copy_stored(connection, actor.org_id, media_id, twin_id, at=clock.now())
        return None
    before = repository.lock_upload_of(connection, actor.org_id, media_id)
    if before is not None and before.expires_at <= clock.now():
        repository.delete_upload(connection, actor.org_id, before.id)
    return repository.insert_upload(connection, actor.org_id, _new_upload(media, actor, clock))


def create_upload(
    connection: sa.Connection, actor: Actor, media_id: UUID, upload: tuple[int, str], clock: Clock
) -> Upload:
    """Begin a file's upload from its first byte; `upload` is its size and its metadata.

    For clients that know only tus: they take every new upload for an empty one. Of a file that is
    stored they get an upload that is whole, which they learn when they ask for its offset.
    """
    size_bytes, metadata = upload
    media = _find_own(connection, actor, media_id, size_bytes)
    before = repository.lock_upload_of(connection, actor.org_id, media_id)
    if before is not None:
        repository.delete_upload(connection, actor.org_id, before.id)
    arrived = size_bytes if media.state is MediaState.STORED else 0
    wanted = msgspec.structs.replace(
        _new_upload(media, actor, clock), metadata=metadata, offset_bytes=arrived
    )
    return repository.insert_upload(connection, actor.org_id, wanted)


def _find_own(connection: sa.Connection, actor: Actor, media_id: UUID, size_bytes: int) -> MediaRow:
    media = find_readable(connection, actor, media_id)
    if media.author_id != actor.user_id:
        raise NotFound(f"There is no file {media_id} of yours.")
    if size_bytes > max(MAX_BYTES.values()):
        raise TooLarge(f"A file may have {max(MAX_BYTES.values())} bytes at most.")
    if media.size_bytes != size_bytes:
        raise malformed_field(
            "Upload-Length", f"The file was announced with {media.size_bytes} bytes."
        )
    if media.state is MediaState.REFUSED:
        raise _refused()
    return media


def _new_upload(media: MediaRow, actor: Actor, clock: Clock) -> Upload:
    expires_at = clock.now() + UPLOAD_LIFE
    return Upload(new_id(), media.id, actor.user_id, media.size_bytes, 0, expires_at)


def get_upload(
    connection: sa.Connection,
    actor: Actor,
    upload_id: UUID,
    clock: Clock,
    *,
    is_locked: bool = False,
) -> Upload:
    """Return an upload of the actor's own; raise NotFound otherwise, Gone once it expired."""
    upload = repository.find_upload(connection, actor.org_id, upload_id, is_locked=is_locked)
    if upload is None or upload.user_id != actor.user_id:
        raise NotFound(f"There is no upload {upload_id}: begin it again.")
    if upload.expires_at <= clock.now():
        raise Gone("This upload was left for too long: begin it again.", code="upload_expired")
    return upload


def end_upload(connection: sa.Connection, actor: Actor, upload_id: UUID, clock: Clock) -> None:
    """Forget an upload; its file can be sent again. The caller removes the bytes afterwards."""
    upload = get_upload(connection, actor, upload_id, clock, is_locked=True)
    repository.delete_upload(connection, actor.org_id, upload.id)


def hold(
    connection: sa.Connection,
    actor: Actor,
    upload_id: UUID,
    door: tuple[Inbox, Clock],
    *,
    offset: int,
    held: int,
    data: bytes,
) -> Upload:
    """Put bytes behind the offset and the `held` ones, on the disk and not yet counted."""
    inbox, clock = door
    upload = get_upload(connection, actor, upload_id, clock, is_locked=True)
    if offset != upload.offset_bytes:
        raise Conflict(
            f"{upload.offset_bytes} bytes are here, not {offset}: ask for the offset again.",
            code="offset_mismatch",
        )
    if offset + held + len(data) > upload.size_bytes:
        raise TooLarge(f"The file was announced with {upload.size_bytes} bytes.")
    if data:
        inbox.write(upload_id, offset + held, data)
    return upload


def append(
    connection: sa.Connection,
    actor: Actor,
    upload_id: UUID,
    door: tuple[Inbox, Clock],
    *,
    offset: int,
    data: bytes,
    held: int = 0,
) -> Upload:
    """Write bytes, make them safe, then note the new offset; `held` ones before them count now.

    The offset is only ever behind the file, so after a crash at any point the client resumes
    from bytes that are really there; what lies beyond the offset is cut off first.
    """
    upload = hold(connection, actor, upload_id, door, offset=offset, held=held, data=data)
    arrived = offset + held + len(data)
    if arrived == upload.offset_bytes:
        return upload
    repository.update_offset(connection, actor.org_id, upload_id, arrived)
    if arrived == upload.size_bytes:
        jobs.enqueue_in(
            connection,
            _FINISH_LATER_SECONDS,
            "media.finish",
            org_id=actor.org_id,
            upload_id=upload_id,
        )
    return msgspec.structs.replace(upload, offset_bytes=arrived)


def finish(
    db: Database, org_id: OrgId, upload: Upload, inbox: Inbox, blobs: Blobs, clock: Clock
) -> None:
    """Verify a whole file and store it; raise what is wrong with it.

    A damaged one is thrown away, to be sent again. Calling it again changes nothing: of two
    callers at once the second waits and is told the same.
    """
    with db.for_org(org_id) as connection:
        is_there = repository.find_upload(connection, org_id, upload.id, is_locked=True)
        media = repository.find_media(connection, org_id, upload.media_id)
        if media is None:
            return
        refusal: Problem | None = None
        if media.state is MediaState.REFUSED:
            refusal = _refused()
        elif media.state is MediaState.PENDING:
            refusal = _inspect(inbox, upload, media) if is_there else _damaged()
            _settle(connection, org_id, (upload, media), refusal, (inbox, blobs, clock))
    inbox.remove(upload.id)
    if refusal is not None:
        raise refusal


def _settle(
    connection: sa.Connection,
    org_id: OrgId,
    of: tuple[Upload, MediaRow],
    refusal: Problem | None,
    places: tuple[Inbox, Blobs, Clock],
) -> None:
    (upload, media), (inbox, blobs, clock) = of, places
    at = clock.now()
    if refusal is None:
        path = inbox.path(upload.id)
        blobs.put_file(org_id, media.sha256, path)
        is_photo = media.kind is MediaKind.PHOTO
        claims = read_claims(path) if is_photo else {}
        repository.update_state(connection, org_id, media.id, state="stored", at=at, claimed=claims)
        if is_photo:
            jobs.enqueue(connection, "media.thumb", org_id=org_id, sha256=media.sha256)
        return
    repository.delete_upload(connection, org_id, upload.id)
    if not isinstance(refusal, ChecksumMismatch):
        repository.update_state(connection, org_id, media.id, state="refused", at=at)


def _inspect(inbox: Inbox, upload: Upload, media: MediaRow) -> Problem | None:
    path = inbox.path(upload.id)
    if not path.exists() or hash_file(path) != media.sha256:
        return _damaged()
    if sniff(path, media.kind) is None:
        return _refused(f"The file is not a {media.kind.value} of an allowed type.")
    if media.kind is MediaKind.PHOTO:
        try:
            check_picture(path)
        except UnreadableImageError as error:
            return _refused(f"The picture cannot be read: {error}")
    return None


def _damaged() -> Problem:
    return ChecksumMismatch("The file's checksum is not the announced one: send it again.")


def _refused(why: str = "This file was refused: it is not what it says.") -> Problem:
    return Malformed(why, code="media_type_refused")
