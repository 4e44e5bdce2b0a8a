"""Hearing what the database tells: LISTEN on one connection of its own, in a thread."""

import logging
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812  # spelt low there

_LOG = logging.getLogger("tuyen.db")
_CHECK_SECONDS = 60
_RETRY_SECONDS = 1.0
_JOIN_SECONDS = 15


class Listener:
    """Hands on the messages of one channel, from its own thread, until it is closed.

    `begun` is called each time that it begins to hear, also after the database was away: whatever
    was told before that is lost. `heard` gets the payloads of the messages, in their order.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        channel: str,
        *,
        begun: Callable[[], None],
        heard: Callable[[Sequence[str]], None],
    ) -> None:
        self._connect = connect
        self._channel = channel
        self._begun = begun
        self._heard = heard
        self._is_closed = threading.Event()
        self._waker, self._wakened = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name=f"listen-{channel}", daemon=True)

    def start(self) -> None:
        """Begin in a thread; a database that is away is asked again each second."""
        self._thread.start()

    def close(self) -> None:
        """End the thread and its connection."""
        self._is_closed.set()
        self._waker.send(b".")
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)
        self._waker.close()

    def _run(self) -> None:
        while not self._is_closed.is_set():
            try:
                with ExitStack() as stack:
                    connection = stack.enter_context(closing(self._connect()))
                    selector = stack.enter_context(selectors.DefaultSelector())
                    self._listen(connection, selector)
            except psycopg2.Error as error:
                _LOG.warning("not hearing %s, trying again: %s", self._channel, str(error).strip())
                self._is_closed.wait(_RETRY_SECONDS)
        self._wakened.close()

    def _listen(self, connection: Connection, selector: selectors.BaseSelector) -> None:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
            self._begun()
            for one in (connection.fileno(), self._wakened):
                selector.register(one, selectors.EVENT_READ)
            while not self._is_closed.is_set():
                if not selector.select(_CHECK_SECONDS):
                    # Nothing for a while: make sure that somebody is still there.
                    cursor.execute("SELECT 1")
                connection.poll()
                if connection.notifies:
                    payloads = [one.payload for one in connection.notifies]
                    connection.notifies.clear()
                    self._heard(payloads)
