"""A report's words: both languages have the same, and say what the page says."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.reports.english import ENGLISH
from backend.reports.vietnamese import VIETNAMESE
from backend.reports.words import words_of

PAGE = Path(__file__).parents[3] / "backend/web/static/i18n"
VI, EN = words_of("vi"), words_of("en")


def test_both_languages_have_the_same_texts_with_the_same_gaps() -> None:
    # Categories are stored in English words, and only Vietnamese has others for them.
    named = {key: text for key, text in VIETNAMESE.items() if not key.startswith("category.")}
    assert named.keys() == ENGLISH.keys()
    for key, text in named.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", ENGLISH[key])), key


@pytest.mark.parametrize(("language", "texts"), [("vi", VIETNAMESE), ("en", ENGLISH)])
def test_what_the_page_says_too_is_said_as_there(language: str, texts: dict[str, str]) -> None:
    page = json.loads((PAGE / f"{language}.json").read_text())
    shared = {key: text for key, text in texts.items() if not key.startswith("report.")}
    assert {key: page.get(key) for key in shared} == shared


@given(st.floats(-1e18, 1e18, allow_nan=False), st.integers(0, 3))
def test_a_number_reads_back_and_is_never_scientific(value: float, digits: int) -> None:
    told = EN.number(value, digits)
    assert re.fullmatch(r"−?\d{1,3}(,\d{3})*(\.\d+)?", told)
    assert float(told.replace(",", "").replace("−", "-")) == pytest.approx(value, abs=0.51)
    swapped = VI.number(value, digits)
    assert swapped.translate(str.maketrans(",.", ".,")) == told


def test_money_has_cents_where_they_matter() -> None:
    assert EN.money(1234567.8, "VND") == "1,234,568 VND"
    assert VI.money(1234567.8, "VND") == "1.234.568 VND"
    assert EN.money(12.5, "EUR") == "12.5 EUR"
    assert VI.money(99.6, "VND") == "100 VND"
    assert VI.money(2.5e12, "VND") == "2.500 tỷ VND"
    assert EN.sum_of_money(-5e6, "USD") == "−5,000,000"


def test_changes_have_a_sign() -> None:
    assert [EN.number(one, 1, is_signed=True) for one in (1.25, -2, 0, 0.01)] == [
        "+1.2", "−2", "±0", "±0",
    ]  # fmt: skip


def test_days_sizes_and_distances_have_units() -> None:
    assert VI.day(date(2026, 1, 2)) == "02/01/2026"
    assert VI.moment(datetime(2026, 1, 2, 8, 5, tzinfo=UTC)) == "08:05 02/01/2026"
    assert [VI.distance(one) for one in (250, 2500, 120_000)] == ["250 m", "2,5 km", "120 km"]
    assert [EN.size(one) for one in (0.0002, 1.624, 1231.4)] == ["200 m²", "1.62 km²", "1,231 km²"]
    assert EN.share(None) == "–"
