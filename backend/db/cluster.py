"""The embedded PostGIS: a private PostgreSQL cluster in the data folder, on a unix socket."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import msgspec
import psycopg2
from psycopg2 import sql

SUPERUSER = "postgres"
OWNER_ROLE = "tuyen_owner"
APP_ROLE = "tuyen_app"
_EXTENSIONS = ("postgis", "unaccent", "pg_trgm", "btree_gist")
_MAX_SOCKET_PATH = 107
_LEAST_MB, _MOST_MB = 128, 2048
"""PostgreSQL's own cache."""


def _buffers_mb() -> int:
    """Return PostgreSQL's own cache: an eighth of the machine's memory, at most 2 GB."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return min(max(memory_mb // 8, _LEAST_MB), _MOST_MB)


class ClusterError(RuntimeError):
    """The embedded cluster cannot be used; the message says what to do."""


class Cluster(msgspec.Struct, frozen=True):
    """A cluster in `folder`; `durable=False` is for tests, which may lose it."""

    folder: Path
    durable: bool = True

    @property
    def socket_dir(self) -> Path:
        """The folder of the unix socket."""
        return self.folder / "run"

    def url(self, database: str, role: str) -> str:
        """Return the URL of a database in this cluster for a role."""
        return f"postgresql://{role}@/{database}?host={self.socket_dir}"

    def start(self) -> bool:
        """Start the cluster, made first when it is missing; False when it ran already."""
        if self.is_running():
            return False
        if not (self.folder / "data" / "PG_VERSION").exists():
            self._create()
        options = (
            f"-c listen_addresses='' -c unix_socket_directories='{self.socket_dir}'"
            f" -c unix_socket_permissions=0700 -c port=5432 -c max_connections=60"
            f" -c jit=off -c shared_buffers={_buffers_mb()}MB -c timezone=UTC"
            f" -c log_min_messages=warning"
        )
        if not self.durable:
            options += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        self._run("pg_ctl", "start", "-w", "-D", "data", "-l", "log.txt", "-o", options)
        return True

    def stop(self) -> None:
        """Stop the cluster and wait; connections are ended."""
        if self.is_running():
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", "data")

    def is_running(self) -> bool:
        """Tell whether the cluster's server runs."""
        if not (self.folder / "data" / "PG_VERSION").exists():
            return False
        return self._call("pg_ctl", "status", "-D", "data").returncode == 0

    def ensure_database(self, name: str) -> None:
        """Create the roles, the database and its extensions where they are missing."""
        with _admin(self.url("postgres", SUPERUSER)) as cursor:
            for role in (OWNER_ROLE, APP_ROLE):
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone() is None:
                statement = "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'"
                cursor.execute(
                    sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(OWNER_ROLE))
                )
        with _admin(self.url(name, SUPERUSER)) as cursor:
            for extension in _EXTENSIONS:
                cursor.execute(
                    sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
                )
            cursor.execute(
                sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(
                    sql.Identifier(OWNER_ROLE)
                )
            )

    def clone_database(self, name: str, template: str) -> None:
        """Create a database as a copy of another that nobody is connected to.

        File by file: of a small one that takes half as long as by way of the log.
        """
        with _admin(self.url("postgres", SUPERUSER)) as cursor:
            statement = "CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy"
            names = (sql.Identifier(part) for part in (name, OWNER_ROLE, template))
            cursor.execute(sql.SQL(statement).format(*names))

    def drop_database(self, name: str) -> None:
        """Drop a database, ending its connections."""
        with _admin(self.url("postgres", SUPERUSER)) as cursor:
            cursor.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _create(self) -> None:
        if len(str(self.socket_dir / ".s.PGSQL.5432")) > _MAX_SOCKET_PATH:
            raise ClusterError(
                f"The path {self.socket_dir} is too long for a unix socket: "
                "set TUYEN_DATA_DIR to a shorter folder."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket_dir.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            for folder in (self.folder, self.socket_dir):
                shutil.chown(folder, SUPERUSER, SUPERUSER)
            self._check_reachable()
        self.socket_dir.chmod(0o700)
        arguments = ("-D", "data", "-U", SUPERUSER, "-A", "trust", "-E", "UTF8")
        self._run("initdb", *arguments, "--locale=C.UTF-8", *([] if self.durable else ["-N"]))

    def _check_reachable(self) -> None:
        probe = subprocess.run(  # noqa: S603  # our own arguments
            ["/usr/bin/test", "-w", str(self.folder)], check=False, user=SUPERUSER, group=SUPERUSER
        )
        if probe.returncode != 0:
            raise ClusterError(
                f"The user '{SUPERUSER}' cannot enter {self.folder}: PostgreSQL refuses to run as "
                "root, so set TUYEN_DATA_DIR to a folder that this user can reach."
            )

    def _run(self, program: str, *arguments: str) -> None:
        result = self._call(program, *arguments)
        if result.returncode != 0:
            log = self.folder / "log.txt"
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise ClusterError(f"{program} failed: {result.stdout}{result.stderr}{tail}")

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        is_root = os.geteuid() == 0
        output = self.folder / f".{program}.out"
        # pg_ctl leaves its server holding the output open, so a pipe would never end: use a file.
        with output.open("w+") as sink:
            result = subprocess.run(  # noqa: S603  # our own arguments
                [str(find_program(program)), *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                check=False,
                user=SUPERUSER if is_root else None,
                group=pwd.getpwnam(SUPERUSER).pw_gid if is_root else None,
                extra_groups=[] if is_root else None,
            )
            sink.seek(0)
            return subprocess.CompletedProcess(result.args, result.returncode, sink.read(), "")


def find_program(name: str) -> Path:
    """Return the path of a PostgreSQL server program; raise ClusterError with the way to get it."""
    candidates = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    on_path = shutil.which(name)
    if candidates:
        return candidates[0]
    if on_path:
        return Path(on_path)
    raise ClusterError(
        f"PostgreSQL's '{name}' is missing: install the packages postgresql-15 and "
        "postgresql-15-postgis-3 (on Debian: apt-get install, as root), or set TUYEN_DATABASE_URL."
    )


class _admin:  # noqa: N801  # used as a verb in a with statement
    """A superuser's cursor in autocommit, closed at the end."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True

    def __enter__(self) -> psycopg2.extensions.cursor:
        return self._connection.cursor()

    def __exit__(self, *_: object) -> None:
        self._connection.close()
