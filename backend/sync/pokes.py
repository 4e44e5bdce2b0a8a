"""Pokes: who has a stream open hears that something of theirs may have changed, and pulls.

One listener a process hears the database; a stream costs an entry here and a task of the event
loop, never a thread. Everything but the looks at the database happens on the event loop.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import psycopg2
import sqlalchemy as sa
from litestar import Litestar

from backend.api.problems import Problem
from backend.db.listening import Listener
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import DeviceId

CHANNEL = "tuyen_poke"
_LOG = logging.getLogger("tuyen.sync")
_QUIET_SECONDS = 20.0
_PAUSE_SECONDS = 0.25
_RETRY_SECONDS = 1.0
_MAX_A_DEVICE = 20

type Look = Callable[[], Iterable[str] | None]
"""Asks the database which buckets a person holds now; None when they are out. It may block."""


class TooManyStreams(Problem):
    """The device has more streams open than anybody needs."""

    status, code, title = 429, "too_many_streams", "Close a stream first"


class Stream:
    """One open stream: what it waits for, and whether there is news."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.keys: frozenset[str] = frozenset()
        self.has_news = False
        self.is_scope_stale = True
        """Whether the person may hold other buckets than when they were looked up."""
        self.is_over = False
        self._wakes = asyncio.Event()

    def poke(self, *, is_scope: bool = False) -> None:
        """Note that something changed."""
        self.has_news = True
        self.is_scope_stale |= is_scope
        self._wakes.set()

    def end(self) -> None:
        """Let the stream end at its next breath."""
        self.is_over = True
        self._wakes.set()

    async def rest(self, until: float) -> None:
        """Wait for a poke or the end, at most until a time of the loop."""
        self._wakes.clear()
        if not self.has_news and not self.is_over:
            await self._wait(until)

    async def pause(self, seconds: float) -> None:
        """Wait whatever comes, but not beyond the end."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not self.is_over and loop.time() < until:
            self._wakes.clear()
            await self._wait(until)

    async def _wait(self, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._wakes.wait()
        except TimeoutError:
            pass


class Pokes:
    """The open streams of this process; made once, and used from its event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._streams: dict[str, set[Stream]] = {}
        self._listener: Listener | None = None
        self._looks: ThreadPoolExecutor | None = None
        self._is_ending = False

    @asynccontextmanager
    async def lifespan(self, _: Litestar) -> AsyncIterator[None]:
        """End with the service."""
        self._is_ending = False
        try:
            yield
        finally:
            self.end_streams()
            if self._listener is not None:
                await asyncio.to_thread(self._listener.close)
                self._listener = None
            if self._looks is not None:
                self._looks.shutdown(wait=False, cancel_futures=True)
                self._looks = None

    def end_streams(self) -> None:
        """Let every stream end now, and those that are asked for later."""
        self._is_ending = True
        for stream in self._everybody():
            stream.end()

    def check_room(self, device_id: DeviceId) -> None:
        """Raise TooManyStreams where a device has enough of them."""
        if len(self._streams.get(str(device_id), ())) >= _MAX_A_DEVICE:
            raise TooManyStreams(f"This device has {_MAX_A_DEVICE} streams open: one is enough.")

    async def hear(self, actor: Actor, look: Look, *, seconds: float) -> AsyncGenerator[bool]:
        """Yield True when there may be news, first at once, and False after 20 quiet seconds.

        It ends after `seconds`, when the person is out, and with the service. Looks at the database
        are repeated every 20 s, for scope also changes with the day, and devices are shut out.
        """
        loop = asyncio.get_running_loop()
        self._listen(loop)
        stream, end = Stream(actor), loop.time() + seconds
        look_at = 0.0
        self._file(stream, frozenset())
        try:
            while not (stream.is_over or self._is_ending) and loop.time() < end:
                if stream.has_news and stream.keys:
                    stream.has_news = False
                    yield True
                    await stream.pause(_PAUSE_SECONDS)
                elif stream.is_scope_stale or loop.time() >= look_at:
                    look_at = loop.time() + await self._look(stream, look)
                else:
                    await stream.rest(min(look_at, end))
                    if not stream.has_news:
                        yield False
        finally:
            self._forget(stream)

    async def _look(self, stream: Stream, look: Look) -> float:
        """Ask which buckets the stream's person holds; return after how long to ask again."""
        stream.is_scope_stale = False
        try:
            buckets = await asyncio.get_running_loop().run_in_executor(self._looks, look)
        except (psycopg2.Error, sa.exc.SQLAlchemyError) as error:
            _LOG.warning("a stream cannot look up its scope, trying again: %s", error)
            await stream.pause(_RETRY_SECONDS)
            stream.is_scope_stale = True
            return 0.0
        if buckets is None:
            stream.end()
            return 0.0
        keys = _keys(stream.actor, buckets)
        if keys != stream.keys:
            # What changed in a new bucket before it was known here was heard by nobody.
            self._file(stream, keys)
            stream.poke()
        return _QUIET_SECONDS

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with the first stream: a service without any needs no connection for them."""
        if self._listener is None:
            # The looks of all streams queue here, so that they never take the requests' threads.
            self._looks = ThreadPoolExecutor(1, thread_name_prefix="pokes")
            self._listener = self._database.listen(
                CHANNEL,
                begun=lambda: _call(loop, self._poke_everybody),
                heard=lambda payloads: _call(loop, lambda: self._deliver(payloads)),
            )
            self._listener.start()

    def _poke_everybody(self) -> None:
        """Nobody knows what was told while nobody listened."""
        for stream in self._everybody():
            stream.poke(is_scope=True)

    def _deliver(self, payloads: Sequence[str]) -> None:
        for payload in set(payloads):
            org, _, bucket = payload.partition(" ")
            is_scope = bucket == "*" or bucket.startswith("u:")
            for stream in self._streams.get(payload, ()):
                stream.poke(is_scope=is_scope)
            if bucket.startswith("t:"):
                for stream in self._streams.get(_all_territories(org), ()):
                    stream.poke()

    def _everybody(self) -> set[Stream]:
        return set().union(*self._streams.values())

    def _file(self, stream: Stream, keys: frozenset[str]) -> None:
        device = str(stream.actor.device_id)
        for key in {device, *keys} - stream.keys:
            self._streams.setdefault(key, set()).add(stream)
        for key in stream.keys - keys:
            self._unfile(stream, key)
        stream.keys = keys

    def _forget(self, stream: Stream) -> None:
        for key in {str(stream.actor.device_id), *stream.keys}:
            self._unfile(stream, key)

    def _unfile(self, stream: Stream, key: str) -> None:
        self._streams[key].discard(stream)
        if not self._streams[key]:
            del self._streams[key]


def _keys(actor: Actor, buckets: Iterable[str]) -> frozenset[str]:
    """Return the messages that a person waits for; who sees everything takes each territory's."""
    org = str(actor.org_id)
    held = {f"{org} {bucket}" for bucket in buckets} | {f"{org} *", f"{org} u:{actor.user_id}"}
    if actor.sees_everything:
        held = {key for key in held if " t:" not in key} | {_all_territories(org)}
    return frozenset(held)


def _all_territories(org: str) -> str:
    return f"{org} t:*"


def _call(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    """Do something on the loop, from another thread; nothing once the loop has ended."""
    try:
        loop.call_soon_threadsafe(work)
    except RuntimeError:
        _LOG.debug("the event loop has ended")
