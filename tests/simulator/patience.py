"""How long one asks again after the faults."""

import time
from collections.abc import Iterator

_LIMIT_S = 60.0
"""A service that was killed comes back when a busy machine has time for it."""


def tries() -> Iterator[None]:
    """Yield until the time is over; how many syncs it may take is the caller's to count."""
    deadline = time.monotonic() + _LIMIT_S
    while time.monotonic() < deadline:
        yield
