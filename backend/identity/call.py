"""A request as controllers see it: the actor, the database, the clock and the service's parts.

One object instead of several injected dependencies: Litestar resolves those in tasks of their own,
which costs more than most queries (about 60 microseconds each).
"""

from litestar import Request
from litestar.datastructures import State

from backend.clock import Clock
from backend.db.tenancy import Database
from backend.identity.actor import Actor


class Call(Request[Actor, None, State]):
    """The request of a signed-in person; on public routes there is no actor."""

    @property
    def actor(self) -> Actor:
        """Who calls."""
        return self.user

    @property
    def db(self) -> Database:
        """The pool of connections."""
        database: Database = self.app.state.database
        return database

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        clock: Clock = self.app.state.clock
        return clock

    def part[T](self, kind: type[T]) -> T:
        """Return the service's one object of this class; raise KeyError when it has none."""
        part: T = self.app.state.parts[kind]
        return part
