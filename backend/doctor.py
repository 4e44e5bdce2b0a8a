"""What the service needs on its machine, what is missing, and how to get it."""

import importlib.metadata
import shutil
from collections.abc import Iterator

import msgspec

from backend.db.cluster import ClusterError, find_program
from backend.runtime import embedded_cluster
from backend.settings import Settings
from backend.web.libraries import is_built

_POSTGIS_FILES = "/usr/share/postgresql/{0}/extension/postgis.control"
_MIN_FREE_BYTES = 2_000_000_000


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at; `remedy` says how to get it when it is missing."""

    name: str
    is_fine: bool
    detail: str
    remedy: str = ""
    is_needed: bool = True


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything the service needs, one finding after the other."""
    yield _postgresql(settings)
    yield _postgis(settings)
    yield _disk(settings)
    yield _pages()
    yield _network(settings)
    for name, purpose, package in (
        ("npm", "fetches the pages' libraries", "npm"),
        ("chromium", "tests the pages", "chromium"),
        ("Xvfb", "shows the phone client without a screen", "xvfb"),
    ):
        path = shutil.which(name)
        yield Finding(
            name,
            path is not None,
            path or f"not there; it {purpose}",
            f"apt-get install {package}",
            is_needed=False,
        )
    yield Finding("tuyen", is_fine=True, detail=importlib.metadata.version("tuyen"))


def _postgresql(settings: Settings) -> Finding:
    if settings.database_url is not None:
        return Finding("PostgreSQL", is_fine=True, detail="your own, by TUYEN_DATABASE_URL")
    try:
        path = find_program("pg_ctl")
    except ClusterError as error:
        return Finding("PostgreSQL", is_fine=False, detail="not there", remedy=str(error))
    state = "running" if embedded_cluster(settings).is_running() else "stopped"
    return Finding("PostgreSQL", is_fine=True, detail=f"{path.parent}, embedded cluster {state}")


def _postgis(settings: Settings) -> Finding:
    if settings.database_url is not None:
        return Finding("PostGIS", is_fine=True, detail="your own server's")
    try:
        program = find_program("pg_ctl")
    except ClusterError:
        return Finding("PostGIS", is_fine=False, detail="unknown without PostgreSQL")
    version = program.parent.parent.name
    control = program.parents[5] / _POSTGIS_FILES.format(version).lstrip("/")
    return Finding(
        "PostGIS",
        control.exists(),
        f"for PostgreSQL {version}",
        f"apt-get install postgresql-{version}-postgis-3",
    )


def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Finding(
        "disk",
        free > _MIN_FREE_BYTES,
        f"{free / 1e9:.1f} GB free for {settings.data_dir}",
        "Free at least 2 GB, or set TUYEN_DATA_DIR to a larger disk.",
    )


def _pages() -> Finding:
    return Finding(
        "pages", is_built(), "the map page's libraries", "python -m backend.web.build (needs npm)"
    )


def _network(settings: Settings) -> Finding:
    built = sorted(path.stem for path in settings.network_dir.glob("*.json"))
    return Finding(
        "street network",
        bool(built),
        ", ".join(built) if built else "none: travel times are estimates from the straight line",
        "tuyen import network FILE.osm.pbf",
        is_needed=False,
    )
