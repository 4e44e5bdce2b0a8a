"""The database behind the commands: one's own server, or the embedded cluster."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import psycopg2

from backend.db.cluster import APP_ROLE, OWNER_ROLE, SUPERUSER, Cluster
from backend.db.migrate import migrate
from backend.settings import Settings, SettingsError

DATABASE = "tuyen"


class Runtime(msgspec.Struct, frozen=True):
    """Where the migrated database is; each URL has its role."""

    settings: Settings
    app_url: str
    owner_url: str


@contextmanager
def open_runtime(settings: Settings) -> Iterator[Runtime]:
    """Provide a migrated database; an embedded cluster that we started is stopped at the end.

    Raises SettingsError when only one of the two URLs of one's own server is set.
    """
    if settings.database_url is not None:
        if settings.owner_database_url is None:
            raise SettingsError(
                "TUYEN_DATABASE_URL names a server of your own: set TUYEN_OWNER_DATABASE_URL as "
                "well, the URL of the role that owns the tables."
            )
        migrate(settings.owner_database_url)
        yield Runtime(settings, settings.database_url, settings.owner_database_url)
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o755)
    cluster = embedded_cluster(settings)
    has_started = cluster.start()
    try:
        cluster.ensure_database(DATABASE)
        owner_url = cluster.url(DATABASE, OWNER_ROLE)
        migrate(owner_url)
        yield Runtime(settings, cluster.url(DATABASE, APP_ROLE), owner_url)
    finally:
        if has_started and not _has_clients(cluster):
            cluster.stop()


def embedded_cluster(settings: Settings) -> Cluster:
    """Return the cluster in the data folder, running or not."""
    return Cluster(settings.data_dir / "pg")


def _has_clients(cluster: Cluster) -> bool:
    """Tell whether another command still works in the cluster: then the last one stops it."""
    connection = psycopg2.connect(cluster.url("postgres", SUPERUSER))
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            row = cursor.fetchone()
            return row is not None and row[0] > 0
    finally:
        connection.close()
