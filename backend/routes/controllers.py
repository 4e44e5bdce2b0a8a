"""Visit routes over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from backend.api.payloads import Page
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.routes import adjusting, choices, replanning, service, teamwork
from backend.routes.engines import Engines
from backend.routes.schemas import (
    AdjustedRoute,
    AdjustRequest,
    ChoiceCost,
    PlanRequest,
    ReplanRequest,
    RouteRead,
    TeamRead,
    TeamRequest,
)


class RouteController(Controller):
    """A rep's tours of visits."""

    path = "/v1/routes"
    tags = ["visit routes"]
    guards = [ANYBODY]

    @post("/plan", operation_id="plan_day", sync_to_thread=True)
    def plan_day(self, request: Call, data: JSONBody[PlanRequest]) -> RouteRead:
        """Plan a rep's day: which due accounts, in which order, and why not the others."""
        db, actor, engines = request.db, request.actor, request.part(Engines)
        return service.plan_day(db, actor, data, engines)

    @post("/plan-team", operation_id="plan_team_day", sync_to_thread=True)
    def plan_team_day(self, request: Call, data: JSONBody[TeamRequest]) -> TeamRead:
        """Plan a day that several reps share: everybody's route, or none where one cannot be.

        Visits begun stay, and who has begun goes on from there.
        """
        db, actor, engines = request.db, request.actor, request.part(Engines)
        return teamwork.plan_team_day(db, actor, data, engines, now=request.clock.now())

    @post("/{route_id:uuid}/replan", operation_id="replan_day", sync_to_thread=True)
    def replan_day(
        self, request: Call, route_id: FromPath[UUID], data: JSONBody[ReplanRequest]
    ) -> RouteRead:
        """Plan the rest of a day under way: visits begun stay, the rest goes on from here."""
        db, actor, engines = request.db, request.actor, request.part(Engines)
        now = request.clock.now()
        return replanning.replan_day(db, actor, route_id, data, engines, now=now)

    @post("/{route_id:uuid}/adjust", operation_id="adjust_day", sync_to_thread=True)
    def adjust_day(
        self, request: Call, route_id: FromPath[UUID], data: JSONBody[AdjustRequest]
    ) -> AdjustedRoute:
        """Change a plan by hand: pin, fix, exclude or order visits, and see what that costs."""
        db, actor, engines = request.db, request.actor, request.part(Engines)
        now = request.clock.now()
        return adjusting.adjust_day(db, actor, route_id, data, engines, now=now)

    @get("/{route_id:uuid}/choices", operation_id="price_choices", sync_to_thread=True)
    def price_choices(
        self,
        request: Call,
        route_id: FromPath[UUID],
        account_id: FromQuery[UUID | None] = None,
    ) -> list[ChoiceCost]:
        """Tell what each choice costs: the best day with it against the best without it."""
        db, actor, engines = request.db, request.actor, request.part(Engines)
        now = request.clock.now()
        return choices.price_choices(db, actor, route_id, engines, account_id=account_id, now=now)

    @get(operation_id="list_routes", sync_to_thread=True)
    def list_routes(
        self,
        request: Call,
        on_date: Annotated[date | None, QueryParameter(description="The day")] = None,
        rep_id: FromQuery[UUID | None] = None,
    ) -> Page[RouteRead]:
        """List the routes in use, newest day first; reps see their own."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            routes = service.list_routes(connection, actor, on_date=on_date, rep_id=rep_id)
        return Page(routes)

    @get("/{route_id:uuid}", operation_id="get_route", sync_to_thread=True)
    def get_route(self, request: Call, route_id: FromPath[UUID]) -> RouteRead:
        """Read one route."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.get_route(connection, actor, route_id)
