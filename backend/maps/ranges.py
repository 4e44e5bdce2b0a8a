"""Byte ranges (RFC 9110, section 14): one range a request, enough to resume a download."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from backend.api.problems import Problem

_CHUNK_BYTES = 256 * 1024
_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class RangeNotSatisfiable(Problem):
    """The range starts beyond the file's end."""

    status, code, title = 416, "range_not_satisfiable", "No such part"


class Span(NamedTuple):
    """Bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int


def requested_span(headers: Mapping[str, str], etag: str, size: int) -> Span | None:
    """Return the part that is asked for; None for the whole file, also when it changed since.

    Raise RangeNotSatisfiable for a part beyond the end. What is no single range is ignored, as the
    RFC allows.
    """
    found = _ONE_RANGE.fullmatch(headers.get("range", "").strip())
    if found is None or headers.get("if-range", etag).strip() != etag:
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
    if start >= size or start >= stop:
        raise RangeNotSatisfiable(
            f"The file has {size} bytes.", headers={"Content-Range": f"bytes */{size}"}
        )
    return Span(start, stop)


def read_span(path: Path, span: Span) -> Iterator[bytes]:
    """Yield a part of a file in chunks."""
    with path.open("rb") as file:
        file.seek(span.start)
        left = span.stop - span.start
        while left > 0 and (chunk := file.read(min(left, _CHUNK_BYTES))):
            left -= len(chunk)
            yield chunk
