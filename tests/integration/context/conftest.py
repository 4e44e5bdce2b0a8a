"""The middle of Helsinki as a context layer, and how to ask about it."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import pytest

from backend.context.osm import import_ground
from backend.context.schemas import LayerRead
from backend.db.tenancy import Database
from backend.geo.ground.reading import Ground, read_ground
from backend.identity.actor import Actor
from tests.support.helsinki_places import EXTRACT
from tests.support.http import Api
from tests.support.people import Org


@cache
def helsinki() -> Ground:
    """The extract, read once."""
    return read_ground(EXTRACT)


@dataclass(frozen=True)
class Town:
    """A layer and the service."""

    api: Api
    org: Org
    layer: LayerRead
    ground: Ground

    def get(self, actor: Actor, path: str, **query: Any) -> httpx.Response:
        return self.api.client.get(f"/v1/context/{path}", headers=self.api.as_(actor), params=query)

    def cells(self, measure: str, **query: Any) -> Any:
        """Return hexagons of all that there is."""
        asked = {"layer_id": str(self.layer.id), "measure": measure, "bbox": WHOLE_BOX} | query
        answer = self.get(self.org.rep, "cells", **asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def area(self, area: object, actor: Actor | None = None) -> httpx.Response:
        headers = self.api.as_(actor or self.org.rep)
        return self.api.client.post("/v1/context/area", headers=headers, json={"area": area})


WHOLE_BOX = "24.86,60.12,25.03,60.22"


@pytest.fixture
def town(database: Database, api: Api, org: Org) -> Town:
    ground = helsinki()
    with database.for_org(org.id) as connection:
        layer = import_ground(connection, org.id, ground, vintage=None)
    return Town(api, org, layer, ground)
