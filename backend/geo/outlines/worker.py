"""The process that reads one file: `python -m backend.geo.outlines.worker SOCKET`.

It takes its limits before it looks at the file, and ends after one answer.
"""

import os
import resource
import sys
from multiprocessing.connection import Connection

import msgspec

from backend.geo.outlines.soundness import read_file
from backend.geo.outlines.wire import READY, Answer, Refused, Task
from backend.geo.vocabulary import GeoError

_OPEN_FILES = 64


def main() -> None:
    """Answer the one task on the socket whose number is the only argument."""
    # Readers print; nothing of it belongs to the service's own output.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with Connection(int(sys.argv[1])) as connection:
        connection.send_bytes(READY)
        try:
            task = msgspec.msgpack.decode(connection.recv_bytes(), type=Task)
        except (EOFError, ConnectionError):
            return
        _limit(task)
        connection.send_bytes(msgspec.msgpack.encode(_answer(task)))


def _limit(task: Task) -> None:
    """Give up all that reading does not need: files to write, processor and memory without end."""
    for kind, most in (
        (resource.RLIMIT_AS, task.memory_mb * 1024 * 1024),
        (resource.RLIMIT_CPU, task.cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        resource.setrlimit(kind, (most, most))


def _answer(task: Task) -> Answer:
    try:
        return read_file(task.content, task.wish)
    except GeoError as error:
        return Refused(code=error.code, message=error.message, field=error.field or "file")
    except MemoryError:
        return Refused(
            code="file_too_heavy",
            message="Reading the file takes more memory than it may: split it.",
        )
    except RecursionError:
        return Refused(code="nested_too_deeply", message="The file is nested too deeply.")
    except Exception as error:  # noqa: BLE001  the edge of the process: a file did it, not we
        why = f"{type(error).__name__}: {str(error)[:120]}"
        return Refused(
            code="file_broken", message=f"The file cannot be read ({why}): export it again."
        )


if __name__ == "__main__":
    main()
