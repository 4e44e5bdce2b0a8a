"""Cuts a phone's offline map out of the basemap: MBTiles 1.3 with gzipped vector tiles."""

import json
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from backend.geo.basemap.features import ATTRIBUTION
from backend.geo.basemap.reader import Basemap, BasemapError
from backend.geo.tiles import tiles_covering
from backend.geo.vocabulary import Bounds

PHONE_ZOOMS = (10, 11, 12, 13, 14)
_SCHEMA = """
CREATE TABLE metadata (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tiles (
  zoom_level INTEGER NOT NULL, tile_column INTEGER NOT NULL, tile_row INTEGER NOT NULL,
  tile_data BLOB NOT NULL, PRIMARY KEY (zoom_level, tile_column, tile_row)
);
"""


class PackageInfo(msgspec.Struct, frozen=True):
    """What was packed: tiles that hold something, and the file's size."""

    tiles: int
    bytes: int


def write_phone_package(
    basemap: Basemap, bounds: Bounds, out: Path, *, zooms: Sequence[int] = PHONE_ZOOMS
) -> PackageInfo:
    """Write the tiles that touch the box; the file appears whole, replacing an older one.

    Rows count from the south (TMS), as MBTiles wants. Raises BasemapError when the box holds none.
    """
    wanted = sorted(set(zooms))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".package-", dir=out.parent) as scratch:
        fresh = Path(scratch) / "package.mbtiles"
        with closing(sqlite3.connect(fresh)) as database, database:
            database.executescript(_SCHEMA)
            database.executemany(
                "INSERT INTO tiles VALUES (?, ?, ?, ?)",
                (
                    (z, x, (1 << z) - 1 - y, data)
                    for zoom in wanted
                    for z, x, y in tiles_covering(bounds, zoom)
                    if (data := basemap.tile(z, x, y)) is not None
                ),
            )
            (count,) = database.execute("SELECT count(*) FROM tiles").fetchone()
            database.executemany(
                "INSERT INTO metadata VALUES (?, ?)", _metadata(basemap, bounds, wanted).items()
            )
        if not count:
            raise BasemapError(
                "package_empty", "The basemap has no tile in that area: import its extract first."
            )
        fresh.replace(out)
    return PackageInfo(count, out.stat().st_size)


def _metadata(basemap: Basemap, bounds: Bounds, zooms: Sequence[int]) -> dict[str, str]:
    middle = ((bounds.west + bounds.east) / 2, (bounds.south + bounds.north) / 2)
    return {
        "name": "basemap",
        "format": "pbf",
        "type": "baselayer",
        "version": "1",
        "minzoom": str(zooms[0]),
        "maxzoom": str(zooms[-1]),
        "bounds": ",".join(f"{edge:.6f}" for edge in bounds),
        "center": f"{middle[0]:.6f},{middle[1]:.6f},{zooms[-1]}",
        "attribution": ATTRIBUTION,
        "json": json.dumps({"vector_layers": basemap.metadata.get("vector_layers", [])}),
    }
