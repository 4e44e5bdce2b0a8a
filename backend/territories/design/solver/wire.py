"""What service and design process say to each other; apart, so that the service loads no engine."""

import msgspec

from backend.territories.design.plan import BrokenRule, Design
from backend.territories.design.problem import DesignProblem


class Progress(msgspec.Struct, frozen=True, tag=True):
    """Which share of the scenarios is done."""

    share: float


class Designed(msgspec.Struct, frozen=True, tag=True):
    """The design that was asked for."""

    design: Design


class Impossible(msgspec.Struct, frozen=True, tag=True):
    """The rules that cannot hold together."""

    rules: tuple[BrokenRule, ...]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """What went wrong."""

    detail: str


type Answer = Progress | Designed | Impossible | Failed

READY = b"ready"
"""Sent once by a new process, when its engines are loaded."""


def encode_problem(problem: DesignProblem) -> bytes:
    """Return the problem for the way to the process, or to be kept."""
    return msgspec.msgpack.encode(problem)


def decode_problem(data: bytes) -> DesignProblem:
    """Return the problem that was sent."""
    return msgspec.msgpack.decode(data, type=DesignProblem)


def encode_answer(answer: Answer) -> bytes:
    """Return the answer for the way back."""
    return msgspec.msgpack.encode(answer)


def decode_answer(data: bytes) -> Answer:
    """Return the answer that was sent."""
    answer: Answer = msgspec.msgpack.decode(data, type=Answer.__value__)
    return answer
