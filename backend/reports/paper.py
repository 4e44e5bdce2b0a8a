"""A report as a PDF, A4: the sections in order, each page with its number."""

import io
from collections.abc import Callable
from zoneinfo import ZoneInfo

from reportlab.lib.pagesizes import A4
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from backend.geo.basemap.reader import Basemap
from backend.press.letters import printable, register_letters
from backend.press.page import PAGE, canvas_with_footer
from backend.reports import ground, lists, pictures, sections
from backend.reports.schemas import Report
from backend.reports.titles import title_of
from backend.reports.words import Words

type Section = Callable[[Report, Basemap | None, Words], list[Flowable]]

SECTIONS: tuple[Section, ...] = (
    sections.head,
    sections.tiles,
    sections.area_map,
    sections.figures,
    pictures.composition,
    pictures.months,
    lists.tops,
    lists.places,
    ground.ground,
    lists.accounts,
)
"""In this order; one that has nothing to tell is empty."""


def write_report(report: Report, basemap: Basemap | None, words: Words) -> bytes:
    """Return the PDF; the same report gives the same bytes. Letters are embedded."""
    register_letters()
    story = [part for section in SECTIONS for part in section(report, basemap, words)]
    target = io.BytesIO()
    title = title_of(report, words)
    made = words.moment(report.made_at.astimezone(ZoneInfo(report.time_zone)))
    document = BaseDocTemplate(
        target,
        pagesize=A4,
        title=printable(title),
        author=printable(report.author.full_name or report.author.org_name),
        subject=printable(words("report.title")),
        lang=words.language,
        invariant=1,
    )
    document.addPageTemplates(PageTemplate(frames=[Frame(*PAGE, 0, 0, 0, 0)]))
    footer = printable(f"{title} · {report.author.org_name} · {made}", 110)
    document.build(story, canvasmaker=canvas_with_footer(footer, words.texts["report.page"]))
    return target.getvalue()
