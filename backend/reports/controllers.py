"""Reports over HTTP."""

from urllib.parse import quote

from litestar import Controller, post
from litestar.params import JSONBody
from litestar.response import Response

from backend.api.languages import preferred_language
from backend.areas.controllers import reach_of
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.press.plain_text import plain
from backend.press.turns import Press
from backend.reports import service
from backend.reports.paper import write_report
from backend.reports.schemas import ReportRequest
from backend.reports.titles import title_of
from backend.reports.words import words_of
from backend.settings import Settings

PDF = "application/pdf"
_MAX_FILE_NAME = 60


class ReportController(Controller):
    """Areas on paper."""

    path = "/v1/areas"
    tags = ["areas"]
    guards = [ANYBODY]

    # A PDF is compressed by itself.
    @post(
        "/report",
        operation_id="area_report",
        status_code=200,
        media_type=PDF,
        opt={"is_compressed": True},
        sync_to_thread=True,
    )
    def report(self, request: Call, data: JSONBody[ReportRequest]) -> Response[bytes]:
        """Download what an area is worth as a PDF to print: map, figures, accounts.

        It is drawn after the transaction, one at a time.
        """
        db, actor = request.db, request.actor
        reach = reach_of(request, data.area)
        now = request.clock.now()
        with db.for_org(actor.org_id, snapshot=True) as connection:
            author = service.get_author(connection, actor)
            own = service.find_locale(connection, actor)
            report = service.read_report(connection, actor, data, reach, author=author, now=now)
        words = words_of(preferred_language(request.headers.get("accept-language", ""), own or ""))
        press = request.part(Press)
        basemap = press.find_basemap(request.part(Settings).basemap_file)
        name = plain(f"{title_of(report, words)} {report.snapshot.today}", _MAX_FILE_NAME)
        headers = {
            "Cache-Control": "private, no-store",
            "Content-Language": words.language,
            "Content-Disposition": 'attachment; filename="report.pdf"; '
            f"filename*=UTF-8''{quote(f'{name}.pdf', safe='')}",
        }
        paper = press.print_in_turn(lambda: write_report(report, basemap, words))
        return Response(paper, headers=headers)
