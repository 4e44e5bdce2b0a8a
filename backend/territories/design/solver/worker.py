"""A design process: answers one problem over a socket, and ends when that closes.

Run as `python -m backend.territories.design.solver.worker SOCKET`.
"""

import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection

from backend.territories.design.solver.designing import InfeasibleError, design
from backend.territories.design.solver.wire import (
    READY,
    Answer,
    Designed,
    Failed,
    Impossible,
    Progress,
    decode_problem,
    encode_answer,
)

_NICENESS = 10
"""Somebody waits for a day's plan; nobody for a design."""


def main() -> None:
    """Serve the socket whose number is the only argument."""
    # Engines print; nothing of it belongs to the service's own output.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.nice(_NICENESS)
    with Connection(int(sys.argv[1])) as connection:
        connection.send_bytes(READY)
        while True:
            try:
                request = connection.recv_bytes()
            except (EOFError, ConnectionError):
                return
            connection.send_bytes(encode_answer(_answer(request, connection.send_bytes)))


def _answer(request: bytes, send: Callable[[bytes], None]) -> Answer:
    try:
        return Designed(
            design(
                decode_problem(request),
                on_step=lambda share: send(encode_answer(Progress(share))),
            )
        )
    except InfeasibleError as error:
        return Impossible(error.rules)
    except Exception as error:  # noqa: BLE001  the edge of the process: the job tells it
        return Failed(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
