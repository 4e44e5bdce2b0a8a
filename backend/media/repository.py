"""All SQL of media and uploads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId
from backend.media.schemas import MediaRow, Upload

_MEDIA = "SELECT id, account_id, author_id, kind, sha256, size_bytes, mime, state FROM media"
_UPLOAD = "SELECT id, media_id, user_id, size_bytes, offset_bytes FROM upload"


def insert_media(connection: sa.Connection, org_id: OrgId, values: Mapping[str, Any]) -> None:
    """Insert a file's record in state `pending`."""
    connection.execute(
        sa.text(
            "INSERT INTO media (org_id, id, account_id, visit_id, author_id, kind, sha256,"
            " size_bytes, mime, captured_at, is_late) VALUES (:org_id, :id, :account_id, :visit_id,"
            " :author_id, :kind, :sha256, :size_bytes, :mime, :captured_at, :is_late)"
        ),
        {"org_id": org_id, **values},
    )


def find_media(connection: sa.Connection, org_id: OrgId, media_id: UUID) -> MediaRow | None:
    """Return a file's record, or None."""
    statement = sa.text(f"{_MEDIA} WHERE org_id = :org_id AND id = :id")
    return _one(connection, statement, {"org_id": org_id, "id": media_id}, MediaRow)


def find_twin(connection: sa.Connection, org_id: OrgId, media: MediaRow) -> UUID | None:
    """Return a stored file of the organisation with the same content and kind, or None."""
    statement = sa.text(
        "SELECT id FROM media WHERE org_id = :org_id AND sha256 = :sha256 AND state = 'stored'"
        " AND kind = :kind AND size_bytes = :size_bytes LIMIT 1"
    )
    values = {
        "org_id": org_id,
        "sha256": media.sha256,
        "kind": media.kind.value,
        "size_bytes": media.size_bytes,
    }
    found: UUID | None = connection.execute(statement, values).scalar_one_or_none()
    return found


def copy_stored(
    connection: sa.Connection, org_id: OrgId, media_id: UUID, twin_id: UUID, *, at: datetime
) -> None:
    """Note that a file is stored already as its twin, and claims the same of place and time."""
    connection.execute(
        sa.text(
            "UPDATE media m SET state = 'stored', stored_at = :at, claimed = t.claimed"
            " FROM media t WHERE m.org_id = :org_id AND m.id = :id"
            " AND t.org_id = :org_id AND t.id = :twin_id"
        ),
        {"org_id": org_id, "id": media_id, "twin_id": twin_id, "at": at},
    )


def update_state(
    connection: sa.Connection,
    org_id: OrgId,
    media_id: UUID,
    *,
    state: str,
    at: datetime,
    claimed: Mapping[str, object] | None = None,
) -> None:
    """Write a file's state and what it claims of place and time."""
    connection.execute(
        sa.text(
            "UPDATE media SET state = :state, stored_at = :at, claimed = cast(:claimed AS jsonb)"
            " WHERE org_id = :org_id AND id = :id"
        ),
        {
            "org_id": org_id,
            "id": media_id,
            "state": state,
            "at": at,
            "claimed": msgspec.json.encode(claimed or {}).decode(),
        },
    )


def insert_upload(
    connection: sa.Connection, org_id: OrgId, upload: Upload, expires_at: datetime
) -> Upload:
    """Insert an upload, or return the unfinished one that the file has."""
    connection.execute(
        sa.text(
            "INSERT INTO upload (org_id, id, media_id, user_id, size_bytes, expires_at)"
            " VALUES (:org_id, :id, :media_id, :user_id, :size_bytes, :expires_at)"
            " ON CONFLICT (org_id, media_id) DO NOTHING"
        ),
        {
            "org_id": org_id,
            "id": upload.id,
            "media_id": upload.media_id,
            "user_id": upload.user_id,
            "size_bytes": upload.size_bytes,
            "expires_at": expires_at,
        },
    )
    statement = sa.text(f"{_UPLOAD} WHERE org_id = :org_id AND media_id = :media_id")
    row = connection.execute(statement, {"org_id": org_id, "media_id": upload.media_id})
    return msgspec.convert(dict(row.mappings().one()), Upload)


def find_upload(
    connection: sa.Connection, org_id: OrgId, upload_id: UUID, *, is_locked: bool = False
) -> Upload | None:
    """Return an upload, locked against other writers where wanted, or None."""
    lock = " FOR UPDATE" if is_locked else ""
    statement = sa.text(f"{_UPLOAD} WHERE org_id = :org_id AND id = :id{lock}")
    return _one(connection, statement, {"org_id": org_id, "id": upload_id}, Upload)


def update_offset(
    connection: sa.Connection, org_id: OrgId, upload_id: UUID, offset_bytes: int
) -> None:
    """Note how many bytes are safe."""
    connection.execute(
        sa.text("UPDATE upload SET offset_bytes = :offset WHERE org_id = :org_id AND id = :id"),
        {"org_id": org_id, "id": upload_id, "offset": offset_bytes},
    )


def delete_upload(connection: sa.Connection, org_id: OrgId, upload_id: UUID) -> None:
    """Forget an upload."""
    connection.execute(
        sa.text("DELETE FROM upload WHERE org_id = :org_id AND id = :id"),
        {"org_id": org_id, "id": upload_id},
    )


def is_in_scope(connection: sa.Connection, org_id: OrgId, user_id: UUID, account_id: UUID) -> bool:
    """Tell whether a rep may see the account."""
    statement = sa.text(
        "SELECT coalesce(a.territory_id IN (SELECT tuyen_territories_of(:org_id, :user_id)),"
        " a.owner_id = :user_id) FROM account a WHERE a.org_id = :org_id AND a.id = :id"
    )
    values = {"org_id": org_id, "user_id": user_id, "id": account_id}
    return bool(connection.execute(statement, values).scalar_one_or_none())


def _one[T](
    connection: sa.Connection, statement: sa.TextClause, values: Mapping[str, Any], kind: type[T]
) -> T | None:
    row = connection.execute(statement, values).mappings().one_or_none()
    return msgspec.convert(dict(row), kind) if row is not None else None
