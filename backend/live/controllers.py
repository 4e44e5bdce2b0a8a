"""HTTP of the day as it runs."""

from litestar import Controller, get, put
from litestar.params import JSONBody

from backend.identity.actor import Role
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY, PLANNERS, RequireRole
from backend.live import service
from backend.live.schemas import HoursPut, HoursRead, LiveDay


class LiveController(Controller):
    """Reps in their working hours: where they were last, and how far they are."""

    path = "/v1/live"
    tags = ["live"]

    @get(operation_id="read_live_day", sync_to_thread=True,
         guards=[RequireRole(Role.REP, Role.MANAGER, Role.ADMIN)])  # fmt: skip
    def read_live(self, request: Call) -> LiveDay:
        """Read the last position of each rep, in their working hours only, and plan and actual.

        Each person whose position is told can read that you looked (`GET /v1/me/looks`).
        """
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            return service.read_live(connection, actor, now=request.clock.now())

    @get("/hours", operation_id="list_working_hours", guards=[ANYBODY], sync_to_thread=True)
    def list_hours(self, request: Call) -> list[HoursRead]:
        """Read working hours: those of everybody first. Without any, today's plan tells them."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.list_hours(connection, actor)

    @put("/hours", operation_id="set_working_hours", guards=[PLANNERS], sync_to_thread=True)
    def set_hours(self, request: Call, data: JSONBody[HoursPut]) -> list[HoursRead]:
        """Set the working hours of one person, or of everybody who has none of their own."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            return service.set_hours(connection, actor, data)
