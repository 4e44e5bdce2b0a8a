"""From exceptions to problem+json: the one place that catches everything."""

import logging
from collections.abc import Callable
from typing import Any

import psycopg2
import psycopg2.errors
import sqlalchemy.exc
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Response

from backend.api.constraints import explain_refusal
from backend.api.disk import storage_full
from backend.api.payloads import PATTERN_WORDS
from backend.api.problems import (
    FieldError,
    Forbidden,
    Malformed,
    NotFound,
    Problem,
    ProblemBody,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

_LOG = logging.getLogger("tuyen.api")
_MEDIA_TYPE = "application/problem+json"
_BUSY_HEADERS = {"Retry-After": "2"}
_BY_STATUS: dict[int, type[Problem]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    413: TooLarge,
    422: Malformed,
}

_PASSING = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.QueryCanceled,
    psycopg2.errors.LockNotAvailable,
)

_CUT = "client disconnected prematurely"
"""The framework's words for a body that never came to its end."""
_NUL = "cannot contain NUL (0x00)"
"""The driver's words for what PostgreSQL's text cannot hold."""

AnyRequest = Request[Any, Any, State]


def render(problem: Problem) -> Response[ProblemBody]:
    """Return the answer of a problem."""
    return Response(
        problem.body(),
        status_code=problem.status,
        media_type=_MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )


def explain(error: BaseException) -> Problem | None:  # noqa: PLR0911  # one return a kind
    """Return the problem behind an exception, or None when it is our own fault."""
    match error:
        case Problem():
            return error
        case ValidationException():
            return _from_validation(error)
        case HTTPException() if error.status_code < 500 or _CUT in error.detail:  # noqa: PLR2004  # above are our faults
            return _from_http(error)
        case RecursionError():
            return Malformed("The body is nested too deeply.", code="nested_too_deeply")
        case ValueError():
            return _from_text(error)
        case sqlalchemy.exc.DBAPIError() if isinstance(error.orig, psycopg2.Error):
            return _from_database(error.orig)
        case psycopg2.Error() | sqlalchemy.exc.TimeoutError():
            return _from_database(error)
        case _:
            return None


def _from_database(error: psycopg2.Error | sqlalchemy.exc.TimeoutError) -> Problem | None:
    if isinstance(error, sqlalchemy.exc.TimeoutError):
        return Unavailable("All connections are busy: try again.", headers=_BUSY_HEADERS)
    if isinstance(error, psycopg2.errors.DiskFull):
        return storage_full()
    if isinstance(error, _PASSING):
        detail = "Others are changing the same records: try again."
        return Unavailable(detail, headers=_BUSY_HEADERS)
    if is_outage(error):
        return Unavailable("The database cannot be reached: try again.", headers=_BUSY_HEADERS)
    return explain_refusal(error)


def is_outage(error: psycopg2.Error) -> bool:
    """Tell whether the database went away, rather than that it refused something."""
    # A server that goes away in mid-statement is at times told by the bare base class.
    is_bare = type(error) is psycopg2.DatabaseError
    return is_bare or isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)


def _from_text(error: ValueError) -> Problem | None:
    """Return the problem of text that cannot be read, or not be kept."""
    if isinstance(error, UnicodeDecodeError):
        return Malformed("The body is no UTF-8 text.")
    if _NUL in str(error):
        return Malformed("A NUL character can neither be kept nor looked for: take it out.")
    return None


def _render_any(request: AnyRequest, error: Exception) -> Response[ProblemBody]:
    problem = explain(error)
    if problem is None:
        _LOG.error("%s %s failed", request.method, _path_to_log(request), exc_info=error)
        problem = Problem("The server failed. It is logged; try again later.", code="server_error")
        problem.status = 500
        problem.title = "Server error"
    return render(problem)


def _path_to_log(request: AnyRequest) -> str:
    # What fails before a route is found has no handler.
    opt = getattr(request.scope.get("route_handler"), "opt", {})
    if opt.get("has_secret_path"):
        return str(request.scope["path_template"])
    return request.url.path


def _from_validation(error: ValidationException) -> Problem:
    extra = error.extra if isinstance(error.extra, list) else []
    fields = [
        FieldError(str(item.get("key", "")), _in_words(str(item.get("message", ""))))
        for item in extra
        if isinstance(item, dict)
    ]
    detail = "; ".join(f"{one.field}: {one.message}" for one in fields) or str(error.detail)
    return Malformed(detail, errors=fields)


def _in_words(message: str) -> str:
    """Say what a pattern means, instead of showing it."""
    for pattern, words in PATTERN_WORDS.items():
        if f"matching regex {pattern!r}" in message:
            return words
    return message


def _from_http(error: HTTPException) -> Problem:
    if _CUT in error.detail:
        return Malformed("The request ended in the middle of its body.", code="body_cut")
    kind = _BY_STATUS.get(error.status_code, Problem)
    problem = kind(str(error.detail), headers=dict(error.headers or {}))
    problem.status = error.status_code
    return problem


EXCEPTION_HANDLERS: dict[type[Exception] | int, Callable[..., Response[ProblemBody]]] = {
    Exception: _render_any,
    HTTPException: _render_any,
}
