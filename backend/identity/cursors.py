"""The cursor of this room's lists by name and id."""

from uuid import UUID

from backend.api.paging import decode_cursor
from backend.api.problems import malformed_field


def after_name(cursor: str | None) -> tuple[str, UUID] | None:
    """Return name and id of the last row of the page before."""
    key = decode_cursor(cursor, 2)
    return None if key is None else (key[0], _uuid(key[1]))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        sentence = "This is no cursor of ours: leave it out to start anew."
        raise malformed_field("cursor", sentence) from error
