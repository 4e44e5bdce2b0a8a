"""Files with outlines as rooms above read them: refused in words, properties as text."""

from collections.abc import Mapping, Sequence

import msgspec

from backend.accounts.importing.columns import match_columns
from backend.api.problems import FieldError, TooLarge, Unavailable, malformed_field
from backend.geo.outlines.reading import ReadersBusy, read_outlines
from backend.geo.outlines.wire import Outline, OutlineFile, Wish
from backend.geo.vocabulary import GeoError

_TOO_LARGE = frozenset({"unpacks_too_large"})
_BUSY = {"Retry-After": "5"}
COMMAND_LIMITS = {"cpu_seconds": 600, "memory_mb": 6000}
"""What an operator's own file may take."""


def read_outline_file(content: bytes, wish: Wish, **limits: int) -> OutlineFile:
    """Return what a file holds; raise Malformed, TooLarge or Unavailable."""
    try:
        return read_outlines(content, wish, **limits)
    except ReadersBusy as error:
        raise Unavailable("Other files are being read: try again.", headers=_BUSY) from error
    except GeoError as error:
        field = error.field or "file"
        if error.code in _TOO_LARGE:
            told = FieldError(field, error.message)
            raise TooLarge(error.message, code=error.code, errors=[told]) from error
        raise malformed_field(field, error.message, code=error.code) from error


def find_properties(
    found: OutlineFile, mapping: Mapping[str, str], known: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Return each field's property; raise Malformed for a mapping that fits none, or no name."""
    names = properties_of(found)
    used = {
        field: names[at] for field, at in match_columns(names, mapping, known).positions.items()
    }
    if "name" not in used:
        raise malformed_field(
            "mapping",
            f"No property holds the name. The properties are: {_shown(names)}. "
            'Say which one it is, for example {"name": "TEN_VUNG"}.',
            code="no_name_column",
        )
    return used


def parse_mapping(text: str) -> dict[str, str]:
    """Return a JSON object of field to property; raise Malformed for anything else."""
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, str])
    except msgspec.DecodeError as error:
        raise malformed_field(
            "mapping", 'The mapping is a JSON object of field to property: {"name": "TEN"}.'
        ) from error


def properties_of(found: OutlineFile) -> list[str]:
    """Return the names of all features' properties, in their order."""
    return list(dict.fromkeys(key for one in found.outlines for key in one.properties))


def text_of(outline: Outline, key: str | None) -> str:
    """Return a property on one line, as people write it; "" for none, or one with NUL."""
    value = outline.properties.get(key) if key else None
    if value is None or isinstance(value, bool):
        return ""
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return "" if "\0" in text else " ".join(text.split())


def _shown(names: Sequence[str]) -> str:
    return ", ".join(f"“{name[:40]}”" for name in names[:30]) or "none"
