"""Errors that people can act on, rendered once as `application/problem+json` (RFC 9457)."""

from collections.abc import Sequence

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """One field that is wrong: which, and what to do."""

    field: str
    message: str


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every error answer."""

    title: str
    status: int
    code: str
    detail: str
    type: str = "about:blank"
    errors: tuple[FieldError, ...] = ()


class Problem(Exception):
    """An error with an HTTP status, a stable code and a sentence that names the way out."""

    status = 400
    code = "bad_request"
    title = "The request cannot be carried out"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.errors = tuple(errors)
        self.headers = headers or {}

    def body(self) -> ProblemBody:
        """Return what the client is told."""
        return ProblemBody(
            title=self.title,
            status=self.status,
            code=self.code,
            detail=self.detail,
            errors=self.errors,
        )


class Unauthenticated(Problem):
    """Nobody is signed in, or the token does not say so."""

    status, code, title = 401, "token_invalid", "Sign in first"


class Forbidden(Problem):
    """Yours, but not allowed for your role."""

    status, code, title = 403, "forbidden", "Not allowed"


class NotFound(Problem):
    """Not there, or not yours."""

    status, code, title = 404, "not_found", "Not found"


class Conflict(Problem):
    """The state of things does not allow it."""

    status, code, title = 409, "conflict", "Conflict with the present state"


class Gone(Problem):
    """It was there and never comes back."""

    status, code, title = 410, "gone", "No longer there"


class PreconditionFailed(Problem):
    """The record moved on since it was read."""

    status, code, title = 412, "changed_meanwhile", "The record was changed meanwhile"


class TooLarge(Problem):
    """More than one call may carry."""

    status, code, title = 413, "too_large", "Too large"


class Malformed(Problem):
    """The payload cannot be used; `errors` names the fields."""

    status, code, title = 422, "malformed", "Some values cannot be used"


class Unavailable(Problem):
    """Busy or not ready: try again after the time in Retry-After."""

    status, code, title = 503, "busy", "Busy, try again shortly"


def malformed_field(field: str, message: str, *, code: str = "malformed") -> Malformed:
    """Return the problem of one wrong field."""
    return Malformed(message, code=code, errors=[FieldError(field, message)])
