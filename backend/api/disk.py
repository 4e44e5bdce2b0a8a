"""Refuses work that needs room while little is left: a database without any stops for good.

A PostgreSQL that cannot write its log panics and may not start again by itself. So the service
says no long before: what is answered with success is then safe, and work goes on by itself as soon
as there is room.
"""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from backend.api.problems import Problem

_LOOK_SECONDS = 1.0
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_FILES_NEED = 2
_RETRY_AFTER = {"Retry-After": "60"}


class StorageFull(Problem):
    """There is not enough room to keep what is sent."""

    status, code, title = 507, "storage_full", "The server's disk is almost full"


def storage_full() -> StorageFull:
    """Return the refusal."""
    return StorageFull(
        "There is little room left on the server, so it takes nothing for now: keep what you have "
        "and try again.",
        headers=_RETRY_AFTER,
    )


class DiskGuard:
    """Knows how much room is left where data is kept, at most a second old."""

    def __init__(
        self,
        places: Iterable[Path],
        min_free_bytes: int,
        *,
        measure: Callable[[Path], int] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = list(places)
        self._min_free_bytes = min_free_bytes
        self._measure = measure or measure_free
        self._monotonic = monotonic
        self._looked_at = float("-inf")
        self._free_bytes = 0

    def has_room(self, times: int = 1) -> bool:
        """Tell whether so many times the least room is left in every place."""
        now = self._monotonic()
        if now - self._looked_at >= _LOOK_SECONDS:
            self._free_bytes = min(self._measure(place) for place in self._places)
            self._looked_at = now
        return self._free_bytes >= times * self._min_free_bytes


def measure_free(place: Path) -> int:
    """Return the bytes that are free for us where a folder is, or will be."""
    while not place.exists():
        place = place.parent
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def places_of(data_dir: Path, own_server: Path | None = None) -> list[Path]:
    """Return what to watch: the data folder, its parts that may be mounts, the database's files."""
    database = own_server or data_dir / "pg" / "data"
    parts = [data_dir / "uploads", data_dir / "blobs", data_dir / "packages"]
    return [data_dir, *parts, database, database / "pg_wal"]


async def require_room(
    connection: ASGIConnection[Any, Any, Any, State], handler: BaseRouteHandler
) -> None:
    """Raise StorageFull for a request that writes while little room is left; uploads need more."""
    writes = handler.opt.get("writes", "little" if handler.opt.get("is_public") else "much")
    if connection.scope.get("method") in _READING or writes == "little":
        return
    disk: DiskGuard = connection.app.state.disk
    if not disk.has_room(_FILES_NEED if writes == "files" else 1):
        raise storage_full()
