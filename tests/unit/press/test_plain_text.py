"""Names are made safe without losing what people read."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.press.plain_text import plain


@pytest.mark.parametrize(
    ("typed", "handed_out"),
    [
        ("Tạp hoá\r\nÁnh", "Tạp hoá Ánh"),
        ("a\x00\x07\x1b[31mb", "a[31mb"),
        ("\u202eevil\u2066", "evil"),
        (unicodedata.normalize("NFD", "Ệ Ữ"), "Ệ Ữ"),
        ("  \t ", ""),
        ("🍜 متجر 店", "🍜 متجر 店"),
        ("a\ufffeb\uffff", "ab"),
    ],
    ids=["lines", "controls", "direction", "decomposed", "blank", "other scripts", "not letters"],
)
def test_a_name_stays_itself_on_one_line(typed: str, handed_out: str) -> None:
    assert plain(typed) == handed_out


def test_a_long_name_is_cut_and_shows_it() -> None:
    assert plain("dài " * 200, 12) == "dài dài dài…"


@given(st.text(), st.integers(1, 50))
def test_whatever_is_typed_fits_and_holds_no_commands(typed: str, most: int) -> None:
    text = plain(typed, most)
    assert len(text) <= most
    assert not {unicodedata.category(one) for one in text} & {"Cc", "Cs", "Zl", "Zp"}
