"""Child processes that answer over a socket: killed at any time, and leaving nothing behind.

What runs in one may hold the interpreter lock, hang or crash without harm to the service. A child
is started as a module, not forked, so it carries nothing of the service, and it ends with it.
"""

import os
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

_START_LIMIT_S = 60.0
"""Loading engines takes about a second; a machine under heavy load may need far longer."""


class NoAnswerError(TimeoutError):
    """A child said nothing in the time it had."""


class Child:
    """One process and our end of its socket.

    `module` is run as `python -m module SOCKET`, and says anything once when it is ready. Raises
    NoAnswerError, EOFError or OSError when it does not get so far.
    """

    def __init__(self, module: str) -> None:
        ours, theirs = Pipe()
        root = str(Path(__file__).parents[1])
        path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own module, no outside input
                [sys.executable, "-m", module, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=os.environ | {"PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                process_group=0,  # an interrupt at the terminal is for the service alone
            )
        finally:
            theirs.close()
        self._connection: Connection = ours
        self.process_id = self._process.pid
        try:
            self._receive(_START_LIMIT_S)
        except BaseException:
            self.end()
            raise

    def ask(self, request: bytes, timeout_s: float) -> bytes:
        """Return the answer; NoAnswerError, or EOFError or OSError when the child is gone."""
        self.send(request)
        return self._receive(timeout_s)

    def send(self, request: bytes) -> None:
        """Send a wish; OSError when the child is gone."""
        self._connection.send_bytes(request)

    def hear(self, timeout_s: float) -> bytes | None:
        """Return what the child says next, None when it says nothing; EOFError or OSError."""
        return self._connection.recv_bytes() if self._connection.poll(timeout_s) else None

    def end(self) -> None:
        """Kill the process and wait for its end, which leaves nothing behind."""
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def _receive(self, timeout_s: float) -> bytes:
        answer = self.hear(timeout_s)
        if answer is None:
            raise NoAnswerError(f"No answer within {timeout_s:g} seconds; the process was stopped.")
        return answer
