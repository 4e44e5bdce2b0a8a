"""HTTP of territories, their holders, and accounts' places in them."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from backend.accounts.schemas import AccountRead
from backend.accounts.service import lock_account_in_scope
from backend.api.etags import check_if_match, tagged
from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page
from backend.geo.geoparquet import MEDIA_TYPE
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY, OFFICE, PLANNERS
from backend.ids import AccountId, TerritoryId
from backend.territories import assignments, service
from backend.territories.outline_file import write_parquet
from backend.territories.schemas import (
    AssignmentCreate,
    AssignmentRead,
    GeoJson,
    Placement,
    TerritoryCreate,
    TerritoryPatch,
    TerritoryRead,
    UploadRead,
)
from backend.territories.upload import upload_territories

_MOST_IN_A_FILE = 10_000
_UPLOAD_BYTES = 20 * 1024 * 1024


class TerritoryController(Controller):
    """Areas, their hierarchy and who holds them."""

    path = "/v1/territories"
    tags = ["territories"]

    @get(operation_id="list_territories", guards=[ANYBODY], sync_to_thread=True)
    def list_territories(
        self, request: Call, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
    ) -> Page[TerritoryRead]:
        """List territories by name; a rep sees the own ones and those below them."""
        actor = request.actor
        after = decode_id_cursor(cursor)
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_territories(connection, actor, after=after, limit=limit + 1)
        items = found[:limit]
        return Page(items, encode_cursor(str(items[-1].id)) if len(found) > limit else None)

    @get(
        "/outlines.parquet",
        operation_id="territories_parquet",
        guards=[ANYBODY],
        media_type=MEDIA_TYPE,
        opt={"is_compressed": True},
        sync_to_thread=True,
    )
    def parquet(self, request: Call) -> Response[bytes]:
        """Download territories with their outlines as GeoParquet; a rep gets those that it sees."""
        actor = request.actor
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_territories(connection, actor, after=None, limit=_MOST_IN_A_FILE)
        return Response(
            write_parquet(found),
            headers={"Content-Disposition": 'attachment; filename="territories.parquet"'},
        )

    @post(operation_id="create_territory", guards=[PLANNERS], sync_to_thread=True)
    def create_territory(
        self, request: Call, data: JSONBody[TerritoryCreate]
    ) -> Response[TerritoryRead]:
        """Create a territory; the accounts in its area fall into it."""
        actor = request.actor
        with request.db.for_org(actor.org_id) as connection:
            territory = service.create_territory(connection, actor, data)
        return tagged(territory, territory.rv)

    @post(
        "/upload",
        operation_id="upload_territories",
        guards=[PLANNERS],
        sync_to_thread=True,
        request_max_body_size=_UPLOAD_BYTES,
    )
    def upload(self, request: Call, data: JSONBody[GeoJson]) -> UploadRead:
        """Create territories out of a GeoJSON FeatureCollection: all of them or none."""
        actor = request.actor
        with request.db.for_org(actor.org_id) as connection:
            return upload_territories(connection, actor, data)

    @get(
        "/{territory_id:uuid}", operation_id="get_territory", guards=[ANYBODY], sync_to_thread=True
    )
    def get_territory(self, request: Call, territory_id: FromPath[UUID]) -> Response[TerritoryRead]:
        """Read one territory."""
        actor = request.actor
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            territory = service.get_territory(connection, actor, TerritoryId(territory_id))
        return tagged(territory, territory.rv)

    @patch(
        "/{territory_id:uuid}",
        operation_id="patch_territory",
        guards=[PLANNERS],
        sync_to_thread=True,
    )
    def patch_territory(
        self, request: Call, territory_id: FromPath[UUID], data: JSONBody[TerritoryPatch]
    ) -> Response[TerritoryRead]:
        """Change a territory; a new area moves the accounts that belong elsewhere now."""
        actor, key = request.actor, TerritoryId(territory_id)
        with request.db.for_org(actor.org_id) as connection:
            check_if_match(request, service.lock_territory(connection, actor, key).rv)
            territory = service.patch_territory(connection, actor, key, data)
        return tagged(territory, territory.rv)

    @delete(
        "/{territory_id:uuid}",
        operation_id="delete_territory",
        guards=[PLANNERS],
        sync_to_thread=True,
    )
    def delete_territory(self, request: Call, territory_id: FromPath[UUID]) -> None:
        """Delete a territory: its accounts go by location, its children to its parent."""
        actor, key = request.actor, TerritoryId(territory_id)
        with request.db.for_org(actor.org_id) as connection:
            check_if_match(request, service.lock_territory(connection, actor, key).rv)
            service.delete_territory(connection, actor, key)

    @get(
        "/{territory_id:uuid}/assignments",
        operation_id="list_assignments",
        guards=[OFFICE],
        sync_to_thread=True,
    )
    def list_assignments(self, request: Call, territory_id: FromPath[UUID]) -> Page[AssignmentRead]:
        """List who held, holds and will hold a territory, latest first."""
        actor, key = request.actor, TerritoryId(territory_id)
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            return Page(assignments.list_assignments(connection, actor, key))

    @post(
        "/{territory_id:uuid}/assignments",
        operation_id="create_assignment",
        guards=[PLANNERS],
        sync_to_thread=True,
    )
    def assign(
        self, request: Call, territory_id: FromPath[UUID], data: JSONBody[AssignmentCreate]
    ) -> AssignmentRead:
        """Give a territory to a rep from a day on."""
        actor, key = request.actor, TerritoryId(territory_id)
        with request.db.for_org(actor.org_id) as connection:
            return assignments.assign(connection, actor, key, data)


class AssignmentController(Controller):
    """Ending what a rep holds."""

    path = "/v1/assignments"
    tags = ["territories"]

    @delete(
        "/{assignment_id:uuid}",
        operation_id="end_assignment",
        guards=[PLANNERS],
        sync_to_thread=True,
    )
    def end_assignment(self, request: Call, assignment_id: FromPath[UUID]) -> None:
        """End an assignment as of today; one that has not begun is removed."""
        actor = request.actor
        with request.db.for_org(actor.org_id) as connection:
            assignments.end_assignment(connection, actor, assignment_id)


class PlacementController(Controller):
    """The territory of one account, by hand or by location."""

    path = "/v1/accounts"
    tags = ["territories"]

    @put(
        "/{account_id:uuid}/territory",
        operation_id="place_account",
        guards=[PLANNERS],
        sync_to_thread=True,
    )
    def place_account(
        self, request: Call, account_id: FromPath[UUID], data: JSONBody[Placement]
    ) -> Response[AccountRead]:
        """Put an account into a territory by hand, or let it go by its location again."""
        actor, key = request.actor, AccountId(account_id)
        with request.db.for_org(actor.org_id) as connection:
            check_if_match(request, lock_account_in_scope(connection, actor, key).rv)
            account = assignments.place_account(connection, actor, key, data)
        return tagged(account, account.rv)
