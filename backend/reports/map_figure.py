"""The map of a report: ground, the area's outline, its accounts, scale, north and attribution."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import shapely
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable

from backend.geo.basemap.reader import Basemap
from backend.geo.tiles import WORLD_SIZE
from backend.geo.vocabulary import LonLat
from backend.press.frame import Frame, Point
from backend.press.ground import Box, Layers, draw_ground, read_ground, write_names
from backend.press.letters import BOLD
from backend.press.map_parts import (
    REMARKS_PT,
    begin_map,
    draw_scale,
    end_map,
    write_credit,
    write_on_white,
)
from backend.reports.looks import BRAND, REST, STAGES, draw_sign
from backend.reports.schemas import Report, Spot
from backend.reports.words import Words

_SIGN_PT = 2.1
_LEAST_PT, _A_TENFOLD_PT, _MOST_PT = 5.0, 2.2, 11.0
"""The radius of few accounts drawn as one, how much ten times as many add, and the largest."""
_HOLE = 0.62
_TOUCH = 0.85
"""Circles that lie closer than this part of their radii cover each other."""
_NUMBER_PT = 5.2
_TOLERANCE_PT = 0.15
_FULL_TURN = 360.0
_NORTH_PT = 22.0
_THOUSAND = 1000

type Heap = tuple[Point, dict[str, int]]
"""Accounts near each other, by life stage, and where they are drawn."""


class MapFigure(Flowable):
    """A map of an area as wide as the text."""

    def __init__(self, report: Report, frame: Frame, basemap: Basemap | None, words: Words) -> None:
        super().__init__()
        self.width, self.height = frame.width, frame.height
        self._report, self._ground, self._words = report, frame, words
        self._basemap = basemap
        self._layers: Layers = read_ground(basemap, frame) if basemap is not None else {}

    def draw(self) -> None:
        """Draw the map at the place where the page has come to."""
        canvas: Canvas = self.canv
        begin_map(canvas, self.width, self.height)
        draw_ground(canvas, self._layers)
        self._draw_area(canvas)
        heaps = apart(heaps_of(self._report.spots, self._ground))
        below: Box = (0, 0, self.width, REMARKS_PT)
        north = (self.width - _NORTH_PT, self.height - _NORTH_PT * 2, self.width, self.height)
        taken = [below, north, *(_box(one) for one in heaps)]
        write_names(canvas, self._ground, self._layers, taken)
        for heap in heaps:
            _draw_heap(canvas, heap, self._words)
        self._draw_north(canvas)
        draw_scale(canvas, self._ground, self._words.decimal)
        if self._layers:
            write_credit(canvas, self.width)
        else:
            key = "report.map.outside" if self._basemap else "report.map.no_basemap"
            write_on_white(canvas, self._words(key), 0, self.height - 10)
        end_map(canvas, self.width, self.height)

    def _draw_area(self, canvas: Canvas) -> None:
        """Draw the outline, and what is inside a little darker."""
        geometry = self._report.snapshot.shape.geometry
        if geometry is None:
            return
        path = canvas.beginPath()
        for ring in _rings(geometry, self._ground):
            path.moveTo(*ring[0])
            for point in ring[1:-1]:
                path.lineTo(*point)
            path.close()
        canvas.saveState()
        canvas.setFillColor(BRAND)
        canvas.setFillAlpha(0.1)
        canvas.setStrokeColor(BRAND)
        canvas.setLineWidth(1.5)
        canvas.drawPath(path, stroke=1, fill=1, fillMode=0)
        canvas.restoreState()

    def _draw_north(self, canvas: Canvas) -> None:
        x, y = self.width - _NORTH_PT / 2, self.height - 6
        path = canvas.beginPath()
        path.moveTo(x, y)
        for dx, dy in ((4.5, -14), (0, -10.5), (-4.5, -14)):
            path.lineTo(x + dx, y + dy)
        path.close()
        canvas.setFillGray(0.15)
        canvas.setStrokeGray(1)
        canvas.setLineWidth(0.8)
        canvas.drawPath(path, stroke=1, fill=1)
        canvas.setFont(BOLD, 7)
        canvas.drawCentredString(x, y - 22, self._words("report.north"))


def _rings(geometry: dict[str, object], frame: Frame) -> Iterator[Sequence[Point]]:
    """Yield an outline's rings in points, without corners that cannot be seen."""
    for part in shapely.get_parts(shapely.geometry.shape(geometry)):
        for ring in (part.exterior, *part.interiors):
            placed = shapely.LineString([frame.place(LonLat(x, y)) for x, y in ring.coords])
            plain = shapely.simplify(placed, _TOLERANCE_PT, preserve_topology=True)
            yield [(x, y) for x, y in shapely.get_coordinates(plain)]


def heaps_of(spots: Sequence[Spot], frame: Frame) -> Iterator[Heap]:
    """Yield what is drawn as one: the life stages of a cell, at the middle of its accounts."""
    cells: dict[int, list[Spot]] = {}
    for spot in spots:
        cells.setdefault(spot.cell, []).append(spot)
    for some in cells.values():
        count = sum(one.accounts for one in some)
        x = math.fsum(one.wx * one.accounts for one in some) / count
        y = math.fsum(one.wy * one.accounts for one in some) / count
        # An account stands in the middle of its cell of the world.
        place = frame.spot((x + 0.5) / WORLD_SIZE, (y + 0.5) / WORLD_SIZE)
        yield place, {one.life_stage: one.accounts for one in some}


def apart(heaps: Iterable[Heap]) -> list[Heap]:
    """Return the heaps, the largest first; one that would cover another's number is added to it."""
    found: list[Heap] = []
    for heap in sorted(heaps, key=lambda one: (-_total(one), one[0])):
        reach = _reach(heap)
        near = (
            at for at, (place, stages) in enumerate(found)
            if sum(stages.values()) > 1
            and math.dist(place, heap[0]) < _TOUCH * (reach + _radius(sum(stages.values())))
        )  # fmt: skip
        at = next(near, None)
        if at is None:
            found.append(heap)
        else:
            place, stages = found[at]
            found[at] = place, dict(Counter(stages) + Counter(heap[1]))
    return found


def _total(heap: Heap) -> int:
    return sum(heap[1].values())


def _radius(count: int) -> float:
    return min(_MOST_PT, _LEAST_PT + _A_TENFOLD_PT * math.log10(count))


def _reach(heap: Heap) -> float:
    """Return how far from its middle a heap is drawn."""
    count = _total(heap)
    return _radius(count) if count > 1 else _SIGN_PT


def _box(heap: Heap) -> Box:
    (x, y), radius = heap[0], _reach(heap)
    return x - radius, y - radius, x + radius, y + radius


def _short(count: int, words: Words) -> str:
    """Return a number in at most four signs."""
    if count < _THOUSAND:
        return str(count)
    return f"{words.number(count / _THOUSAND, 1 if count < 10 * _THOUSAND - 50 else 0)}k"


def _draw_heap(canvas: Canvas, heap: Heap, words: Words) -> None:
    """Draw one account as its sign, several as a ring of their life stages around their number."""
    (x, y), stages = heap
    count = _total(heap)
    if count == 1:
        draw_sign(canvas, next(iter(stages)), x, y, _SIGN_PT)
        return
    radius, begun = _radius(count), 90.0
    canvas.setFillGray(1)
    canvas.circle(x, y, radius + 0.7, stroke=0, fill=1)
    for stage in STAGES:
        turn = _FULL_TURN * stages.get(stage, 0) / count
        canvas.setFillColor(STAGES.get(stage, REST))
        if turn == _FULL_TURN:
            canvas.circle(x, y, radius, stroke=0, fill=1)
        elif turn:
            box = (x - radius, y - radius, x + radius, y + radius)
            canvas.wedge(*box, begun - turn, turn, stroke=0, fill=1)
            begun -= turn
    canvas.setFillGray(1)
    canvas.circle(x, y, radius * _HOLE + 0.4, stroke=0, fill=1)
    canvas.setFillGray(0)
    told = _short(count, words)
    size = _NUMBER_PT if len(told) <= 2 else _NUMBER_PT - 0.9  # noqa: PLR2004  # what the hole holds
    canvas.setFont(BOLD, size)
    canvas.drawCentredString(x, y - size * 0.36, told)
