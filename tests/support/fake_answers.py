"""What the fake server answers, and what goes wrong with it on command."""

from dataclasses import dataclass, field
from typing import Literal

import msgspec

type Kind = Literal["drop_before", "drop_after", "cut", "answer"]


@dataclass
class Fault:
    """Something that goes wrong with the next `times` requests whose path starts so."""

    path: str
    kind: Kind
    times: int = 1
    status: int = 500
    code: str = "internal"
    retry_after: str = ""
    method: str = ""


@dataclass
class Answer:
    """What a door answers."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def problem(status: int, code: str, **headers: str) -> Answer:
    """Return a problem+json answer."""
    body = {"type": "about:blank", "title": code, "status": status, "code": code}
    return Answer(status, msgspec.json.encode({**body, "detail": f"Fake: {code}."}), headers)
