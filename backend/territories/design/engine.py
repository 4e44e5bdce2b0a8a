"""Designing in a process of its own, which is killed when it takes too long or nobody wants it."""

import time
from collections.abc import Callable

from backend.processes import Child, NoAnswerError
from backend.territories.design.plan import BrokenRule, Design
from backend.territories.design.problem import DesignProblem
from backend.territories.design.solver.wire import (
    Answer,
    Designed,
    Failed,
    Impossible,
    Progress,
    decode_answer,
    encode_problem,
)

_WORKER_MODULE = "backend.territories.design.solver.worker"
_LOOK_S = 0.25
"""How soon it is noticed that a design is not wanted any more."""


class EngineError(RuntimeError):
    """The engine failed or took too long; the sentence says which."""


class EngineCancelled(RuntimeError):
    """Nobody wants the design any more; what was computing it has been killed."""


class RulesImpossible(RuntimeError):
    """The rules cannot hold together."""

    def __init__(self, rules: tuple[BrokenRule, ...]) -> None:
        super().__init__(" ".join(rule.detail for rule in rules))
        self.rules = rules


def solve_apart(
    problem: DesignProblem,
    timeout_s: float,
    *,
    progress: Callable[[float], None],
    is_cancelled: Callable[[], bool],
) -> Design:
    """Return the design; `progress` and `is_cancelled` are called in this thread.

    A process that dies is replaced once. Raises EngineCancelled soon after `is_cancelled` says so,
    RulesImpossible, and EngineError when the engine fails or takes longer than it may.
    """
    deadline = time.monotonic() + timeout_s
    for _attempt in range(2):
        try:
            child = Child(_WORKER_MODULE)
            try:
                child.send(encode_problem(problem))
                return _follow(child, deadline, progress, is_cancelled)
            finally:
                child.end()
        except NoAnswerError as error:
            raise EngineError(f"The engine did not start ({error}).") from error
        except (EOFError, OSError):
            continue
    raise EngineError("The engine's process ended twice while it worked on this design.")


def _follow(
    child: Child,
    deadline: float,
    progress: Callable[[float], None],
    is_cancelled: Callable[[], bool],
) -> Design:
    while True:
        if is_cancelled():
            raise EngineCancelled("Nobody wants this design any more.")
        if time.monotonic() > deadline:
            raise EngineError("The design took longer than it may; it was stopped.")
        heard = child.hear(_LOOK_S)
        design = None if heard is None else _understood(decode_answer(heard), progress)
        if design is not None:
            return design


def _understood(answer: Answer, progress: Callable[[float], None]) -> Design | None:
    """Return the design when the answer is one; hand progress on, raise what went wrong."""
    match answer:
        case Progress(share=share):
            progress(share)
            return None
        case Designed(design=design):
            return design
        case Impossible(rules=rules):
            raise RulesImpossible(rules)
        case Failed(detail=detail):
            raise EngineError(f"The engine could not make this design ({detail}).")
