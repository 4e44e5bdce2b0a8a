"""Listens for pokes while the phone is online; without them the phone asks now and then anyway."""

import threading
from collections.abc import Callable
from random import Random

from mobile_client.sync.backoff import wait_seconds
from mobile_client.sync.http import HttpClient, Unreachable
from mobile_client.sync.problems import ApiProblem, SessionEnded, raise_for
from mobile_client.sync.session import Sessions

_PATH = "/v1/sync/stream"
_POKE = b"event: poke"

_CLOSING_SECONDS = 0.1

SILENCE_SECONDS = 45.0
"""The server says something every 20 s; after this the line is taken for dead."""


class PokeStream:
    """A thread that holds the stream open and passes its pokes on."""

    def __init__(
        self, server_url: str, sessions: Sessions, jitter: Random, *, on_poke: Callable[[], None]
    ) -> None:
        self._http = HttpClient(server_url, timeout_s=SILENCE_SECONDS)
        self._sessions = sessions
        self._jitter = jitter
        self._on_poke = on_poke
        self._closed = threading.Event()
        self._is_listening = False
        self._thread = threading.Thread(target=self._work, name="pokes", daemon=True)

    @property
    def is_listening(self) -> bool:
        """Tell whether the stream is open now."""
        return self._is_listening

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End the thread, also while it waits for a line."""
        self._closed.set()
        while self._thread.is_alive():
            # It may just be connecting: then there is a line to cut only a moment later.
            self._http.cut()
            self._thread.join(_CLOSING_SECONDS)

    def reconnect(self) -> None:
        """Begin anew with the tokens as they are now."""
        self._http.cut()

    def _work(self) -> None:
        failures = 0
        while not self._closed.is_set():
            asked_s = 0.0
            try:
                has_heard = self._listen()
            except ApiProblem as problem:
                has_heard, asked_s = False, problem.retry_after_s
            except (Unreachable, SessionEnded):
                # Without a session the engine asks the person; here there is nothing to say.
                has_heard = False
            failures = 0 if has_heard else failures + 1
            self._closed.wait(wait_seconds(failures, self._jitter, at_least_s=asked_s))

    def _listen(self) -> bool:
        """Pass pokes on until the line ends; True when it was open at all."""
        headers = {"Accept": "text/event-stream", **self._sessions.authorization()}
        try:
            with self._http.follow(_PATH, headers) as (reply, lines):
                raise_for(reply)
                self._is_listening = not self._closed.is_set()
                for line in lines:
                    if self._closed.is_set():
                        break
                    if line.startswith(_POKE):
                        self._on_poke()
        except Unreachable:
            # A line that was open and broke off is tried again soon.
            if not self._is_listening:
                raise
        finally:
            self._is_listening = False
        return True
