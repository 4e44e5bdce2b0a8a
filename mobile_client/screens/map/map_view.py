"""The map widget: drag, pinch, double tap, wheel, and a tap on a marker."""
# mypy: allow-subclassing-any
# Kivy ships no types.

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, InstructionGroup, Rectangle
from kivy.graphics.scissor_instructions import ScissorPop, ScissorPush
from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile_client.presenters.map.package import MapPackage
from mobile_client.presenters.map.projection import TILE_SIZE_DP, Camera, to_world
from mobile_client.screens.map.overlay import Overlay
from mobile_client.screens.map.tile_layer import TileLayer
from mobile_client.screens.theme import rgba
from mobile_client.views import LonLat, MapFeatures

MIN_ZOOM, MAX_ZOOM = 8.0, 18.5
_TAP_SLOP_DP = 10
_START_ZOOM, _FIT_ZOOM = 13.0, 16.0
_MARGIN_DP = 56
_GROUND = rgba("F4F2ED")


class MapView(Widget):
    """Shows a package and features; tells `on_marker(account_id)` and `on_ground`."""

    __events__ = ("on_marker", "on_ground")

    def __init__(self, centre: LonLat, **properties: object) -> None:
        super().__init__(**properties)
        self._origin = to_world(*centre)
        self.camera = Camera(*self._origin, _START_ZOOM, 0, 0, 100, 100, dp(TILE_SIZE_DP))
        self._tiles: TileLayer | None = None
        self._touches: list[Any] = []
        self._wished: list[LonLat] = []
        self.overlay = Overlay(*self._origin)
        with self.canvas.before:
            # A custom canvas is not clipped by itself; a scissor is cheaper than a stencil.
            self._clip = ScissorPush()
        with self.canvas:
            Color(*_GROUND)
            self._ground = Rectangle()
            self._base = InstructionGroup()
        self.canvas.add(self._base)
        self.canvas.add(self.overlay.group)
        with self.canvas.after:
            ScissorPop()
        self._redraw = Clock.create_trigger(lambda _: self._update(), -1)
        self.bind(pos=self._fit, size=self._fit)

    @property
    def is_ready(self) -> bool:
        """Whether everything the camera sees is drawn."""
        return not self._redraw.is_triggered and not (self._tiles and self._tiles.is_loading)

    def set_package(self, path: Path | None) -> None:
        """Draws another base map, or none."""
        self.close()
        if path is not None:
            self._tiles = TileLayer(MapPackage(path), *self._origin, on_loaded=self._redraw)
            self._base.add(self._tiles.group)
        self._redraw()

    def set_features(self, features: MapFeatures) -> None:
        """Draws other features."""
        self.overlay.set_features(features)
        self._redraw()

    def set_here(self, here: LonLat | None) -> None:
        """Draws where the phone is."""
        self.overlay.set_here(here)
        self._redraw()

    def centre_on(self, at: LonLat, zoom: float | None = None) -> None:
        """Moves the camera."""
        x, y = to_world(*at)
        self._move(replace(self.camera, x=x, y=y, zoom=zoom or self.camera.zoom))

    def fit_to(self, points: list[LonLat]) -> None:
        """Shows all these points, also in another size, until the user moves the map."""
        self._wished = points
        self._fit()

    def close(self) -> None:
        """Ends the worker of the base map."""
        if self._tiles is not None:
            self._base.clear()
            self._tiles.close()
            self._tiles = None

    def on_marker(self, account_id: str) -> None:
        """A single marker was tapped."""

    def on_ground(self) -> None:
        """The map was tapped where no marker is."""

    def on_touch_down(self, touch: Any) -> bool:  # noqa: ANN401 - Kivy's touch
        """Begins a drag, a pinch or a tap."""
        if not self.collide_point(*touch.pos):
            return False
        if touch.is_mouse_scrolling:
            self._zoom_at(touch.pos, 0.5 if touch.button == "scrolldown" else -0.5)
        elif touch.is_double_tap:
            self._zoom_at(touch.pos, 1)
        else:
            touch.grab(self)
            touch.ud["map_from"] = touch.pos
            self._touches.append(touch)
        return True

    def on_touch_move(self, touch: Any) -> bool:  # noqa: ANN401
        """Drags with one finger, zooms with two."""
        if touch.grab_current is not self:
            return False
        if len(self._touches) == 1:
            self._move(self.camera.moved(touch.dx, touch.dy))
        elif touch in self._touches[:2]:
            first, second = self._touches[:2]
            other = second if touch is first else first
            before, after = math.dist(touch.ppos, other.pos), math.dist(touch.pos, other.pos)
            if min(before, after) > 1:
                middle = (touch.x + other.x) / 2, (touch.y + other.y) / 2
                self._zoom_at(middle, math.log2(after / before))
        return True

    def on_touch_up(self, touch: Any) -> bool:  # noqa: ANN401
        """Ends a drag, or taps."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        is_single = len(self._touches) == 1
        self._touches.remove(touch)
        if is_single and math.dist(touch.ud["map_from"], touch.pos) < dp(_TAP_SLOP_DP):
            self._tap(touch.pos)
        return True

    def _tap(self, position: tuple[float, float]) -> None:
        hit = self.overlay.hit(self.camera, position)
        if hit is None:
            self.dispatch("on_ground")
        elif len(hit.points) == 1:
            self.dispatch("on_marker", hit.points[0].account_id)
        else:
            self._zoom_at(position, 1.5)

    def _zoom_at(self, position: tuple[float, float], by: float) -> None:
        zoom = min(MAX_ZOOM, max(MIN_ZOOM, self.camera.zoom + by))
        self._move(self.camera.zoomed(*position, zoom))

    def _move(self, camera: Camera) -> None:
        self._wished = []
        self._camera_to(camera)

    def _camera_to(self, camera: Camera) -> None:
        self.camera = camera
        self._redraw()

    def _fit(self, *_: object) -> None:
        box = {"left": self.x, "bottom": self.y, "width": self.width, "height": self.height}
        camera = replace(self.camera, **box)
        self._camera_to(
            camera.fitted(self._wished, dp(_MARGIN_DP), _FIT_ZOOM) if self._wished else camera
        )

    def _update(self) -> None:
        self._ground.pos, self._ground.size = self.pos, self.size
        self._clip.pos = [int(number) for number in self.to_window(*self.pos)]
        self._clip.size = [int(number) for number in self.size]
        if self._tiles is not None:
            self._tiles.update(self.camera)
        self.overlay.update(self.camera)
