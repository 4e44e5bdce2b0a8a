"""The one blessed way to the database: a transaction that belongs to one organisation.

The connection pool runs in driver autocommit, and the helpers here send `BEGIN` together with the
organisation's `SET LOCAL` in one message: no round trip more than a bare transaction, and the
setting ends with the transaction, also behind a pooler.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import msgspec
import psycopg2
import sqlalchemy as sa
from psycopg2.extensions import connection as Connection  # noqa: N812  # spelt low there
from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class that its library spells low
from psycopg2.extensions import make_dsn
from sqlalchemy.exc import InvalidRequestError

import backend.db.moments  # noqa: F401  # the driver writes moments its way
from backend.db.listening import Listener
from backend.ids import OrgId, UserId

_FIRST_ROW = "tuyen_first_row"
_GONE = (psycopg2.OperationalError, psycopg2.InterfaceError)
# A connection that only waits must notice when the other side is gone.
_LASTING = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}


class Query(msgspec.Struct, frozen=True):
    """A query for the driver, with its parameters by name."""

    text: str
    values: Mapping[str, Any]


class Database:
    """A pool of connections as the application's role, which row-level security binds."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def for_org(
        self,
        org_id: OrgId,
        *,
        snapshot: bool = False,
        first: Query | None = None,
        viewer: UserId | None = None,
    ) -> Iterator[sa.Connection]:
        """Open a transaction that sees and writes one organisation only; commit at the end.

        With `snapshot` it is read-only and sees one moment (REPEATABLE READ). A `first` query
        travels in the message that opens the transaction; `first_row` has its answer. With a
        `viewer` the map's tables show what is in that person's scope, whatever a query asks.
        """
        mode = " ISOLATION LEVEL REPEATABLE READ READ ONLY" if snapshot else ""
        opening = f"BEGIN{mode}; SET LOCAL app.org_id = '{org_id!s}'"
        if viewer is not None:
            opening += f"; SET LOCAL app.viewer = '{viewer!s}'"
        with self._begin(opening, first) as connection:
            yield connection

    @contextmanager
    def without_org(self) -> Iterator[sa.Connection]:
        """Open a transaction that sees no organisation's rows: sign-in look-ups and health."""
        with self._begin("BEGIN") as connection:
            yield connection

    @contextmanager
    def _begin(self, opening: str, first: Query | None = None) -> Iterator[sa.Connection]:
        with self._open(opening, first) as connection:
            try:
                yield connection
                send(connection, "COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise

    @contextmanager
    def _open(self, opening: str, first: Query | None) -> Iterator[sa.Connection]:
        try:
            connection = self._begin_on(self._engine.connect(), opening, first)
        except _GONE:
            # The server went away since the connection was last used, and so did all the others
            # of the pool: take a new one, once.
            self._engine.dispose()
            connection = self._begin_on(self._engine.connect(), opening, first)
        try:
            yield connection
        finally:
            connection.close()

    @staticmethod
    def _begin_on(connection: sa.Connection, opening: str, first: Query | None) -> sa.Connection:
        """Open a transaction; a connection that cannot never comes back to the pool."""
        try:
            _open_with(connection, opening, first)
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        return connection

    @staticmethod
    def _roll_back(connection: sa.Connection) -> None:
        try:
            send(connection, "ROLLBACK")
        except (psycopg2.Error, InvalidRequestError):
            connection.invalidate()

    def listen(
        self, channel: str, *, begun: Callable[[], None], heard: Callable[[Sequence[str]], None]
    ) -> Listener:
        """Return who hears a channel on a connection outside the pool, not yet started."""
        return Listener(self._connect, channel, begun=begun, heard=heard)

    def _connect(self) -> Connection:
        _, parameters = self._engine.dialect.create_connect_args(self._engine.url)
        return psycopg2.connect(make_dsn(**parameters, **_LASTING))

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()


def open_database(url: str, *, connections: int, statement_timeout_ms: int = 15_000) -> Database:
    """Open a pool of at most `connections`; a caller waits 2 s for one, then TimeoutError."""
    engine = sa.create_engine(
        driver_url(url),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=2,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        # What people wrote has no business in the log.
        hide_parameters=True,
        connect_args={"options": f"-c statement_timeout={statement_timeout_ms} -c timezone=UTC"},
    )
    return Database(engine)


def driver_url(url: str) -> sa.URL:
    """Turn a `postgresql://` URL into SQLAlchemy's, with psycopg2 as driver."""
    return sa.make_url(url).set(drivername="postgresql+psycopg2")


def driver_cursor(connection: sa.Connection) -> Cursor:
    """Return a psycopg2 cursor of this transaction, for COPY and the hottest reads."""
    return cast("Cursor", connection.connection.cursor())


def first_row(connection: sa.Connection) -> tuple[Any, ...]:
    """Return the answer to the query that opened the transaction: its only row."""
    row: tuple[Any, ...] = connection.info.pop(_FIRST_ROW)
    return row


def _open_with(connection: sa.Connection, opening: str, first: Query | None) -> None:
    if first is None:
        send(connection, opening)
        return
    with driver_cursor(connection) as cursor:
        cursor.execute(f"{opening}; {first.text}", first.values)
        connection.info[_FIRST_ROW] = cursor.fetchone()


def send(connection: sa.Connection, statement: str) -> None:
    """Send a statement that has neither parameters nor rows, such as COMMIT."""
    with driver_cursor(connection) as cursor:
        cursor.execute(statement)
