"""What pool and solver process say to each other; apart, so that the service loads no engine."""

import msgspec

from backend.routes.coverage.plan import CoveragePlan
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.day.plan import DayPlan
from backend.routes.day.problem import DayProblem
from backend.routes.team.plan import TeamPlan
from backend.routes.team.problem import TeamProblem

READY = b"ready"
"""Sent once by a new process, when its engines are loaded."""


class PlanDay(msgspec.Struct, frozen=True, tag=True):
    """Asks for a day's plan; the answer is Solved or Failed."""

    problem: DayProblem


class PlanTeam(msgspec.Struct, frozen=True, tag=True):
    """Asks for several reps' day; the answer is TeamSolved or Failed."""

    problem: TeamProblem


class PlanWeeks(msgspec.Struct, frozen=True, tag=True):
    """Asks for a coverage plan; Progress comes now and then, WeeksSolved or Failed at last."""

    problem: CoverageProblem


class Solved(msgspec.Struct, frozen=True, tag=True):
    """The plan that was asked for."""

    plan: DayPlan


class TeamSolved(msgspec.Struct, frozen=True, tag=True):
    """The team's plan that was asked for."""

    plan: TeamPlan


class Progress(msgspec.Struct, frozen=True, tag=True):
    """How far the weeks are: the share of a phase, the travel of the best, the first full plan."""

    phase: str
    share: float
    travel_s: int | None
    plan: CoveragePlan | None


class WeeksSolved(msgspec.Struct, frozen=True, tag=True):
    """The coverage plan that was asked for."""

    plan: CoveragePlan


class Failed(msgspec.Struct, frozen=True, tag=True):
    """What went wrong; the process goes on."""

    detail: str


type Wish = PlanDay | PlanTeam | PlanWeeks
type Answer = Solved | TeamSolved | Progress | WeeksSolved | Failed


def encode_wish(wish: Wish) -> bytes:
    """Return the wish for the way to the process."""
    return msgspec.msgpack.encode(wish)


def decode_wish(data: bytes) -> Wish:
    """Return the wish that was sent."""
    wish: Wish = msgspec.msgpack.decode(data, type=Wish.__value__)
    return wish


def encode_answer(answer: Answer) -> bytes:
    """Return the answer for the way to the pool."""
    return msgspec.msgpack.encode(answer)


def decode_answer(data: bytes) -> Answer:
    """Return the answer that was sent."""
    answer: Answer = msgspec.msgpack.decode(data, type=Answer.__value__)
    return answer
