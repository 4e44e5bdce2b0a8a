"""The icons, drawn as strokes on a 24 x 24 grid (y down), so that no icon font is shipped."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from kivy.clock import Clock
from kivy.graphics import Color, Ellipse, Line
from kivy.properties import ColorProperty, StringProperty
from kivy.uix.widget import Widget

from mobile_client.screens.theme import T

# line: x, y, x, y, ...; ring: cx, cy, r; dot: cx, cy, r (filled); box: x, y, width, height, r;
# arc: cx, cy, r, from, to (degrees, clockwise from north).
type Stroke = tuple[str, tuple[float, ...]]

_GRID = 24
_PIN: tuple[Stroke, ...] = (
    ("arc", (12, 10, 7, -125, 125)),
    ("line", (6.3, 14, 12, 21.5, 17.7, 14)),
)
_CLOUD: tuple[Stroke, ...] = (
    ("arc", (7, 14.5, 4, -180, 10)),
    ("arc", (12.5, 11, 5, -75, 80)),
    ("arc", (18, 14.8, 3.7, -10, 180)),
    ("line", (7, 18.5, 18, 18.5)),
)
_SHEET: tuple[Stroke, ...] = (("box", (4, 3, 16, 18, 2)),)
ICONS: dict[str, tuple[Stroke, ...]] = {
    "today": (
        ("box", (4, 5, 16, 15, 2)),
        ("line", (4, 9.5, 20, 9.5)),
        ("line", (8, 3, 8, 6)),
        ("line", (16, 3, 16, 6)),
        ("line", (8.5, 14, 11, 16.5, 15.5, 12)),
    ),
    "map": (
        ("line", (3, 6, 9, 3.5, 15, 6, 21, 3.5, 21, 18, 15, 20.5, 9, 18, 3, 20.5, 3, 6)),
        ("line", (9, 3.5, 9, 18)),
        ("line", (15, 6, 15, 20.5)),
    ),
    "store": (
        ("line", (4, 4, 20, 4)),
        ("line", (5, 4, 3.5, 10, 20.5, 10, 19, 4)),
        ("line", (5, 10, 5, 20, 19, 20, 19, 10)),
        ("line", (9.5, 20, 9.5, 14, 14.5, 14, 14.5, 20)),
    ),
    "sync": (
        ("arc", (12, 12, 8, -80, 60)),
        ("arc", (12, 12, 8, 100, 240)),
        ("line", (19.5, 4, 19.3, 8.6, 14.8, 8)),
        ("line", (4.5, 20, 4.7, 15.4, 9.2, 16)),
    ),
    "cloud_off": (*_CLOUD, ("line", (4, 4, 20.5, 21.5))),
    "cloud_done": (*_CLOUD, ("line", (9, 13.8, 11.5, 16, 15.5, 11.5))),
    "alert": (
        ("line", (12, 3.5, 21.5, 20, 2.5, 20, 12, 3.5)),
        ("line", (12, 9.5, 12, 14)),
        ("dot", (12, 17, 1.2)),
    ),
    "clock": (("ring", (12, 12, 8.5)), ("line", (12, 7, 12, 12.3, 15.5, 14.5))),
    "check": (("line", (4.5, 12.5, 9.8, 17.8, 20, 6.5)),),
    "camera": (
        ("box", (3, 7, 18, 13, 2)),
        ("line", (8, 7, 9.5, 4.5, 14.5, 4.5, 16, 7)),
        ("ring", (12, 13.3, 3.6)),
    ),
    "microphone": (
        ("box", (9, 3, 6, 11.5, 3)),
        ("arc", (12, 11, 6.8, 90, 270)),
        ("line", (12, 18, 12, 21.5)),
    ),
    "stop": (("ring", (12, 12, 9)), ("box", (9, 9, 6, 6, 0.5))),
    "back": (("line", (11, 5, 4, 12, 11, 19)), ("line", (4, 12, 20, 12))),
    "pin": (*_PIN, ("ring", (12, 10, 2.4))),
    "pin_check": (*_PIN, ("line", (8.8, 10, 11.2, 12.4, 15.4, 8))),
    "phone": (
        ("box", (7, 2.5, 10, 19, 2)),
        ("line", (10.5, 18.5, 13.5, 18.5)),
    ),
    "mail": (("box", (3, 5, 18, 14, 2)), ("line", (4, 7, 12, 13, 20, 7))),
    "globe": (
        ("ring", (12, 12, 8.5)),
        ("line", (3.5, 12, 20.5, 12)),
        ("line", (12, 3.5, 8.6, 8, 8.6, 16, 12, 20.5, 15.4, 16, 15.4, 8, 12, 3.5)),
    ),
    "person": (("ring", (12, 8, 4)), ("arc", (12, 21, 8, -82, 82))),
    "person_add": (
        ("ring", (9.5, 8, 4)),
        ("arc", (9.5, 21, 7.5, -82, 82)),
        ("line", (19.5, 6, 19.5, 13)),
        ("line", (16, 9.5, 23, 9.5)),
    ),
    "note": (
        *_SHEET,
        ("line", (8, 8, 16, 8)),
        ("line", (8, 12, 16, 12)),
        ("line", (8, 16, 13, 16)),
    ),
    "edit": (
        ("line", (4, 20, 5, 15.5, 16, 4.5, 19.5, 8, 8.5, 19, 4, 20)),
        ("line", (13.5, 7, 17, 10.5)),
    ),
    "search": (("ring", (10.5, 10.5, 6.5)), ("line", (15.4, 15.4, 21, 21))),
    "close": (("line", (5.5, 5.5, 18.5, 18.5)), ("line", (18.5, 5.5, 5.5, 18.5))),
    "target": (
        ("ring", (12, 12, 6.5)),
        ("dot", (12, 12, 2.2)),
        ("line", (12, 2, 12, 5.5)),
        ("line", (12, 18.5, 12, 22)),
        ("line", (2, 12, 5.5, 12)),
        ("line", (18.5, 12, 22, 12)),
    ),
    "route": (
        ("ring", (5.5, 18.5, 2.5)),
        ("ring", (18.5, 5.5, 2.5)),
        ("line", (8, 18.5, 16, 18.5)),
        ("arc", (16, 15.25, 3.25, 0, 180)),
        ("line", (16, 12, 8, 12)),
        ("arc", (8, 8.75, 3.25, 180, 360)),
        ("line", (8, 5.5, 16, 5.5)),
    ),
    "next": (("line", (9, 5, 16, 12, 9, 19)),),
}


class Icon(Widget):
    """One icon; an unknown or empty name draws nothing."""

    name = StringProperty()
    color = ColorProperty(T.ink2)

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        redraw = Clock.create_trigger(self._draw, -1)
        self.bind(pos=redraw, size=redraw, name=redraw, color=redraw)
        redraw()

    def _draw(self, *_: object) -> None:
        side = min(self.width, self.height)
        scale = side / _GRID
        left, top = self.center_x - side / 2, self.center_y + side / 2
        self.canvas.clear()
        with self.canvas:
            Color(*self.color)
            for kind, numbers in ICONS.get(self.name, ()):
                _stroke(kind, numbers, (left, top, scale))


def _stroke(kind: str, numbers: tuple[float, ...], frame: tuple[float, float, float]) -> None:
    """Draws one stroke into the open canvas; `frame` is left, top and pixels a grid unit."""
    left, top, scale = frame
    # Up to a width of 1 Kivy draws bare GL lines without joints.
    look = {"width": max(1.01, scale), "cap": "round", "joint": "round"}
    x, y = left + numbers[0] * scale, top - numbers[1] * scale
    match kind:
        case "line":
            points = [
                place
                for at in range(0, len(numbers), 2)
                for place in (left + numbers[at] * scale, top - numbers[at + 1] * scale)
            ]
            Line(points=points, **look)
        case "ring":
            Line(circle=(x, y, numbers[2] * scale), **look)
        case "arc":
            Line(circle=(x, y, numbers[2] * scale, numbers[3], numbers[4]), **look)
        case "dot":
            radius = numbers[2] * scale
            Ellipse(pos=(x - radius, y - radius), size=(2 * radius, 2 * radius))
        case _:
            width, height, radius = (number * scale for number in numbers[2:])
            Line(rounded_rectangle=(x, y - height, width, height, radius), **look)
