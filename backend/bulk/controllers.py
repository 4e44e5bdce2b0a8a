"""HTTP of bulk actions."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from backend.accounts.scope import WRITERS
from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page
from backend.areas.controllers import reach_of
from backend.areas.drawing import Reach
from backend.bulk import service
from backend.bulk.schemas import BulkAsked, BulkPreview, BulkRead
from backend.identity.call import Call
from backend.identity.permissions import RequireRole


class BulkController(Controller):
    """One change of many accounts."""

    path = "/v1/bulk-actions"
    tags = ["bulk actions"]
    guards = [RequireRole(*WRITERS)]

    @post("/preview", operation_id="preview_bulk_action", status_code=200, sync_to_thread=True)
    def preview(self, request: Call, data: JSONBody[BulkAsked]) -> BulkPreview:
        """Tell how many accounts an action would change, and which it would leave and why."""
        db, actor = request.db, request.actor
        reach = _reach(request, data)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.preview(connection, actor, data, reach)

    @post(operation_id="start_bulk_action", sync_to_thread=True)
    def start(self, request: Call, data: JSONBody[BulkAsked]) -> BulkRead:
        """Carry an action out: at once for a few accounts, in the background for many."""
        db, actor = request.db, request.actor
        reach = _reach(request, data)
        with db.for_org(actor.org_id) as connection:
            return service.start(connection, actor, data, reach)

    @get(operation_id="list_bulk_actions", sync_to_thread=True)
    def list_actions(
        self, request: Call, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
    ) -> Page[BulkRead]:
        """List actions, the newest first; planners see everybody's."""
        db, actor = request.db, request.actor
        before = decode_id_cursor(cursor)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_actions(connection, actor, before=before, limit=limit + 1)
        items = found[:limit]
        is_last = len(found) <= limit
        return Page(items, None if is_last else encode_cursor(str(items[-1].id)))

    @get("/{action_id:uuid}", operation_id="get_bulk_action", sync_to_thread=True)
    def get_action(self, request: Call, action_id: FromPath[UUID]) -> BulkRead:
        """Tell how far an action is, and what became of its accounts."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.get_action(connection, actor, action_id)

    @post("/{action_id:uuid}/undo", operation_id="undo_bulk_action", status_code=200,
          sync_to_thread=True)  # fmt: skip
    def undo(self, request: Call, action_id: FromPath[UUID]) -> BulkRead:
        """Put back what nobody changed since; the rest is told as kept."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            return service.undo(connection, actor, action_id)


def _reach(request: Call, data: BulkAsked) -> Reach | None:
    return None if data.area is None else reach_of(request, data.area)
