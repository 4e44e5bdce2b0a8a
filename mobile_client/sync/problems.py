"""What the server can answer instead of a result."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import msgspec

from backend.sync.protocol.messages import SyncProblem
from mobile_client.sync.http import Reply

BUSY = frozenset({429, 503})
"""Answers that end a run: the server has too much to do."""

NO_ROOM = 507
"""The server takes nothing in until it has room again; it still gives out."""

_CLIENT_ERROR = 400


class ApiProblem(Exception):
    """A refused call; `code` is the server's, else `http_<status>`."""

    def __init__(self, status: int, code: str, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


class SessionEnded(Exception):
    """The person must sign in again; with `must_wipe` the server took this phone's access away."""

    def __init__(self, code: str, message: str, *, must_wipe: bool) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.must_wipe = must_wipe


def raise_for(reply: Reply) -> Reply:
    """Return a good answer; raise ApiProblem for any other."""
    if reply.status < _CLIENT_ERROR:
        return reply
    try:
        problem = msgspec.json.decode(reply.body, type=SyncProblem)
    except msgspec.MsgspecError:
        problem = SyncProblem(code=f"http_{reply.status}")
    message = problem.detail or problem.title or f"The server answered {reply.status}."
    after = _retry_after_s(reply.headers)
    raise ApiProblem(reply.status, problem.code, message, after)


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """Return how long the server asks to wait; a date counts from the server's own clock."""
    text = headers.get("retry-after", "")
    if text.isdecimal():
        return float(text)
    try:
        until, sent = (parsedate_to_datetime(one) for one in (text, headers.get("date", "")))
        return max(0.0, (until - sent).total_seconds())
    except (TypeError, ValueError):
        return 0.0
