"""Trade areas over HTTP."""

from litestar import Controller, post
from litestar.params import JSONBody

from backend.context import trade_areas
from backend.context.trade_schemas import TradeAreas, TradeAreasRequest
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.routes.engines import Engines


class TradeAreaController(Controller):
    """How stores share what lies around them."""

    path = "/v1/context"
    tags = ["context"]
    guards = [ANYBODY]

    @post("/trade-areas", operation_id="trade_areas", status_code=200, sync_to_thread=True)
    def read_trade_areas(self, request: Call, data: JSONBody[TradeAreasRequest]) -> TradeAreas:
        """Tell by Huff's model which store draws how much of a layer's demand, hexagon by hexagon.

        Only the stores that are named share it. Without a profile distance is a straight line; with
        one it is minutes of travel, and `distance` says whether streets were known.
        """
        actor = request.actor
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            market = trade_areas.read_market(connection, actor, data)
        network = request.part(Engines).network(data.profile) if data.profile else None
        return trade_areas.share_out(market, data, network)
