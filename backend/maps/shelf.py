"""Files of the map: the open basemap, and the packages made for phones."""

import hashlib
import math
import threading
from pathlib import Path

from backend.api.problems import NotFound, Unavailable
from backend.geo.basemap.opening import open_basemap
from backend.geo.basemap.phone_package import write_phone_package
from backend.geo.basemap.reader import Basemap, BasemapError
from backend.geo.vocabulary import Bounds

_building = threading.Lock()
_GRID = 100
"""Boxes grow to hundredths of a degree, so that a corner moved by a metre makes no new package."""


def find_basemap(path: Path) -> Basemap | None:
    """Return the basemap, opened once for each version of its file; None when there is none."""
    try:
        return open_basemap(path)
    except BasemapError as error:
        raise Unavailable(error.message, code=error.code) from error


def get_package(folder: Path, basemap: Basemap | None, bounds: Bounds | None) -> Path:
    """Return the phone's map of a box, made when it is not there yet; raise NotFound for none."""
    if basemap is None:
        raise NotFound("There is no basemap yet: an operator imports one with 'tuyen import osm'.")
    if bounds is None:
        raise NotFound("You hold no territory and no account with a location: there is no map.")
    box = _shared(_rounded(bounds), basemap.bounds)
    key = hashlib.blake2b(repr((basemap.etag, box)).encode(), digest_size=10).hexdigest()
    package = folder / f"{basemap.etag}-{key}.mbtiles"
    with _building:
        if not package.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            try:
                write_phone_package(basemap, box, package)
            except BasemapError as error:
                raise NotFound(error.message, code=error.code) from error
            _drop_old(folder, basemap.etag)
    return package


def _rounded(bounds: Bounds) -> Bounds:
    return Bounds(
        max(-180.0, math.floor(bounds.west * _GRID) / _GRID),
        max(-85.0, math.floor(bounds.south * _GRID) / _GRID),
        min(180.0, math.ceil(bounds.east * _GRID) / _GRID),
        min(85.0, math.ceil(bounds.north * _GRID) / _GRID),
    )


def _shared(box: Bounds, drawn: Bounds) -> Bounds:
    """Return the part of the box that the basemap draws; raise NotFound when it draws none."""
    west, south = max(box.west, drawn.west), max(box.south, drawn.south)
    east, north = min(box.east, drawn.east), min(box.north, drawn.north)
    if west >= east or south >= north:
        raise NotFound("The basemap does not cover your territories: import the extract of them.")
    return Bounds(west, south, east, north)


def _drop_old(folder: Path, etag: str) -> None:
    """Remove packages of basemaps that were replaced."""
    for package in folder.glob("*.mbtiles"):
        if not package.name.startswith(etag):
            package.unlink(missing_ok=True)
