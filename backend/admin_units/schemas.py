"""What is told of administrative units, and how files with them are read."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import msgspec

MIN_LEVEL, MAX_LEVEL = 1, 12
ALWAYS = date(1970, 1, 1)
"""From when a unit holds whose beginning nobody knows."""


class UnitLink(msgspec.Struct, frozen=True):
    """Another unit that took or gave ground: `share` of what the old unit had, None if unknown."""

    id: UUID
    code: str
    name: str
    kind: str | None
    changed_on: date
    share: float | None
    has_outline: bool


class UnitRead(msgspec.Struct, frozen=True):
    """An administrative unit from `valid_from` up to, not including, `valid_to`.

    `became` is what there is of it now, however often it changed.
    """

    id: UUID
    code: str
    name: str
    kind: str | None
    level: int
    parent_id: UUID | None
    parent_name: str | None
    valid_from: date
    valid_to: date | None
    location: list[float] | None
    area_km2: float | None
    has_outline: bool
    source: str
    licence: str | None
    vintage: str | None
    became: list[UnitLink]


class UnitCard(msgspec.Struct, frozen=True):
    """A unit, and the former ones that its ground comes from."""

    unit: UnitRead
    came_from: list[UnitLink]


class UnitOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a file with units does not say, and what to do with it."""

    valid_from: date
    valid_to: date | None = None
    level: int | None = None
    source: str
    licence: str | None = None
    vintage: str | None = None
    mapping: Mapping[str, str] = {}
    crs: str = ""
    layer: str = ""
    skips_bad: bool = False
    is_dry_run: bool = False


class ChangeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet of changes does not say, and what to do with it."""

    changed_on: date
    level: int
    source: str
    mapping: Mapping[str, str] = {}
    is_dry_run: bool = False


class UnitProblem(msgspec.Struct, frozen=True):
    """Why a feature or a row cannot be taken."""

    field: str
    code: str
    message: str


class UnitReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a file with units, or a sheet of changes, comes to."""

    units: int
    """Made, or brought up to date."""
    changes: int = 0
    with_outline: int = 0
    simplified: int = 0
    """Outlines that had more than 10,000 corners."""
    columns: dict[str, str] = {}
    problems: list[UnitProblem] = []
    is_dry_run: bool


class UnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A unit to keep; `area` is WKB in hexadecimal digits, `parent` a code or a name."""

    id: UUID
    code: str
    name: str
    kind: str | None
    level: int
    parent: str | None = None
    area: str | None = None
    valid_from: date
    valid_to: date | None
    source: str
    licence: str | None = None
    vintage: str | None = None


class Search(msgspec.Struct, frozen=True):
    """Which units are looked for; None leaves a condition out."""

    query: str | None
    on: date | None
    level: int | None
    parent_id: UUID | None


class KnownUnit(msgspec.Struct, frozen=True):
    """A unit as far as a sheet of changes needs it."""

    id: UUID
    code: str
    name: str
    level: int
    valid_from: date
    valid_to: date | None


class ChangeRow(msgspec.Struct, frozen=True):
    """That ground of one unit went to another."""

    old_id: UUID
    new_id: UUID
    changed_on: date
    share: float | None
    source: str
