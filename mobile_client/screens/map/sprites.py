"""Discs and texts of a constant size on the screen, anchored to places: one mesh a texture."""

import math
from array import array
from dataclasses import dataclass, field

from kivy.core.text import Label as CoreLabel
from kivy.graphics import InstructionGroup, Mesh
from kivy.graphics.texture import Texture

from mobile_client.presenters.map.projection import Camera
from mobile_client.screens.map.placed import Placed
from mobile_client.screens.map.shaders import SPRITE_FORMAT, circle_context, text_context
from mobile_client.screens.theme import STRONG, Rgba

_VERTEX_FLOATS = 10
_UNIT_CORNERS = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))
_WHITE: Rgba = (1, 1, 1, 1)

type Pairs = list[tuple[float, float]]


@dataclass(slots=True)
class _Quads:
    vertices: array[float] = field(default_factory=lambda: array("f"))
    indices: array[int] = field(default_factory=lambda: array("H"))

    def add(self, at: tuple[float, float], offsets: Pairs, coords: Pairs, tint: Rgba) -> None:
        first = len(self.vertices) // _VERTEX_FLOATS
        for offset, coord in zip(offsets, coords, strict=True):
            self.vertices.extend((*at, *offset, *coord, *tint))
        self.indices.extend((first, first + 1, first + 2, first, first + 2, first + 3))

    def mesh(self, texture: Texture | None = None) -> Mesh:
        return Mesh(
            vertices=self.vertices,
            indices=self.indices,
            fmt=SPRITE_FORMAT,
            mode="triangles",
            texture=texture,
        )


class Sprites:
    """Collects discs and texts between `begin` and `end`, then shows them."""

    def __init__(self, x: float, y: float) -> None:
        self.group = InstructionGroup()
        self._discs_at, self._texts_at = Placed(x, y), Placed(x, y)
        for context, placed in (
            (circle_context(), self._discs_at),
            (text_context(), self._texts_at),
        ):
            context.add(placed.group)
            self.group.add(context)
        self.begin()

    def begin(self) -> None:
        """Starts a new collection; what is shown stays until `end`."""
        self._discs = _Quads()
        self._texts: dict[Texture, _Quads] = {}

    def disc(self, x: float, y: float, radius_px: float, colour: Rgba) -> None:
        """A disc with a white ring at a place in world units."""
        offsets = [(radius_px * cx, radius_px * cy) for cx, cy in _UNIT_CORNERS]
        tint = (*colour[:3], radius_px)
        self._discs.add(self._discs_at.local(x, y), offsets, list(_UNIT_CORNERS), tint)

    def text(self, x: float, y: float, texture: Texture, turn: float = 0.0) -> None:
        """A text's texture centred at a place in world units, turned by radians."""
        cos, sin = math.cos(turn), math.sin(turn)
        half = texture.width / 2, texture.height / 2
        corners = [(half[0] * cx, half[1] * cy) for cx, cy in _UNIT_CORNERS]
        offsets = [(a * cos - b * sin, a * sin + b * cos) for a, b in corners]
        flat = texture.tex_coords
        coords = list(zip(flat[::2], flat[1::2], strict=True))
        quads = self._texts.setdefault(texture, _Quads())
        quads.add(self._texts_at.local(x, y), offsets, coords, _WHITE)

    def end(self) -> None:
        """Shows the collection."""
        self._discs_at.fill([self._discs.mesh()] if self._discs.indices else [])
        self._texts_at.fill([quads.mesh(texture) for texture, quads in self._texts.items()])

    def place(self, camera: Camera) -> None:
        """Moves everything to where the camera sees it."""
        self._discs_at.place(camera)
        self._texts_at.place(camera)


class TextTextures:
    """Renders each text once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, float, Rgba, bool], Texture] = {}

    def get(self, text: str, size_px: float, colour: Rgba, *, is_outlined: bool = False) -> Texture:
        """The text's texture, with a white outline where it stands on the map itself."""
        key = (text, size_px, colour, is_outlined)
        if key not in self._made:
            outline = {"outline_width": 2, "outline_color": _WHITE} if is_outlined else {}
            label = CoreLabel(
                text=text, font_size=size_px, font_name=STRONG, color=colour, **outline
            )
            label.refresh()
            self._made[key] = label.texture
        return self._made[key]
