"""The stream of pokes: server-sent events without data, which say only that a pull is worth it."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec
from litestar import Controller, get
from litestar.response import Stream

from backend.api.problems import Problem
from backend.db.tenancy import Database
from backend.identity.call import Call
from backend.identity.desk import Desk
from backend.identity.permissions import ANYBODY
from backend.identity.standing import admit
from backend.identity.tokens import Access
from backend.sync import changelog
from backend.sync.pokes import Look, Pokes

STREAMING: dict[str, object] = {"is_compressed": True}
"""Not to be compressed: an event must not wait in a compressor for others."""
_HEADERS = {
    "Cache-Control": "no-store",
    # nginx would keep events back until a buffer is full.
    "X-Accel-Buffering": "no",
}
_OPENING = b"retry: 2000\n\n"
_QUIET = b": still here\n\n"
_POKE = b"event: poke\ndata: {}\n\n"


class StreamController(Controller):
    """Streams stay open until the access token expires."""

    path = "/v1/sync"
    tags = ["sync"]
    guards = [ANYBODY]

    @get("/stream", operation_id="sync_stream", opt=STREAMING)
    async def stream(self, request: Call) -> Stream:
        """Poke the device at once, and whenever what its person holds may have changed."""
        return open_stream(request, _POKE)


def open_stream(request: Call, event: bytes) -> Stream:
    """Return a stream that sends `event` for each poke; raise TooManyStreams."""
    pokes = request.part(Pokes)
    pokes.check_room(request.actor.device_id)
    return Stream(_events(request, pokes, event), media_type="text/event-stream", headers=_HEADERS)


async def _events(request: Call, pokes: Pokes, event: bytes) -> AsyncIterator[bytes]:
    desk: Desk = request.app.state.desk
    access = desk.tokens.read(request.headers["authorization"].partition(" ")[2].strip())
    # Today's role, which the middleware found; the token may be older.
    access = msgspec.structs.replace(access, actor=request.actor)
    seconds = access.expires_at - request.clock.now().timestamp()
    yield _OPENING
    news = pokes.hear(request.actor, _looking(request.db, desk, access), seconds=seconds)
    async with aclosing(news):
        async for is_news in news:
            yield event if is_news else _QUIET


def _looking(db: Database, desk: Desk, access: Access) -> Look:
    """Return what tells a person's buckets, and None once they or their device are out."""
    actor = access.actor

    def look() -> tuple[str, ...] | None:
        standing = desk.standings.find(actor) or desk.standings.load(actor)
        if admit(access, standing) != actor:
            return None
        question = changelog.ask_standpoint(actor, None)
        with db.for_org(actor.org_id, snapshot=True, first=question) as connection:
            return changelog.read_standpoint(connection).buckets

    def guarded() -> tuple[str, ...] | None:
        try:
            return look()
        except Problem:
            return None

    return guarded
