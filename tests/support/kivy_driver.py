"""Drives a real Kivy window synchronously: steps its loop frame by frame, touches, looks.

`prepare_kivy` must run before the first import of kivy.
"""

import os
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

# Kivy ships no types.
type KivyObject = Any
type OpenApp = Callable[..., Driver]

PHONE, TABLET = (412, 915), (1280, 800)


def prepare_kivy(home: Path, size: tuple[int, int] = PHONE, density: float = 1.0) -> None:
    """Environment and configuration of a window that needs no display."""
    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    os.environ.update(
        KIVY_NO_ARGS="1",
        KIVY_NO_FILELOG="1",
        # Kivy then leaves logging and standard error as they are.
        KIVY_LOG_MODE="PYTHON",
        KIVY_HOME=str(home),
        KIVY_METRICS_DENSITY=str(density),
        KIVY_METRICS_FONTSCALE=os.environ.get("KIVY_METRICS_FONTSCALE", "1"),
        LIBGL_ALWAYS_SOFTWARE="1",
    )
    config = import_module("kivy.config").Config
    graphics = {"width": size[0], "height": size[1], "multisamples": 4, "maxfps": 0}
    for key, value in graphics.items():
        config.set("graphics", key, str(value))
    for device in config.options("input"):
        config.remove_option("input", device)
    config.set("input", "mouse", "mouse,disable_multitouch")
    config.set("kivy", "exit_on_escape", "0")


class Driver:
    """One running app; waits on conditions, never on time."""

    def __init__(self, app: KivyObject, size: tuple[int, int] | None = None) -> None:
        base = import_module("kivy.base")
        self.window = import_module("kivy.core.window").Window
        self._touch = import_module("kivy.tests.common").UnitTestTouch
        self._loop, self._stop = base.EventLoop, base.stopTouchApp
        self.app = app
        if size is not None and tuple(self.window.size) != size:
            self.window.size = size
        app._run_prepare()
        base.runTouchApp(embedded=True)
        self.frames(4)

    def frames(self, count: int = 2) -> None:
        """Steps the loop."""
        for _ in range(count):
            self._loop.idle()

    def until(self, condition: Callable[[], object], timeout_s: float = 20) -> None:
        """Steps until the condition holds."""
        end = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < end, f"Timed out; on screen: {self.texts()}"
            self._loop.idle()
        self.frames(2)

    def walk(self) -> Iterator[KivyObject]:
        """Every widget of the window, those of screens that are not shown left out."""
        for top in reversed(self.window.children):
            yield from top.walk(restrict=True)

    def box(self, widget: KivyObject) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in the window."""
        left, bottom = widget.to_window(*widget.pos)
        return left, bottom, left + widget.width, bottom + widget.height

    def is_visible(self, widget: KivyObject) -> bool:
        """Whether any of it is inside the window, it and its parents opaque."""
        left, bottom, right, top = self.box(widget)
        if min(widget.size) <= 1 or right <= 0 or top <= 0:
            return False
        if left >= self.window.width or bottom >= self.window.height:
            return False
        above = widget
        while above is not None and above is not self.window:
            if above.opacity == 0:
                return False
            above = above.parent
        return above is self.window

    def all(self, kind: str, **wanted: object) -> list[KivyObject]:
        """The visible widgets of a class (or its subclasses) with these properties."""
        return [
            widget
            for widget in self.walk()
            if any(one.__name__ == kind for one in type(widget).__mro__)
            and all(getattr(widget, key, None) == value for key, value in wanted.items())
            and self.is_visible(widget)
        ]

    def find(self, kind: str, **wanted: object) -> KivyObject:
        """The first of `all`; fails with what is on screen."""
        found = self.all(kind, **wanted)
        assert found, f"No visible {kind} with {wanted}; on screen: {self.texts()}"
        return found[0]

    def texts(self) -> list[str]:
        """Every text that can be read in the window."""
        return [label.text for label in self.all("Label") if label.text]

    def tap(self, widget: KivyObject) -> None:
        """A finger on the widget's middle, through the window, as a user's."""
        left, bottom, right, top = self.box(widget)
        self.tap_at((left + right) / 2, (bottom + top) / 2)

    def tap_at(self, x: float, y: float) -> None:
        """A finger on a point of the window."""
        touch = self._touch(x, y)
        touch.touch_down()
        self.frames(2)
        touch.touch_up()
        self.frames(3)

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 6) -> None:
        """A finger from point to point."""
        touch = self._touch(*start)
        touch.touch_down()
        for step in range(1, steps + 1):
            share = step / steps
            x = start[0] + (end[0] - start[0]) * share
            y = start[1] + (end[1] - start[1]) * share
            touch.touch_move(x, y)
            self.frames(1)
        touch.touch_up()
        self.frames(3)

    def type(self, field: KivyObject, text: str) -> None:
        """Types into a text input at its cursor."""
        field.focus = True
        self.frames(1)
        field.insert_text(text)
        self.frames(2)
        field.focus = False
        self.frames(1)

    def press_back(self) -> None:
        """The phone's back key."""
        self.window.dispatch("on_keyboard", 27, 0, None, [])
        self.frames(3)

    def shot(self, path: Path) -> Path:
        """A picture of the window; its width must be a multiple of 4."""
        self.until(lambda: all(one.state == "normal" for one in self.all("ButtonBehavior")))
        path.parent.mkdir(parents=True, exist_ok=True)
        # Kivy appends a counter to the name.
        Path(self.window.screenshot(str(path))).replace(path)
        return path

    def pixels(self, box: tuple[float, float, float, float]) -> bytes:
        """The RGBA bytes of a part of the window: left, bottom, right, top."""
        graphics = import_module("kivy.graphics.opengl")
        left, bottom, right, top = (int(edge) for edge in box)
        self.frames(2)
        taken: bytes = graphics.glReadPixels(
            left,
            bottom,
            right - left,
            top - bottom,
            graphics.GL_RGBA,
            graphics.GL_UNSIGNED_BYTE,
        )
        return taken

    def close(self) -> None:
        """Stops the app and empties the window for the next one."""
        self.app.stop()
        self._stop()
        for child in list(self.window.children):
            self.window.remove_widget(child)
