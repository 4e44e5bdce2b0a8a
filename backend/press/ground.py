"""The basemap on paper, drawn as lines and areas that read in black and white."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import mapbox_vector_tile
import msgspec
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from backend.geo.basemap.reader import Basemap
from backend.geo.tiles import Tile
from backend.press.frame import Frame, Point
from backend.press.letters import BOLD, REGULAR, printable, width_pt

_EVEN_ODD = 0
_EDGE: Final = 1
"""How the library names that only the edge of letters is drawn."""
_WATER, _GREEN, _STREET, _RAIL, _NAME = 0.86, 0.955, 0.74, 0.6, 0.3
"""Shades of grey, 1 is paper."""
_GREENS = frozenset({"wood", "grass", "park", "wetland", "cemetery", "pitch", "farm"})
_WIDTHS: Mapping[str, float] = {
    "motorway": 2.2, "trunk": 2.0, "primary": 1.9, "secondary": 1.6, "tertiary": 1.3,
    "minor": 0.8, "pedestrian": 0.6, "rail": 0.5, "tram": 0.5, "service": 0.4, "path": 0.3,
}  # fmt: skip
"""How wide each class of way is drawn, in points."""
_RAILS = frozenset({"rail", "tram"})
_NAMED_STREETS = frozenset({"trunk", "primary", "secondary", "tertiary", "minor"})
_TOWNS = frozenset({"city", "town", "borough"})
_LAYERS = frozenset({"land", "water", "roads", "places"})
_SIZE_PT, _TOWN_SIZE_PT = 5.5, 8.0
_MAX_NAMES = 60

type Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points."""


class Shape(msgspec.Struct, frozen=True):
    """A thing on the map: its class, its name and its lines (of an area, the rings)."""

    kind: str
    name: str
    is_area: bool
    lines: list[list[Point]]


type Layers = Mapping[str, Sequence[Shape]]


def read_ground(basemap: Basemap, frame: Frame) -> Layers:
    """Return what the basemap has inside the frame, by layer and in points; empty for nothing."""
    zoom = frame.zoom(basemap.min_zoom, basemap.max_zoom)
    found: dict[str, list[Shape]] = {}
    for tile in frame.tiles(zoom):
        data = basemap.tile(*tile)
        if data is not None:
            for layer, shape in _shapes(gzip.decompress(data), tile, frame):
                found.setdefault(layer, []).append(shape)
    return found


def draw_ground(canvas: Canvas, layers: Layers) -> None:
    """Draw land, water, streets and rails, the narrow ones first."""
    for shape in layers.get("land", ()):
        if shape.kind in _GREENS:
            _fill(canvas, shape, _GREEN)
    for shape in layers.get("water", ()):
        if shape.is_area:
            _fill(canvas, shape, _WATER)
        else:
            _stroke(canvas, shape, 0.8, _WATER)
    ways = sorted(layers.get("roads", ()), key=lambda shape: _WIDTHS.get(shape.kind, 0))
    for shape in ways:
        if shape.kind in _WIDTHS:
            _stroke(canvas, shape, _WIDTHS[shape.kind], _RAIL if shape.kind in _RAILS else _STREET)


def write_names(canvas: Canvas, frame: Frame, layers: Layers, taken: Sequence[Box]) -> None:
    """Write the names of places, then of streets, where neither a name nor a box is in the way."""
    boxes, written = list(taken), {""}
    for name, (x, y), is_town in _names(layers):
        font, size = (BOLD, _TOWN_SIZE_PT) if is_town else (REGULAR, _SIZE_PT)
        text = printable(name, 40)
        half = width_pt(text, font, size) / 2
        box = (x - half - 2, y - size, x + half + 2, y + size)
        is_inside = frame.holds(box[:2]) and frame.holds(box[2:])
        if name not in written and is_inside and not any(_meet(box, one) for one in boxes):
            written.add(name)
            boxes.append(box)
            _write(canvas, text, (x - half, y - size / 3), font, size)
        if len(written) > _MAX_NAMES:
            return


def _write(canvas: Canvas, text: str, foot: Point, font: str, size: float) -> None:
    """Write a name in grey with a white edge, so that it reads on lines."""
    canvas.setFont(font, size)
    canvas.setLineWidth(1.6)
    canvas.setStrokeGray(1)
    canvas.setFillGray(_NAME)
    canvas.drawString(*foot, text, mode=_EDGE)
    canvas.drawString(*foot, text)


def _shapes(data: bytes, tile: Tile, frame: Frame) -> Iterator[tuple[str, Shape]]:
    count = 1 << tile.z
    decoded = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})
    for layer, content in decoded.items():
        extent = content["extent"]
        for feature in content["features"] if layer in _LAYERS else ():
            geometry, properties = feature["geometry"], feature["properties"]
            lines = [
                [
                    frame.spot((tile.x + x / extent) / count, (tile.y + y / extent) / count)
                    for x, y in line
                ]
                for line in _lines(geometry)
            ]
            yield (
                layer,
                Shape(
                    properties.get("class", ""),
                    properties.get("name", ""),
                    is_area="Polygon" in geometry["type"],
                    lines=lines,
                ),
            )


def _lines(geometry: Mapping[str, Any]) -> Iterator[Sequence[Sequence[float]]]:
    """Yield the parts of any geometry as lists of positions."""
    parts = geometry["coordinates"]
    match geometry["type"]:
        case "Point":
            yield [parts]
        case "LineString" | "MultiPoint":
            yield parts
        case "MultiLineString" | "Polygon":
            yield from parts
        case "MultiPolygon":
            for polygon in parts:
                yield from polygon
        case _:  # the format has no others
            return


def _fill(canvas: Canvas, shape: Shape, shade: float) -> None:
    canvas.setFillGray(shade)
    canvas.drawPath(_path(canvas, shape), stroke=0, fill=1, fillMode=_EVEN_ODD)


def _stroke(canvas: Canvas, shape: Shape, width: float, shade: float) -> None:
    canvas.setStrokeGray(shade)
    canvas.setLineWidth(width)
    canvas.drawPath(_path(canvas, shape), stroke=1, fill=0)


def _path(canvas: Canvas, shape: Shape) -> PDFPathObject:
    path = canvas.beginPath()
    for line in shape.lines:
        path.moveTo(*line[0])
        for point in line[1:]:
            path.lineTo(*point)
    return path


def _names(layers: Layers) -> Iterator[tuple[str, Point, bool]]:
    """Yield the names of places, then of streets, where they belong and whether it is a town."""
    streets = (one for one in layers.get("roads", ()) if one.kind in _NAMED_STREETS)
    for shape in (*layers.get("places", ()), *streets):
        line = shape.lines[0]
        yield shape.name, line[len(line) // 2], shape.kind in _TOWNS


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
