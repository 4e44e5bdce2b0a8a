"""The sections of a report that list: accounts worth a look, parts of the area, its accounts."""

from collections.abc import Sequence

from reportlab.platypus import Flowable, KeepTogether, LongTable, Paragraph, Spacer, Table

from backend.areas.schemas import TopAccount, TopBy
from backend.geo.basemap.reader import Basemap
from backend.press.letters import markup, printable
from backend.press.page import WIDTH
from backend.reports.looks import (
    BESIDE,
    CELL,
    HEAD,
    HEAD_RIGHT,
    HEADING,
    HEADLESS,
    NOTE,
    SUBHEADING,
    TABLE,
)
from backend.reports.schemas import Listed, Place, Report
from backend.reports.words import NOTHING, Words

_GAP = 12.0
_THIRD = (WIDTH - 2 * _GAP) / 3
_PLACES = (0.26, 0.09, 0.1, 0.1, 0.11, 0.09, 0.125, 0.125)
_ACCOUNTS = (0.325, 0.145, 0.08, 0.11, 0.09, 0.125, 0.125)


def tops(report: Report, basemap: Basemap | None, words: Words) -> list[Flowable]:
    """Return who buys most, could buy most and waits longest, beside each other."""
    del basemap
    if not any(report.tops.values()):
        return []
    wanted: tuple[TopBy, ...] = ("revenue", "potential", "overdue")
    columns = [_top(report, one, report.tops.get(one, []), words) for one in wanted]
    first, second, third = columns
    table = Table(
        [[first, "", second, "", third]], [_THIRD, _GAP, _THIRD, _GAP, _THIRD], style=BESIDE
    )
    return [KeepTogether([Paragraph(words("report.top"), HEADING), table])]


def _top(report: Report, by: TopBy, accounts: Sequence[TopAccount], words: Words) -> list[Flowable]:
    title = words(f"area.top.{by}")
    if by != "overdue":
        title = f"{title} ({report.snapshot.currency})"
    story: list[Flowable] = [Paragraph(title, SUBHEADING), Spacer(0, 2)]
    if not accounts:
        return [*story, Paragraph(words("report.top.none"), NOTE)]
    rows = [
        [Paragraph(markup(one.name, 60), CELL), _value(report, by, one, words)] for one in accounts
    ]
    return [*story, Table(rows, [_THIRD * 0.62, _THIRD * 0.38], style=HEADLESS)]


def _value(report: Report, by: TopBy, one: TopAccount, words: Words) -> str:
    currency = report.snapshot.currency
    match by:
        case "revenue":
            return words.sum_of_money(one.revenue, currency)
        case "potential":
            return words.sum_of_money(one.monthly_potential or 0, currency)
        case _:
            return words("report.days", count=words.number(one.overdue_days))


def places(report: Report, basemap: Basemap | None, words: Words) -> list[Flowable]:
    """Return the parts of the area, where it has several."""
    del basemap
    found, currency = report.places, report.snapshot.currency
    if len(found.rows) < 2 and not found.is_units:  # noqa: PLR2004  # one part is the whole
        return []
    name = "report.unit" if found.is_units else "report.territory"
    heads = [words(one) for one in ("report.accounts", "stage.prospect", "stage.customer",
             "area.penetration", "area.overdue")]  # fmt: skip
    titles = [Paragraph(words(name), HEAD)]
    titles += [Paragraph(one, HEAD_RIGHT) for one in (*heads, *_money_heads(currency, words))]
    rows = [_place(one, currency, words, is_unit=found.is_units) for one in found.rows]
    table = LongTable([titles, *rows], [WIDTH * one for one in _PLACES], repeatRows=1, style=TABLE)
    kind = "units" if found.is_units else "territories"
    story: list[Flowable] = [Paragraph(words(f"report.places.{kind}"), HEADING), table]
    if found.left_out:
        key = "report.places.units_left_out" if found.is_units else "report.places.left_out"
        story.append(Paragraph(words(key, count=words.number(found.left_out)), NOTE))
    return story


def _place(one: Place, currency: str, words: Words, *, is_unit: bool) -> list[object]:
    name = one.name if one.name is not None or is_unit else words("report.places.none")
    told = markup(name or "", 80)
    if one.holders:
        told += f'<br/><font color="#555555">{markup(one.holders, 80)}</font>'
    known = one.prospects + one.customers
    potential = one.monthly_potential
    return [
        Paragraph(told, CELL),
        *(words.number(n) for n in (one.accounts, one.prospects, one.customers)),
        words.share(one.customers / known if known else None),
        words.number(one.overdue),
        words.sum_of_money(one.revenue, currency),
        NOTHING if potential is None else words.sum_of_money(potential, currency),
    ]


def accounts(report: Report, basemap: Basemap | None, words: Words) -> list[Flowable]:
    """Return the accounts one by one, as many as were asked for, and how many are left out."""
    del basemap
    if not report.accounts:
        return []
    currency = report.snapshot.currency
    titles = [Paragraph(words("report.name"), HEAD), Paragraph(words("report.stage"), HEAD)]
    keys = ("report.priority", "report.last_visit", "report.overdue_days")
    texts = [*(words(one) for one in keys), *_money_heads(currency, words)]
    titles += [Paragraph(one, HEAD_RIGHT) for one in texts]
    rows = [_account(one, currency, words) for one in report.accounts]
    story: list[Flowable] = [Paragraph(words("report.list"), HEADING)]
    if len(rows) < report.snapshot.accounts:
        whole = words.number(report.snapshot.accounts)
        told = words("report.list.left_out", shown=words.number(len(rows)), count=whole)
        story.append(Paragraph(told, NOTE))
    table = LongTable(
        [titles, *rows], [WIDTH * one for one in _ACCOUNTS], repeatRows=1, style=TABLE
    )
    return [*story, table]


def _account(one: Listed, currency: str, words: Words) -> list[object]:
    about = [words.category(one.category) if one.category else "", one.address, one.phone]
    told = f"<b>{markup(one.name, 90)}</b>"
    more = " · ".join(part for part in about if part)
    if more:
        told += f'<br/><font color="#444444">{markup(more, 140)}</font>'
    potential = one.monthly_potential
    return [
        Paragraph(told, CELL),
        Paragraph(words(f"stage.{one.life_stage}"), CELL),
        str(one.priority),
        printable(words.day(one.last_visit_on) if one.last_visit_on else words("report.never")),
        words("report.days", count=words.number(one.overdue_days)) if one.overdue_days else NOTHING,
        words.sum_of_money(one.revenue, currency),
        NOTHING if potential is None else words.sum_of_money(potential, currency),
    ]


def _money_heads(currency: str, words: Words) -> list[str]:
    return [f"{words(one)} ({currency})" for one in ("area.revenue", "area.potential")]
