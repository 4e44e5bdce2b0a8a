"""HTTP of realignments: plan, look, carry out, undo."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from backend.api.etags import tagged
from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page
from backend.identity.call import Call
from backend.identity.permissions import PLANNERS
from backend.territories import realignment, realignment_drafts, realignment_plan
from backend.territories.realignment_area_repository import select_areas
from backend.territories.realignment_schemas import (
    ApplyRequest,
    HandOver,
    Preview,
    RealignmentCreate,
    RealignmentRead,
    RedrawnArea,
)

_PLAN_BYTES = 20 * 1024 * 1024


class RealignmentController(Controller):
    """Accounts and people that change territory as one thing."""

    path = "/v1/realignments"
    tags = ["territories"]
    guards = [PLANNERS]

    @get(operation_id="list_realignments", sync_to_thread=True)
    def list_realignments(
        self, request: Call, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
    ) -> Page[RealignmentRead]:
        """List realignments, the newest first."""
        actor, before = request.actor, decode_id_cursor(cursor)
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            found = realignment.list_realignments(connection, actor, before=before, limit=limit + 1)
        items = found[:limit]
        return Page(items, encode_cursor(str(items[-1].id)) if len(found) > limit else None)

    @post(operation_id="create_realignment", sync_to_thread=True, request_max_body_size=_PLAN_BYTES)
    def create_realignment(
        self, request: Call, data: JSONBody[RealignmentCreate]
    ) -> Response[RealignmentRead]:
        """Plan a realignment: a draft that moves nothing yet."""
        actor = request.actor
        with request.db.for_org(actor.org_id) as connection:
            made = realignment_drafts.create_realignment(connection, actor, data)
        return tagged(made, made.rv)

    @post("/hand-overs", operation_id="hand_territories_over", sync_to_thread=True)
    def hand_over(self, request: Call, data: JSONBody[HandOver]) -> Response[RealignmentRead]:
        """Give everything that a rep who leaves holds to another, at once or on a day."""
        actor = request.actor
        with request.db.for_org(actor.org_id) as connection:
            done = realignment_drafts.hand_over(connection, actor, data)
        return tagged(done, done.rv)

    @get("/{realignment_id:uuid}", operation_id="get_realignment", sync_to_thread=True)
    def get_realignment(
        self, request: Call, realignment_id: FromPath[UUID]
    ) -> Response[RealignmentRead]:
        """Read one realignment."""
        org_id = request.actor.org_id
        with request.db.for_org(org_id, snapshot=True) as connection:
            found = realignment.get_realignment(connection, org_id, realignment_id)
        return tagged(found, found.rv)

    @get("/{realignment_id:uuid}/preview", operation_id="preview_realignment", sync_to_thread=True)
    def preview_realignment(self, request: Call, realignment_id: FromPath[UUID]) -> Preview:
        """Tell what the plan would do if it were carried out now."""
        org_id = request.actor.org_id
        with request.db.for_org(org_id, snapshot=True) as connection:
            found = realignment.get_open(connection, org_id, realignment_id)
            return realignment_plan.preview(connection, org_id, found)

    @get(
        "/{realignment_id:uuid}/areas",
        operation_id="list_realignment_areas",
        sync_to_thread=True,
    )
    def list_areas(self, request: Call, realignment_id: FromPath[UUID]) -> Page[RedrawnArea]:
        """List the borders that it draws anew, each beside the one before."""
        org_id = request.actor.org_id
        with request.db.for_org(org_id, snapshot=True) as connection:
            realignment.get_realignment(connection, org_id, realignment_id)
            return Page(select_areas(connection, org_id, realignment_id))

    @post(
        "/{realignment_id:uuid}/apply",
        operation_id="apply_realignment",
        status_code=200,
        sync_to_thread=True,
    )
    def apply_realignment(
        self, request: Call, realignment_id: FromPath[UUID], data: JSONBody[ApplyRequest]
    ) -> Response[RealignmentRead]:
        """Carry a plan out as it was previewed, or schedule it where its day is still to come."""
        actor = request.actor
        with request.db.for_org(actor.org_id) as connection:
            done = realignment.apply_realignment(connection, actor, realignment_id, data)
        return tagged(done, done.rv)

    @post(
        "/{realignment_id:uuid}/undo",
        operation_id="undo_realignment",
        status_code=200,
        sync_to_thread=True,
    )
    def undo_realignment(
        self, request: Call, realignment_id: FromPath[UUID]
    ) -> Response[RealignmentRead]:
        """Put back every account that is still where it was put, and the people."""
        actor = request.actor
        with request.db.for_org(actor.org_id) as connection:
            undone = realignment.undo_realignment(connection, actor, realignment_id)
        return tagged(undone, undone.rv)

    @post(
        "/{realignment_id:uuid}/cancel",
        operation_id="cancel_realignment",
        status_code=200,
        sync_to_thread=True,
    )
    def cancel_realignment(
        self, request: Call, realignment_id: FromPath[UUID]
    ) -> Response[RealignmentRead]:
        """Call off a draft or what is scheduled."""
        actor = request.actor
        with request.db.for_org(actor.org_id) as connection:
            called_off = realignment.cancel_realignment(connection, actor, realignment_id)
        return tagged(called_off, called_off.rv)
