"""The printed letters: Be Vietnam Pro, of which each sheet embeds the letters it uses."""

import threading
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

import fontpkg_be_vietnam_pro
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from backend.press.plain_text import plain

REGULAR, BOLD = "BeVietnamPro-Regular", "BeVietnamPro-Bold"
_FILES = Path(fontpkg_be_vietnam_pro.ROOT) / "files"
_UNKNOWN = "?"
"""In place of letters that the font does not have, such as emoji and other scripts."""
_registering = threading.Lock()


def register_letters() -> None:
    """Make the fonts known to the library; a second call does nothing."""
    with _registering:
        known = pdfmetrics.getRegisteredFontNames()
        for name in (REGULAR, BOLD):
            if name not in known:
                pdfmetrics.registerFont(TTFont(name, str(_FILES / f"{name}.ttf")))


def printable(text: str, most: int = 120) -> str:
    """Return the text on one line in letters that the font has; the fonts must be registered."""
    known = _known_letters()
    return "".join(one if ord(one) in known else _UNKNOWN for one in plain(text, most))


@lru_cache(maxsize=1)
def _known_letters() -> frozenset[int]:
    font = pdfmetrics.getFont(REGULAR)
    if not isinstance(font, TTFont):
        raise TypeError("The letters were not registered.")
    return frozenset(font.face.charToGlyph)


def markup(text: str, most: int = 120) -> str:
    """Return the printable text for a paragraph: nothing in it is taken for a command."""
    return escape(printable(text, most))


def width_pt(text: str, font: str, size_pt: float) -> float:
    """Return how wide a text is printed."""
    return float(pdfmetrics.stringWidth(text, font, size_pt))
