"""A file's features before they are looked at: properties, and a shape in the file's own system."""

from collections.abc import Mapping
from typing import NamedTuple

from backend.geo.outlines.wire import Value
from backend.geo.vocabulary import GeoError

MAX_FIELDS = 200
_MAX_TEXT, _MAX_KEY = 2_000, 100
_SAFE_INTEGER = 2**53


class Raw(NamedTuple):
    """One feature; `geometry` is GeoJSON's form with coordinates of any system, None for none.

    `problem` tells why there is none.
    """

    properties: dict[str, Value]
    geometry: object
    problem: GeoError | None = None


class Layer(NamedTuple):
    """The features of a file; `crs` is WKT or EPSG:n, None when the file names no system."""

    format: str
    crs: str | None
    features: list[Raw]


def as_properties(found: Mapping[str, object]) -> dict[str, Value]:
    """Return the properties that can be kept: texts cut, dates written out, binaries left out."""
    kept: dict[str, Value] = {}
    for key, value in list(found.items())[:MAX_FIELDS]:
        match value:
            case None | bool() | float():
                kept[str(key)[:_MAX_KEY]] = value
            case int():
                kept[str(key)[:_MAX_KEY]] = value if abs(value) < _SAFE_INTEGER else str(value)[:40]
            case bytes() | list() | dict() | tuple():
                pass
            case _:
                kept[str(key)[:_MAX_KEY]] = str(value)[:_MAX_TEXT]
    return kept


def broken(what: str, error: object = "") -> GeoError:
    """Return the problem of a file that is damaged or cut off."""
    why = f" ({str(error)[:120]})" if str(error) else ""
    return GeoError(
        "file_broken", f"The {what} is damaged or cut off{why}: export it again.", "file"
    )


def choose_layer(names: list[str], wanted: str, what: str) -> str:
    """Return the one layer, or the one wanted; raise GeoError when that is not clear."""
    if not names:
        raise GeoError("no_outlines", f"The {what} has no layer with outlines.", "file")
    if wanted in names:
        return wanted
    told = ", ".join(f"“{name[:60]}”" for name in names[:20])
    if wanted:
        raise GeoError(
            "unknown_layer", f"There is no layer “{wanted[:60]}”. There are: {told}.", "layer"
        )
    if len(names) > 1:
        raise GeoError(
            "several_layers", f"The {what} has several layers: {told}. Name one.", "layer"
        )
    return names[0]
