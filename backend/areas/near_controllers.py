"""Near me, over HTTP."""

from litestar import Controller, post
from litestar.params import JSONBody

from backend.areas import near
from backend.areas.near_schemas import NearRead, NearRequest
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.routes.engines import Engines


class NearController(Controller):
    """What lies around a place."""

    path = "/v1/near"
    tags = ["areas"]
    guards = [ANYBODY]

    @post(operation_id="find_near", status_code=200, sync_to_thread=True)
    def find_near(self, request: Call, data: JSONBody[NearRequest]) -> NearRead:
        """List the accounts nearest to a place that you may see and a filter leaves in.

        By travel time those without a way there come last, without minutes.
        """
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            here, found = near.find_near(connection, actor, data)
        if data.by == "distance":
            return near.by_distance(found)
        network = request.part(Engines).network(data.profile)
        return near.by_travel_time(data, here, found, network)
