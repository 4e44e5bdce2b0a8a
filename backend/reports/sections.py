"""The sections of a report that tell of the whole area: head, map, figures, charts."""

from collections.abc import Callable, Sequence

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table

from backend.areas.schemas import AreaSnapshot, Share
from backend.geo.basemap.reader import Basemap
from backend.press.letters import REGULAR, markup, printable, width_pt
from backend.press.page import BODY, BOLD_BODY, SMALL, TITLE, WIDTH
from backend.reports.looks import (
    BESIDE,
    BRAND,
    CELL,
    HEAD,
    HEAD_RIGHT,
    HEADING,
    NOTE,
    STAGES,
    TABLE,
    TILE_NUMBER,
    TILES,
    draw_sign,
)
from backend.reports.map_figure import MapFigure
from backend.reports.schemas import Report
from backend.reports.titles import facts, title_of
from backend.reports.words import NOTHING, Words

_LONG = 400
_FEW = 10
"""Shares of fewer accounts say little."""
_GAP = 6 * mm
_HALF = (WIDTH - _GAP) / 2
_PERCENT = 100


def head(report: Report, basemap: Basemap | None, words: Words) -> list[Flowable]:
    """Return the title, and what the report is about."""
    del basemap
    first, *others = facts(report, words)
    story: list[Flowable] = [
        Paragraph(markup(title_of(report, words)), TITLE),
        Paragraph(markup(first, _LONG), BOLD_BODY),
        *(Paragraph(markup(one, _LONG), BODY) for one in others),
        Spacer(0, 3 * mm),
    ]
    if not report.snapshot.accounts:
        story += [Paragraph(words("report.empty"), BOLD_BODY), Spacer(0, 3 * mm)]
    elif report.snapshot.accounts < _FEW:
        told = words("report.sparse", count=report.snapshot.accounts)
        story += [Paragraph(told, BOLD_BODY), Spacer(0, 3 * mm)]
    return story


def tiles(report: Report, basemap: Basemap | None, words: Words) -> list[Flowable]:
    """Return the five figures that are looked for first."""
    del basemap
    found = report.snapshot
    if not found.accounts:
        return []
    period, before = found.period, found.before
    potential = found.monthly_potential
    told = [
        ("report.accounts", words.number(found.accounts), ""),
        (
            "stage.customer",
            words.number(_of(found.life_stages, "customer")),
            words("report.customers_of", share=words.share(found.penetration)),
        ),
        (
            "area.revenue",
            words.sum_of_money(period.revenue, found.currency),
            f"{found.currency} · {_relative(period.revenue, before.revenue, words)}",
        ),
        (
            "area.potential",
            NOTHING if potential is None else words.sum_of_money(potential, found.currency),
            words("report.unknown") if potential is None else found.currency,
        ),
        (
            "area.coverage",
            words.share(period.coverage),
            _points(period.coverage, before.coverage, words),
        ),
    ]
    row = [
        [
            Paragraph(words(key), SMALL),
            Paragraph(number, TILE_NUMBER),
            Paragraph(more or "&nbsp;", SMALL),
        ]
        for key, number, more in told
    ]
    widths = [WIDTH * part for part in (0.15, 0.2, 0.25, 0.24, 0.16)]
    return [Table([row], widths, style=TILES), Spacer(0, 3 * mm)]


def area_map(report: Report, basemap: Basemap | None, words: Words) -> list[Flowable]:
    """Return the map with its legend, or why there is none."""
    if report.frame is None:
        told = words("report.map.empty")
        return [Paragraph(words("report.map"), HEADING), Paragraph(told, BODY)]
    notes = []
    if report.snapshot.shape.geometry is None:
        notes.append(words("report.map.no_outline"))
    shown = sum(one.accounts for one in report.spots)
    if len({one.cell for one in report.spots}) < shown:
        notes.append(words("report.map.clusters"))
    if shown < report.placed:
        notes.append(words("report.map.beyond", count=words.number(report.placed - shown)))
    if report.placed < report.snapshot.accounts:
        missing = report.snapshot.accounts - report.placed
        notes.append(words("report.map.placeless", count=words.number(missing)))
    story: list[Flowable] = [MapFigure(report, report.frame, basemap, words), Spacer(0, 1.5 * mm)]
    story.append(_Legend(report, words))
    if notes:
        story.append(Paragraph(markup(" ".join(notes), _LONG), NOTE))
    return [KeepTogether(story)]


class _Legend(Flowable):
    """The signs of the map in one line, each with how many it stands for."""

    def __init__(self, report: Report, words: Words) -> None:
        super().__init__()
        self.width, self.height = WIDTH, 11.0
        self._has_outline = report.snapshot.shape.geometry is not None
        self._words = words
        self._stages = [
            (stage, f"{words(f'stage.{stage}')} ({words.number(count)})")
            for stage in STAGES
            if (count := _of(report.snapshot.life_stages, stage))
        ]

    def draw(self) -> None:
        """Draw the line where the page has come to."""
        canvas: Canvas = self.canv
        x = 4.0
        if self._has_outline:
            canvas.setStrokeColor(BRAND)
            canvas.setLineWidth(1.5)
            canvas.line(x - 3, 5, x + 9, 5)
            x = self._write(canvas, x + 12, self._words("report.map.boundary"))
        for stage, told in self._stages:
            draw_sign(canvas, stage, x, 5, 2.8)
            x = self._write(canvas, x + 6, told)

    @staticmethod
    def _write(canvas: Canvas, x: float, text: str) -> float:
        told = printable(text)
        canvas.setFillGray(0.15)
        canvas.setFont(REGULAR, 7.5)
        canvas.drawString(x, 2.3, told)
        return x + width_pt(told, REGULAR, 7.5) + 14


def figures(report: Report, basemap: Basemap | None, words: Words) -> list[Flowable]:
    """Return how the area stands today, and the period beside the one before."""
    del basemap
    found = report.snapshot
    if not found.accounts:
        return []
    notes = []
    if not found.period.revenue and not found.before.revenue:
        notes.append(words("report.no_sales"))
    if not found.period.visits and not found.before.visits:
        notes.append(words("report.no_visits"))
    beside = Table(
        [[_today(found, words), "", _periods(found, words)]],
        [_HALF - 14 * mm, _GAP, _HALF + 14 * mm],
        style=BESIDE,
    )
    story: list[Flowable] = [Paragraph(words("report.figures"), HEADING), beside]
    story += [Paragraph(one, NOTE) for one in notes]
    return [KeepTogether(story)]


def _today(found: AreaSnapshot, words: Words) -> Table:
    potential, money = found.monthly_potential, words("report.unknown")
    if potential is not None:
        money = words.money(potential, found.currency)
    rows: list[tuple[str, str]] = [
        *(
            (words(f"stage.{stage}"), words.number(_of(found.life_stages, stage)))
            for stage in STAGES
        ),
        (words("area.penetration"), words.share(found.penetration)),
        (words("area.overdue"), words.number(found.overdue)),
        (words("area.never_visited"), words.number(found.never_visited)),
        (
            words("area.potential"),
            money,
        ),
    ]
    if potential is not None:
        known = words("report.potential_of", count=words.number(found.potential_accounts))
        rows.append((f"  {known}", ""))
    title = Paragraph(words("report.now", day=words.day(found.today)), HEAD)
    width = _HALF - 14 * mm
    told = [[Paragraph(markup(name), CELL), printable(value)] for name, value in rows]
    return Table([[title, ""], *told], [width * 0.56, width * 0.44], style=TABLE)


def _periods(found: AreaSnapshot, words: Words) -> Table:
    period, before, currency = found.period, found.before, found.currency

    def count(one: float) -> str:
        return words.number(one)

    def money(one: float) -> str:
        return words.sum_of_money(one, currency)

    def row(key: str, name: str, tell: Callable[[float], str]) -> list[object]:
        now, then = getattr(period, name), getattr(before, name)
        change = _relative(now, then, words)
        return [Paragraph(words(key), CELL), tell(now), tell(then), change]

    def part(key: str, name: str) -> list[object]:
        now, then = getattr(period, name), getattr(before, name)
        told = [words.share(now), words.share(then), _points(now, then, words)]
        return [Paragraph(words(key), CELL), *told]

    titles = ("report.this_period", "report.last_period", "report.change")
    heads = [Paragraph(words("report.figure"), HEAD)]
    heads += [Paragraph(words(one), HEAD_RIGHT) for one in titles]
    revenue = row("area.revenue", "revenue", money)
    revenue[0] = Paragraph(f"{words('area.revenue')} ({currency})", CELL)
    rows: list[list[object]] = [
        [*heads],
        row("area.visits", "visits", count),
        row("area.visited", "visited_accounts", count),
        part("area.coverage", "coverage"),
        revenue,
        row("area.buyers", "buyers", count),
        part("area.share", "share"),
    ]
    width = _HALF + 14 * mm
    return Table(rows, [width * one for one in (0.34, 0.23, 0.23, 0.2)], style=TABLE)


def _of(shares: Sequence[Share], value: str) -> int:
    return sum(one.accounts for one in shares if one.value == value)


def _relative(now: float, then: float, words: Words) -> str:
    """Return how much more or less in percent; nothing can be told beside nothing."""
    if then <= 0:
        return NOTHING
    return f"{words.number(_PERCENT * (now / then - 1), 1, is_signed=True)} %"


def _points(now: float | None, then: float | None, words: Words) -> str:
    """Return how many points of percent more or less."""
    if now is None or then is None:
        return NOTHING
    told = words.number(_PERCENT * (now - then), 1, is_signed=True)
    return f"{told} {words('report.points')}"
