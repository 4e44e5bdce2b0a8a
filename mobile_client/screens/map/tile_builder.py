"""Turns a vector tile's bytes into plain arrays; runs in a worker thread, touches no GL."""

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from kivy.graphics.tesselator import TYPE_POLYGONS, WINDING_ODD, Tesselator

from mobile_client.presenters.map.strokes import MAX_INDICES, Triangles, add_lines
from mobile_client.presenters.map.vector_tile import LINE, POLYGON, Feature, decode_tile

# A street's name is written along a straight piece of at least this share of the tile.
_LABEL_LENGTH = 0.085
_LABEL_MARGIN = 0.07
_MAX_STREET_LABELS = 6
_PLACE_RANKS = {"city": 0, "town": 1, "borough": 1, "suburb": 2, "quarter": 3, "village": 3}

_ROAD_STYLES = {
    **dict.fromkeys(("motorway", "trunk", "primary"), "major"),
    **dict.fromkeys(("secondary", "tertiary"), "middle"),
    **dict.fromkeys(("service", "pedestrian"), "small"),
    **dict.fromkeys(("rail", "tram"), "rail"),
    "path": "path",
}
_LAND_STYLES = {
    **dict.fromkeys(("park", "wood", "grass", "cemetery", "pitch", "wetland"), "green"),
    **dict.fromkeys(("sand", "farm"), "open"),
}


@dataclass(frozen=True, slots=True)
class TileLabel:
    """A name at a place in shares of the tile (y down), turned by radians."""

    text: str
    x: float
    y: float
    turn: float
    rank: int


@dataclass(frozen=True, slots=True)
class BuiltTile:
    """What to draw, in tile units: fills and lines by style name, and the labels."""

    extent: int
    fills: dict[str, list[Triangles]] = field(default_factory=dict)
    lines: dict[str, list[Triangles]] = field(default_factory=dict)
    labels: list[TileLabel] = field(default_factory=list)


def build_tile(blob: bytes) -> BuiltTile:
    """The tile's drawing; raises ValueError for broken bytes."""
    layers = decode_tile(blob)
    extent = next((layer.extent for layer in layers.values()), 4096)
    built = BuiltTile(extent)
    for name in ("land", "water", "buildings"):
        for feature in layers[name].features if name in layers else ():
            if feature.kind == POLYGON:
                _add_fill(built.fills.setdefault(_fill_style(name, feature), []), feature)
            elif feature.kind == LINE and name == "water":
                add_lines(built.lines.setdefault("water", []), feature.parts)
    roads = layers["roads"].features if "roads" in layers else []
    for feature in roads:
        if feature.kind == LINE:
            style = _ROAD_STYLES.get(str(feature.properties.get("class", "")), "minor")
            add_lines(built.lines.setdefault(style, []), feature.parts)
    places = layers["places"].features if "places" in layers else []
    built.labels.extend(_place_labels(places, extent))
    built.labels.extend(_street_labels(roads, extent))
    return built


def _fill_style(layer: str, feature: Feature) -> str:
    if layer != "land":
        return layer
    return _LAND_STYLES.get(str(feature.properties.get("class", "")), "built")


def _add_fill(chunks: list[Triangles], feature: Feature) -> None:
    tesselator = Tesselator()
    for ring in feature.parts:
        tesselator.add_contour([float(number) for point in ring for number in point])
    if not tesselator.tesselate(WINDING_ODD, TYPE_POLYGONS):
        return
    for vertices, indices in tesselator.meshes:
        if not chunks or len(chunks[-1].indices) > MAX_INDICES:
            chunks.append(Triangles())
        mesh = chunks[-1]
        first = len(mesh.vertices) // 2
        # Kivy's meshes carry texture coordinates that are of no use here.
        mesh.vertices.extend(_positions(vertices))
        for second, third in pairwise(range(1, len(indices))):
            mesh.indices.extend((first, first + second, first + third))


def _positions(vertices: list[float]) -> array[float]:
    positions = array("f")
    for at in range(0, len(vertices), 4):
        positions.extend(vertices[at : at + 2])
    return positions


def _place_labels(places: list[Feature], extent: int) -> Iterator[TileLabel]:
    for feature in places:
        name = feature.properties.get("name")
        if name and feature.parts:
            x, y = feature.parts[0][0]
            rank = _PLACE_RANKS.get(str(feature.properties.get("class", "")), 5)
            if 0 <= x <= extent and 0 <= y <= extent:
                yield TileLabel(str(name), x / extent, y / extent, 0.0, rank)


def _street_labels(roads: list[Feature], extent: int) -> list[TileLabel]:
    """Each street's name once, along its longest straight piece inside the tile."""
    longest: dict[str, tuple[float, TileLabel]] = {}
    low, high = extent * _LABEL_MARGIN, extent * (1 - _LABEL_MARGIN)
    for feature in roads:
        name = str(feature.properties.get("name") or "")
        for part in feature.parts if name else ():
            for a, b in pairwise(part):
                length = math.dist(a, b)
                is_inside = all(low < number < high for number in (*a, *b))
                if length < extent * _LABEL_LENGTH or not is_inside:
                    continue
                if name not in longest or length > longest[name][0]:
                    turn = math.atan2(a[1] - b[1], b[0] - a[0])
                    upright = (turn + math.pi / 2) % math.pi - math.pi / 2
                    middle = (a[0] + b[0]) / 2 / extent, (a[1] + b[1]) / 2 / extent
                    longest[name] = length, TileLabel(name, *middle, upright, 9)
    ordered = sorted(longest.values(), key=lambda found: -found[0])
    return [label for _, label in ordered[:_MAX_STREET_LABELS]]
