"""Follow up over HTTP: traces, plan against actual, objections."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, QueryParameter

from backend.api.payloads import Page
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY, PLANNERS
from backend.routes.engines import Engines
from backend.routes.followup import objections, service
from backend.routes.followup.schemas import (
    AlarmsRead,
    DayActual,
    FollowupRead,
    ObjectionAnswer,
    ObjectionCreate,
    ObjectionRead,
    TraceCreate,
    TraceRead,
)
from backend.routes.followup.traces import read_gpx

_TRACE_BYTES = 6 * 1024 * 1024
"""20,000 positions as JSON or GPX, with room for long numbers and other programs' extras."""

FromDay = Annotated[date, QueryParameter(description="The first day")]
ToDay = Annotated[date, QueryParameter(description="The last day")]


class TraceForm(msgspec.Struct, frozen=True, kw_only=True):
    """A GPX file with the track of one local day; `rep_id` is oneself."""

    file: UploadFile
    on_date: date
    rep_id: UUID | None = None


class TraceController(Controller):
    """Where people were, as their receivers told it."""

    path = "/v1/traces"
    tags = ["follow up"]
    guards = [ANYBODY]

    @post(
        operation_id="send_trace",
        sync_to_thread=True,
        status_code=200,
        request_max_body_size=_TRACE_BYTES,
    )
    def send_trace(self, request: Call, data: JSONBody[TraceCreate]) -> TraceRead:
        """Send positions of a day: at once or in pieces, in any order, again without harm."""
        with request.db.for_org(request.actor.org_id) as connection:
            return service.keep_trace(
                connection,
                request.actor,
                data.on_date,
                data.points,
                rep_id=data.rep_id,
                now=request.clock.now(),
            )

    @post(
        "/gpx",
        operation_id="send_gpx_trace",
        sync_to_thread=True,
        status_code=200,
        request_max_body_size=_TRACE_BYTES,
    )
    def send_gpx_trace(self, request: Call, data: MultipartBody[TraceForm]) -> TraceRead:
        """Send a day's track as a GPX file; points without a time are left out."""
        points = read_gpx(data.file.file.read())
        with request.db.for_org(request.actor.org_id) as connection:
            return service.keep_trace(
                connection,
                request.actor,
                data.on_date,
                points,
                rep_id=data.rep_id,
                now=request.clock.now(),
            )


class RouteActualController(Controller):
    """What became of a route."""

    path = "/v1/routes/{route_id:uuid}/actual"
    tags = ["follow up"]
    guards = [ANYBODY]

    @get(operation_id="route_actual", sync_to_thread=True)
    def route_actual(self, request: Call, route_id: FromPath[UUID]) -> DayActual:
        """Read what became of a route's day, visit by visit."""
        engines, now = request.part(Engines), request.clock.now()
        return service.get_route_actual(request.db, request.actor, route_id, engines, now=now)


class FollowupController(Controller):
    """Plan against actual."""

    path = "/v1/followup"
    tags = ["follow up"]
    guards = [ANYBODY]

    @get(operation_id="follow_up", sync_to_thread=True)
    def follow_up(
        self,
        request: Call,
        from_date: FromDay,
        to_date: ToDay,
        rep_id: FromQuery[UUID | None] = None,
    ) -> FollowupRead:
        """Measure a period by person and together; reps see their own."""
        return service.follow_up(
            request.db,
            request.actor,
            from_date,
            to_date,
            request.part(Engines),
            rep_id=rep_id,
            now=request.clock.now(),
        )

    @get("/day", operation_id="followed_day", sync_to_thread=True)
    def followed_day(
        self, request: Call, on_date: FromQuery[date], rep_id: FromQuery[UUID | None] = None
    ) -> DayActual:
        """Read one person's day, planned or not; one's own by default."""
        return service.get_day(
            request.db,
            request.actor,
            rep_id or request.actor.user_id,
            on_date,
            request.part(Engines),
            now=request.clock.now(),
        )

    @get("/alarms", operation_id="list_alarms", sync_to_thread=True)
    def list_alarms(
        self,
        request: Call,
        weeks: Annotated[int, QueryParameter(ge=1, le=12, description="Up to yesterday")] = 4,
        rep_id: FromQuery[UUID | None] = None,
    ) -> AlarmsRead:
        """Tell where plans and days drifted apart: visits, ways, what is kept of plans."""
        now = request.clock.now()
        return service.list_alarms(request.db, request.actor, weeks, rep_id=rep_id, now=now)

    @post("/objections", operation_id="object_to_followup", sync_to_thread=True)
    def object_to_followup(self, request: Call, data: JSONBody[ObjectionCreate]) -> ObjectionRead:
        """Object to what is said of a day of one's own."""
        with request.db.for_org(request.actor.org_id) as connection:
            return objections.object_to(connection, request.actor, data)

    @get("/objections", operation_id="list_objections", sync_to_thread=True)
    def list_objections(
        self,
        request: Call,
        rep_id: FromQuery[UUID | None] = None,
        on_date: FromQuery[date | None] = None,
        only_open: FromQuery[bool] = False,  # noqa: FBT002  # a query parameter
    ) -> Page[ObjectionRead]:
        """List the latest 200 objections; reps see their own."""
        rep_id = service.whose(request.actor, rep_id)
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            found = objections.list_objections(
                connection, request.actor, rep_id=rep_id, on_date=on_date, only_open=only_open
            )
        return Page(found)

    @post(
        "/objections/{objection_id:uuid}/answer",
        operation_id="answer_objection",
        guards=[PLANNERS],
        status_code=200,
        sync_to_thread=True,
    )
    def answer_objection(
        self, request: Call, objection_id: FromPath[UUID], data: JSONBody[ObjectionAnswer]
    ) -> ObjectionRead:
        """Accept or refuse an objection; an accepted one takes the visit off the ghosts."""
        with request.db.for_org(request.actor.org_id) as connection:
            return objections.answer(
                connection, request.actor, objection_id, data, now=request.clock.now()
            )
