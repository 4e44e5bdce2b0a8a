"""All SQL of media and uploads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, new_id
from backend.media.schemas import MediaItem, MediaRow, MediaState, Upload

_MEDIA = "SELECT id, account_id, author_id, kind, sha256, size_bytes, mime, state FROM media"
_UPLOAD = "SELECT id, media_id, user_id, size_bytes, offset_bytes, expires_at, metadata FROM upload"


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


def insert_upload(connection: sa.Connection, org_id: OrgId, upload: Upload) -> Upload:
    """Insert an upload, or return the one that the file has."""
    connection.execute(
        sa.text(
            "INSERT INTO upload (org_id, id, media_id, user_id, size_bytes, offset_bytes,"
            " expires_at, metadata) VALUES (:org_id, :id, :media_id, :user_id, :size_bytes,"
            " :offset_bytes, :expires_at, :metadata) ON CONFLICT (org_id, media_id) DO NOTHING"
        ),
        {"org_id": org_id, **msgspec.structs.asdict(upload)},
    )
    statement = sa.text(f"{_UPLOAD} WHERE org_id = :org_id AND media_id = :media_id")
    row = connection.execute(statement, {"org_id": org_id, "media_id": upload.media_id})
    return msgspec.convert(dict(row.mappings().one()), Upload)


def lock_upload_of(connection: sa.Connection, org_id: OrgId, media_id: UUID) -> Upload | None:
    """Lock and return the upload that a file has, or None."""
    statement = sa.text(f"{_UPLOAD} WHERE org_id = :org_id AND media_id = :media_id FOR UPDATE")
    return _one(connection, statement, {"org_id": org_id, "media_id": media_id}, Upload)


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


def delete_expired(connection: sa.Connection, org_id: OrgId, now: datetime) -> list[UUID]:
    """Forget the uploads whose time is over; return which they were."""
    statement = sa.text(
        "DELETE FROM upload WHERE org_id = :org_id AND expires_at <= :now RETURNING id"
    )
    return list(connection.execute(statement, {"org_id": org_id, "now": now}).scalars())


def select_open_uploads(connection: sa.Connection, org_id: OrgId) -> set[UUID]:
    """Return the uploads whose bytes are still wanted."""
    statement = sa.text(
        "SELECT u.id FROM upload u JOIN media m ON m.org_id = u.org_id AND m.id = u.media_id"
        " WHERE u.org_id = :org_id AND m.state = 'pending'"
    )
    return set(connection.execute(statement, {"org_id": org_id}).scalars())


def delete_upload(connection: sa.Connection, org_id: OrgId, upload_id: UUID) -> None:
    """Forget an upload."""
    connection.execute(
        sa.text("DELETE FROM upload WHERE org_id = :org_id AND id = :id"),
        {"org_id": org_id, "id": upload_id},
    )


def select_items(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    state: MediaState | None,
    received_before: datetime | None,
    after: UUID | None,
    limit: int,
) -> list[MediaItem]:
    """Return files with whose they are and how much of them arrived, in the order of their ids."""
    statement = sa.text(
        """
SELECT m.id, m.account_id, a.name AS account_name, m.visit_id, m.author_id,
  p.full_name AS author_name, m.kind, m.state, m.size_bytes, m.captured_at, m.received_at,
  m.stored_at, CASE WHEN m.state = 'stored' THEN m.size_bytes
                    ELSE coalesce(u.offset_bytes, 0) END AS arrived_bytes
 FROM media m
 JOIN account a ON a.org_id = m.org_id AND a.id = m.account_id
 JOIN app_user p ON p.org_id = m.org_id AND p.id = m.author_id
 LEFT JOIN upload u ON u.org_id = m.org_id AND u.media_id = m.id
 WHERE m.org_id = :org_id AND (cast(:state AS text) IS NULL OR m.state = :state)
  AND (cast(:before AS timestamptz) IS NULL OR m.received_at <= :before)
  AND (cast(:after AS uuid) IS NULL OR m.id > :after)
 ORDER BY m.id LIMIT :limit"""
    )
    values = {
        "org_id": org_id, "state": state, "before": received_before, "after": after,
        "limit": limit,
    }  # fmt: skip
    rows = connection.execute(statement, values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[MediaItem])


def select_overdue(connection: sa.Connection, org_id: OrgId, before: datetime) -> list[UUID]:
    """Return the files announced before a time that never came."""
    statement = sa.text(
        "SELECT id FROM media WHERE org_id = :org_id AND state = 'pending' AND stored_at IS NULL"
        " AND received_at <= :before ORDER BY id"
    )
    return list(connection.execute(statement, {"org_id": org_id, "before": before}).scalars())


def raise_issue(connection: sa.Connection, org_id: OrgId, media_id: UUID, code: str) -> bool:
    """Tell a pending file's author of it on every device; False when that was told before."""
    statement = sa.text("SELECT media_raise_issue(:org_id, :id, :media_id, :code)")
    values = {"org_id": org_id, "id": new_id(), "media_id": media_id, "code": code}
    return bool(connection.execute(statement, values).scalar_one())


def select_hashes(
    connection: sa.Connection, org_id: OrgId, prefix: str, *, is_lost: bool = False
) -> set[str]:
    """Return the content hashes, from a prefix on, of files that are stored, or were and are lost.

    A lost file is pending again and keeps the time at which it was stored.
    """
    state = "state = 'pending' AND stored_at IS NOT NULL" if is_lost else "state = 'stored'"
    statement = sa.text(
        f"SELECT DISTINCT sha256 FROM media WHERE org_id = :org_id AND {state}"  # noqa: S608
        " AND starts_with(sha256, :prefix)"
    )
    return set(connection.execute(statement, {"org_id": org_id, "prefix": prefix}).scalars())


def mark_lost(connection: sa.Connection, org_id: OrgId, sha256: str) -> list[UUID]:
    """Make every stored file of this content pending again; return which they were."""
    values = {"org_id": org_id, "sha256": sha256}
    lost = connection.execute(
        sa.text(
            "UPDATE media SET state = 'pending' WHERE org_id = :org_id AND sha256 = :sha256"
            " AND state = 'stored' RETURNING id"
        ),
        values,
    )
    found = list(lost.scalars())
    connection.execute(
        sa.text("DELETE FROM upload WHERE org_id = :org_id AND media_id = ANY (:ids)"),
        {"org_id": org_id, "ids": found},
    )
    return found


def mark_found(connection: sa.Connection, org_id: OrgId, sha256: str) -> None:
    """Make every lost file of this content stored again."""
    connection.execute(
        sa.text(
            "UPDATE media SET state = 'stored' WHERE org_id = :org_id AND sha256 = :sha256"
            " AND state = 'pending' AND stored_at IS NOT NULL"
        ),
        {"org_id": org_id, "sha256": sha256},
    )


def is_in_scope(connection: sa.Connection, org_id: OrgId, user_id: UUID, account_id: UUID) -> bool:
    """Tell whether a rep may see the account."""
    statement = sa.text(
        "SELECT coalesce(a.territory_id IN (SELECT tuyen_territories_of(:org_id, :user_id)),"
        " a.owner_id = :user_id, false) OR tuyen_is_held_over(:org_id, :user_id, a.id)"
        " FROM account a WHERE a.org_id = :org_id AND a.id = :id"
    )
    values = {"org_id": org_id, "user_id": user_id, "id": account_id}
    return bool(connection.execute(statement, values).scalar_one_or_none())


def _one[T](
    connection: sa.Connection, statement: sa.TextClause, values: Mapping[str, Any], kind: type[T]
) -> T | None:
    row = connection.execute(statement, values).mappings().one_or_none()
    return msgspec.convert(dict(row), kind) if row is not None else None
