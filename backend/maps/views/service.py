"""What may happen to saved views: everybody reads the shared ones, the owner changes."""

from uuid import UUID

import sqlalchemy as sa
from msgspec import UNSET

from backend.api.problems import Conflict, Forbidden, NotFound
from backend.identity import audit
from backend.identity.actor import Actor, Role
from backend.ids import new_id
from backend.maps.views import repository
from backend.maps.views.schemas import ViewCreate, ViewPatch, ViewRead

MOST_VIEWS = 200


def list_views(
    connection: sa.Connection, actor: Actor, *, after: UUID | None, limit: int
) -> list[ViewRead]:
    """Return the actor's own views and the shared ones, by id."""
    return repository.select_views(
        connection, actor.org_id, actor.user_id, after=after, limit=limit
    )


def get_view(
    connection: sa.Connection, actor: Actor, view_id: UUID, *, is_locked: bool = False
) -> ViewRead:
    """Return a view that is the actor's or shared; raise NotFound otherwise."""
    found = repository.select_views(
        connection, actor.org_id, actor.user_id, view_id=view_id, is_locked=is_locked
    )
    if not found:
        raise NotFound(f"There is no view {view_id}, or it is not shared.")
    return found[0]


def create_view(connection: sa.Connection, actor: Actor, data: ViewCreate) -> ViewRead:
    """Keep a view; raise Conflict where the person keeps too many already."""
    if repository.count_own(connection, actor.org_id, actor.user_id) >= MOST_VIEWS:
        raise Conflict(
            f"You keep {MOST_VIEWS} views already: delete one first.", code="too_many_views"
        )
    view_id = new_id()
    repository.insert_view(
        connection,
        actor.org_id,
        actor.user_id,
        view_id,
        name=data.name,
        is_shared=data.is_shared,
        view=data.view,
    )
    _record(connection, actor, "saved_view.create", view_id, is_shared=data.is_shared)
    return get_view(connection, actor, view_id)


def lock_own_view(
    connection: sa.Connection, actor: Actor, view_id: UUID, *, is_for_admin: bool = False
) -> ViewRead:
    """Return a view that the actor may change, kept from others; raise NotFound or Forbidden."""
    found = get_view(connection, actor, view_id, is_locked=True)
    may = found.owner_id == actor.user_id or (is_for_admin and actor.role is Role.ADMIN)
    if not may:
        raise Forbidden(f"This view is {found.owner_name}'s: save one of your own.")
    return found


def patch_view(
    connection: sa.Connection, actor: Actor, before: ViewRead, data: ViewPatch
) -> ViewRead:
    """Change the fields given of a view that the caller locked."""
    repository.update_view(
        connection,
        actor.org_id,
        before.id,
        name=before.name if data.name is UNSET else data.name,
        is_shared=before.is_shared if data.is_shared is UNSET else data.is_shared,
        view=before.view if data.view is UNSET else data.view,
    )
    after = get_view(connection, actor, before.id)
    _record(connection, actor, "saved_view.change", before.id, is_shared=after.is_shared)
    return after


def delete_view(connection: sa.Connection, actor: Actor, view: ViewRead) -> None:
    """Forget a view that the caller locked."""
    repository.delete_view(connection, actor.org_id, view.id)
    _record(connection, actor, "saved_view.delete", view.id, is_shared=view.is_shared)


def _record(
    connection: sa.Connection, actor: Actor, action: str, view_id: UUID, *, is_shared: bool
) -> None:
    audit.record(
        connection,
        actor,
        action,
        subject="saved_view",
        subject_id=view_id,
        detail={"is_shared": is_shared},
    )
