"""Where time comes from: a Clock is passed in, so that tests can set it."""

from datetime import UTC, datetime
from typing import Protocol, runtime_checkable


@runtime_checkable  # Litestar checks injected values by their class
class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the aware time in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)  # noqa: TID251  # the one place that reads it
