"""Reads what is left of a request that is answered before its body was.

A connection with an unread body is closed by the server, and not announced: the client's next
request goes into it and is lost. So a short rest is read, and before a long one the client is told
that the connection ends.
"""

import asyncio
from contextlib import suppress

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, ReceiveMessage, Scope, Send

_SHORT_BYTES = 1_000_000
_WAIT_SECONDS = 5


class Unread:
    """The middleware; it has to be the outermost that answers by itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        length = _length_of(scope)
        if length == 0:
            await self._app(scope, receive, send)
            return
        body = _Body(receive, is_short=length is not None and length <= _SHORT_BYTES)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and not await body.finish():
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        try:
            await self._app(scope, body.receive, answer)
        except Exception:
            # Whoever turns it into an answer does so outside of here.
            await body.finish()
            raise


def _length_of(scope: Scope) -> int | None:
    """Return how many bytes a request's body has; None where that is not told beforehand."""
    if scope["type"] != ScopeType.HTTP:
        return 0
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return None
    told = headers.get(b"content-length", b"0")
    return int(told) if told.isdigit() else None


class _Body:
    """What is still to come of one request."""

    def __init__(self, receive: Receive, *, is_short: bool) -> None:
        self._receive = receive
        self._is_short = is_short
        self._is_over = False

    async def receive(self) -> ReceiveMessage:
        """Hand on the next message."""
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            self._is_over = True
        return message

    async def finish(self) -> bool:
        """Read a short body to its end, unless it is long in coming; tell whether that is done."""
        if self._is_short:
            with suppress(TimeoutError):
                async with asyncio.timeout(_WAIT_SECONDS):
                    while not self._is_over:
                        await self.receive()
        return self._is_over
