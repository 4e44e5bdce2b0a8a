"""How an answer is compressed goes by what the client takes."""

import gzip
from collections.abc import Callable

import pytest
import zstandard

from backend.api.compression import choose_coding, compressed_json

_LONG = b'["' + b"Lan " * 1000 + b'"]'
_UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "zstd": zstandard.decompress,
    "gzip": gzip.decompress,
}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("zstd;q=0, gzip;q=1.0", "gzip"),
        ("zstd; q=0.000, gzip; q=0", None),
        ("zstd;q=0.001", "zstd"),
        ("br", None),
        ("identity", None),
        ("", None),
        (";;,,=", None),
    ],
)
def test_the_best_coding_that_the_client_takes_is_chosen(accepted: str, coding: str | None) -> None:
    assert choose_coding(accepted) == coding


@pytest.mark.parametrize("coding", ["zstd", "gzip"])
def test_a_long_answer_is_packed_and_says_how(coding: str) -> None:
    answer = compressed_json(_LONG, coding)
    assert answer.headers["Content-Encoding"] == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert len(answer.content) < len(_LONG) / 10
    assert _UNPACK[coding](answer.content) == _LONG


def test_a_short_answer_stays_as_it_is() -> None:
    answer = compressed_json(b"[]", "zstd")
    assert answer.content == b"[]"
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_a_client_that_takes_nothing_gets_plain_json() -> None:
    assert compressed_json(_LONG, "").content == _LONG
