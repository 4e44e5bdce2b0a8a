"""Prints papers one after the other, so that many at once do not keep the service from others."""

import threading
from collections.abc import Callable
from pathlib import Path

from backend.api.problems import Unavailable
from backend.geo.basemap.opening import open_basemap
from backend.geo.basemap.reader import Basemap, BasemapError

_SEATS = 3


class Press:
    """Where papers are made, a second of computing each: one at work, a few waiting their turn."""

    def __init__(self, seats: int = _SEATS) -> None:
        """Let so many callers in; the others are sent away, for each holds a request's thread."""
        self._seats = threading.BoundedSemaphore(seats)
        self._turn = threading.Lock()

    def print_in_turn(self, write: Callable[[], bytes]) -> bytes:
        """Return what `write` makes; raise Unavailable when too many others wait for theirs."""
        if not self._seats.acquire(blocking=False):
            raise Unavailable(
                "Many sheets are being printed: try again.", headers={"Retry-After": "5"}
            )
        try:
            with self._turn:
                return write()
        finally:
            self._seats.release()

    @staticmethod
    def find_basemap(path: Path) -> Basemap | None:
        """Return the basemap; None without one, and for a damaged one, which a map page tells."""
        try:
            return open_basemap(path)
        except BasemapError:
            return None
