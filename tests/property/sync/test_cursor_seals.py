"""A cursor opens for its holder only, and only as it was made."""

import base64
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.api.problems import Problem
from backend.sync.cursor import (
    CursorInvalid,
    CursorSigner,
    EpochChanged,
    Holder,
    Position,
    ScopeChanged,
)

SIGNER = CursorSigner(b"secret")
_IDS = st.uuids()
_SNAPSHOTS = st.from_regex(r"\A[1-9][0-9]{0,9}:[1-9][0-9]{0,9}:([0-9]{1,9},){0,3}[0-9]{1,9}\Z")
_BUCKETS = st.lists(st.uuids().map(lambda one: f"t:{one}"), max_size=4).map(tuple)
_WORDS = st.text(min_size=1, max_size=20)
HOLDERS = st.builds(Holder, user_id=_IDS, device_id=_IDS, epoch=_WORDS, projection=_WORDS)
CURSORS = st.builds(Position, seen=_SNAPSHOTS, buckets=_BUCKETS, acked=_SNAPSHOTS)
TOKENS = st.builds(
    Position,
    seen=st.none() | _SNAPSHOTS,
    buckets=_BUCKETS,
    target=_SNAPSHOTS,
    target_buckets=_BUCKETS,
    table=st.sampled_from(["account", "visit"]),
    row_id=_IDS.map(str),
    acked=st.none() | _SNAPSHOTS,
    is_anew=st.booleans(),
)


@given(CURSORS | TOKENS, HOLDERS)
def test_what_was_sealed_opens_unchanged(position: Position, holder: Holder) -> None:
    assert SIGNER.open(SIGNER.seal(holder, position), holder) == position


@given(CURSORS | TOKENS, HOLDERS, st.data())
def test_a_changed_byte_is_refused(position: Position, holder: Holder, data: st.DataObject) -> None:
    raw = bytearray(_bytes(SIGNER.seal(holder, position)))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    _refuses(_text(bytes(raw)), holder)


@given(CURSORS, HOLDERS, st.integers(0, 400))
def test_a_part_of_a_cursor_is_refused(position: Position, holder: Holder, length: int) -> None:
    text = SIGNER.seal(holder, position)
    _refuses(text[: min(length, len(text) - 1)], holder)
    _refuses(text + "AAAA", holder)


@given(st.text(max_size=200), HOLDERS)
def test_what_is_no_cursor_is_refused(text: str, holder: Holder) -> None:
    _refuses(text, holder)


@given(CURSORS, HOLDERS)
def test_another_services_seal_is_refused(position: Position, holder: Holder) -> None:
    _refuses(CursorSigner(b"other secret").seal(holder, position), holder)


@given(CURSORS | TOKENS, HOLDERS, _IDS)
def test_another_persons_or_devices_cursor_is_refused(
    position: Position, holder: Holder, other: UUID
) -> None:
    text = SIGNER.seal(holder, position)
    for field in ("user_id", "device_id"):
        if getattr(holder, field) != other:
            _refuses(text, _changed(holder, **{field: other}))


@given(CURSORS | TOKENS, HOLDERS)
def test_a_cursor_of_another_life_of_the_database_is_refused(
    position: Position, holder: Holder
) -> None:
    with pytest.raises(EpochChanged):
        SIGNER.open(SIGNER.seal(holder, position), _changed(holder, epoch=holder.epoch + "x"))


@given(CURSORS, TOKENS, HOLDERS)
def test_other_columns_make_a_cursor_start_anew_and_a_token_start_over(
    cursor: Position, token: Position, holder: Holder
) -> None:
    now = _changed(holder, projection=holder.projection + "x")
    opened = SIGNER.open(SIGNER.seal(holder, cursor), now)
    assert opened.is_anew
    assert (opened.seen, opened.buckets) == (cursor.seen, cursor.buckets)
    with pytest.raises(ScopeChanged):
        SIGNER.open(SIGNER.seal(holder, token), now)


def _refuses(text: str, holder: Holder) -> None:
    with pytest.raises(Problem) as raised:
        SIGNER.open(text, holder)
    assert isinstance(raised.value, CursorInvalid)


def _changed(holder: Holder, **parts: Any) -> Holder:
    return msgspec.structs.replace(holder, **parts)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
