"""Trade areas over HTTP."""

from litestar import Controller, post
from litestar.params import JSONBody
from litestar.response import Response

from backend.context import trade_areas
from backend.context.trade_schemas import TradeAreas, TradeAreasRequest
from backend.context.trade_sheets import write_csv, write_geojson
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.routes.engines import Engines

_CSV, _GEOJSON = "text/csv", "application/geo+json"


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
        return _share_out(request, data)

    @post(
        "/trade-areas.csv",
        operation_id="trade_areas_csv",
        status_code=200,
        sync_to_thread=True,
        media_type=_CSV,
    )
    def sheet(self, request: Call, data: JSONBody[TradeAreasRequest]) -> Response[bytes]:
        """Download trade areas as CSV: a hexagon a line, each store's share in a column."""
        return _file(write_csv(_share_out(request, data)), _CSV, "csv")

    @post(
        "/trade-areas.geojson",
        operation_id="trade_areas_geojson",
        status_code=200,
        sync_to_thread=True,
        media_type=_GEOJSON,
    )
    def outlines(self, request: Call, data: JSONBody[TradeAreasRequest]) -> Response[bytes]:
        """Download trade areas as GeoJSON: hexagons with all shares, and the stores."""
        return _file(write_geojson(_share_out(request, data)), _GEOJSON, "geojson")


def _share_out(request: Call, asked: TradeAreasRequest) -> TradeAreas:
    actor = request.actor
    with request.db.for_org(actor.org_id, snapshot=True) as connection:
        market = trade_areas.read_market(connection, actor, asked)
    network = request.part(Engines).network(asked.profile) if asked.profile else None
    return trade_areas.share_out(market, asked, network)


def _file(data: bytes, media_type: str, kind: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="trade-areas.{kind}"'}
    return Response(data, media_type=media_type, headers=headers)
