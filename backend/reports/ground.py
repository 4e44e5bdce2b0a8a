"""The section of a report that tells of the ground: each layer, and how far to trust it."""

from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table

from backend.context.schemas import Figure, GroundRead
from backend.geo.basemap.reader import Basemap
from backend.press.letters import markup
from backend.press.page import WIDTH
from backend.reports.looks import (
    CELL,
    CELL_RIGHT,
    HEAD,
    HEAD_RIGHT,
    HEADING,
    NOTE,
    SUBHEADING,
    TABLE,
)
from backend.reports.schemas import Report
from backend.reports.words import Words

_COLUMNS = (0.34, 0.16, 0.16, 0.34)
_ALMOST_ALL = 0.995
_FEW = 10
_DIGITS = {"percent": 1, "ratio": 2, "per_km2": 1, "km_per_km2": 2}
_MOST_LAYERS = 6


def ground(report: Report, basemap: Basemap | None, words: Words) -> list[Flowable]:
    """Return what the area's ground is, layer by layer; nothing where no layer reaches."""
    del basemap
    story: list[Flowable] = []
    for number, layer in enumerate(report.ground[:_MOST_LAYERS]):
        part = _layer(layer, words)
        if number == 0:
            part.insert(0, Paragraph(words("ground.title"), HEADING))
        story.append(KeepTogether(part))
    return story


def _layer(layer: GroundRead, words: Words) -> list[Flowable]:
    source = words(
        "ground.source", source=layer.source, vintage=layer.vintage, licence=layer.licence
    )
    notes = [f"{source}."]
    if layer.known_share < _ALMOST_ALL:
        notes.append(words("ground.known_share", share=words.share(layer.known_share)))
    heads = [Paragraph(words("report.ground.measure"), HEAD)]
    heads += [Paragraph(words(one), HEAD_RIGHT) for one in ("report.value", "report.amount")]
    heads.append(Paragraph(words("ground.confidence"), HEAD))
    rows = [_row(one, words) for one in layer.figures if one.value is not None]
    return [
        Paragraph(markup(layer.name, 80), SUBHEADING),
        Table([heads, *rows], [WIDTH * one for one in _COLUMNS], style=TABLE),
        Paragraph(markup(" ".join(notes), 300), NOTE),
        Spacer(0, 6),
    ]


def _row(figure: Figure, words: Words) -> list[object]:
    label = figure.label or words.known(f"ground.measure.{figure.key}") or figure.key
    amount = "" if figure.amount is None else _number(figure.amount, words)
    value = figure.value or 0.0
    digits = _DIGITS.get(figure.unit)
    told = _number(value, words) if digits is None else words.number(value, digits)
    trust = words(f"ground.confidence.{figure.confidence}")
    why = ", ".join(words(f"ground.reason.{one}") for one in figure.reasons)
    return [
        Paragraph(markup(label, 60), CELL),
        Paragraph(words(f"ground.unit.{figure.unit}", value=told), CELL_RIGHT),
        Paragraph(amount, CELL_RIGHT),
        Paragraph(markup(f"{trust}: {why}" if why else trust, 160), CELL),
    ]


def _number(value: float, words: Words) -> str:
    return words.number(value, 1 if abs(value) < _FEW else 0)
