"""A route's files and links over HTTP."""

from urllib.parse import quote
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Response

from backend.api.etags import has_tag
from backend.api.languages import preferred_language
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.press.plain_text import plain
from backend.press.turns import Press
from backend.routes.handout import service
from backend.routes.handout.gpx import write_gpx
from backend.routes.handout.schemas import Handout, RouteLinks
from backend.routes.handout.tags import content_tag
from backend.routes.handout.words import Words, words_of
from backend.settings import Settings

GPX = "application/gpx+xml"
PDF = "application/pdf"
_NO_CHANGE = 304
_CACHING = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Accept-Language"}
_MAX_FILE_NAME = 60


class HandoutController(Controller):
    """What a rep takes along of a route."""

    path = "/v1/routes/{route_id:uuid}"
    tags = ["visit routes"]
    guards = [ANYBODY]

    @get("/links", operation_id="route_links", sync_to_thread=True)
    def route_links(self, request: Call, route_id: FromPath[UUID]) -> RouteLinks:
        """Read the links that open navigation apps at each stop, and for the day in pieces."""
        handout, _ = _read(request, route_id)
        return service.make_links(handout)

    @get("/route.gpx", operation_id="route_gpx", media_type=GPX, sync_to_thread=True)
    def route_gpx(self, request: Call, route_id: FromPath[UUID]) -> Response[bytes]:
        """Download the route as GPX 1.1: a waypoint a stop, and the way as a track."""
        handout, words = _read(request, route_id)
        tag = content_tag("gpx", words.language, handout)
        headers = _headers(handout, tag, words, "gpx")
        if has_tag(request, tag):
            return Response(b"", status_code=_NO_CHANGE, headers=headers)
        return Response(write_gpx(handout, words), headers=headers)

    # A PDF is compressed by itself.
    @get(
        "/sheet.pdf",
        operation_id="route_sheet",
        media_type=PDF,
        opt={"is_compressed": True},
        sync_to_thread=True,
    )
    def route_sheet(self, request: Call, route_id: FromPath[UUID]) -> Response[bytes]:
        """Download the route as a sheet to print: map, codes to scan, stops to tick."""
        handout, words = _read(request, route_id)
        press = request.part(Press)
        basemap = press.find_basemap(request.part(Settings).basemap_file)
        tag = content_tag("pdf", words.language, handout, basemap and basemap.etag)
        headers = _headers(handout, tag, words, "pdf")
        if has_tag(request, tag):
            return Response(b"", status_code=_NO_CHANGE, headers=headers)
        sheet = press.print_in_turn(lambda: service.print_route(handout, basemap, words))
        return Response(sheet, headers=headers)


def _read(request: Call, route_id: UUID) -> tuple[Handout, Words]:
    """Return the route and the words: in the language asked for, else in the person's own."""
    actor = request.actor
    with request.db.for_org(actor.org_id, snapshot=True) as connection:
        handout = service.get_handout(connection, actor, route_id)
        own = service.find_locale(connection, actor)
    accepted = request.headers.get("accept-language", "")
    return handout, words_of(preferred_language(accepted, own or ""))


def _headers(handout: Handout, tag: str, words: Words, suffix: str) -> dict[str, str]:
    """Return a file's headers; its name is the day and the person's, in every letter."""
    day = handout.route.on_date.isoformat()
    name = plain(f"{day} {handout.route.rep_name}", _MAX_FILE_NAME)
    whole = quote(f"{name}.{suffix}", safe="")
    return _CACHING | {
        "ETag": tag,
        "Content-Language": words.language,
        "Content-Disposition": f"attachment; filename=\"{day}.{suffix}\"; filename*=UTF-8''{whole}",
    }
