"""The middleware that turns a bearer token into an actor; it lets only public routes go without."""

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from backend.api.problems import Unauthenticated
from backend.identity.actor import Actor
from backend.identity.tokens import TokenService


class BearerAuthentication(AbstractAuthenticationMiddleware):
    """Reads `Authorization: Bearer <access token>`."""

    async def authenticate_request(
        self,
        connection: ASGIConnection,  # type: ignore[type-arg]  # the base class leaves it open
    ) -> AuthenticationResult:
        """Return the actor, or nobody on a public route; raise Unauthenticated otherwise."""
        if connection.scope["route_handler"].opt.get("is_public"):
            return AuthenticationResult(user=None, auth=None)
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send the access token as 'Authorization: Bearer <token>'.")
        tokens: TokenService = connection.app.state.tokens
        actor: Actor = tokens.verify(token.strip())
        return AuthenticationResult(user=actor, auth=None)
