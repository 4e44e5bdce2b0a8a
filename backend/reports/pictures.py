"""The sections of a report that are drawn: what the accounts are, what was sold month by month."""

from collections.abc import Callable, Sequence

from reportlab.lib.colors import Color
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Table

from backend.areas.schemas import Share
from backend.geo.basemap.reader import Basemap
from backend.press.page import WIDTH
from backend.reports.charts import Bar, BarChart, ColumnChart
from backend.reports.looks import BESIDE, BRAND, HEADING, NOTE, REST, RFM, STAGES, UNKNOWN
from backend.reports.schemas import Report
from backend.reports.words import Words

_MOST_BARS = 8
_GAP = 6 * mm
_HALF = (WIDTH - _GAP) / 2
_SIZES = ((1e9, "report.billion"), (1e6, "report.million"), (1e3, "report.thousand"))


def composition(report: Report, basemap: Basemap | None, words: Words) -> list[Flowable]:
    """Return what the accounts are, as bars."""
    del basemap
    found = report.snapshot
    wanted: list[tuple[str, list[Share], Callable[[Share], tuple[str, Color]]]] = [
        ("life_stage", found.life_stages,
         lambda one: (words(f"stage.{one.value}"), STAGES.get(str(one.value), REST))),
        ("area.rfm", found.rfm_classes,
         lambda one: (words(f"rfm.{one.value or 'none'}"), RFM.get(str(one.value), UNKNOWN))),
        ("category", found.categories,
         lambda one: (words.category(str(one.value or "")), BRAND if one.value else UNKNOWN)),
        ("area.channel", found.channels,
         lambda one: (str(one.value or words("area.none")), BRAND if one.value else UNKNOWN)),
        ("area.priority", found.priorities if len(found.priorities) > 1 else [],
         lambda one: (str(one.value), BRAND)),
    ]  # fmt: skip
    charts = [
        BarChart(words(key), _bars(shares, tell, words), _HALF)
        for key, shares, tell in wanted
        if shares and not (len(shares) == 1 and shares[0].value is None)
    ]
    if not charts:
        return []
    pairs = [
        Table([[one, "", other]], [_HALF, _GAP, _HALF], style=BESIDE)
        for one, other in zip(charts[::2], [*charts[1::2], ""], strict=False)
    ]
    first, *others = pairs
    title = Paragraph(words("report.composition"), HEADING)
    return [KeepTogether([title, first]), *others]


def _bars(
    shares: Sequence[Share], tell: Callable[[Share], tuple[str, Color]], words: Words
) -> list[Bar]:
    whole = sum(one.accounts for one in shares) or 1

    def bar(label: str, color: Color, count: int) -> Bar:
        told = f"{words.number(count)} · {words.share(count / whole)}"
        return Bar(label, told, count / whole, color)

    bars = [bar(*tell(one), one.accounts) for one in shares[:_MOST_BARS]]
    rest = sum(one.accounts for one in shares[_MOST_BARS:])
    return bars + ([bar(words("area.others"), REST, rest)] if rest else [])


def months(report: Report, basemap: Basemap | None, words: Words) -> list[Flowable]:
    """Return what was sold month by month; nothing where nothing was."""
    del basemap
    if not any(one.revenue for one in report.months):
        return []
    currency, last = report.snapshot.currency, report.snapshot.period.to_date
    columns = [
        (words.month(one.first_on), one.revenue, _short(one.revenue, words))
        for one in report.months
    ]
    title = Paragraph(words("report.months", currency=currency), HEADING)
    partial = words("report.months.partial", month=words.month(last), day=words.day(last))
    chart = ColumnChart(columns, size=(WIDTH, 38 * mm))
    return [KeepTogether([title, chart, Paragraph(partial, NOTE)])]


def _short(value: float, words: Words) -> str:
    """Return a sum with at most three digits before a letter: there is little room on a column."""
    for size, letter in (
        (1e9, "report.billion"),
        (1e6, "report.million"),
        (1e3, "report.thousand"),
    ):
        if abs(value) >= size:
            digits = 0 if abs(value) >= 100 * size else 1
            return f"{words.number(value / size, digits)} {words(letter)}"
    return words.number(value)
