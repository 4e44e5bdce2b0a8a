"""Files as records: announce, find, list."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from backend.api.problems import NotFound, malformed_field
from backend.identity.actor import Actor
from backend.media import repository
from backend.media.schemas import MAX_BYTES, MIMES, MediaCreate, MediaItem, MediaRow, MediaState


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


def list_media(
    connection: sa.Connection,
    actor: Actor,
    *,
    state: MediaState | None,
    received_before: datetime | None,
    after: UUID | None,
    limit: int,
) -> list[MediaItem]:
    """List an organisation's files; only those who see all of it may call this."""
    return repository.select_items(
        connection,
        actor.org_id,
        state=state,
        received_before=received_before,
        after=after,
        limit=limit,
    )
