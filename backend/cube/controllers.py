"""The cube over HTTP: pivots of accounts, visits and sales."""

from litestar import Controller, get, post
from litestar.params import JSONBody
from litestar.response import Response

from backend.areas.drawing import Reach, check_way, find_reach
from backend.areas.schemas import AreaAsked
from backend.cube import service
from backend.cube.schemas import (
    CubeAnswer,
    CubeDescription,
    CubeQuery,
    HotSpotAnswer,
    HotSpotQuery,
    WhiteSpaceAnswer,
    WhiteSpaceQuery,
)
from backend.cube.sheets import write_csv, write_geojson, write_parquet, write_xlsx
from backend.cube.standing_out import find_hot_spots, find_white_space
from backend.cube.store import Cubes
from backend.geo.geoparquet import MEDIA_TYPE
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.routes.engines import Engines

_CSV, _GEOJSON = "text/csv", "application/geo+json"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CubeController(Controller):
    """Accounts, visits and sales counted by any of their dimensions, in your scope."""

    path = "/v1/cube"
    tags = ["cube"]
    guards = [ANYBODY]

    @get("/dimensions", operation_id="cube_dimensions", sync_to_thread=True)
    def dimensions(self, request: Call) -> CubeDescription:
        """Tell what can be asked: dimensions, their values, and the measures that go with them."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.describe(connection, actor, request.part(Cubes))

    @post("/query", operation_id="cube_query", status_code=200, sync_to_thread=True)
    def query(self, request: Call, data: JSONBody[CubeQuery]) -> CubeAnswer:
        """Count accounts, visits and sales by some dimensions, beside another period or area."""
        return _answer(request, data)

    @post(
        "/query.csv",
        operation_id="cube_csv",
        status_code=200,
        sync_to_thread=True,
        media_type=_CSV,
    )
    def sheet(self, request: Call, data: JSONBody[CubeQuery]) -> Response[bytes]:
        """Download a pivot as CSV."""
        return _file(write_csv(data, _answer(request, data)), _CSV, "csv")

    @post(
        "/query.xlsx",
        operation_id="cube_xlsx",
        status_code=200,
        sync_to_thread=True,
        media_type=_XLSX,
    )
    def workbook(self, request: Call, data: JSONBody[CubeQuery]) -> Response[bytes]:
        """Download a pivot as a workbook, with what was asked."""
        return _file(write_xlsx(data, _answer(request, data)), _XLSX, "xlsx")

    @post(
        "/query.geojson",
        operation_id="cube_geojson",
        status_code=200,
        sync_to_thread=True,
        media_type=_GEOJSON,
    )
    def cells(self, request: Call, data: JSONBody[CubeQuery]) -> Response[bytes]:
        """Download a pivot by H3 cells as GeoJSON."""
        data_file = write_geojson(data, _answer(request, data))
        return _file(data_file, _GEOJSON, "geojson")

    @post(
        "/query.parquet",
        operation_id="cube_parquet",
        status_code=200,
        sync_to_thread=True,
        media_type=MEDIA_TYPE,
        opt={"is_compressed": True},
    )
    def parquet(self, request: Call, data: JSONBody[CubeQuery]) -> Response[bytes]:
        """Download a pivot by H3 cells as GeoParquet."""
        return _file(write_parquet(data, _answer(request, data)), MEDIA_TYPE, "parquet")

    @post("/white-space", operation_id="cube_white_space", status_code=200, sync_to_thread=True)
    def white_space(self, request: Call, data: JSONBody[WhiteSpaceQuery]) -> WhiteSpaceAnswer:
        """Find places with fewer customers than elsewhere among as many accounts."""
        db, actor = request.db, request.actor
        reach = _reach(request, data.area)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return find_white_space(connection, actor, request.part(Cubes), data, reach)

    @post("/hot-spots", operation_id="cube_hot_spots", status_code=200, sync_to_thread=True)
    def hot_spots(self, request: Call, data: JSONBody[HotSpotQuery]) -> HotSpotAnswer:
        """Find H3 cells whose values are high, or low, together with their neighbours'."""
        db, actor = request.db, request.actor
        reach = _reach(request, data.area)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return find_hot_spots(connection, actor, request.part(Cubes), data, reach)


def _file(data: bytes, media_type: str, kind: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="pivot.{kind}"'}
    return Response(data, media_type=media_type, headers=headers)


def _answer(request: Call, asked: CubeQuery) -> CubeAnswer:
    db, actor = request.db, request.actor
    other = asked.compare.area if asked.compare is not None else None
    reaches = [_reach(request, area) for area in (asked.area, other)]
    with db.for_org(actor.org_id, snapshot=True) as connection:
        return service.answer(connection, actor, request.part(Cubes), asked, reaches)


def _reach(request: Call, area: AreaAsked | None) -> Reach | None:
    """Return what is within reach, where that is asked for; no connection waits for it."""
    if area is None:
        return None
    check_way(area)
    if area.isochrone is None:
        return None
    return find_reach(area.isochrone, request.part(Engines).network(area.isochrone.profile))
