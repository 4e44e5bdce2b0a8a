"""The peers and floors of the sync benchmark: the same work by raw psycopg2, and nothing else."""

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from uuid import UUID

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from backend.sync.protocol.tables import TABLES
from tests.benchmarks.sync_ground import Ground, Rep

_EXPRESSIONS = {
    "location": "json_build_array(ST_X(a.location), ST_Y(a.location))",
    "last_visit_at": 'to_char(a.last_visit_at, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')',
}
_VALUES = ", ".join(_EXPRESSIONS.get(name, f"a.{name}") for name in TABLES["account"].columns)
_ROW = f"json_build_array('account', a.id, a.rv, json_build_array({_VALUES}))::text"
_JOIN = "FROM sync_row s JOIN account a ON a.org_id = s.org_id AND a.id = s.id"


def copy_seconds(ground: Ground, rep: Rep) -> float:
    """Return how long PostgreSQL takes to hand a territory's rows to a client as JSON."""
    query = (
        f"COPY (SELECT {_ROW} {_JOIN} WHERE s.org_id = '{rep.actor.org_id}'"
        f" AND s.bucket = '{rep.bucket}' AND s.tbl = 'account' AND NOT s.removed) TO STDOUT"
    )
    with closing(psycopg2.connect(ground.owner_url)) as connection, connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.copy_expert(query, io.BytesIO())
        return time.perf_counter() - started


_DELTA = f"""SELECT s.tbl, s.id, s.removed, {_ROW} {_JOIN}
 WHERE s.org_id = %s::uuid AND s.bucket = %s AND s.xid >= pg_snapshot_xmin(%s::pg_snapshot)
   AND NOT pg_visible_in_snapshot(s.xid, %s::pg_snapshot) ORDER BY s.tbl, s.id"""


class DeltaReader:
    """Reads what changed in a bucket since it last looked, by one indexed query."""

    def __init__(self, connection: Connection, rep: Rep) -> None:
        self._connection = connection
        self._rep = rep
        self._seen = ""
        self.read()

    def read(self) -> int:
        """Return how many records changed."""
        with self._connection.cursor() as cursor:
            cursor.execute(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
                " SELECT pg_current_snapshot()::text"
            )
            (snapshot,) = cursor.fetchone() or ("",)
            seen = self._seen or snapshot
            cursor.execute(_DELTA, (str(self._rep.actor.org_id), self._rep.bucket, seen, seen))
            rows = cursor.fetchall()
            cursor.execute("COMMIT")
        self._seen = snapshot
        return len(rows)


@contextmanager
def delta_reader(ground: Ground, rep: Rep) -> Iterator[DeltaReader]:
    """Open a reader on a connection of its own."""
    with closing(psycopg2.connect(ground.owner_url)) as connection:
        connection.autocommit = True
        yield DeltaReader(connection, rep)


def touch(ground: Ground, cursor: psycopg2.extensions.cursor, ids: Sequence[UUID]) -> None:
    """Change records as another person would, with all triggers on."""
    cursor.execute(
        "UPDATE account SET empties_owed = empties_owed + 1"
        " WHERE org_id = %s AND id = ANY (%s::uuid[])",
        (ground.org.manager.org_id, [str(one) for one in ids]),
    )
