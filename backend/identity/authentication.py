"""The middleware that turns a bearer token into an actor; it lets only public routes go without."""

from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from backend.api.problems import Unauthenticated
from backend.identity.desk import Desk
from backend.identity.standing import admit


class BearerAuthentication(AbstractAuthenticationMiddleware):
    """Reads `Authorization: Bearer <access token>` and asks how person and device stand."""

    async def authenticate_request(
        self,
        connection: ASGIConnection,  # type: ignore[type-arg]  # the base class leaves it open
    ) -> AuthenticationResult:
        """Return the actor, or nobody on a public route; raise a Problem otherwise."""
        if connection.scope["route_handler"].opt.get("is_public"):
            return AuthenticationResult(user=None, auth=None)
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send the access token as 'Authorization: Bearer <token>'.")
        desk: Desk = connection.app.state.desk
        access = desk.tokens.read(token.strip())
        standing = desk.standings.find(access.actor)
        if standing is None:
            standing = await sync_to_thread(desk.standings.load, access.actor)
        return AuthenticationResult(user=admit(access, standing), auth=None)
