"""Asking for a job, in the caller's transaction: rolled back with it, there once it is committed.

The queue is procrastinate's, in a schema of its own; nothing outside this room knows that.
"""

from typing import Any
from uuid import UUID

import msgspec
import procrastinate
import sqlalchemy as sa
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector

from backend.jobs import repository

SCHEMA = "jobs"
_BEHIND = -10
"""Below the library's usual priority, 0."""


class _InOurTransaction(SQLAlchemyPsycopg2Connector):
    """Finds the library's types and functions in their schema, in one message with its query."""

    def execute_query_all_with_connection(
        self, connection: sa.Connection, query: str, **arguments: object
    ) -> list[Any]:
        """Run a query of the library in the caller's transaction."""
        found = f"SET LOCAL search_path = public, {SCHEMA}; {query}"
        return list(super().execute_query_all_with_connection(connection, found, **arguments))


_APP = procrastinate.App(connector=_InOurTransaction())


def enqueue(connection: sa.Connection, task: str, **args: object) -> None:
    """Ask for a task by name; it runs soon after the transaction is committed."""
    enqueue_in(connection, 0, task, **args)


def enqueue_in(connection: sa.Connection, seconds: int, task: str, **args: object) -> None:
    """Ask for a task by name, to run no sooner than in so many seconds.

    Raises what SQLAlchemy raises for any other statement, when the database is at fault.
    """
    _defer(connection, task, args, {"schedule_in": {"seconds": seconds}} if seconds else {})


def enqueue_behind(connection: sa.Connection, task: str, **args: object) -> None:
    """Ask for a long task by name: of what waits to be done, all others go before it."""
    _defer(connection, task, args, {"priority": _BEHIND})


def enqueue_in_turn(connection: sa.Connection, task: str, *, org_id: UUID, **args: object) -> None:
    """Ask for a long task of an organisation behind all others; of each task one runs at a time.

    When the same waits to be done already, nothing more is asked for.
    """
    lock, args = f"{task} {org_id}", {"org_id": org_id, **args}
    # The library's lock of what waits is not for jobs that are tried again: one that cannot go back
    # among those that wait, since the same waits there, would hold its turn for ever.
    if not repository.is_waiting(connection, lock, msgspec.to_builtins(args)):
        _defer(connection, task, args, {"priority": _BEHIND, "lock": lock})


def _defer(
    connection: sa.Connection, task: str, args: dict[str, object], told: dict[str, Any]
) -> None:
    deferrer = _APP.configure_task(task, queue=queue_of(task), connection=connection, **told)
    try:
        deferrer.defer(**msgspec.to_builtins(args))
    except procrastinate.exceptions.ConnectorException as error:
        if isinstance(error.__cause__, sa.exc.SQLAlchemyError):
            raise error.__cause__ from error
        raise


def queue_of(task: str) -> str:
    """Return the queue of a task: the room that it belongs to."""
    return task.partition(".")[0]
