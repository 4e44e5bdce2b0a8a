"""One kept-alive HTTP connection, from the standard library, with limits on time and size."""

import http.client
import socket
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import urlsplit

from mobile_client.sync.unpacking import ACCEPTED, LARGEST_BODY, unpack

_BLOCK_BYTES = 256 * 1024
_OK = 200


class Unreachable(Exception):
    """No answer; `was_sent` tells whether the request may have reached the server."""

    def __init__(self, reason: str, *, was_sent: bool) -> None:
        super().__init__(reason)
        self.was_sent = was_sent


FULL = "This phone is full. Free some space: what is saved stays, and syncing goes on by itself."


class StorageProblem(Exception):
    """The phone has no room for what came, or for what would come."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class HttpClient:
    """Talks to one server, one request at a time; safe to share between threads."""

    def __init__(self, base_url: str, *, timeout_s: float = 30.0) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = f"The server's address {base_url!r} must look like https://crm.example.com."
            raise ValueError(msg)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._lock = threading.RLock()

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        """Return the whole answer, decompressed; raises Unreachable."""
        with self._answer(method, path, headers or {}, body) as answer:
            return Reply(answer.status, _headers(answer), _read_body(answer))

    def download(self, path: str, headers: Mapping[str, str], target: BinaryIO) -> Reply:
        """Write the body of a 200 into `target`; raises Unreachable, StorageProblem."""
        with self._answer("GET", path, headers, b"", accept="identity") as answer:
            if answer.status != _OK:
                return Reply(answer.status, _headers(answer), _read_body(answer))
            while block := answer.read(_BLOCK_BYTES):
                try:
                    target.write(block)
                except OSError as error:
                    raise StorageProblem(FULL) from error
            if answer.length:
                raise http.client.IncompleteRead(b"", answer.length)
            return Reply(answer.status, _headers(answer))

    @contextmanager
    def _answer(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        accept: str = ACCEPTED,
    ) -> Iterator[http.client.HTTPResponse]:
        with self._lock:
            sent = {"Accept-Encoding": accept, "Accept": "application/json", **headers}
            answer = self._ask(method, self._prefix + path, sent, body)
            try:
                yield answer
                answer.read()
            except (http.client.HTTPException, OSError, zlib.error) as error:
                self._drop()
                raise Unreachable(_reason(error), was_sent=True) from error
            except BaseException:
                self._drop()
                raise
            if answer.will_close:
                self._drop()

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> http.client.HTTPResponse:
        """Send and wait for the head of the answer.

        A kept connection may have been closed by the server meanwhile; every request of this
        client may be repeated, so that case is tried again once on a new one.
        """
        was_kept = self._connection is not None
        connection = self._connect()
        try:
            connection.request(method, path, body=body or None, headers=dict(headers))
            return connection.getresponse()
        except (http.client.HTTPException, OSError) as error:
            self._drop()
            if was_kept and isinstance(error, http.client.RemoteDisconnected | ConnectionError):
                return self._ask_again(method, path, headers, body)
            raise Unreachable(_reason(error), was_sent=True) from error

    def _ask_again(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> http.client.HTTPResponse:
        try:
            return self._ask(method, path, headers, body)
        except Unreachable as error:
            # The first attempt may have arrived, whatever became of the second.
            raise Unreachable(str(error), was_sent=True) from error

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            connection = kind(self._host, self._port, timeout=self._timeout_s)
            try:
                connection.connect()
            except OSError as error:
                connection.close()
                raise Unreachable(_reason(error), was_sent=False) from error
            self._connection, self._socket = connection, connection.sock
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = self._socket = None

    @contextmanager
    def follow(
        self, path: str, headers: Mapping[str, str]
    ) -> Iterator[tuple[Reply, Iterator[bytes]]]:
        """Read a 200 that goes on and on, line by line; raises Unreachable.

        `cut` ends it from another thread; no other request can be made meanwhile.
        """
        with self._answer("GET", path, headers, b"", accept="identity") as answer:
            if answer.status != _OK:
                yield Reply(answer.status, _headers(answer), _read_body(answer)), iter(())
                return
            try:
                yield Reply(answer.status, _headers(answer)), iter(answer.readline, b"")
            finally:
                self._drop()

    def cut(self) -> None:
        """End the request that another thread waits in; that one raises Unreachable."""
        sock = self._socket
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        with self._lock:
            self._drop()


def _headers(answer: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.getheaders()}


def _read_body(answer: http.client.HTTPResponse) -> bytes:
    """Read and decompress up to a limit, so that a small answer cannot fill the phone."""
    body = answer.read(LARGEST_BODY + 1)
    if answer.length:
        raise http.client.IncompleteRead(body, answer.length)
    return unpack(body, answer.getheader("Content-Encoding", ""))


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "The server did not answer in time."
    if isinstance(error, http.client.HTTPException | zlib.error):
        return "The answer was cut off."
    return "The server cannot be reached."
