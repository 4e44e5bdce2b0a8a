"""The base map for the road: one file, fetched when the server has a newer one."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from mobile_client.store.database import Database
from mobile_client.store.meta import read_meta, write_meta
from mobile_client.sync.http import FULL, StorageProblem
from mobile_client.sync.session import Sessions

FREE_BYTES = 50 * 1024 * 1024
"""Below this much free space nothing large is begun."""

_NAME = "map.mbtiles"
_OK = 200


def free_bytes(folder: Path) -> int:
    """Return how much space is left where the folder lies."""
    return shutil.disk_usage(folder).free


class MapPackage:
    """The map's file in the phone's folder."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        folder: Path,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._folder = folder
        self._free = free

    def path(self) -> Path | None:
        """Return the map's file, None until it was fetched."""
        path = self._folder / _NAME
        return path if path.exists() else None

    def refresh(self) -> bool:
        """Fetch the map if the server has another one; True when it was fetched.

        Raises Unreachable, ApiProblem, SessionEnded, StorageProblem.
        """
        if self._free(self._folder) < FREE_BYTES:
            raise StorageProblem(FULL)
        with self._database.reading() as db:
            known = read_meta(db, "map_etag") if self.path() else ""
        headers = {"If-None-Match": known} if known else {}
        part = self._folder / f"{_NAME}.part"
        try:
            with part.open("wb") as file:
                reply = self._sessions.download("/v1/maps/phone", headers, file)
                file.flush()
                os.fsync(file.fileno())
            if reply.status != _OK:
                return False
            part.replace(self._folder / _NAME)
        finally:
            part.unlink(missing_ok=True)
        with self._database.writing() as db:
            write_meta(db, "map_etag", reply.headers.get("etag", ""))
        return True

    def remove(self) -> None:
        """Delete the map's file."""
        (self._folder / _NAME).unlink(missing_ok=True)
