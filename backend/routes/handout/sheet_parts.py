"""The printed sheet's own small parts: boxes to tick, codes to scan."""

from collections.abc import Sequence

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from backend.press.page import SMALL

_CENTRED = ParagraphStyle("centred", parent=SMALL, alignment=1)
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


def _code(text: str) -> Drawing:
    widget = QrCodeWidget(text, barLevel="L", barWidth=_CODE, barHeight=_CODE)
    return Drawing(_CODE, _CODE, widget)
