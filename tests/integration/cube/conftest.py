"""A market, and how to ask about it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import pytest

from backend.identity.actor import Actor
from tests.support.databases import TestDatabase
from tests.support.http import Api
from tests.support.market import Market, make_market
from tests.support.people import Org

TODAY = date.today()  # noqa: DTZ011  # the organisation's day is the database's


@dataclass(frozen=True)
class Stall:
    """A market with the service over it."""

    api: Api
    market: Market

    def ask(self, what: str = "query", *, who: Actor | None = None, **body: Any) -> httpx.Response:
        """Ask the cube; as the analyst where nobody is named."""
        actor = who or self.market.org.analyst
        return self.api.client.post(f"/v1/cube/{what}", headers=self.api.as_(actor), json=body)


@pytest.fixture
def stall(test_database: TestDatabase, api: Api, org: Org) -> Stall:
    return Stall(api, make_market(test_database.owner_url, org, TODAY))
