"""Prints sheets one after the other, so that many at once leave the service its breath."""

import threading
from pathlib import Path

from backend.api.problems import Unavailable
from backend.geo.basemap.opening import open_basemap
from backend.geo.basemap.reader import Basemap, BasemapError
from backend.routes.handout.schemas import Handout
from backend.routes.handout.service import make_links
from backend.routes.handout.sheet import write_sheet
from backend.routes.handout.words import Words

_WAIT_SECONDS = 10.0


class Press:
    """The one place where sheets are made: a second or two of computing each."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def print_sheet(self, handout: Handout, basemap: Basemap | None, words: Words) -> bytes:
        """Return the PDF; raise Unavailable when too many others are waiting for theirs."""
        if not self._turn.acquire(timeout=_WAIT_SECONDS):
            raise Unavailable(
                "Many sheets are being printed: try again.", headers={"Retry-After": "5"}
            )
        try:
            return write_sheet(handout, make_links(handout), basemap, words)
        finally:
            self._turn.release()

    @staticmethod
    def find_basemap(path: Path) -> Basemap | None:
        """Return the basemap; None without one, and for a damaged one, which a map page tells."""
        try:
            return open_basemap(path)
        except BasemapError:
            return None
