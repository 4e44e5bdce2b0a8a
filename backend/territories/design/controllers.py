"""HTTP of territory designs: ask, follow, look."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

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
from backend.territories.design import publishing, service
from backend.territories.design.schemas import (
    DesignCreate,
    DesignRead,
    ScenarioCells,
    ScenarioOutlines,
)


class DesignController(Controller):
    """Territories balanced anew by jobs: scenarios from keeping all to starting afresh."""

    path = "/v1/territory-designs"
    tags = ["territories"]
    guards = [PLANNERS]

    @post(operation_id="design_territories", status_code=HTTP_202_ACCEPTED, sync_to_thread=True)
    def create_design(self, request: Call, data: JSONBody[DesignCreate]) -> DesignRead:
        """Ask for scenarios of how accounts could be dealt out; a job makes them."""
        with request.db.for_org(request.actor.org_id) as connection:
            return service.create_design(connection, request.actor, data)

    @get(operation_id="list_territory_designs", sync_to_thread=True)
    def list_designs(
        self, request: Call, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
    ) -> Page[DesignRead]:
        """List designs with their progress, the newest first."""
        actor, before = request.actor, decode_id_cursor(cursor)
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_designs(connection, actor, before=before, limit=limit + 1)
        items = found[:limit]
        return Page(items, encode_cursor(str(items[-1].id)) if len(found) > limit else None)

    @get("/{design_id:uuid}", operation_id="get_territory_design", sync_to_thread=True)
    def get_design(self, request: Call, design_id: FromPath[UUID]) -> DesignRead:
        """Read one design: how far it is, and its scenarios with all figures."""
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            return service.get_design(connection, request.actor, design_id)

    @get(
        "/{design_id:uuid}/scenarios/{name:str}",
        operation_id="get_territory_design_cells",
        sync_to_thread=True,
    )
    def get_cells(
        self, request: Call, design_id: FromPath[UUID], name: FromPath[str]
    ) -> ScenarioCells:
        """Read which H3 cell goes to which territory in a scenario."""
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            return service.get_cells(connection, request.actor, design_id, name)

    @get(
        "/{design_id:uuid}/scenarios/{name:str}/outlines",
        operation_id="get_territory_design_outlines",
        sync_to_thread=True,
    )
    def get_outlines(
        self, request: Call, design_id: FromPath[UUID], name: FromPath[str]
    ) -> ScenarioOutlines:
        """Read the borders that a scenario would draw, as GeoJSON."""
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            return publishing.get_outlines(connection, request.actor, design_id, name)

    @post(
        "/{design_id:uuid}/cancel",
        operation_id="cancel_territory_design",
        status_code=HTTP_200_OK,
        sync_to_thread=True,
    )
    def cancel_design(self, request: Call, design_id: FromPath[UUID]) -> DesignRead:
        """Cancel a design that waits or is being made."""
        with request.db.for_org(request.actor.org_id) as connection:
            return service.cancel_design(connection, request.actor, design_id)
