"""A solver process: answers one problem after the other over a socket until it is closed.

Run by the pool as `python -m backend.routes.solver.worker SOCKET`. It ends by itself when the
socket closes, as it does when the service dies.
"""

import os
import sys
from multiprocessing.connection import Connection

import msgspec

from backend.routes.day.problem import DayProblem
from backend.routes.solver.answer import READY, Answer, Failed, Solved, encode_answer
from backend.routes.solver.day import solve_day


def main() -> None:
    """Serve the socket whose number is the only argument."""
    # Engines print; nothing of it belongs to the service's own output.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    decoder = msgspec.msgpack.Decoder(DayProblem)
    with Connection(int(sys.argv[1])) as connection:
        connection.send_bytes(READY)
        while True:
            try:
                request = connection.recv_bytes()
            except (EOFError, ConnectionError):
                return
            connection.send_bytes(encode_answer(_answer(decoder, request)))


def _answer(decoder: msgspec.msgpack.Decoder[DayProblem], request: bytes) -> Answer:
    try:
        return Solved(solve_day(decoder.decode(request)))
    except Exception as error:  # noqa: BLE001  the edge of the process: the pool raises it again
        return Failed(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
