"""Styles of printed pages, A4, and the footer with their numbers."""

from collections.abc import Callable
from typing import Any

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import TableStyle

from backend.press.letters import BOLD, REGULAR

TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=15, leading=19)
BODY = ParagraphStyle("body", fontName=REGULAR, fontSize=9, leading=12)
BOLD_BODY = ParagraphStyle("bold", parent=BODY, fontName=BOLD)
SMALL = ParagraphStyle(
    "small", parent=BODY, fontSize=7.5, leading=10, textColor=Color(0.25, 0.25, 0.25)
)
ROW_STYLE = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, (0.6,) * 3),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
    ]
)
BOX_STYLE = TableStyle([("BOX", (0, 0), (-1, -1), 0.8, (0,) * 3)])
EDGE = 14 * mm
WIDTH = A4[0] - 2 * EDGE
PAGE = (EDGE, 15 * mm, WIDTH, A4[1] - 27 * mm)
"""Where the text stands: left, bottom, width, height."""


def canvas_with_footer(text: str, page: str) -> Callable[..., Canvas]:
    """Return a canvas that writes the text and the page's number of so many below each page."""

    class FooterCanvas(Canvas):
        """Keeps the pages until their number is known."""

        def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  # as the library's
            super().__init__(*arguments, **named)
            self._kept: list[dict[str, object]] = []

        def showPage(self) -> None:  # noqa: N802  # the library's name
            """Keep the page and begin the next."""
            self._kept.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]  # the stubs lack it

        def save(self) -> None:
            """Write every page with its footer."""
            for number, kept in enumerate(self._kept, start=1):
                self.__dict__.update(kept)
                self._write_footer(page.format(page=number, pages=len(self._kept)))
                super().showPage()
            super().save()

        def _write_footer(self, count: str) -> None:
            self.setFont(REGULAR, 7.5)
            self.setFillGray(0.3)
            self.drawString(EDGE, 9 * mm, text)
            self.drawRightString(A4[0] - EDGE, 9 * mm, count)

    return FooterCanvas
