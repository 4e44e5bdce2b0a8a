"""Who listens to a stream of server-sent events, in a thread, and waits for the next one."""

import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import httpx

_WAIT_SECONDS = 30
_END = "end"


class Ear:
    """An open stream: `next_event` waits for an event, `wait_for_end` for the end."""

    def __init__(self, client: httpx.Client, path: str, headers: dict[str, str]) -> None:
        self.answer = client.send(client.build_request("GET", path, headers=headers), stream=True)
        self._heard: queue.Queue[str] = queue.Queue()
        self._thread = threading.Thread(target=self._listen, name="ear", daemon=True)
        self._thread.start()

    def next_event(self) -> str:
        """Return the lines of the next event; raise AssertionError when the stream ended."""
        event = self._heard.get(timeout=_WAIT_SECONDS)
        assert event != _END, "the stream ended"
        return event

    def wait_for_end(self) -> list[str]:
        """Wait until the service ends the stream; return the events until then."""
        events = []
        while (event := self._heard.get(timeout=_WAIT_SECONDS)) != _END:
            events.append(event)
        return events

    def heard(self) -> list[str]:
        """Return the events that came since the last one, without waiting."""
        events = []
        while not self._heard.empty():
            events.append(self._heard.get())
        return events

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()
        self._thread.join(_WAIT_SECONDS)

    def leave(self) -> None:
        """Hang up. A close alone would wake nobody who reads, until the next sign of life."""
        with suppress(OSError):
            line = self.answer.extensions["network_stream"].get_extra_info("socket")
            line.shutdown(socket.SHUT_RDWR)
        self.answer.close()

    def _listen(self) -> None:
        lines: list[str] = []
        try:
            for line in self.answer.iter_lines():
                if line:
                    lines.append(line)
                elif lines:
                    self._put("\n".join(lines))
                    lines = []
        except (httpx.TransportError, httpx.StreamClosed):
            pass
        self._heard.put(_END)

    def _put(self, event: str) -> None:
        # The opening tells how soon to come back, a comment that the line is alive: no events.
        if not event.startswith(("retry:", ":")):
            self._heard.put(event)


@contextmanager
def ears_open(client: httpx.Client, path: str, *headers: dict[str, str]) -> Iterator[list[Ear]]:
    """Open a stream for each of the headers; all have heard their first event."""
    ears: list[Ear] = []
    try:
        ears.extend(Ear(client, path, one) for one in headers)
        for ear in ears:
            ear.next_event()
        yield ears
    finally:
        for ear in ears:
            ear.leave()
