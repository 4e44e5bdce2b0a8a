"""The printed sheet's styles and small parts: boxes to tick, codes to scan, the footer."""

from collections.abc import Callable, Sequence
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from backend.routes.handout.letters import BOLD, REGULAR

TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=15, leading=19)
BODY = ParagraphStyle("body", fontName=REGULAR, fontSize=9, leading=12)
BOLD_BODY = ParagraphStyle("bold", parent=BODY, fontName=BOLD)
SMALL = ParagraphStyle(
    "small", parent=BODY, fontSize=7.5, leading=10, textColor=Color(0.25, 0.25, 0.25)
)
_CENTRED = ParagraphStyle("centred", parent=SMALL, alignment=1)

STOP_STYLE = TableStyle(
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
_CODE_STYLE = TableStyle(
    [("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0)]
)
_CODES_A_ROW = 6
_CODE = 27 * mm
_TICK = 10.0


class TickBox(Flowable):
    """A square to tick."""

    def __init__(self) -> None:
        super().__init__()
        self.width = self.height = _TICK

    def draw(self) -> None:
        """Draw the square where the page has come to."""
        self.canv.setLineWidth(0.8)
        self.canv.setStrokeGray(0)
        self.canv.rect(1, 0, _TICK - 1, _TICK - 1, stroke=1, fill=0)


def code_row(codes: Sequence[tuple[str, str]], title: str, width: float) -> list[Flowable]:
    """Return the codes (what they say, what stands under them) in rows under a title."""
    rows: list[list[object]] = []
    for start in range(0, len(codes), _CODES_A_ROW):
        part = codes[start : start + _CODES_A_ROW]
        gap = [""] * (_CODES_A_ROW - len(part))
        rows.append([*(_code(text) for text, _ in part), *gap])
        rows.append([*(Paragraph(name, _CENTRED) for _, name in part), *gap])
    table = Table(rows, [width / _CODES_A_ROW] * _CODES_A_ROW, style=_CODE_STYLE)
    return [Paragraph(title, SMALL), table]


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
            self.drawString(14 * mm, 9 * mm, text)
            self.drawRightString(A4[0] - 14 * mm, 9 * mm, count)

    return FooterCanvas


def _code(text: str) -> Drawing:
    widget = QrCodeWidget(text, barLevel="L", barWidth=_CODE, barHeight=_CODE)
    return Drawing(_CODE, _CODE, widget)
