"""The map on a printed sheet: ground, way, numbered stops, scale bar and attribution."""

from collections.abc import Sequence

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable

from backend.geo.basemap.reader import Basemap
from backend.geo.vocabulary import LonLat
from backend.press.frame import Frame, Point, fit, spread
from backend.press.ground import Box, draw_ground, read_ground, write_names
from backend.press.letters import BOLD
from backend.press.map_parts import (
    REMARKS_PT,
    begin_map,
    draw_scale,
    end_map,
    write_credit,
    write_on_white,
)
from backend.routes.handout.words import Words

_DOT_PT, _NUMBER_PT = 6.2, 6.8
_WAY_PT, _CASING_PT = 1.8, 3.6
_LOW = 2.5
"""How far below the middle of a letter its foot is, in points."""

type Mark = tuple[str, LonLat]
"""A stop's number, or the letter of lunch, and its place."""


class MapFigure(Flowable):
    """A map of a day as wide as the text."""

    def __init__(
        self,
        marks: Sequence[Mark],
        line: Sequence[LonLat],
        basemap: Basemap | None,
        words: Words,
        *,
        size: tuple[float, float],
        is_estimate: bool,
    ) -> None:
        super().__init__()
        self.width, self.height = size
        self._marks, self._line, self._basemap = marks, line, basemap
        self._words, self._is_estimate = words, is_estimate

    def draw(self) -> None:
        """Draw the map at the place where the page has come to."""
        frame = fit([*self._line, *(place for _, place in self._marks)], self.width, self.height)
        canvas: Canvas = self.canv
        begin_map(canvas, self.width, self.height)
        layers = read_ground(self._basemap, frame) if self._basemap is not None else {}
        draw_ground(canvas, layers)
        self._draw_way(canvas, frame)
        spots = [frame.place(place) for _, place in self._marks]
        dots = spread(spots, 2 * _DOT_PT)
        below: Box = (0, 0, self.width, REMARKS_PT)
        write_names(canvas, frame, layers, [below, *(_box(dot) for dot in dots)])
        for spot, dot in zip(spots, dots, strict=True):
            _tie(canvas, spot, dot)
        for (label, _), dot in zip(self._marks, dots, strict=True):
            _draw_stop(canvas, label, dot)
        self._write_remarks(canvas, frame, has_ground=bool(layers))
        end_map(canvas, self.width, self.height)

    def _draw_way(self, canvas: Canvas, frame: Frame) -> None:
        """Draw the way in black on white; one that is only estimated is dashed."""
        if not self._line:
            return
        path = canvas.beginPath()
        first, *others = (frame.place(point) for point in self._line)
        path.moveTo(*first)
        for point in others:
            path.lineTo(*point)
        canvas.setStrokeGray(1)
        canvas.setLineWidth(_CASING_PT)
        canvas.drawPath(path, stroke=1, fill=0)
        canvas.setStrokeGray(0)
        canvas.setLineWidth(_WAY_PT)
        if self._is_estimate:
            canvas.setDash(5, 4)
        canvas.drawPath(path, stroke=1, fill=0)
        canvas.setDash()

    def _write_remarks(self, canvas: Canvas, frame: Frame, *, has_ground: bool) -> None:
        draw_scale(canvas, frame, self._words.decimal)
        if not has_ground:
            remark = self._words.outside_basemap if self._basemap else self._words.no_basemap
            write_on_white(canvas, remark, 0, self.height - 10)
        # The way follows OpenStreetMap's streets also where no basemap is drawn.
        if has_ground or not self._is_estimate:
            write_credit(canvas, self.width)


def _tie(canvas: Canvas, spot: Point, dot: Point) -> None:
    """Tie a dot that had to move aside to its spot."""
    if spot != dot:
        canvas.setStrokeGray(0)
        canvas.setFillGray(0)
        canvas.setLineWidth(0.7)
        canvas.line(*spot, *dot)
        canvas.circle(*spot, 1.4, stroke=0, fill=1)


def _draw_stop(canvas: Canvas, label: str, dot: Point) -> None:
    x, y = dot
    canvas.setStrokeGray(1)
    canvas.setLineWidth(0.8)
    canvas.setFillGray(0)
    canvas.circle(x, y, _DOT_PT, stroke=1, fill=1)
    canvas.setFillGray(1)
    canvas.setFont(BOLD, _NUMBER_PT)
    canvas.drawCentredString(x, y - _LOW, label)


def _box(dot: Point) -> Box:
    x, y = dot
    return x - _DOT_PT, y - _DOT_PT, x + _DOT_PT, y + _DOT_PT
