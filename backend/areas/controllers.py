"""Areas over HTTP: what lies in one, as numbers and as a list."""

from litestar import Controller, post
from litestar.params import JSONBody
from litestar.response import Response

from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page
from backend.areas import service
from backend.areas.drawing import Reach, check_way, find_reach
from backend.areas.schemas import (
    AccountsRequest,
    AreaAccount,
    AreaAsked,
    AreaSnapshot,
    SnapshotRequest,
)
from backend.areas.sheet import write_parquet, write_sheet
from backend.geo.geoparquet import MEDIA_TYPE
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.routes.engines import Engines

_CSV = "text/csv; charset=utf-8"


class AreaController(Controller):
    """What lies in an area: drawn, within reach, along a route or a territory."""

    path = "/v1/areas"
    tags = ["areas"]
    guards = [ANYBODY]

    @post("/snapshot", operation_id="area_snapshot", status_code=200, sync_to_thread=True)
    def snapshot(self, request: Call, data: JSONBody[SnapshotRequest]) -> AreaSnapshot:
        """Count the accounts of an area that you may see, and the visits of a period there."""
        db, actor = request.db, request.actor
        reach = reach_of(request, data.area)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.take_snapshot(connection, actor, data, reach)

    @post("/accounts", operation_id="area_accounts", status_code=200, sync_to_thread=True)
    def accounts(
        self,
        request: Call,
        data: JSONBody[AccountsRequest],
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[AreaAccount]:
        """List the accounts of an area that you may see, by id."""
        db, actor = request.db, request.actor
        reach, after = reach_of(request, data.area), decode_id_cursor(cursor)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_accounts(
                connection, actor, data, reach, after=after, limit=limit + 1
            )
        items = found[:limit]
        is_last = len(found) <= limit
        return Page(items, None if is_last else encode_cursor(str(items[-1].id)))

    @post("/accounts.csv", operation_id="area_sheet", status_code=200, sync_to_thread=True)
    def sheet(self, request: Call, data: JSONBody[AccountsRequest]) -> Response[bytes]:
        """Download the accounts of an area that you may see, up to 50,000, as CSV."""
        return Response(
            write_sheet(_list_for_file(request, data)),
            media_type=_CSV,
            headers={"Content-Disposition": 'attachment; filename="accounts.csv"'},
        )

    @post(
        "/accounts.parquet",
        operation_id="area_parquet",
        status_code=200,
        media_type=MEDIA_TYPE,
        opt={"is_compressed": True},
        sync_to_thread=True,
    )
    def parquet(self, request: Call, data: JSONBody[AccountsRequest]) -> Response[bytes]:
        """Download the accounts of an area that you may see, up to 50,000, as GeoParquet."""
        return Response(
            write_parquet(_list_for_file(request, data)),
            media_type=MEDIA_TYPE,
            headers={"Content-Disposition": 'attachment; filename="accounts.parquet"'},
        )


def _list_for_file(request: Call, asked: AccountsRequest) -> list[AreaAccount]:
    db, actor = request.db, request.actor
    reach = reach_of(request, asked.area)
    with db.for_org(actor.org_id, snapshot=True) as connection:
        return service.list_for_sheet(connection, actor, asked, reach)


def reach_of(request: Call, asked: AreaAsked) -> Reach | None:
    """Return what is within reach, where that is asked for; no connection waits for it."""
    check_way(asked)
    if asked.isochrone is None:
        return None
    return find_reach(asked.isochrone, request.part(Engines).network(asked.isochrone.profile))
