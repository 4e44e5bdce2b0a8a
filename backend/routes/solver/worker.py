"""A solver process: answers one wish after the other over a socket until it is closed.

Run by the pool as `python -m backend.routes.solver.worker SOCKET`. It ends by itself when the
socket closes, as it does when the service dies.
"""

import os
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from backend.routes.solver.answer import (
    READY,
    Answer,
    Failed,
    PlanDay,
    PlanTeam,
    PlanWeeks,
    Progress,
    Solved,
    TeamSolved,
    WeeksSolved,
    decode_wish,
    encode_answer,
)
from backend.routes.solver.coverage import Step, plan_coverage, usual_budget
from backend.routes.solver.day import solve_day
from backend.routes.solver.team import plan_team

_TELL_S = 0.5
"""Progress is told this often at most; a first full plan at once."""

_NICENESS = 10
"""Weeks take the processor for a minute: days, which somebody waits for, go before them."""


def main() -> None:
    """Serve the socket whose number is the only argument."""
    # Engines print; nothing of it belongs to the service's own output.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
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
        match decode_wish(request):
            case PlanDay(problem=day):
                return Solved(solve_day(day))
            case PlanTeam(problem=team):
                return TeamSolved(plan_team(team))
            case PlanWeeks(problem=weeks):
                os.nice(_NICENESS)
                budget = usual_budget(weeks)
                return WeeksSolved(plan_coverage(weeks, budget=budget, progress=_teller(send)))
    except Exception as error:  # noqa: BLE001  the edge of the process: the pool raises it again
        return Failed(f"{type(error).__name__}: {error}")


def _teller(send: Callable[[bytes], None]) -> Callable[[Step], None]:
    told_at = 0.0

    def tell(step: Step) -> None:
        nonlocal told_at
        now = time.monotonic()
        if step.plan is not None or now - told_at >= _TELL_S:
            told_at = now
            progress = Progress(step.phase.value, step.share, step.travel_s, step.plan)
            send(encode_answer(progress))

    return tell


if __name__ == "__main__":
    main()
