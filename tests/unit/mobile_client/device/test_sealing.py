"""Sealed files: whole and unchanged, or refused."""

import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobile_client.device.sealing import SealedReader, SealedWriter, SealError

CHEAP = (4, 1)
WORDS = "con mèo xanh"
BLOCK = 1 << 20


def sealed(content: bytes) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, WORDS, cost=CHEAP)
    writer.write(content)
    writer.finish()
    return file.getvalue()


def opened(content: bytes, words: str = WORDS) -> bytes:
    reader = SealedReader(io.BytesIO(content), words)
    found = bytearray()
    while part := reader.read(300_000):
        found += part
    return bytes(found)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_what_was_sealed_comes_back(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    assert opened(sealed(content)) == content


def test_two_seals_of_the_same_differ_and_show_nothing() -> None:
    content = b"+358402" * 100
    assert sealed(content) != sealed(content)
    assert b"+358402" not in sealed(content)


@given(st.integers(0, 4000), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_is_noticed(place: int, change: int) -> None:
    content = bytearray(sealed(b"x" * 3900))
    content[place % len(content)] ^= change
    with pytest.raises(SealError):
        opened(bytes(content))


def _without_last_block(content: bytes) -> bytes:
    return content[: 12 + 2 + 16 + 4 + BLOCK + 16]


def _blocks_swapped(content: bytes) -> bytes:
    head, size = 30, 4 + BLOCK + 16
    first, second = content[head : head + size], content[head + size : head + 2 * size]
    return content[:head] + second + first + content[head + 2 * size :]


@pytest.mark.parametrize(
    "change",
    [
        _without_last_block,
        _blocks_swapped,
        lambda content: content[:-1],
        lambda content: content[:31] + bytes([content[31] ^ 0x80]) + content[32:],
        lambda content: content[:20],
        lambda content: content + b"more",
        lambda content: content + content[30:],
    ],
    ids=["left out", "swapped", "cut", "length", "cut early", "added", "repeated"],
)
def test_blocks_cannot_be_left_out_moved_or_added(change: Callable[[bytes], bytes]) -> None:
    content = sealed(bytes(2 * BLOCK + 7))
    with pytest.raises(SealError):
        opened(change(content))


def test_another_passphrase_or_a_short_one_is_refused() -> None:
    with pytest.raises(SealError, match="wrong"):
        opened(sealed(b"x"), "con mèo đen")
    with pytest.raises(SealError, match="8 characters"):
        SealedWriter(io.BytesIO(), "short")
