"""The phone's map package of the demo's extract, made as the server makes it."""

from contextlib import closing
from pathlib import Path

from backend.geo.basemap.build import build_basemap
from backend.geo.basemap.phone_package import write_phone_package
from backend.geo.basemap.reader import Basemap
from tests.support.helsinki_places import EXTRACT


def write_helsinki_package(path: Path) -> Path:
    """Writes MBTiles of the whole extract to `path`."""
    tiles = path.with_suffix(".pmtiles")
    built = build_basemap(EXTRACT, tiles)
    with closing(Basemap(tiles)) as basemap:
        write_phone_package(basemap, built.bounds, path)
    return path
