"""What the import of outlines takes and tells."""

from collections.abc import Mapping

import msgspec

from backend.ids import TerritoryId


class OutlineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to read a file with outlines, and what to do with it."""

    mapping: Mapping[str, str] = {}
    """A field's property, "" to leave it out; what is not named is guessed."""
    crs: str = ""
    layer: str = ""
    is_mended: bool = False
    skips_bad: bool = False
    """Take the good features; otherwise one bad feature stops the whole file."""
    is_dry_run: bool = False


class OutlineRead(msgspec.Struct, frozen=True, kw_only=True):
    """A territory that a feature makes; `id` is None in a dry run."""

    feature: int
    id: TerritoryId | None
    name: str
    code: str | None
    parent: str | None
    area_km2: float
    vertices: int
    is_mended: bool


class OutlineProblem(msgspec.Struct, frozen=True):
    """Why a feature cannot be taken; `field` is as in `features[3].name`."""

    field: str
    code: str
    message: str


class OutlineReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a file with outlines comes to."""

    format: str
    crs: str
    """The coordinate system that the file was written in."""
    columns: dict[str, str]
    """Each field's property."""
    ignored_columns: tuple[str, ...]
    territories: list[OutlineRead]
    problems: list[OutlineProblem]
    moved_accounts: int
    is_dry_run: bool
