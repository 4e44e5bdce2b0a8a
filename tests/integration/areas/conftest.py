"""Two territories with shops in them, and areas to ask about."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.identity.actor import Actor
from tests.support.databases import TestDatabase
from tests.support.ground import EAST, WEST, add_account, add_territory
from tests.support.http import Api
from tests.support.people import Org


@dataclass(frozen=True)
class Country:
    """What was put in, and how to ask."""

    api: Api
    org: Org
    owner_url: str
    west: UUID
    east: UUID
    shops: dict[str, UUID]

    def ask(
        self, actor: Actor, area: object, what: str = "snapshot", **more: Any
    ) -> httpx.Response:
        """Ask about an area."""
        return self.api.client.post(
            f"/v1/areas/{what}", headers=self.api.as_(actor), json={"area": area, **more}
        )


@pytest.fixture
def country(test_database: TestDatabase, api: Api, org: Org) -> Country:
    url = test_database.owner_url
    west = add_territory(url, org, "Tây", WEST, org.rep)
    east = add_territory(url, org, "Đông", EAST, org.other_rep)
    places = {"a": (24.92, 60.17), "b": (24.921, 60.17), "c": (24.97, 60.17), "d": (25.2, 60.17)}
    shops = {name: add_account(url, org, name, *place) for name, place in places.items()}
    return Country(api, org, url, west, east, shops)


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """Return a rectangle as a Polygon."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


WHOLE = box(24.8, 60.0, 25.3, 60.3)
