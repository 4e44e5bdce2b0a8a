"""Reads tiles out of a PMTiles file through a memory map; safe to share between threads."""

import gzip
import hashlib
import json
import mmap
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from pmtiles.tile import (
    Compression,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from backend.geo.tiles import check_tile
from backend.geo.vocabulary import Bounds, GeoError

HEADER_BYTES = 127
MAX_DEPTH = 4  # root and three levels of leaves, as the specification allows
DEGREES_E7 = 10_000_000


class BasemapError(GeoError):
    """The basemap cannot be built, read or cut."""


class Basemap:
    """An open basemap. Tiles come as stored: gzipped Mapbox vector tiles."""

    def __init__(self, path: Path) -> None:
        """Open the file; raise BasemapError when it is missing or no vector PMTiles."""
        try:
            with path.open("rb") as file:
                self.etag = hashlib.file_digest(file, "sha256").hexdigest()[:16]
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
            raise BasemapError("basemap_missing", f"There is no basemap at {path}.") from error
        try:
            self._header = deserialize_header(self._map[:HEADER_BYTES])
            self.metadata = self._read_metadata()
        except Exception as error:  # the library raises whatever the bytes provoke
            self._map.close()
            raise BasemapError(
                "basemap_damaged", f"{path.name} is not a PMTiles file, or it is damaged."
            ) from error
        self.min_zoom: int = self._header["min_zoom"]
        self.max_zoom: int = self._header["max_zoom"]
        self.bounds = self._read_bounds()
        # Directories are immutable: parsed once instead of at every tile.
        self._directory = lru_cache(maxsize=256)(self._read_directory)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Give the gzipped tile, None where nothing is drawn; GeoError for no such tile."""
        check_tile(z, x, y)
        if not self.min_zoom <= z <= self.max_zoom:
            return None
        tile_id = zxy_to_tileid(z, x, y)
        offset, length = self._header["root_offset"], self._header["root_length"]
        for _ in range(MAX_DEPTH):
            entry = find_tile(self._directory(offset, length), tile_id)
            if entry is None:
                return None
            if entry.run_length:
                start = self._header["tile_data_offset"] + entry.offset
                return self._map[start : start + entry.length]
            offset = self._header["leaf_directory_offset"] + entry.offset
            length = entry.length
        return None

    def close(self) -> None:
        """Unmap the file."""
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_directory(self, offset: int, length: int) -> list[Any]:
        return deserialize_directory(self._map[offset : offset + length])

    def _read_metadata(self) -> dict[str, Any]:
        start = self._header["metadata_offset"]
        raw = self._map[start : start + self._header["metadata_length"]]
        if self._header["internal_compression"] == Compression.GZIP:
            raw = gzip.decompress(raw)
        metadata: dict[str, Any] = json.loads(raw)
        return metadata

    def _read_bounds(self) -> Bounds:
        header = self._header
        return Bounds(
            header["min_lon_e7"] / DEGREES_E7,
            header["min_lat_e7"] / DEGREES_E7,
            header["max_lon_e7"] / DEGREES_E7,
            header["max_lat_e7"] / DEGREES_E7,
        )
