"""Guards: which roles may call a route. Every route that is not public has one."""

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from backend.api.problems import Forbidden
from backend.identity.actor import Actor, Role


class RequireRole:
    """A guard that lets the named roles pass."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)

    # Async, for Litestar runs a plain function in a thread: a wait and a hop for every request.
    async def __call__(
        self, connection: ASGIConnection[object, Actor, object, State], _: BaseRouteHandler
    ) -> None:
        """Raise Forbidden for everybody else."""
        if connection.user.role not in self.roles:
            wanted = ", ".join(sorted(self.roles))
            raise Forbidden(f"Your role is {connection.user.role}; this needs one of: {wanted}.")


ANYBODY = RequireRole(*Role)
PLANNERS = RequireRole(Role.MANAGER, Role.ADMIN)
"""Those who design territories and plan other people's days."""
OFFICE = RequireRole(Role.MANAGER, Role.ANALYST, Role.AGENT, Role.ADMIN)
"""Those who see the whole organisation."""
ADMINS = RequireRole(Role.ADMIN)
