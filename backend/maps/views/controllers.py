"""HTTP of saved views."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from backend.api.etags import check_if_match, tagged
from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.maps.views import service
from backend.maps.views.schemas import ViewCreate, ViewPatch, ViewRead


class SavedViewController(Controller):
    """Ways to look at the map, kept by name."""

    path = "/v1/views"
    tags = ["maps"]
    guards = [ANYBODY]

    @get(operation_id="list_views", sync_to_thread=True)
    def list_views(
        self, request: Call, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
    ) -> Page[ViewRead]:
        """List your views and those that others share with the organisation."""
        db, actor = request.db, request.actor
        after = decode_id_cursor(cursor)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_views(connection, actor, after=after, limit=limit + 1)
        items = found[:limit]
        is_last = len(found) <= limit
        return Page(items, None if is_last else encode_cursor(str(items[-1].id)))

    @post(operation_id="create_view", sync_to_thread=True)
    def create_view(self, request: Call, data: JSONBody[ViewCreate]) -> Response[ViewRead]:
        """Keep how you look at the map."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            view = service.create_view(connection, actor, data)
        return tagged(view, view.rv)

    @get("/{view_id:uuid}", operation_id="get_view", sync_to_thread=True)
    def get_view(self, request: Call, view_id: FromPath[UUID]) -> Response[ViewRead]:
        """Read a view of yours, or one that is shared."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            view = service.get_view(connection, actor, view_id)
        return tagged(view, view.rv)

    @patch("/{view_id:uuid}", operation_id="patch_view", sync_to_thread=True)
    def patch_view(
        self, request: Call, view_id: FromPath[UUID], data: JSONBody[ViewPatch]
    ) -> Response[ViewRead]:
        """Change a view of yours; with If-Match only the version that the caller read."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            before = service.lock_own_view(connection, actor, view_id)
            check_if_match(request, before.rv)
            view = service.patch_view(connection, actor, before, data)
        return tagged(view, view.rv)

    @delete("/{view_id:uuid}", operation_id="delete_view", sync_to_thread=True)
    def delete_view(self, request: Call, view_id: FromPath[UUID]) -> None:
        """Forget a view of yours; an administrator also a shared one of somebody else."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            before = service.lock_own_view(connection, actor, view_id, is_for_admin=True)
            check_if_match(request, before.rv)
            service.delete_view(connection, actor, before)
