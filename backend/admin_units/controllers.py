"""HTTP of administrative units."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter

from backend.admin_units import service
from backend.admin_units.schemas import MAX_LEVEL, MIN_LEVEL, Search, UnitCard, UnitRead
from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY

QueryQuery = Annotated[
    str | None,
    QueryParameter(name="q", max_length=200, description="Words of the name, or the code"),
]
DayQuery = Annotated[
    date | None,
    QueryParameter(name="on_date", description="Units of that day alone; without it, of any day"),
]
LevelQuery = Annotated[int | None, QueryParameter(ge=MIN_LEVEL, le=MAX_LEVEL)]
ParentQuery = Annotated[UUID | None, QueryParameter(description="Units below this one alone")]


class AdminUnitController(Controller):
    """Provinces, wards and the like, those of today and former ones."""

    path = "/v1/admin-units"
    tags = ["admin units"]
    guards = [ANYBODY]

    @get(operation_id="list_admin_units", sync_to_thread=True)
    def list_units(
        self,
        request: Call,
        q: QueryQuery = None,
        on_date: DayQuery = None,
        level: LevelQuery = None,
        parent_id: ParentQuery = None,
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[UnitRead]:
        """Look for units by name without diacritics: the closest; or list them by name, in pages.

        A former unit says what became of it.
        """
        actor = request.actor
        search = Search((q or "").strip() or None, on_date, level, parent_id)
        after = decode_id_cursor(cursor)
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            if search.query:
                return Page(service.search_units(connection, actor, search, limit=limit))
            found = service.list_units(connection, actor, search, after=after, limit=limit + 1)
        items = found[:limit]
        return Page(items, encode_cursor(str(items[-1].id)) if len(found) > limit else None)

    @get("/{unit_id:uuid}", operation_id="get_admin_unit", sync_to_thread=True)
    def get_unit(self, request: Call, unit_id: FromPath[UUID]) -> UnitCard:
        """Read one unit, what became of it, and where its ground comes from."""
        actor = request.actor
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            return service.get_unit(connection, actor, unit_id)

    @get("/{unit_id:uuid}/outline", operation_id="get_admin_unit_outline", sync_to_thread=True)
    def get_outline(self, request: Call, unit_id: FromPath[UUID]) -> service.GeoJson:
        """Read a unit's outline as a GeoJSON Feature, with source and licence."""
        actor = request.actor
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            return service.get_outline(connection, actor, unit_id)
