"""Colours with a meaning, told apart by people who are colour-blind, on light and on dark maps.

Names without an order have hues after Okabe and Ito (2008) and Tol (2021); steps of an order differ
by lightness, so that they stay in order for everybody. `tests/unit/maps/test_palette.py` looks at
them through three kinds of colour blindness.
"""

from typing import NamedTuple


class Color(NamedTuple):
    """A colour on a light and on a dark map."""

    light: str
    dark: str


OTHER = Color("#6b7280", "#9aa5b1")
"""All that has no colour of its own."""
NONE = Color("#b4bac2", "#5b6672")
"""What has no value."""
NAMES = (
    Color("#0072b2", "#77aadd"),
    Color("#d55e00", "#ee8866"),
    Color("#009e73", "#44bb99"),
    Color("#882255", "#ffaabb"),
    Color("#332288", "#eedd88"),
    Color("#56b4e9", "#99ddff"),
    Color("#ddcc77", "#bbcc33"),
)
STEPS = (
    Color("#9ecae1", "#2b5c8a"),
    Color("#6baed6", "#4483b8"),
    Color("#3c8dc3", "#6aaede"),
    Color("#1a62a7", "#a3cff0"),
    Color("#08306b", "#e3f1fb"),
)
"""From little to much."""
GOOD = Color("#2b7bba", "#5a9fd6")
WARNINGS = (
    Color("#fdbe85", "#8a5a2b"),
    Color("#fd8d3c", "#c87a2f"),
    Color("#d9480f", "#f2a541"),
    Color("#7f2704", "#ffe08a"),
)
"""From a little late to very late."""
