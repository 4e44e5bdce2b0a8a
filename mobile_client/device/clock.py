"""The device's clocks: the time of day, and the time since boot that nobody can set."""

import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Tells the time; tests bring their own."""

    def now(self) -> datetime:
        """Return the device's time of day, aware UTC; it may jump."""
        ...

    def monotonic_ms(self) -> int:
        """Return milliseconds since boot; it never goes back while `boot_id` stays."""
        ...

    @property
    def boot_id(self) -> str:
        """What changes with every boot."""
        ...


class SystemClock:
    """The operating system's clocks."""

    def __init__(self) -> None:
        try:
            self._boot_id = _BOOT_ID.read_text().strip()
        except OSError:
            # Where the system hides its boot id, one of this process is the safe choice.
            self._boot_id = str(uuid.uuid4())

    def now(self) -> datetime:
        """Return the time of day, aware UTC."""
        return datetime.fromtimestamp(time.time(), UTC)

    def monotonic_ms(self) -> int:
        """Return milliseconds of the system's monotonic clock."""
        return time.monotonic_ns() // 1_000_000

    @property
    def boot_id(self) -> str:
        """The kernel's boot id, else one of this process."""
        return self._boot_id
