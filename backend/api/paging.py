"""Paging by cursor: the sort key of the last row, opaque to the client."""

import base64
import binascii
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from backend.api.problems import malformed_field

DEFAULT_LIMIT = 50
MAX_LIMIT = 500

LimitQuery = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="Rows a page")]
CursorQuery = Annotated[
    str | None, QueryParameter(max_length=500, description="The `next_cursor` of the page before")
]


def encode_cursor(*key: str | int) -> str:
    """Return the cursor of a sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str | None, parts: int) -> list[str] | None:
    """Return a cursor's sort key as `parts` texts, None for none; refuse what is not ours."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key = msgspec.json.decode(raw, type=list[str | int])
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise _refusal() from error
    if len(key) != parts:
        raise _refusal()
    return [str(part) for part in key]


def decode_id_cursor(cursor: str | None) -> UUID | None:
    """Return the id that a page ended with, None for none; refuse what is not ours."""
    key = decode_cursor(cursor, 1)
    if key is None:
        return None
    try:
        return UUID(key[0])
    except ValueError as error:
        raise _refusal() from error


def _refusal() -> Exception:
    return malformed_field("cursor", "This is no cursor of ours: leave it out to start anew.")
