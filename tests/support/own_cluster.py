"""A PostgreSQL of one test's own, which it may stop and kill."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.db.cluster import OWNER_ROLE, Cluster
from backend.db.migrate import migrate


@contextmanager
def own_cluster(database: str, *, durable: bool) -> Iterator[Cluster]:
    """Start a cluster with a migrated database; it is stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"tuyen-{database}-"))
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
