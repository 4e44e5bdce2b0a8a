"""The pages over HTTP, and the files they are made of."""

from litestar import Controller, get
from litestar.datastructures import CacheControlHeader
from litestar.enums import MediaType
from litestar.response import Response
from litestar.static_files import create_static_files_router

from backend.api.languages import preferred_language
from backend.api.opts import PUBLIC
from backend.identity.call import Call
from backend.web.libraries import STATIC_DIR
from backend.web.pages import STATIC_PATH, render_map_page, security_headers

_YEAR_S = 365 * 24 * 60 * 60


class PageController(Controller):
    """The managers' pages. They are public: what they show is asked for with a token."""

    path = "/"
    tags = ["pages"]
    opt = PUBLIC
    include_in_schema = False

    @get(operation_id="map_page", sync_to_thread=False, media_type=MediaType.HTML)
    def map_page(self, request: Call) -> Response[str]:
        """Show the map with its lists."""
        language = preferred_language(request.headers.get("accept-language", ""))
        return Response(
            render_map_page(language),
            media_type=MediaType.HTML,
            headers=security_headers() | {"Content-Language": language, "Vary": "Accept-Language"},
        )


STATIC_FILES = create_static_files_router(
    path=STATIC_PATH,
    directories=[STATIC_DIR],
    opt=PUBLIC,
    cache_control=CacheControlHeader(max_age=_YEAR_S, public=True, immutable=True),
)
