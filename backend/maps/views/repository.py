"""The SQL of saved views."""

from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId
from backend.maps.views.schemas import MapView, ViewRead

_SELECT = """
SELECT v.id, v.owner_id, u.full_name AS owner_name, v.name, v.is_shared, v.view, v.rv,
       v.created_at, v.updated_at
  FROM saved_view v JOIN app_user u ON u.org_id = v.org_id AND u.id = v.owner_id
 WHERE v.org_id = :org_id AND (v.owner_id = :user_id OR v.is_shared)
"""


def select_views(
    connection: sa.Connection,
    org_id: OrgId,
    user_id: UserId,
    *,
    view_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 1,
    is_locked: bool = False,
) -> list[ViewRead]:
    """Return a person's own views and the shared ones by id, after one or that one alone."""
    query = _SELECT
    query += " AND v.id = :view_id" if view_id is not None else ""
    query += " AND v.id > :after" if after is not None else ""
    query += " ORDER BY v.id LIMIT :limit"
    query += " FOR NO KEY UPDATE OF v" if is_locked else ""
    values = {"org_id": org_id, "user_id": user_id, "limit": limit}
    values |= {"view_id": view_id} if view_id is not None else {}
    values |= {"after": after} if after is not None else {}
    rows = connection.execute(sa.text(query), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[ViewRead])


def count_own(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> int:
    """Return how many views a person keeps."""
    statement = sa.text(
        "SELECT count(*) FROM saved_view WHERE org_id = :org_id AND owner_id = :user_id"
    )
    return int(connection.scalar(statement, {"org_id": org_id, "user_id": user_id}) or 0)


def insert_view(
    connection: sa.Connection,
    org_id: OrgId,
    user_id: UserId,
    view_id: UUID,
    *,
    name: str,
    is_shared: bool,
    view: MapView,
) -> None:
    """Keep a view."""
    connection.execute(
        sa.text(
            "INSERT INTO saved_view (org_id, id, owner_id, name, is_shared, view)"
            " VALUES (:org_id, :id, :user_id, :name, :is_shared, cast(:view AS jsonb))"
        ),
        {"org_id": org_id, "id": view_id, "user_id": user_id, "name": name,
         "is_shared": is_shared, "view": _json(view)},
    )  # fmt: skip


def update_view(
    connection: sa.Connection,
    org_id: OrgId,
    view_id: UUID,
    *,
    name: str,
    is_shared: bool,
    view: MapView,
) -> None:
    """Write a view anew; its version goes up by one."""
    connection.execute(
        sa.text(
            "UPDATE saved_view SET name = :name, is_shared = :is_shared,"
            " view = cast(:view AS jsonb) WHERE org_id = :org_id AND id = :id"
        ),
        {"org_id": org_id, "id": view_id, "name": name, "is_shared": is_shared,
         "view": _json(view)},
    )  # fmt: skip


def delete_view(connection: sa.Connection, org_id: OrgId, view_id: UUID) -> None:
    """Forget a view."""
    statement = sa.text("DELETE FROM saved_view WHERE org_id = :org_id AND id = :id")
    connection.execute(statement, {"org_id": org_id, "id": view_id})


def _json(view: MapView) -> str:
    return msgspec.json.encode(view).decode()
