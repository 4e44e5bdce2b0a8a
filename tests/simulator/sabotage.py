"""Faults inside the service, told by a request's header and counted when they happen.

Every statement of the service passes a cursor of ours, so that a request can die, or meet an error
that PostgreSQL itself raises, at any of them; the service's own code is not touched.
"""

import os
import signal
from contextvars import ContextVar
from typing import Any, NoReturn

import psycopg2
import psycopg2.errors
import psycopg2.extensions

HEADER = b"sim-fault"
_SQLSTATES = {"deadlock": "40P01", "serialization": "40001", "timeout": "57014"}
_DATA = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "COPY", "BEGIN")
_REAL = (
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.QueryCanceled,
)
_events_fd = -1


def report_to(fd: int) -> None:
    """Write events to this file descriptor from now on."""
    global _events_fd  # noqa: PLW0603  # one pipe a process
    _events_fd = fd


def report(event: str) -> None:
    """Tell the simulator that a fault happened: one line, whole or not at all."""
    os.write(_events_fd, f"{event}\n".encode())


def die(event: str) -> NoReturn:
    """End this process as a power cut would."""
    report(event)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("A killed process does not go on.")


class Visit:
    """One request on its way through the service, and what shall befall it."""

    def __init__(self, door: str, fault: str) -> None:
        self.door = door
        kind, _, number = fault.partition(":")
        self.kind = kind
        self.countdown = int(number or 1)
        self.truth: str | None = None
        self.has_written = False
        self.is_told = False

    def before(self, statement: str) -> str | None:
        """Return a statement to run first, which fails; or die here."""
        words = statement.lstrip()[:8].upper()
        if words.startswith("INSERT"):
            self.has_written = True
        if self.kind == "die-before-commit" and words.startswith("COMMIT") and self.is_serious:
            die(f"server killed in mid-{self.door}")
        if self.kind not in {"die", *_SQLSTATES} or not words.startswith(_DATA):
            return None
        self.countdown -= 1
        if self.countdown != 0:
            return None
        if self.kind == "die":
            die(f"server killed in mid-{self.door}")
        if words.startswith("BEGIN"):
            return None
        report(f"{self.kind} (injected)")
        if self.kind == "timeout":
            return "SET LOCAL statement_timeout = 1; SELECT pg_sleep(5)"
        return f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{_SQLSTATES[self.kind]}'; END $$"

    def after(self, statement: str) -> None:
        """Die behind a commit, before the answer leaves."""
        is_commit = statement.startswith("COMMIT")
        if self.kind == "die-after-commit" and is_commit and self.is_serious:
            die(f"server killed in mid-{self.door}")

    @property
    def is_serious(self) -> bool:
        """Whether the transaction at hand is the request's own, not the sign-in's."""
        return self.has_written or self.door != "push"


current: ContextVar[Visit | None] = ContextVar("sim_visit", default=None)


class WatchedCursor(psycopg2.extensions.cursor):
    """A cursor that asks the request's fault at every statement."""

    def execute(self, query: Any, parameters: Any = None) -> None:
        visit = current.get()
        text = query if isinstance(query, str) else str(query)
        sooner = visit.before(text) if visit is not None else None
        if sooner is not None:
            super().execute(sooner)
        try:
            super().execute(query, parameters)
        except _REAL as error:
            report(f"{type(error).__name__} (real)")
            raise
        if visit is not None:
            visit.after(text)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        visit = current.get()
        sooner = visit.before(str(sql)) if visit is not None else None
        if sooner is not None:
            super().execute(sooner)
        super().copy_expert(sql, file, size)


def watch_connections() -> None:
    """Give every connection of this process the watched cursor."""
    plain = psycopg2.connect

    def connect(*arguments: Any, **options: Any) -> Any:
        return plain(*arguments, cursor_factory=WatchedCursor, **options)

    psycopg2.connect = connect
