"""The words of a report in one language, and how it writes numbers, money, days and distances."""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from backend.reports.english import ENGLISH
from backend.reports.vietnamese import VIETNAMESE

NOTHING = "–"
"""Stands where there is no number."""
_PERCENT, _METRES_A_KM = 100, 1000
_WHOLE_KM_FROM_M = 100_000
_SHORT_FROM, _BILLION = 1e12, 1e9
_WITHOUT_CENTS_FROM = 1000
_CENTLESS = frozenset({"VND", "JPY", "KRW", "LAK", "KHR", "IDR", "CLP", "ISK", "XOF", "XAF"})
"""Currencies whose smallest sum is one."""


class Words(msgspec.Struct, frozen=True):
    """One language; `swaps_marks` where the comma is the decimal mark."""

    language: str
    texts: Mapping[str, str]
    swaps_marks: bool

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values put in."""
        return self.texts[key].format(**values)

    def known(self, key: str) -> str | None:
        """Return a text, None where there is none for this key."""
        return self.texts.get(key)

    @property
    def decimal(self) -> str:
        """The decimal mark."""
        return "," if self.swaps_marks else "."

    def number(self, value: float, digits: int = 0, *, is_signed: bool = False) -> str:
        """Return a number with its digits in threes, and no more decimals than asked for."""
        text = f"{abs(value):,.{digits}f}"
        if digits:
            text = text.rstrip("0").rstrip(".")
        if self.swaps_marks:
            text = text.translate(str.maketrans(",.", ".,"))
        is_nothing = not text.strip("0,.")
        if is_signed:
            return ("±" if is_nothing else "−" if value < 0 else "+") + text
        return text if is_nothing or value >= 0 else f"−{text}"

    def share(self, value: float | None) -> str:
        """Return a part of one as percent."""
        return NOTHING if value is None else f"{self.number(value * _PERCENT, 1)} %"

    def sum_of_money(self, value: float, currency: str, *, is_signed: bool = False) -> str:
        """Return a sum without its currency: whole, but small sums with their cents."""
        if abs(value) >= _SHORT_FROM:
            short = self.number(value / _BILLION, 1, is_signed=is_signed)
            return f"{short} {self('report.billion')}"
        has_cents = abs(value) < _WITHOUT_CENTS_FROM and currency not in _CENTLESS
        return self.number(value, 2 if has_cents else 0, is_signed=is_signed)

    def money(self, value: float, currency: str) -> str:
        """Return a sum with its currency."""
        return f"{self.sum_of_money(value, currency)} {currency}"

    def day(self, on: date) -> str:
        """Return a day in figures."""
        return f"{on.day:02d}/{on.month:02d}/{on.year}"

    def month(self, on: date) -> str:
        """Return a month in figures."""
        return f"{on.month}/{on.year}"

    def moment(self, at: datetime) -> str:
        """Return a local time with its day."""
        return f"{at:%H:%M} {self.day(at.date())}"

    def distance(self, metres: float) -> str:
        """Return a distance in metres or kilometres."""
        if metres < _METRES_A_KM:
            return f"{self.number(metres)} m"
        digits = 0 if metres >= _WHOLE_KM_FROM_M else 1
        return f"{self.number(metres / _METRES_A_KM, digits)} km"

    def size(self, km2: float) -> str:
        """Return an area's size."""
        if km2 < 0.01:  # noqa: PLR2004  # a hectare: smaller areas are told in square metres
            return f"{self.number(km2 * 1e6)} m²"
        return f"{self.number(km2, 2 if km2 < 10 else 0)} km²"  # noqa: PLR2004

    def category(self, value: str | None) -> str:
        """Return a category: the dictionary's word, else the stored one with its lines opened."""
        if not value:
            return self("area.none")
        return self.known(f"category.{value}") or value.replace("_", " ")


_VIETNAMESE = Words("vi", VIETNAMESE, swaps_marks=True)
_ENGLISH = Words("en", ENGLISH, swaps_marks=False)


def words_of(language: str) -> Words:
    """Return a language's words; Vietnamese for a language that we do not speak."""
    return _ENGLISH if language == _ENGLISH.language else _VIETNAMESE
