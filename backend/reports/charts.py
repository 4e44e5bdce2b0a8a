"""Small charts as vectors: bars of shares, and a column a month."""

from collections.abc import Sequence
from typing import NamedTuple

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable

from backend.press.letters import BOLD, REGULAR, printable, width_pt
from backend.reports.looks import BRAND, GREY

_ROW_PT, _BAR_PT, _TITLE_PT = 14.5, 3.0, 14.0
_SIZE_PT = 7.2
_LABEL = 0.56
"""Which part of a bar's row its name may take."""
_AXIS_PT, _ROOM_PT = 12.0, 14.0
_COLUMN = 0.62


class Bar(NamedTuple):
    """One of a chart's values: its name, what is written beside it, its part of the whole."""

    label: str
    told: str
    part: float
    color: Color


class BarChart(Flowable):
    """Bars below each other under a title, each with its name and number above."""

    def __init__(self, title: str, bars: Sequence[Bar], width: float) -> None:
        super().__init__()
        self.width, self.height = width, _TITLE_PT + _ROW_PT * len(bars) + 4
        self._title, self._bars = title, bars

    def draw(self) -> None:
        """Draw the bars where the page has come to."""
        canvas: Canvas = self.canv
        canvas.setFont(BOLD, 8.5)
        canvas.setFillGray(0)
        canvas.drawString(0, self.height - 9, printable(self._title))
        top = self.height - _TITLE_PT
        for at, bar in enumerate(self._bars):
            y = top - at * _ROW_PT
            canvas.setFont(REGULAR, _SIZE_PT)
            canvas.setFillGray(0.1)
            canvas.drawString(0, y - 6.2, _fit(bar.label, self.width * _LABEL))
            canvas.drawRightString(self.width, y - 6.2, printable(bar.told))
            canvas.setFillGray(0.92)
            canvas.rect(0, y - 12.2, self.width, _BAR_PT, stroke=0, fill=1)
            canvas.setFillColor(bar.color)
            canvas.rect(0, y - 12.2, max(0.6, self.width * bar.part), _BAR_PT, stroke=0, fill=1)


class ColumnChart(Flowable):
    """A column a value, its label below and, above the columns, what the values are."""

    def __init__(
        self, columns: Sequence[tuple[str, float, str]], *, size: tuple[float, float]
    ) -> None:
        """Take each column's label, its value and how it is written."""
        super().__init__()
        self.width, self.height = size
        self._columns = columns

    def draw(self) -> None:
        """Draw the columns where the page has come to; what is below nothing hangs down."""
        canvas: Canvas = self.canv
        values = [value for _, value, _ in self._columns]
        most, least = max(0.0, *values), min(0.0, *values)
        below = _ROOM_PT if least < 0 else 0.0
        scale = (self.height - _AXIS_PT - _ROOM_PT - below) / ((most - least) or 1)
        foot = _AXIS_PT + below - least * scale
        step = self.width / len(self._columns)
        for at, (label, value, told) in enumerate(self._columns):
            x = at * step + step * (1 - _COLUMN) / 2
            is_last = at == len(self._columns) - 1
            canvas.setFillColor(GREY if is_last else BRAND)
            canvas.rect(x, foot, step * _COLUMN, value * scale, stroke=0, fill=1)
            middle = x + step * _COLUMN / 2
            canvas.setFillGray(0.1)
            canvas.setFont(REGULAR, 6.2)
            y = foot + value * scale
            canvas.drawCentredString(middle, y + 2.5 if value >= 0 else y - 7, printable(told))
            canvas.setFillGray(0.3)
            canvas.drawCentredString(middle, 3, printable(label))
        canvas.setStrokeGray(0.4)
        canvas.setLineWidth(0.6)
        canvas.line(0, foot, self.width, foot)


def _fit(text: str, most_pt: float) -> str:
    """Return as much of a text as there is room for."""
    told = printable(text)
    while told and width_pt(told, REGULAR, _SIZE_PT) > most_pt:
        told = told[:-2].rstrip() + "…"
    return told
