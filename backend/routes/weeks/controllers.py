"""Coverage plans over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from backend.api.paging import DEFAULT_LIMIT, CursorQuery, LimitQuery
from backend.api.payloads import Page
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.routes.weeks import asking, service
from backend.routes.weeks.schemas import (
    Comparison,
    CoveragePlanDetail,
    CoveragePlanRead,
    CoverageRequest,
    PlansAsked,
    Status,
)


class CoverageController(Controller):
    """Weeks of visits, planned by jobs."""

    path = "/v1/coverage-plans"
    tags = ["coverage plans"]
    guards = [ANYBODY]

    @post(operation_id="plan_weeks", status_code=HTTP_202_ACCEPTED, sync_to_thread=True)
    def plan_weeks(self, request: Call, data: JSONBody[CoverageRequest]) -> PlansAsked:
        """Ask for the weeks of some reps; each becomes a plan of its own, made by a job.

        Reps without accounts, or whose weeks are being planned, are left out and told.
        """
        with request.db.for_org(request.actor.org_id) as connection:
            return asking.start_plans(connection, request.actor, data)

    @get(operation_id="list_coverage_plans", sync_to_thread=True)
    def list_plans(
        self,
        request: Call,
        rep_id: FromQuery[UUID | None] = None,
        status: FromQuery[list[Status] | None] = None,
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[CoveragePlanRead]:
        """List the plans with their progress, the newest first; reps see their own."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.list_plans(
                connection, actor, rep_id=rep_id, statuses=status, limit=limit, cursor=cursor
            )

    @get("/{plan_id:uuid}", operation_id="get_coverage_plan", sync_to_thread=True)
    def get_plan(self, request: Call, plan_id: FromPath[UUID]) -> CoveragePlanDetail:
        """Read one plan with its days, what is dropped and why, and who changed days."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.get_detail(connection, actor, plan_id)

    @post(
        "/{plan_id:uuid}/cancel",
        operation_id="cancel_coverage_plan",
        status_code=HTTP_200_OK,
        sync_to_thread=True,
    )
    def cancel_plan(self, request: Call, plan_id: FromPath[UUID]) -> CoveragePlanRead:
        """Cancel a plan that waits or is being made."""
        with request.db.for_org(request.actor.org_id) as connection:
            return service.cancel_plan(connection, request.actor, plan_id)

    @post(
        "/{plan_id:uuid}/accept",
        operation_id="accept_coverage_plan",
        status_code=HTTP_200_OK,
        sync_to_thread=True,
    )
    def accept_plan(self, request: Call, plan_id: FromPath[UUID]) -> CoveragePlanRead:
        """Let a plan hold: each of its days takes its accounts from it."""
        with request.db.for_org(request.actor.org_id) as connection:
            return service.accept_plan(connection, request.actor, plan_id)

    @post(
        "/{plan_id:uuid}/replay",
        operation_id="replay_coverage_plan",
        status_code=HTTP_202_ACCEPTED,
        sync_to_thread=True,
    )
    def replay_plan(self, request: Call, plan_id: FromPath[UUID]) -> CoveragePlanRead:
        """Plan the same again from the stored inputs; the new plan tells whether it is the same."""
        with request.db.for_org(request.actor.org_id) as connection:
            return service.replay_plan(connection, request.actor, plan_id)

    @get("/{plan_id:uuid}/comparison", operation_id="compare_coverage_plan", sync_to_thread=True)
    def compare_plans(
        self,
        request: Call,
        plan_id: FromPath[UUID],
        with_id: Annotated[
            UUID | None,
            QueryParameter(description="Another plan; by default what really happened"),
        ] = None,
    ) -> Comparison:
        """Compare a plan with another one, or with what really happened in its weeks."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.compare_plans(connection, actor, plan_id, with_id)
