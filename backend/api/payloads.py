"""The strict shapes that every request body is made of."""

from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

T = TypeVar("T")

NO_NUL = r"^[^\x00]*$"
"""PostgreSQL text cannot hold a NUL character."""


class Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request body: unknown fields are refused, so that a typing error is seen."""


NOT_BLANK = r"^[^\x00]*[^\s\x00][^\x00]*$"
"""Something besides white space, and no NUL."""

PATTERN_WORDS = {
    NO_NUL: "A NUL character cannot be kept: take it out.",
    NOT_BLANK: "It cannot be blank, nor hold a NUL character.",
}
"""What people are told instead of a regular expression."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=NOT_BLANK)]
"""A name that is not blank."""

Line = Annotated[str, msgspec.Meta(max_length=500, pattern=NO_NUL)]
"""A short text."""

Prose = Annotated[str, msgspec.Meta(max_length=10_000, pattern=NO_NUL)]
"""A long text."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""An aware time."""

LonLatPair = Annotated[list[float], msgspec.Meta(min_length=2, max_length=2)]
"""[longitude, latitude] in degrees, WGS 84."""


class Page[T](msgspec.Struct, frozen=True):
    """One page of a list; `next_cursor` is None on the last."""

    items: list[T]
    next_cursor: str | None = None
