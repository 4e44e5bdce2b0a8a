"""Colours for sunlight (dark on light, contrast 4.5 and more), and the fonts."""

from dataclasses import dataclass
from pathlib import Path

import fontpkg_be_vietnam_pro
from kivy.core.text import LabelBase

type Rgba = tuple[float, float, float, float]

REGULAR, STRONG = "BeVietnam", "BeVietnam-SemiBold"


def rgba(code: str, alpha: float = 1.0) -> Rgba:
    """`00504A` to floats from 0 to 1."""
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue, alpha


@dataclass(frozen=True, slots=True)
class ToneColours:
    """Background, text upon it, and the same meaning as text on the plain surface."""

    ground: Rgba
    ink: Rgba
    accent: Rgba


class T:
    """The tokens, for Python and kv alike."""

    primary = rgba("00504A")
    on_primary = rgba("FFFFFF")
    surface = rgba("FFFFFF")
    container = rgba("E4F1EF")
    nav = rgba("EEF4F3")
    ink = rgba("10201E")
    ink2 = rgba("3F4F4D")
    outline = rgba("6B7C7A")
    divider = rgba("D5DFDD")
    press = rgba("10201E", 0.08)
    clear = rgba("FFFFFF", 0)
    snack = rgba("21262E")
    snack_action = rgba("8CD9CE")
    tones = {
        "ok": ToneColours(rgba("DFF0E0"), rgba("10401A"), rgba("1B5E20")),
        "info": ToneColours(rgba("E4F1EF"), rgba("10201E"), rgba("3F4F4D")),
        "warn": ToneColours(rgba("FFE0A3"), rgba("4A2F00"), rgba("7A4B00")),
        "error": ToneColours(rgba("FFD6D2"), rgba("6B100B"), rgba("A3231C")),
    }

    @staticmethod
    def pressed(colour: Rgba) -> Rgba:
        """The colour while a finger is on it."""
        red, green, blue, alpha = colour
        return red * 0.86, green * 0.86, blue * 0.86, max(alpha, 0.08)


def register_fonts() -> None:
    """Makes Be Vietnam Pro the app's font, also where kv names none."""
    folder = Path(fontpkg_be_vietnam_pro.__file__).parent / "files"
    regular = str(folder / "BeVietnamPro-Regular.ttf")
    strong = str(folder / "BeVietnamPro-SemiBold.ttf")
    LabelBase.register(REGULAR, regular, fn_bold=strong)
    LabelBase.register(STRONG, strong)
    LabelBase.register("Roboto", regular, fn_bold=strong)
