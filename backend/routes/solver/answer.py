"""What a solver process says to the pool; apart from both, so that the service loads no engine."""

import msgspec

from backend.routes.day.plan import DayPlan

READY = b"ready"
"""Sent once by a new process, when its engines are loaded."""


class Solved(msgspec.Struct, frozen=True, tag=True):
    """The plan that was asked for."""

    plan: DayPlan


class Failed(msgspec.Struct, frozen=True, tag=True):
    """What went wrong; the process goes on."""

    detail: str


type Answer = Solved | Failed


def encode_answer(answer: Answer) -> bytes:
    """Return the answer for the way to the pool."""
    return msgspec.msgpack.encode(answer)


def decode_answer(data: bytes) -> Answer:
    """Return the answer that was sent."""
    answer: Answer = msgspec.msgpack.decode(data, type=Answer)
    return answer
