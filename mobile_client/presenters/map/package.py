"""Reads a map package: MBTiles 1.3 of vector tiles, rows counted from the south (TMS)."""

import sqlite3
import threading
from pathlib import Path

from mobile_client.views import LonLat


class MapPackage:
    """One package, readable from any thread; each thread opens its own connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        told = dict(self._db().execute("SELECT name, value FROM metadata"))
        self.min_zoom = int(told.get("minzoom", 0))
        self.max_zoom = int(told.get("maxzoom", 14))
        self.centre = _centre(told)
        self.attribution: str = told.get("attribution", "")

    def _db(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self._local.connection = connection
            with self._lock:
                self._connections.append(connection)
        return connection

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """The tile's bytes, None when the package has none there; y counts from the north."""
        row = self._db().execute(
            "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
            (zoom, x, (1 << zoom) - 1 - y),
        )
        found = row.fetchone()
        return bytes(found[0]) if found else None

    def close(self) -> None:
        """Closes every thread's connection; no reader may be at work."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()


def _centre(told: dict[str, str]) -> LonLat | None:
    """The middle of the stated bounds, longitude first."""
    if "bounds" not in told:
        return None
    west, south, east, north = (float(part) for part in told["bounds"].split(","))
    return (west + east) / 2, (south + north) / 2
