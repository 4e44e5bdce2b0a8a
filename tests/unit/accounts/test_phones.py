"""Phone numbers: what people write, as E.164."""

import pytest

from backend.accounts.phones import PhoneRefused, example_of, to_e164


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("0901 234 567", "VN", "+84901234567"),
        ("(+84) 901-234-567", "FI", "+84901234567"),
        ("901234567", "VN", "+84901234567"),
        ("028 3829 2929", "VN", "+842838292929"),
        ("09 4246 6400", "FI", "+358942466400"),
    ],
)
def test_numbers_become_international(text: str, country: str, number: str) -> None:
    assert to_e164(text, country) == number


@pytest.mark.parametrize("text", ["", "12", "call Lan", "0901 234 567 8901", "0" * 100])
def test_what_is_no_number_gets_an_example_of_the_country(text: str) -> None:
    with pytest.raises(PhoneRefused, match=r"\+84 912 345 678"):
        to_e164(text, "VN")


def test_an_unknown_country_gets_an_example_all_the_same() -> None:
    assert example_of("XX").startswith("+")
