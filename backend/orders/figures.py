"""Numbers and days as books write them: what a whole column shows settles what one cell cannot."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

from backend.accounts.values import ValueRefused

type Mark = Literal[".", ",", "none", "both"]
"""What separates decimals in a file: a point, a comma; nothing tells, or both are seen."""
type DayOrder = Literal["day_first", "month_first"]

_MONEY = re.compile(r"(?i)(vnđ|vnd|đồng|đ|₫|usd|eur|\$|€)")
_BLANKS = re.compile(r"[\s\u00a0\u202f'’_]+")
_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]{1,2}")
_FIGURES = re.compile(r"([0-9][0-9.,]*|[.,][0-9]+)")
_GROUPED = re.compile(r"[0-9]{1,3}([.,][0-9]{3})+")
_LONE = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
"""One separator before three figures: 1.250 may be a thousand and more, or one and a quarter."""
_LONGEST = 40
_DAY = re.compile(r"([0-9]{1,4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,4})(?:[T ][0-9:.Z+-]*)?")
_MONTHS = 12
_YEAR_FIGURES = 4


def find_mark(texts: Iterable[str]) -> Mark:
    """Return which decimal mark the numbers of a file show beyond doubt."""
    seen = {mark for text in texts if (mark := _mark_of(_bare(text)[0])) is not None}
    match seen:
        case _ if len(seen) > 1:
            return "both"
        case _ if "." in seen:
            return "."
        case _ if "," in seen:
            return ","
        case _:
            return "none"


def read_number(text: str, mark: Mark, *, is_money: bool) -> Decimal:
    """Return a number; raise ValueRefused for what is none, or may be either of two.

    Where nothing in the file tells, 1.250 is 1250 in money, which has no three decimals.
    """
    bare, is_negative = _bare(text)
    if _PLAIN.fullmatch(bare) and len(bare) <= _LONGEST:
        number = Decimal(bare)
    else:
        if not _FIGURES.fullmatch(bare) or len(bare) > _LONGEST:
            raise _no_number(text)
        number = _figures(text, bare, mark, is_money=is_money)
    return -number if is_negative else number


def _figures(text: str, bare: str, mark: Mark, *, is_money: bool) -> Decimal:
    decimal: str | None = _mark_of(bare)
    if decimal is None and ("." in bare or "," in bare):
        separator = "." if "." in bare else ","
        if mark in {".", ","}:
            decimal = mark
        elif mark == "none" and is_money:
            decimal = "," if separator == "." else "."
        else:
            dotless = bare.replace(separator, "")
            raise ValueRefused(
                "number_ambiguous",
                f"This may be {dotless} or {bare.replace(',', '.')}: write {dotless}, or with more"
                " or fewer decimals.",
            )
    whole, _, rest = bare.partition(decimal) if decimal else (bare, "", "")
    if rest and not rest.isdigit():
        raise _no_number(text)
    if not whole.isdigit():
        if whole and not (_GROUPED.fullmatch(whole) and len(set(re.findall(r"[.,]", whole))) == 1):
            raise _no_number(text)
        whole = re.sub(r"[.,]", "", whole)
    return Decimal(f"{whole or 0}.{rest or 0}")


def _mark_of(bare: str) -> Literal[".", ","] | None:
    """Return a number's decimal mark where the number alone tells it."""
    points, commas = bare.count("."), bare.count(",")
    if points and commas:
        return "." if bare.rindex(".") > bare.rindex(",") else ","
    if points > 1:
        return ","
    if commas > 1:
        return "."
    if points + commas == 1 and not _LONE.fullmatch(bare) and _FIGURES.fullmatch(bare):
        return "." if points else ","
    return None


def _bare(text: str) -> tuple[str, bool]:
    """Return a number without money, blanks and sign, and whether it is below nought."""
    if text.isascii() and text.isdigit():
        return text, False
    bare = _BLANKS.sub("", _MONEY.sub("", text[: 2 * _LONGEST])).replace("\u2212", "-")
    if bare.startswith("(") and bare.endswith(")"):
        return bare[1:-1], True
    if bare.endswith("-"):
        return bare[:-1], True
    return bare.removeprefix("+").removeprefix("-"), bare.startswith("-")


def _no_number(text: str) -> ValueRefused:
    if not text.strip():
        return ValueRefused("number_missing", "The cell is empty: write a number.")
    return ValueRefused("number_invalid", "This is no number: write it like 1250000 or 1250000.50.")


def find_day_order(texts: Iterable[str]) -> DayOrder:
    """Return how a file writes days: the month first only where that alone can be."""
    parts = [found.groups() for text in texts if (found := _DAY.fullmatch(text))]
    ends = [(int(a), int(b)) for a, b, c in parts if len(c) == _YEAR_FIGURES]
    is_month_first = any(b > _MONTHS for _, b in ends) and all(a <= _MONTHS for a, _ in ends)
    return "month_first" if is_month_first else "day_first"


def read_day(text: str, order: DayOrder, today: date) -> date:
    """Return a day up to today; raise ValueRefused for anything else."""
    found = _DAY.fullmatch(text)
    if found is None:
        message = (
            "The cell is empty: write a day." if not text else "Write the day like 2026-03-31."
        )
        raise ValueRefused("day_invalid", message)
    first, second, third = found.groups()
    if len(first) == _YEAR_FIGURES:
        year, month, day = first, second, third
    elif len(third) == _YEAR_FIGURES:
        year = third
        month, day = (first, second) if order == "month_first" else (second, first)
    else:
        raise ValueRefused("day_invalid", "Write the year with four figures, like 2026-03-31.")
    try:
        told = date(int(year), int(month), int(day))
    except ValueError as error:
        raise ValueRefused("day_invalid", "There is no such day: write 2026-03-31.") from error
    if told > today:
        raise ValueRefused("day_ahead", f"The day is to come (today is {today}): correct it.")
    if told.year < _FIRST_YEAR:
        raise ValueRefused("day_invalid", f"The day is before {_FIRST_YEAR}: correct it.")
    return told


_FIRST_YEAR = 1970
