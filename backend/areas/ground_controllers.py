"""What ground an area is, over HTTP."""

from litestar import Controller, post
from litestar.params import JSONBody

from backend.api.payloads import Payload
from backend.areas import ground
from backend.areas.controllers import reach_of
from backend.areas.ground import AreaGround
from backend.areas.schemas import AreaAsked
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY


class GroundRequest(Payload, frozen=True, kw_only=True):
    """An area, told as for what lies in it."""

    area: AreaAsked


class AreaGroundController(Controller):
    """What the ground of an area is."""

    path = "/v1/context"
    tags = ["context"]
    guards = [ANYBODY]

    @post("/area", operation_id="area_ground", status_code=200, sync_to_thread=True)
    def read_area(self, request: Call, data: JSONBody[GroundRequest]) -> AreaGround:
        """Tell what ground an area is, by every context layer that reaches into it.

        Sums count hexagons at the edge by the share of them that lies in the area. Every figure
        says how far it can be trusted, and why not further.
        """
        actor, reach = request.actor, reach_of(request, data.area)
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            return ground.read_area(connection, actor, data.area, reach)
