"""The demo's books: what shops bought in two years, seeded, as a company would export it."""

import csv
import io
import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

_DAYS = 730
_KNOWN = 0.5
"""The share of the shops whose potential somebody asked for."""
_LAPSED_DAYS = (150, 600)
_INTERVALS = (28, 42, 56, 56, 84, 112)
"""Days between two invoices of a shop."""
_ROUND = {"VND": 1000, "EUR": 0.1}
_UNIT = {"VND": 26_000, "EUR": 1}


class _Product(NamedTuple):
    code: str
    name: str
    category: str
    price: float


_PRODUCTS = (
    _Product("BIA-330", "Bia lon 330 ml, thùng 24", "Bia", 14.0),
    _Product("BIA-450", "Bia chai 450 ml, két 20", "Bia", 11.5),
    _Product("NUOC-500", "Nước suối 500 ml, thùng 24", "Nước giải khát", 4.5),
    _Product("TRA-350", "Trà xanh 350 ml, thùng 24", "Nước giải khát", 7.5),
    _Product("CF-HAT", "Cà phê hạt rang 1 kg", "Cà phê", 9.0),
    _Product("CF-3IN1", "Cà phê hoà tan, hộp 20 gói", "Cà phê", 3.2),
    _Product("BANH-QUY", "Bánh quy bơ, thùng 12", "Bánh kẹo", 16.0),
    _Product("KEO-DUA", "Kẹo dừa, thùng 20", "Bánh kẹo", 12.0),
    _Product("MAM-NGON", "Nước mắm 500 ml, thùng 12", "Gia vị", 19.0),
)


class Books(NamedTuple):
    """Two files, as `POST /v1/sales/import` takes them."""

    sales: bytes
    potential: bytes


def keep_books(
    accounts: Iterable[Mapping[str, Any]], today: date, emails: Mapping[str, str], currency: str
) -> Books:
    """Return what customers and lapsed accounts bought up to today; a day later, a day more.

    `emails` names the rep of each territory.
    """
    lines: list[tuple[object, ...]] = []
    potential: list[tuple[object, ...]] = []
    for account in accounts:
        chance = random.Random(f"{account['name']} {account['location']}")  # noqa: S311  no secret
        size, stage = chance.lognormvariate(0, 0.7), account["life_stage"]
        if stage in {"customer", "lapsed"}:
            is_lapsed = stage == "lapsed"
            ends = today - timedelta(days=chance.randint(*_LAPSED_DAYS) if is_lapsed else 0)
            email = emails.get(account["territory_id"] or "", "")
            for *told, amount in _invoices(chance, size, ends, today):
                money = _rounded(amount * _UNIT[currency], currency)
                lines.append((account["id"], email, *told, money))
        if chance.random() < _KNOWN:
            monthly = _rounded(size * 160 * chance.uniform(0.8, 2.5) * _UNIT[currency], currency)
            potential.append((account["id"], monthly, "khảo sát"))
    heading = ("account", "rep email", "invoice", "line", "date", "product code", "product name",
               "product category", "quantity", "amount")  # fmt: skip
    return Books(
        _csv(heading, lines),
        _csv(("account", "monthly potential", "source"), potential),
    )


def _invoices(
    chance: random.Random, size: float, ends: date, today: date
) -> Iterator[tuple[str, int, date, str, str, str, int, float]]:
    """Yield the lines of a shop's invoices, on days that do not depend on today."""
    every, key = chance.choice(_INTERVALS), chance.getrandbits(48)
    usual = chance.sample(_PRODUCTS, 3)
    first = today - timedelta(days=_DAYS - 1)
    offset = (first.toordinal() - key) % every
    for ago in range(every - offset if offset else 0, _DAYS, every):
        on = first + timedelta(days=ago)
        if on > ends:
            return
        day = random.Random(key + on.toordinal())  # noqa: S311  no secret
        season = 1.25 if on.month in {1, 6, 7, 12} else 1.0
        for line, product in enumerate(usual[: 1 + day.randrange(2)], start=1):
            pieces = max(1, round(size * season * day.uniform(2, 9)))
            yield (f"{key:x}-{on:%y%m%d}", line, on, product.code, product.name,
                   product.category, pieces, pieces * product.price)  # fmt: skip


def _rounded(amount: float, currency: str) -> str:
    step = _ROUND[currency]
    return f"{round(amount / step) * step:.2f}"


def _csv(heading: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue().encode()
