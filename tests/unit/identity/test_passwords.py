"""What makes a password acceptable, and what checking one costs."""

import unicodedata

import pytest
from argon2 import extract_parameters

from backend.api.problems import Malformed
from backend.identity.passwords import (
    DECOY,
    check_password,
    hash_password,
    needs_rehash,
    verify_password,
)

EMAIL = "nguyen.lan@songhan.vn"


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("elevencharz", "at least 12"),
        ("", "at least 12"),
        ("x1" * 200, "at most 256"),
        ("nguyen.lan@songhan.vn", "contains the email"),
        ("my Nguyen.LAN is", "contains the email"),
        ("password1234", "first to be guessed"),
        ("MatKhau123456!", "first to be guessed"),
        ("Mật khẩu 123456", "first to be guessed"),
        ("98 76 54 32 10", "first to be guessed"),
        ("aaaaaaaabbbb", "first to be guessed"),
        ("qwertyuiop12", "first to be guessed"),
    ],
)
def test_a_weak_password_is_refused_with_the_way_out(password: str, said: str) -> None:
    with pytest.raises(Malformed, match=said) as refusal:
        check_password(password, email=EMAIL)
    assert refusal.value.code == "password_weak"
    assert refusal.value.errors[0].field == "password"


@pytest.mark.parametrize(
    "password",
    ["cà phê sữa đá", "correct horse battery", "lan-phu-quoc-77", "ソウルの雨は冷たい、今日も"],
)
def test_several_words_are_accepted(password: str) -> None:
    check_password(password, email=EMAIL)


def test_a_short_mailbox_name_does_not_forbid_words() -> None:
    check_password("a plain sentence", email="a@songhan.vn")


def test_only_the_right_password_verifies_however_its_letters_are_composed() -> None:
    stored = hash_password("cà phê sữa đá")
    assert stored != hash_password("cà phê sữa đá")
    assert verify_password(stored, unicodedata.normalize("NFD", "cà phê sữa đá"))
    assert not verify_password(stored, "cà phê sữa nóng")


@pytest.mark.parametrize("stored", [None, "!", "", "$argon2id$nonsense"])
def test_nobodys_password_is_never_right(stored: str | None) -> None:
    assert not verify_password(stored, "cà phê sữa đá")


def test_an_unknown_email_is_checked_at_the_cost_of_a_known_one() -> None:
    assert extract_parameters(DECOY) == extract_parameters(hash_password("cà phê sữa đá"))
    assert not needs_rehash(DECOY)
