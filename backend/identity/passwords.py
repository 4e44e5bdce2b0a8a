"""Passwords: what makes one acceptable, and argon2id (19 MiB, 2 passes, 1 lane: about 30 ms)."""

import base64
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from backend.api.problems import malformed_field

MIN_LENGTH = 12
MAX_LENGTH = 256
_MIN_DISTINCT = 5
_MIN_TELLING = 4

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

# The words that people reach for first; digits and signs around them do not help.
_COMMON_STEMS = frozenset({
    "", "abc", "abcd", "abcdef", "abcabc", "abcdefgh", "abcdefghijkl", "admin", "administrator",
    "adminadmin", "anhyeuem", "asdfghjkl", "changeme", "emyeuanh", "football", "hanoi", "iloveyou",
    "khongbiet", "letmein", "letmeinplease", "login", "matkhau", "matkhaumoi", "motconvit",
    "password", "passwordpassword", "passw", "pass", "passpass", "qaz", "qazwsx", "qazwsxedc",
    "qwe", "qwer", "qwert", "qwerty", "qwertyqwerty", "qwertyuiop", "saigon", "secret",
    "secretsecret", "test", "testtest", "tuyen", "vietnam", "vietnamvodich", "welcome",
    "welcomewelcome", "yeuem", "zaq", "zxcvbnm",
})  # fmt: skip


def check_password(password: str, *, email: str) -> None:
    """Raise Malformed for field `password`, with the way out, when it is too easy to guess."""
    folded = _normal(password).casefold()
    mailbox = email.casefold().partition("@")[0]
    if len(folded) < MIN_LENGTH:
        raise _refusal(f"A password has at least {MIN_LENGTH} characters: make it longer.")
    if len(folded) > MAX_LENGTH:
        raise _refusal(f"A password has at most {MAX_LENGTH} characters.")
    if email.casefold() in folded or (len(mailbox) >= _MIN_TELLING and mailbox in folded):
        raise _refusal("The password contains the email: choose one that does not.")
    if len(set(folded)) < _MIN_DISTINCT or _stem(folded) in _COMMON_STEMS:
        raise _refusal("This password is among the first to be guessed: take several words.")


def hash_password(password: str) -> str:
    """Return the argon2id hash to store."""
    return _HASHER.hash(_normal(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Tell whether the password is right; without a stored hash it is wrong at the same cost."""
    try:
        return _HASHER.verify(stored if stored is not None else DECOY, _normal(password))
    except InvalidHashError:
        return verify_password(None, password)
    except Argon2Error:
        return False


def needs_rehash(stored: str) -> bool:
    """Tell whether the hash was made at another cost than today's."""
    return _HASHER.check_needs_rehash(stored)


def _decoy() -> str:
    """Return a well-formed hash at today's cost that no known password has."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (_HASHER.salt_len, _HASHER.hash_len)
    )
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


DECOY = _decoy()
"""What an unknown email's password is checked against, so that it takes as long as a known one."""


def _normal(password: str) -> str:
    # Keyboards write Vietnamese letters in one piece or in several: both must sign in.
    return unicodedata.normalize("NFC", password)


def _stem(folded: str) -> str:
    plain = unicodedata.normalize("NFD", folded.replace("đ", "d"))
    return "".join(letter for letter in plain if unicodedata.category(letter).startswith("L"))


def _refusal(sentence: str) -> Exception:
    return malformed_field("password", sentence, code="password_weak")
