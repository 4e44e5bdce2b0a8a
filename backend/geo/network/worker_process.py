"""A child process that answers framed questions over pipes, with a hard time limit."""

import fcntl
import os
import select
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

from backend.geo.network.osrm_messages import LENGTH_BYTES, frame

PIPE_BYTES = 1 << 20
CLOSE_SECONDS = 2.0
# A child keeps up to 256 MB that a large answer took: asking the kernel for it anew each time
# costs a third of the CPU of a matrix of 500 points. Only glibc reads this.
_MALLOC = {"MALLOC_TRIM_THRESHOLD_": str(256 << 20)}
TAIL_BYTES = 2000


class WorkerDiedError(Exception):
    """The child ended before it answered; the text is the end of what it printed."""


class WorkerTimeoutError(Exception):
    """The child did not answer in time and was killed."""


class WorkerProcess:
    """One child; not thread-safe. It cannot outlive its parent: it ends when its stdin closes.

    PR_SET_PDEATHSIG is of no use here: it fires when the *thread* that started the child ends,
    and threads of a server's pool come and go.
    """

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,
            env={**os.environ, **_MALLOC},
        )
        self._finalizer = weakref.finalize(self, _end, self._process, self._log)
        self.owner = os.getpid()
        stdout, stdin = self._pipes()
        os.set_blocking(stdin.fileno(), False)  # a child that does not read must not hold us
        with suppress(OSError):  # a user may hold only so many large pipes
            fcntl.fcntl(stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """False once the child has ended."""
        return self._process.poll() is None

    def ask(self, payload: bytes, *, timeout_s: float) -> bytearray:
        """Send a frame and wait for the answering one; WorkerDiedError, WorkerTimeoutError."""
        deadline = time.monotonic() + timeout_s
        try:
            self._write(frame(payload), deadline)
        except OSError as error:
            raise self._died() from error
        return self._receive(deadline)

    def receive(self, *, timeout_s: float) -> bytearray:
        """Wait for one frame; a child that is too slow is killed."""
        return self._receive(time.monotonic() + timeout_s)

    def kill(self) -> None:
        """End the child at once."""
        self._process.kill()
        self._finalizer()

    def close(self) -> None:
        """Close the child's stdin and wait for its end; kill it when it does not listen."""
        self._finalizer()

    def forget(self) -> None:
        """In a forked process: leave the child to the process that started it."""
        self._finalizer.detach()

    def _receive(self, deadline: float) -> bytearray:
        head = self._read(LENGTH_BYTES, deadline)
        return self._read(int.from_bytes(head), deadline)

    def _write(self, data: bytes, deadline: float) -> None:
        _, stdin = self._pipes()
        left = memoryview(data)
        while left:
            self._wait(stdin, select.POLLOUT, deadline)
            left = left[os.write(stdin.fileno(), left) :]

    def _read(self, count: int, deadline: float) -> bytearray:
        stdout, _ = self._pipes()
        data = bytearray(count)
        left = memoryview(data)
        while left:
            self._wait(stdout, select.POLLIN, deadline)
            read = os.readv(stdout.fileno(), [left])
            if not read:
                raise self._died()
            left = left[read:]
        return data

    def _wait(self, pipe: IO[bytes], event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(pipe, event)
        left_ms = (deadline - time.monotonic()) * 1000
        if left_ms <= 0 or not poll.poll(left_ms):
            self.kill()
            raise WorkerTimeoutError

    def _died(self) -> WorkerDiedError:
        self._process.kill()  # it may have closed its pipe and stayed
        code = self._process.wait()
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - TAIL_BYTES))
        tail = self._log.read().decode(errors="replace").strip().splitlines()
        self._finalizer()
        return WorkerDiedError(tail[-1] if tail else f"it ended with code {code}")

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process.stdout is None or self._process.stdin is None:
            raise WorkerDiedError("it has no pipes")
        return self._process.stdout, self._process.stdin


def _end(process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    log.close()
