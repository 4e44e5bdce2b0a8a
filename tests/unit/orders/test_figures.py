"""Numbers and days as books write them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.accounts.values import ValueRefused
from backend.orders.figures import find_day_order, find_mark, read_day, read_number

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1250000", "1250000"),
        ("1.250.000", "1250000"),
        ("1,250,000", "1250000"),
        ("1.250.000,50", "1250000.50"),
        ("1,250,000.50 đ", "1250000.50"),
        ("1.250", "1250"),
        ("12,5", "12.5"),
        ("0,125", "0.125"),
        ("1234.567", "1234.567"),
        ("(2 500 000 VND)", "-2500000"),
        ("-3", "-3"),
        ("\u22123", "-3"),
        ("3-", "-3"),
        ("+4", "4"),
        ("1.5e+16", "15000000000000000"),
        (".5", "0.5"),
    ],
)
def test_money_is_read_however_it_is_written(text: str, number: str) -> None:
    assert read_number(text, find_mark([text]), is_money=True) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "mười", "1.2.3", "1,25,000", "12-3", "--3", "٣", "nan", "inf", "1" * 60, "1e400"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueRefused):
        read_number(text, find_mark([text]), is_money=True)


@pytest.mark.parametrize(
    ("others", "number"), [(["2,5"], "1250"), (["2.5"], "1.250"), (["1.250.000"], "1250")]
)
def test_what_one_cell_leaves_open_the_others_settle(others: Sequence[str], number: str) -> None:
    mark = find_mark(["1.250", *others])
    assert read_number("1.250", mark, is_money=False) == Decimal(number)


@pytest.mark.parametrize("others", [[], ["2,5", "2.5"]])
def test_what_nothing_settles_is_refused(others: Sequence[str]) -> None:
    with pytest.raises(ValueRefused, match="may be 1250 or"):
        read_number("1.250", find_mark(["1.250", *others]), is_money=False)


@given(st.decimals(-(10**12), 10**12, places=2), st.booleans())
def test_a_number_comes_back_from_either_notation(number: Decimal, is_comma: bool) -> None:  # noqa: FBT001
    text = f"{number:,.2f}"
    if is_comma:
        text = text.translate(str.maketrans(",.", ".,"))
    assert read_number(text, find_mark([text]), is_money=True) == number


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    with suppress(ValueRefused):
        assert read_number(text, find_mark([text]), is_money=False).is_finite()


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("2026-03-01T00:00:00", date(2026, 3, 1)),
        ("01/03/2026", date(2026, 3, 1)),
        ("1.3.2026", date(2026, 3, 1)),
        ("2026/3/1", date(2026, 3, 1)),
        ("01-03-2026 08:15", date(2026, 3, 1)),
    ],
)
def test_days_are_read_with_the_day_first(text: str, on: date) -> None:
    assert read_day(text, find_day_order([text]), TODAY) == on


def test_the_month_comes_first_only_where_nothing_else_can_be() -> None:
    texts = ["03/01/2026", "03/25/2026"]
    assert read_day(texts[0], find_day_order(texts), TODAY) == date(2026, 3, 1)
    assert find_day_order([*texts, "25/03/2026"]) == "day_first"


@pytest.mark.parametrize(
    "text", ["", "x", "31/02/2026", "01/03/26", "2026-11-24", "1969-12-31", "0000-01-01", "45000"]
)
def test_what_is_no_day_up_to_today_is_refused(text: str) -> None:
    with pytest.raises(ValueRefused):
        read_day(text, "day_first", TODAY)
