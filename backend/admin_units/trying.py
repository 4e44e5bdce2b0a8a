"""Imports that are only tried."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa


@contextmanager
def trial(connection: sa.Connection, *, is_trial: bool) -> Iterator[None]:
    """Undo what the block wrote when it is only tried: its counts are then exact."""
    if not is_trial:
        yield
        return
    connection.exec_driver_sql("SAVEPOINT tried_only")
    yield
    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT tried_only")
