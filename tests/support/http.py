"""The service in process, called through its ASGI door as any signed-in person."""

from litestar import Litestar
from litestar.testing import TestClient

from backend.identity.actor import Actor
from tests.support.people import Org


class Api:
    """Calls the service; `as_(actor)` gives the headers of a signed-in person."""

    def __init__(self, client: TestClient[Litestar], org: Org) -> None:
        self.client = client
        self.org = org

    def as_(self, actor: Actor) -> dict[str, str]:
        """Return the Authorization header of an actor."""
        token = self.client.app.state.tokens.sign(actor)
        return {"Authorization": f"Bearer {token}"}
