"""A device's side of HTTP, able to fail in all the ways that a bad network does."""

import http.client
import socket
import time
from collections.abc import Mapping

import msgspec

_SECONDS = 40


class LostError(Exception):
    """No answer; the request may have arrived."""


class Answer(msgspec.Struct, frozen=True):
    """A whole answer; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The problem's code, empty where it is none."""
        try:
            told = msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return ""
        return str(told.get("code", "")) if isinstance(told, dict) else ""


class Wire:
    """One kept-alive connection of one device; not for two threads at once."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Send a request and return the whole answer; raises LostError."""
        try:
            connection = self._open()
            connection.request(method, path, body=body or None, headers=dict(headers))
            return self._read(connection)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise LostError(repr(error)) from error

    def ask_and_hang_up(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Send a whole request and close before the answer."""
        self._send_raw(path, headers, body, len(body))

    def ask_cut(
        self,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        cut: int,
        *,
        method: str = "POST",
    ) -> None:
        """Send only the first bytes of a body and close."""
        self._send_raw(path, headers, body, cut, method=method)

    def ask_slowly(
        self, path: str, headers: Mapping[str, str], body: bytes, pause_s: float
    ) -> Answer:
        """Send a body byte by byte; raises LostError."""
        try:
            connection = self._head(path, headers, len(body))
            for number in range(len(body)):
                connection.send(body[number : number + 1])
                time.sleep(pause_s)
            return self._read(connection)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise LostError(repr(error)) from error

    def ask_and_read_part(
        self, path: str, headers: Mapping[str, str], body: bytes, share: float
    ) -> int:
        """Send a request and read only a part of the answer's body; return how many bytes."""
        try:
            connection = self._open()
            connection.request("POST", path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            return len(answer.read(int((answer.length or 0) * share)))
        except (OSError, http.client.HTTPException) as error:
            raise LostError(repr(error)) from error
        finally:
            self.close()

    def is_dead(self) -> bool:
        """Tell whether nobody answers."""
        try:
            return self.ask("GET", "/livez", {}).status != 200
        except LostError:
            return True

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send_raw(
        self,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        cut: int,
        *,
        method: str = "POST",
    ) -> None:
        try:
            connection = self._head(path, headers, len(body), method=method)
            connection.send(body[:cut])
        except (OSError, http.client.HTTPException) as error:
            raise LostError(repr(error)) from error
        finally:
            self.close()

    def _head(
        self, path: str, headers: Mapping[str, str], length: int, *, method: str = "POST"
    ) -> http.client.HTTPConnection:
        connection = self._open()
        connection.putrequest(method, path)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
            self._connection.connect()
            assert self._connection.sock is not None
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connection

    def _read(self, connection: http.client.HTTPConnection) -> Answer:
        answer = connection.getresponse()
        body = answer.read()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        if answer.will_close:
            self.close()
        return Answer(answer.status, headers, body)
