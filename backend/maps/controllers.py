"""Maps over HTTP: tiles, the phone's package, and what a page needs to start."""

from datetime import date
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Stream

from backend.accounts.filters import Filters
from backend.api.etags import has_tag
from backend.api.problems import NotFound
from backend.geo.tiles import Tile, check_tile
from backend.geo.vocabulary import GeoError
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.maps import service
from backend.maps.asking import filters_asked
from backend.maps.choropleth import Measure, read_choropleth
from backend.maps.colouring import ColourBy, SizeBy
from backend.maps.legend import read_legend
from backend.maps.ranges import Span, read_span, requested_span
from backend.maps.schemas import Choropleth, Layer, Legend, StyleInfo, TileAnswer, TileFilter
from backend.maps.shelf import find_basemap, get_package
from backend.settings import Settings

MVT = "application/vnd.mapbox-vector-tile"
MBTILES = "application/vnd.sqlite3"
# The browser keeps tiles and asks each time whether they still hold: a 304 costs one look-up.
_CACHING = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
_NO_CHANGE, _EMPTY, _PART = 304, 204, 206


class MapController(Controller):
    """Vector tiles in the person's scope."""

    path = "/v1"
    tags = ["maps"]
    guards = [ANYBODY]
    dependencies = {"filters": Provide(filters_asked, sync_to_thread=False)}

    @get("/tiles/{layer:str}/{z:int}/{x:int}/{y:str}", operation_id="tile", sync_to_thread=True)
    def tile(
        self,
        request: Call,
        layer: FromPath[Layer],
        z: FromPath[int],
        x: FromPath[int],
        y: FromPath[str],
        filters: NamedDependency[Filters],
        colour_by: FromQuery[ColourBy | None] = None,
        size_by: FromQuery[SizeBy] = SizeBy.ACCOUNTS,
        shape_by: FromQuery[ColourBy | None] = None,
        on_date: FromQuery[date | None] = None,
        rep_id: FromQuery[UUID | None] = None,
    ) -> Response[bytes]:
        """Read a Mapbox vector tile `/{layer}/{z}/{x}/{y}.mvt`; 204 where nothing is drawn."""
        place = _tile_of(z, x, y)

        def has(etag: str) -> bool:
            return has_tag(request, etag)

        if layer is Layer.BASEMAP:
            basemap = find_basemap(request.part(Settings).basemap_file)
            return _respond(service.read_basemap_tile(basemap, place, has_tag=has))
        wanted = TileFilter(
            filters=filters,
            colour_by=colour_by,
            size_by=size_by,
            shape_by=shape_by,
            on_date=on_date,
            rep_id=rep_id,
        )
        actor = request.actor
        with request.db.for_org(actor.org_id, snapshot=True, viewer=actor.user_id) as connection:
            answer = service.read_tile(connection, actor, layer, place, wanted=wanted, has_tag=has)
        return _respond(answer)

    @get("/maps/style-info", operation_id="map_style_info", sync_to_thread=True)
    def style_info(self, request: Call) -> StyleInfo:
        """Tell where your map starts, its attribution, its legend and your organisation's day."""
        basemap, actor = find_basemap(request.part(Settings).basemap_file), request.actor
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            return service.describe_map(connection, actor, basemap)

    @get("/maps/legend", operation_id="map_legend", sync_to_thread=True)
    def legend(
        self,
        request: Call,
        filters: NamedDependency[Filters],
        colour_by: FromQuery[ColourBy] = ColourBy.LIFE_STAGE,
        shape_by: FromQuery[ColourBy | None] = None,
        size_by: FromQuery[SizeBy] = SizeBy.ACCOUNTS,
    ) -> Legend:
        """Tell what colours, shapes and sizes mean, and how many you may see of each class."""
        actor = request.actor
        with request.db.for_org(actor.org_id, snapshot=True, viewer=actor.user_id) as connection:
            return read_legend(
                connection, actor, colour_by, filters, shape_by=shape_by, size_by=size_by
            )

    @get("/maps/choropleth", operation_id="map_choropleth", sync_to_thread=True)
    def choropleth(
        self,
        request: Call,
        filters: NamedDependency[Filters],
        measure: FromQuery[Measure] = Measure.ACCOUNTS,
    ) -> Choropleth:
        """Tell what your territories come to by a measure of their accounts, in classes."""
        actor = request.actor
        with request.db.for_org(actor.org_id, snapshot=True, viewer=actor.user_id) as connection:
            return read_choropleth(connection, actor, measure, filters)

    # Zipped tiles in a file: zipping it again would only break the ranges.
    @get("/maps/phone", operation_id="phone_map", opt={"is_compressed": True}, sync_to_thread=True)
    def phone_map(
        self,
        request: Call,
    ) -> Response[bytes] | Stream:
        """Download the basemap of your territories as MBTiles; resumable with Range."""
        actor, settings = request.actor, request.part(Settings)
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            bounds = service.find_phone_bounds(connection, actor)
        package = get_package(settings.package_dir, find_basemap(settings.basemap_file), bounds)
        etag = f'"{package.stem}"'
        headers = _CACHING | {"ETag": etag, "Accept-Ranges": "bytes"}
        if has_tag(request, etag):
            return Response(b"", status_code=_NO_CHANGE, media_type=MBTILES, headers=headers)
        size = package.stat().st_size
        part = requested_span(request.headers, etag, size)
        span = part or Span(0, size)
        if part is not None:
            headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
        headers["Content-Length"] = str(span.stop - span.start)
        headers["Content-Disposition"] = 'attachment; filename="map.mbtiles"'
        return Stream(
            read_span(package, span),
            status_code=_PART if part else 200,
            media_type=MBTILES,
            headers=headers,
        )


def _tile_of(z: int, x: int, y: str) -> Tile:
    number, _, suffix = y.partition(".")
    if suffix != "mvt" or not (number.isascii() and number.isdecimal()):
        raise NotFound("A tile's path ends in '{y}.mvt'.", code="no_such_tile")
    try:
        return check_tile(z, x, int(number))
    except (GeoError, ValueError) as error:  # ValueError: more digits than Python converts
        raise NotFound(str(error), code="no_such_tile") from error


def _respond(answer: TileAnswer) -> Response[bytes]:
    status = _NO_CHANGE if answer.data is None else 200 if answer.data else _EMPTY
    return Response(
        answer.data or b"",
        status_code=status,
        media_type=MVT,
        headers=_CACHING | {"ETag": answer.etag},
    )
