"""What the service and the process that reads a file say to each other."""

import msgspec

type Value = str | int | float | bool | None
"""A property, as far as it is kept."""

READY = b"ready"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How to read a file; empty texts leave the choice to the file."""

    crs: str = ""
    """The coordinate system of a file that names none, such as EPSG:3405."""
    layer: str = ""
    """Which of several layers."""
    is_mended: bool = False
    """Make areas that cross themselves sound, and say so."""
    is_simplified: bool = False
    """Leave out corners of areas that have too many, and say so."""
    max_features: int


class Outline(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One feature: its area as WKB in degrees on WGS 84, or why it cannot be used."""

    index: int
    properties: dict[str, Value]
    area: bytes | None = None
    area_km2: float = 0.0
    vertices: int = 0
    is_mended: bool = False
    is_simplified: bool = False
    problem: str = ""
    """The code of what is wrong."""
    message: str = ""


class OutlineFile(msgspec.Struct, frozen=True, kw_only=True, tag="read"):
    """What a file holds, feature by feature."""

    format: str
    crs: str
    """The name of the coordinate system that it was written in."""
    outlines: list[Outline]


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The file as a whole cannot be used."""

    code: str
    message: str
    field: str = "file"


type Answer = OutlineFile | Refused


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A file with the wish, and the most that reading may take."""

    wish: Wish
    content: bytes
    cpu_seconds: int
    memory_mb: int
