"""What a task is, and what it gets to work with."""

import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from backend.clock import Clock
from backend.db.tenancy import Database


class Work:
    """What tasks work with: the database, the clock and the service's parts."""

    def __init__(self, db: Database, clock: Clock, parts: Mapping[type, object]) -> None:
        self.db = db
        self.clock = clock
        self._parts = parts
        self._ending = threading.Event()

    @property
    def is_ending(self) -> bool:
        """Whether the worker is asked to stop: a long task raises then, and is begun anew later."""
        return self._ending.is_set()

    def end(self) -> None:
        """Tell the tasks under way that the worker is asked to stop."""
        self._ending.set()

    def part[T](self, kind: type[T]) -> T:
        """Return the one object of this class; raise KeyError when there is none."""
        part = self._parts[kind]
        assert isinstance(part, kind)  # noqa: S101  # kept under its own class
        return part


class Task(msgspec.Struct, frozen=True):
    """A function `run(work, **args)` that can be asked for by name, and repeated without harm.

    With `cron` it is also asked for by the calendar (UTC), for each organisation in turn
    (`org_id`) unless `is_for_all`: then once, without arguments. A long one `is_in_turn`: one runs
    at a time in an organisation, and what waits already is not asked for again.
    """

    name: str
    run: Callable[..., None]
    cron: str | None = None
    is_for_all: bool = False
    is_in_turn: bool = False

    def call(self, work: Work, args: Mapping[str, Any]) -> None:
        """Run with arguments that went through JSON, made again what the function names."""
        wanted = inspect.signature(self.run).parameters
        given = {
            name: msgspec.convert(value, wanted[name].annotation) for name, value in args.items()
        }
        self.run(work, **given)
