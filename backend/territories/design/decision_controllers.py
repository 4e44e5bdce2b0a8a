"""HTTP of what is decided on a territory design: compare, propose, approve, publish, look back."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from backend.api.payloads import Page
from backend.identity.call import Call
from backend.identity.permissions import PLANNERS
from backend.territories.design import approval, comparing, publishing
from backend.territories.design.comparison_schemas import Comparison
from backend.territories.design.schemas import (
    Decision,
    DesignEvent,
    DesignRead,
    PublishRequest,
    Withdrawal,
)


class DesignDecisionController(Controller):
    """A scenario beside another, proposed, approved by another planner, published at its day."""

    path = "/v1/territory-designs/{design_id:uuid}"
    tags = ["territories"]
    guards = [PLANNERS]

    @get("/compare", operation_id="compare_territory_scenarios", sync_to_thread=True)
    def compare(
        self,
        request: Call,
        design_id: FromPath[UUID],
        scenario: FromQuery[str],
        beside: FromQuery[str] = "today",
    ) -> Comparison:
        """Compare a scenario with another, or with today: each territory, and what would move."""
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            return comparing.compare(connection, request.actor, design_id, scenario, beside)

    @get(
        "/compare/accounts.csv",
        operation_id="list_territory_scenario_moves",
        sync_to_thread=True,
        media_type="text/csv",
    )
    def list_moves(
        self,
        request: Call,
        design_id: FromPath[UUID],
        scenario: FromQuery[str],
        beside: FromQuery[str] = "today",
    ) -> Response[bytes]:
        """List the accounts that change territory, as CSV that a spreadsheet opens as it is."""
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            sheet = comparing.list_moves(connection, request.actor, design_id, scenario, beside)
        headers = {"Content-Disposition": 'attachment; filename="moved-accounts.csv"'}
        return Response(sheet, media_type="text/csv; charset=utf-8", headers=headers)

    @post(
        "/propose",
        operation_id="propose_territory_scenario",
        status_code=HTTP_200_OK,
        sync_to_thread=True,
    )
    def propose(
        self, request: Call, design_id: FromPath[UUID], data: JSONBody[Decision]
    ) -> DesignRead:
        """Propose a scenario, in place of one proposed before, for another planner to approve."""
        with request.db.for_org(request.actor.org_id) as connection:
            return approval.propose(connection, request.actor, design_id, data)

    @post(
        "/approve",
        operation_id="approve_territory_scenario",
        status_code=HTTP_200_OK,
        sync_to_thread=True,
    )
    def approve(
        self, request: Call, design_id: FromPath[UUID], data: JSONBody[Decision]
    ) -> DesignRead:
        """Approve what another planner proposed; one's own only where there is no other planner."""
        with request.db.for_org(request.actor.org_id) as connection:
            return approval.approve(connection, request.actor, design_id, data)

    @post(
        "/withdraw",
        operation_id="withdraw_territory_scenario",
        status_code=HTTP_200_OK,
        sync_to_thread=True,
    )
    def withdraw(
        self, request: Call, design_id: FromPath[UUID], data: JSONBody[Withdrawal]
    ) -> DesignRead:
        """Take a proposal back, or turn it down."""
        with request.db.for_org(request.actor.org_id) as connection:
            return approval.withdraw(connection, request.actor, design_id, data)

    @post(
        "/publish",
        operation_id="publish_territory_design",
        status_code=HTTP_200_OK,
        sync_to_thread=True,
    )
    def publish_design(
        self, request: Call, design_id: FromPath[UUID], data: JSONBody[PublishRequest]
    ) -> DesignRead:
        """Carry an approved scenario out as one realignment, or schedule it for its day.

        Borders, accounts and people change together or not at all; the realignment can be undone,
        or cancelled before its day, and the design then be published again.
        """
        with request.db.for_org(request.actor.org_id) as connection:
            return publishing.publish_design(connection, request.actor, design_id, data)

    @get("/history", operation_id="list_territory_design_history", sync_to_thread=True)
    def list_history(self, request: Call, design_id: FromPath[UUID]) -> Page[DesignEvent]:
        """List what was done with a design and with what was published of it, the first first."""
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            return Page(approval.list_history(connection, request.actor, design_id))
