"""Reworks over HTTP; phones send them by sync."""

from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath

from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.routes.rework import service
from backend.routes.rework.schemas import RouteReworks


class ReworkController(Controller):
    """What reps made of planned days."""

    path = "/v1/routes/{route_id:uuid}"
    tags = ["visit routes"]
    guards = [ANYBODY]

    @get("/reworks", operation_id="list_reworks", sync_to_thread=True)
    def list_reworks(self, request: Call, route_id: FromPath[UUID]) -> RouteReworks:
        """Read a route beside what its rep made of it on the phone, and what was driven."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.get_reworks(connection, actor, route_id)
