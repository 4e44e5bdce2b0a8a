"""Shapes with a meaning: what a single account's form on the map tells, without any colour.

Names have forms that are told apart at ten pixels. Steps of an order fill up as a moon does, so
that their order is seen; what has no value is a cross, and all that has no shape of its own a bar.
"""

from collections.abc import Sequence
from enum import StrEnum

from backend.maps.colouring import NEVER, NO_VALUE, OTHERS, ColourBy


class Shape(StrEnum):
    """A form that the page draws."""

    CIRCLE = "circle"
    SQUARE = "square"
    TRIANGLE = "triangle"
    DIAMOND = "diamond"
    STAR = "star"
    TRIANGLE_DOWN = "triangle_down"
    RING = "ring"
    QUARTER = "quarter"
    HALF = "half"
    THREE_QUARTERS = "three_quarters"
    BAR = "bar"
    CROSS = "cross"


NAMES = (
    Shape.CIRCLE, Shape.SQUARE, Shape.TRIANGLE, Shape.DIAMOND, Shape.STAR, Shape.TRIANGLE_DOWN,
)  # fmt: skip
FILLING = (Shape.RING, Shape.QUARTER, Shape.HALF, Shape.THREE_QUARTERS, Shape.CIRCLE)
"""From little to much."""
_APART = {OTHERS: Shape.BAR, NO_VALUE: Shape.CROSS}
_ORDERED = {
    ColourBy.PRIORITY: FILLING[::-1],
    ColourBy.LAST_VISIT: FILLING[::-1],
    ColourBy.OVERDUE: FILLING,
    ColourBy.POTENTIAL: FILLING,
}
"""Fullest are the first priority, the newest visit, what is longest overdue, and most money."""


def shapes_of(shape_by: ColourBy, keys: Sequence[str]) -> list[Shape]:
    """Return the shapes of classes in their order; raise ValueError for more than there are.

    The legend joins the rest in `others` before.
    """
    own = iter(_ORDERED.get(shape_by, NAMES))
    apart = _APART | {NEVER: Shape.CROSS} if shape_by in _ORDERED else _APART
    shapes = [apart.get(key) or next(own, None) for key in keys]
    told = [one for one in shapes if one is not None]
    if len(told) < len(keys):
        raise ValueError(f"{shape_by} has more classes than there are shapes.")
    return told
