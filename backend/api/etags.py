"""ETags: what the client has, against what there is."""

from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.response import Response

from backend.api.problems import PreconditionFailed, Problem


class VersionNeeded(Problem):
    """A change that must not overwrite what the caller never saw."""

    status, code, title = 428, "version_needed", "Say which version you read"


def version_tag(rv: int) -> str:
    """Return the ETag of a record's version."""
    return f'W/"{rv}"'


def has_tag(request: Request[Any, Any, State], tag: str) -> bool:
    """Tell whether If-None-Match names the tag: then 304 is the answer."""
    offered = request.headers.get("if-none-match")
    return offered is not None and tag in {part.strip() for part in offered.split(",")}


def check_if_match(request: Request[Any, Any, State], rv: int) -> None:
    """Raise PreconditionFailed when If-Match names another version than the record's."""
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted.strip() not in {"*", version_tag(rv), f'"{rv}"'}:
        raise PreconditionFailed(
            f"The record is at version {rv} now: read it again, then repeat the change."
        )


def need_if_match(request: Request[Any, Any, State], field: str) -> None:
    """Raise VersionNeeded when a field is set without If-Match."""
    if request.headers.get("if-match") is None:
        raise VersionNeeded(
            f"{field} is set to a total: read the record and send its ETag as If-Match."
        )


def tagged[T](content: T, rv: int) -> Response[T]:
    """Return a response that carries the record's version as its ETag."""
    return Response(
        content, headers={"ETag": version_tag(rv), "Cache-Control": "private, no-cache"}
    )
