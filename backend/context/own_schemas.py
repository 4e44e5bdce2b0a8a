"""How a file with own figures of the ground is brought in, and what is told of it."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from backend.context.schemas import LayerRead

type How = Literal["count", "rate"]
"""A count is shared out over the ground; a rate holds for all of it."""


class OwnOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a file does not say of itself; `measures` name its columns, each a count or a rate."""

    name: str
    source: str
    licence: str
    vintage: str
    measures: Mapping[str, How]
    mapping: Mapping[str, str] = {}
    crs: str = ""
    layer: str = ""
    skips_bad: bool = False


class OwnProblem(msgspec.Struct, frozen=True):
    """Why a row or an outline cannot be taken."""

    field: str
    code: str
    message: str


class OwnReport(msgspec.Struct, frozen=True, kw_only=True):
    """The layer that a file became; `totals` are the sums of its counts, as in the file."""

    layer: LayerRead
    taken: int
    totals: dict[str, float]
    problems: list[OwnProblem]
