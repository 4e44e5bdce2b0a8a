"""The base map: loads the tiles a camera needs and draws them by style."""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from kivy.clock import Clock
from kivy.graphics import InstructionGroup, Mesh, RenderContext
from kivy.metrics import dp, sp

from mobile_client.presenters.map.package import MapPackage
from mobile_client.presenters.map.projection import Camera
from mobile_client.screens.map.placed import Placed
from mobile_client.screens.map.shaders import (
    FILL_FORMAT,
    LINE_FORMAT,
    fill_context,
    line_context,
)
from mobile_client.screens.map.sprites import Sprites, TextTextures
from mobile_client.screens.map.tile_builder import BuiltTile, build_tile
from mobile_client.screens.theme import rgba

type TileKey = tuple[int, int, int]

CACHED_TILES = 96
_PARENT_LEVELS = 3
_BUILDINGS_ZOOM = 14.5
_PATHS_ZOOM = 15
_LABEL_APART_DP = (96, 40)
_FILLS = {
    "built": rgba("EFECE5"),
    "open": rgba("F3EFD9"),
    "green": rgba("D3E6C8"),
    "water": rgba("A5CDEA"),
    "buildings": rgba("E2DDD4"),
}
# Colour, half of the width in dp at zoom 14, growth a zoom.
_LINES = {
    "water": (rgba("A5CDEA"), 0.8, 1.4),
    "path": (rgba("C9C2B6"), 0.3, 1.3),
    "rail": (rgba("9A96A0"), 0.4, 1.25),
    "small": (rgba("D0D3D7"), 0.4, 1.5),
    "minor": (rgba("C3C8CE"), 0.6, 1.6),
    "middle": (rgba("F0C56A"), 1.3, 1.45),
    "major": (rgba("EE9A57"), 2.0, 1.38),
}
_PLACE_INK, _STREET_INK = rgba("22303C"), rgba("44505C")


@dataclass(slots=True)
class _Tile:
    """One tile's meshes by style; without any when the package has no tile there."""

    built: BuiltTile | None
    drawn: dict[str, Placed] = field(default_factory=dict)


class TileLayer:
    """Draws a package below the markers; `on_loaded` is called when another tile is there."""

    def __init__(
        self, package: MapPackage, x: float, y: float, on_loaded: Callable[[], None]
    ) -> None:
        self._package, self._on_loaded = package, on_loaded
        self._tiles: OrderedDict[TileKey, _Tile] = OrderedDict()
        self._pending: dict[TileKey, Future[BuiltTile | None]] = {}
        self._shown: list[TileKey] | None = None
        self._pool = ThreadPoolExecutor(1, "tuyen-tiles")
        self._textures = TextTextures()
        self._labels = Sprites(x, y)
        self.group = InstructionGroup()
        self._contexts: dict[str, RenderContext] = {}
        for style, colour in _FILLS.items():
            self._contexts[f"fill {style}"] = fill_context(colour)
        for style, (colour, half_width, _) in _LINES.items():
            self._contexts[f"line {style}"] = line_context(colour, dp(half_width))
        for context in self._contexts.values():
            self.group.add(context)
        self.group.add(self._labels.group)

    @property
    def is_loading(self) -> bool:
        """Whether tiles are still being read."""
        return bool(self._pending)

    def update(self, camera: Camera) -> None:
        """Draws what the camera sees; asks for the tiles that are missing."""
        wanted = self._wanted(camera)
        for key in wanted:
            self._need(key)
        shown = self._ready(wanted)
        if shown != self._shown:
            self._show(shown, camera)
        for key in shown:
            self._tiles.move_to_end(key)
            for placed in self._tiles[key].drawn.values():
                placed.place(camera)
        self._scale_lines(camera.zoom)
        self._labels.place(camera)

    def close(self) -> None:
        """Ends the worker and closes the package."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._package.close()

    def _wanted(self, camera: Camera) -> list[TileKey]:
        """The tiles under the window, the middle ones first."""
        low, high = self._package.min_zoom, self._package.max_zoom
        if camera.zoom < low - 1:
            # Too many tiles, each too small to read.
            return []
        zoom = max(low, min(high, int(camera.zoom + 0.1)))
        across = 1 << zoom
        west, north, east, south = (edge * across for edge in camera.window())
        columns = range(max(0, int(west)), min(across - 1, int(east)) + 1)
        rows = range(max(0, int(north)), min(across - 1, int(south)) + 1)
        keys = [(zoom, x, y) for x in columns for y in rows]
        middle = camera.x * across - 0.5, camera.y * across - 0.5
        return sorted(keys, key=lambda key: abs(key[1] - middle[0]) + abs(key[2] - middle[1]))

    def _need(self, key: TileKey) -> None:
        if key in self._tiles or key in self._pending:
            return
        future = self._pool.submit(self._build, key)
        self._pending[key] = future
        future.add_done_callback(lambda _: Clock.schedule_once(lambda _: self._take(key)))

    def _build(self, key: TileKey) -> BuiltTile | None:
        blob = self._package.tile(*key)
        try:
            return build_tile(blob) if blob else None
        except ValueError:
            # One broken tile leaves a hole, not a broken map.
            return None

    def _take(self, key: TileKey) -> None:
        """Makes the meshes of a built tile, on the window's thread."""
        future = self._pending.pop(key)
        if future.cancelled():
            return
        built = future.result()
        tile = _Tile(built)
        if built is not None:
            zoom, x, y = key
            units = built.extent * (1 << zoom)
            meshes = [
                (f"{kind} {style}", chunks, form)
                for kind, styles, form in (
                    ("fill", built.fills, FILL_FORMAT),
                    ("line", built.lines, LINE_FORMAT),
                )
                for style, chunks in styles.items()
            ]
            for name, chunks, form in meshes:
                placed = Placed(x / (1 << zoom), y / (1 << zoom), units)
                placed.fill(
                    [
                        Mesh(vertices=c.vertices, indices=c.indices, fmt=form, mode="triangles")
                        for c in chunks
                        if c.indices
                    ]
                )
                tile.drawn[name] = placed
        self._tiles[key] = tile
        self._shown = None
        while len(self._tiles) > CACHED_TILES:
            self._tiles.popitem(last=False)
        self._on_loaded()

    def _ready(self, wanted: list[TileKey]) -> list[TileKey]:
        """The wanted tiles that are loaded, over the parents of those that are not."""
        missing = [key for key in wanted if key not in self._tiles]
        parents = {
            (zoom - up, x >> up, y >> up)
            for zoom, x, y in missing
            for up in range(1, _PARENT_LEVELS + 1)
        }
        return sorted(parents & self._tiles.keys()) + [k for k in wanted if k in self._tiles]

    def _show(self, shown: list[TileKey], camera: Camera) -> None:
        self._shown = shown
        for name, context in self._contexts.items():
            context.clear()
            for key in shown:
                if name in self._tiles[key].drawn:
                    context.add(self._tiles[key].drawn[name].group)
        self._write_labels(shown, camera)

    def _write_labels(self, shown: list[TileKey], camera: Camera) -> None:
        """Places first, then streets, none where another one stands."""
        labels = [
            (label, (x + label.x) / (1 << zoom), (y + label.y) / (1 << zoom))
            for zoom, x, y in shown
            if (built := self._tiles[zoom, x, y].built) is not None
            for label in built.labels
        ]
        labels.sort(key=lambda found: (found[0].rank, found[0].text))
        taken: list[tuple[float, float]] = []
        self._labels.begin()
        for label, x, y in labels:
            place = camera.to_screen(x, y)
            if any(_is_near(place, other) for other in taken):
                continue
            taken.append(place)
            is_street = label.rank > 5  # noqa: PLR2004 - places rank from 0 to 5
            ink, size = (_STREET_INK, sp(12)) if is_street else (_PLACE_INK, sp(15))
            texture = self._textures.get(label.text, size, ink, is_outlined=True)
            self._labels.text(x, y, texture, label.turn)
        self._labels.end()

    def _scale_lines(self, zoom: float) -> None:
        for style, (colour, half_width, growth) in _LINES.items():
            context = self._contexts[f"line {style}"]
            context["half_width"] = max(0.35, dp(half_width * growth ** (zoom - 14)))
            is_hidden = style == "path" and zoom < _PATHS_ZOOM
            context["colour"] = (*colour[:3], 0.0 if is_hidden else 1.0)
        colour = _FILLS["buildings"]
        self._contexts["fill buildings"]["colour"] = (
            *colour[:3],
            1.0 if zoom >= _BUILDINGS_ZOOM else 0.0,
        )


def _is_near(a: tuple[float, float], b: tuple[float, float]) -> bool:
    apart = float(dp(_LABEL_APART_DP[0])), float(dp(_LABEL_APART_DP[1]))
    return abs(a[0] - b[0]) < apart[0] and abs(a[1] - b[1]) < apart[1]
