"""Files with outlines, read apart: in a child that may take so much and no more."""

import threading

import msgspec

from backend.geo.outlines.wire import Answer, OutlineFile, Refused, Task, Wish
from backend.geo.vocabulary import GeoError
from backend.processes import Child, NoAnswerError

MAX_BYTES = 20 * 1024 * 1024
"""Of a file that comes over HTTP."""
_WORKER_MODULE = "backend.geo.outlines.worker"
_CPU_SECONDS, _MEMORY_MB = 40, 1500
_PATIENCE = 2.0
"""A busy machine gives a second of processor time in two."""
_AT_ONCE = 2
_WAIT_S = 20.0
_ANSWER = msgspec.msgpack.Decoder(Answer)
_SEATS = threading.BoundedSemaphore(_AT_ONCE)


class ReadersBusy(RuntimeError):
    """As many files are being read as may be at once."""


def read_outlines(
    content: bytes, wish: Wish, *, cpu_seconds: int = _CPU_SECONDS, memory_mb: int = _MEMORY_MB
) -> OutlineFile:
    """Return what a file holds; raise GeoError for one that cannot be used, or ReadersBusy."""
    if not _SEATS.acquire(timeout=_WAIT_S):
        raise ReadersBusy("Other files are being read.")
    try:
        return _read(Task(wish=wish, content=content, cpu_seconds=cpu_seconds, memory_mb=memory_mb))
    finally:
        _SEATS.release()


def _read(task: Task) -> OutlineFile:
    child = Child(_WORKER_MODULE)
    try:
        heard = child.ask(msgspec.msgpack.encode(task), task.cpu_seconds * _PATIENCE)
    except NoAnswerError as error:
        raise _too_heavy() from error
    except (EOFError, OSError) as error:
        # It was ended by its limits, or by what the file did to the library that read it.
        raise _too_heavy() from error
    finally:
        child.end()
    answer: Answer = _ANSWER.decode(heard)
    if isinstance(answer, Refused):
        raise GeoError(answer.code, answer.message, answer.field)
    return answer


def _too_heavy() -> GeoError:
    return GeoError(
        "file_too_heavy",
        "Reading the file took more time or memory than it may: split it, or simplify it.",
        "file",
    )
