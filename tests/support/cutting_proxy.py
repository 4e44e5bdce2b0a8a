"""A TCP proxy that treats each connection as its plan says: slow, cut, reset, or left alone."""

import asyncio
import math
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice

_CHUNK_BYTES = 64 * 1024
_START_SECONDS = 20


@dataclass(frozen=True)
class Line:
    """How one connection fares; as it stands, it is left alone.

    `up_bytes` and `down_bytes` pass on exactly so many bytes to the server or to the client and
    then end the connection on both sides: 0 down bytes is an answer that never comes.
    """

    up_bytes: int | None = None
    down_bytes: int | None = None
    is_reset: bool = False
    """End it by RST instead of FIN."""
    delay_s: float = 0.0
    """How long each chunk is held back."""
    bytes_per_s: int | None = None


class Plan:
    """Gives each connection the next line, and an untouched one when none is left.

    `on_cut` is called with the number of the cut (1, 2, ...) right before the connection ends, in
    a thread of its own: a test may kill the server there, while it reads.
    """

    def __init__(
        self, lines: Iterable[Line] = (), *, on_cut: Callable[[int], object] | None = None
    ) -> None:
        self._lines = iter(lines)
        self.on_cut = on_cut
        self.connections = 0
        """How many reached the target."""
        self.cuts = 0
        self.bytes_up = 0
        """How many bytes were passed on to the target."""

    def next_line(self) -> Line:
        """Return how the connection that comes now will fare."""
        self.connections += 1
        return next(self._lines, Line())


def seeded_cuts(
    seed: int, count: int, low: int, high: int, *, on_cut: Callable[[int], object] | None = None
) -> Plan:
    """Return a plan that cuts the first connections after `low` to `high` bytes to the server.

    Some ends are resets, and one connection in five loses the server's answer instead.
    """
    return Plan(islice(seeded_lines(seed, low, high), count), on_cut=on_cut)


def seeded_lines(seed: int, low: int, high: int) -> Iterator[Line]:
    """Yield lines as in `seeded_cuts`, without an end."""
    rng = random.Random(seed)
    while True:
        is_reset = rng.random() < 0.5
        if rng.random() < 0.2:
            # Never its whole first line: some clients take that for an answer.
            yield Line(down_bytes=rng.randrange(12), is_reset=is_reset)
        else:
            yield Line(up_bytes=rng.randrange(low, high), is_reset=is_reset)


@contextmanager
def cutting_proxy(target_port: int, plan: Plan) -> Iterator[int]:
    """Listen on the yielded local port and pass on to the target's, as the plan says.

    A target that does not listen ends the client's connection; it is asked anew each time.
    """
    proxy = _Proxy(target_port, plan)
    thread = threading.Thread(target=proxy.run, name="cutting-proxy")
    thread.start()
    try:
        assert proxy.is_up.wait(_START_SECONDS), "the proxy did not start"
        yield proxy.port
    finally:
        proxy.stop()
        thread.join(_START_SECONDS)
        assert not thread.is_alive(), "the proxy did not stop"


class _Proxy:
    def __init__(self, target_port: int, plan: Plan) -> None:
        self.is_up = threading.Event()
        self.port = 0
        self._target_port = target_port
        self._plan = plan
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def stop(self) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._end.set)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.is_up.set()
        await self._end.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line()
        writers = [writer]
        try:
            there = await asyncio.open_connection("127.0.0.1", self._target_port)
            writers.append(there[1])
            # Only now: a target that is away uses up no line.
            line = self._plan.next_line()
            ways = [
                asyncio.create_task(self._pump(reader, there[1], line, is_up=True)),
                asyncio.create_task(self._pump(there[0], writer, line, is_up=False)),
            ]
            try:
                await self._until_over(ways)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass
        finally:
            for one in writers:
                _end(one, is_reset=line.is_reset)

    async def _until_over(self, ways: list[asyncio.Task[bool]]) -> None:
        """Wait until a cut is due or both ways have ended."""
        for way in asyncio.as_completed(ways):
            if await way:
                self._plan.cuts += 1
                if self._plan.on_cut is not None:
                    await asyncio.to_thread(self._plan.on_cut, self._plan.cuts)
                return

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: Line, *, is_up: bool
    ) -> bool:
        """Pass bytes on; True when the limit is reached, False when the sender has ended."""
        left = line.up_bytes if is_up else line.down_bytes
        while data := await reader.read(_CHUNK_BYTES):
            passed = data if left is None else data[:left]
            await asyncio.sleep(line.delay_s + len(passed) / (line.bytes_per_s or math.inf))
            writer.write(passed)
            await writer.drain()
            self._plan.bytes_up += len(passed) if is_up else 0
            if left is not None:
                left -= len(passed)
                if left <= 0:
                    return True
        with suppress(OSError, RuntimeError):
            writer.write_eof()
        return False


def _end(writer: asyncio.StreamWriter, *, is_reset: bool) -> None:
    if is_reset:
        connection = writer.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    else:
        writer.close()
