"""Opens a basemap once for each version of its file."""

from functools import lru_cache
from pathlib import Path

from backend.geo.basemap.reader import Basemap


def open_basemap(path: Path) -> Basemap | None:
    """Return the basemap, None when there is no such file; raise BasemapError for a damaged one."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return _open(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _open(path: Path, _mtime_ns: int, _size: int) -> Basemap:
    return Basemap(path)
