"""What stands on every printed map: its scale, whose ground it is, and its edge."""

import re

from reportlab.pdfgen.canvas import Canvas

from backend.geo.basemap.features import ATTRIBUTION
from backend.press.frame import Frame
from backend.press.letters import REGULAR, width_pt

REMARKS_PT = 20.0
"""How much of the foot is left to scale bar and attribution."""
_CREDIT = f"{re.sub('<[^>]+>', '', ATTRIBUTION)}, openstreetmap.org/copyright"
_SMALL_PT = 6.0
_METRES_A_KM = 1000


def begin_map(canvas: Canvas, width: float, height: float) -> None:
    """Draw inside the map's edge alone from here on, with round joints."""
    canvas.saveState()
    edge = canvas.beginPath()
    edge.rect(0, 0, width, height)
    canvas.clipPath(edge, stroke=0, fill=0)
    canvas.setLineJoin(1)
    canvas.setLineCap(1)


def end_map(canvas: Canvas, width: float, height: float) -> None:
    """Draw the map's edge, and elsewhere from here on."""
    canvas.restoreState()
    canvas.setStrokeGray(0.4)
    canvas.setLineWidth(0.6)
    canvas.rect(0, 0, width, height, stroke=1, fill=0)


def draw_scale(canvas: Canvas, frame: Frame, decimal: str = ".") -> None:
    """Draw a bar of a round length with it written above, at the lower left."""
    metres, length = frame.scale_bar(frame.width / 4)
    canvas.setStrokeGray(0)
    canvas.setFillGray(0)
    canvas.setLineWidth(1)
    canvas.lines([(8, 8, 8 + length, 8), (8, 6, 8, 12), (8 + length, 6, 8 + length, 12)])
    canvas.setFont(REGULAR, _SMALL_PT)
    is_short = metres < _METRES_A_KM
    told = f"{metres} m" if is_short else f"{metres / _METRES_A_KM:g} km".replace(".", decimal)
    canvas.drawString(12, 11, told)


def write_credit(canvas: Canvas, width: float) -> None:
    """Name whose data the streets are, at the lower right."""
    write_on_white(canvas, _CREDIT, width - width_pt(_CREDIT, REGULAR, _SMALL_PT) - 8, 0)


def write_on_white(canvas: Canvas, text: str, x: float, y: float) -> None:
    """Write a remark in small letters on white."""
    canvas.setFont(REGULAR, _SMALL_PT)
    canvas.setFillGray(1)
    canvas.rect(x, y, width_pt(text, REGULAR, _SMALL_PT) + 8, 10, stroke=0, fill=1)
    canvas.setFillGray(0.2)
    canvas.drawString(x + 4, y + 3, text)
