"""A PostgreSQL of one test's own, which it may stop and kill."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.db.cluster import OWNER_ROLE, Cluster
from backend.db.migrate import migrate

_MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of one's own is made in it
_ROOM_BYTES = 4_000_000_000


def _in_memory() -> Path | None:
    """Return a file system in memory with room: a copy of a database takes a tenth of the time."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES:
        return _MEMORY
    return None


@contextmanager
def own_cluster(database: str, *, durable: bool) -> Iterator[Cluster]:
    """Start a cluster with a migrated database; it is stopped and removed at the end."""
    where = None if durable else _in_memory()
    folder = Path(tempfile.mkdtemp(prefix=f"tuyen-{database}-", dir=where))
    folder.chmod(0o755)
    cluster = Cluster(folder / "pg", durable=durable)
    try:
        cluster.start()
        cluster.ensure_database(database)
        migrate(cluster.url(database, OWNER_ROLE))
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
