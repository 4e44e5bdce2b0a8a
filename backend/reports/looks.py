"""Colours and signs of a report; life stages differ by shape, too, for printers without colour."""

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import TableStyle

from backend.maps.colouring import LIFE_STAGES, RFM_CLASSES
from backend.maps.palette import NONE, OTHER
from backend.press.letters import BOLD, REGULAR
from backend.press.page import BODY, SMALL

BRAND = HexColor("#1f6f5c")
PALE = HexColor("#eef4f2")
GREY = HexColor("#5b6672")
STAGES = {stage: HexColor(color.light) for stage, color in LIFE_STAGES.items()}
RFM = {name: HexColor(color.light) for name, color in RFM_CLASSES.items()}
UNKNOWN, REST = HexColor(NONE.light), HexColor(OTHER.light)
HEADING = ParagraphStyle(
    "heading",
    fontName=BOLD,
    fontSize=11,
    leading=14,
    spaceBefore=9,
    spaceAfter=3,
    textColor=BRAND,
    keepWithNext=1,
)
SUBHEADING = ParagraphStyle("subheading", parent=BODY, fontName=BOLD, fontSize=8.5, leading=11)
NOTE = ParagraphStyle("note", parent=SMALL, textColor=Color(0.3, 0.3, 0.3))
CELL = ParagraphStyle("cell", parent=BODY, fontSize=7.5, leading=9.5)
CELL_RIGHT = ParagraphStyle("cell_right", parent=CELL, alignment=2)
HEAD = ParagraphStyle("head", parent=CELL, fontName=BOLD)
HEAD_RIGHT = ParagraphStyle("head_right", parent=HEAD, alignment=2)
TILE_NUMBER = ParagraphStyle("tile", fontName=BOLD, fontSize=13, leading=16)
HEADLESS = TableStyle(
    [
        ("FONT", (0, 0), (-1, -1), REGULAR, 7.5, 9.5),
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, (0.75,) * 3),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
)
TABLE = TableStyle([("LINEBELOW", (0, 0), (-1, 0), 0.7, BRAND)], parent=HEADLESS)
"""A table whose first row names the columns."""
TILES = TableStyle(
    [
        ("BACKGROUND", (0, 0), (-1, -1), PALE),
        ("LINEBEFORE", (1, 0), (-1, -1), 3, (1,) * 3),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 7),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
    ]
)
BESIDE = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
    ]
)
"""Things beside each other."""


def draw_sign(canvas: Canvas, stage: str, x: float, y: float, radius: float) -> None:
    """Draw an account of a life stage: a disc, a square, a triangle or a diamond."""
    canvas.setFillColor(STAGES.get(stage, REST))
    canvas.setStrokeGray(1)
    canvas.setLineWidth(0.5)
    match stage:
        case "customer":
            canvas.rect(x - radius, y - radius, 2 * radius, 2 * radius, stroke=1, fill=1)
        case "lapsed":
            _corners(canvas, [(0, 1.3), (1.2, -0.9), (-1.2, -0.9)], x, y, radius)
        case "lost":
            _corners(canvas, [(0, 1.3), (1.3, 0), (0, -1.3), (-1.3, 0)], x, y, radius)
        case _:
            canvas.circle(x, y, radius, stroke=1, fill=1)


def _corners(
    canvas: Canvas, corners: list[tuple[float, float]], x: float, y: float, radius: float
) -> None:
    path = canvas.beginPath()
    (dx, dy), *others = corners
    path.moveTo(x + dx * radius, y + dy * radius)
    for dx, dy in others:
        path.lineTo(x + dx * radius, y + dy * radius)
    path.close()
    canvas.drawPath(path, stroke=1, fill=1)
