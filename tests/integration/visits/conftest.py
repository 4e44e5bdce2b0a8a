"""The visits of one shop, called over HTTP as anybody."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.identity.actor import Actor
from backend.ids import new_id
from tests.support.databases import TestDatabase
from tests.support.ground import EAST, IN_WEST, WEST, add_account, add_territory, execute
from tests.support.http import Api

TODAY = "2026-11-22"


class Desk:
    """The visits of a shop in the west, called as anybody."""

    def __init__(self, api: Api, url: str) -> None:
        self.api = api
        self.url = url
        add_territory(url, api.org, "West", WEST, api.org.rep)
        add_territory(url, api.org, "East", EAST, api.org.other_rep)
        self.shop = add_account(url, api.org, "Quán Nguyễn", *IN_WEST)

    def plan(self, *, day: str = TODAY, status: str = "planned") -> UUID:
        """Insert a visit of the rep's to the shop."""
        visit_id = new_id()
        execute(
            self.url,
            "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome)"
            " VALUES (%s, %s, %s, %s, %s, %s, CASE WHEN %s = 'done' THEN 'met' END)",
            self.api.org.id,
            visit_id,
            self.shop,
            self.api.org.rep.user_id,
            day,
            status,
            status,
        )
        return visit_id

    def get(self, who: Actor, path: str, **query: Any) -> httpx.Response:
        return self.api.client.get(path, headers=self.api.as_(who), params=query)

    def post(self, who: Actor, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.api.client.post(path, headers=self.api.as_(who), json=body)

    def check_in(self, visit_id: UUID, **values: Any) -> httpx.Response:
        """Check in as the visit's rep, at the shop and now unless said otherwise."""
        body = {"captured_at": now().isoformat(), "location": [*IN_WEST], **values}
        return self.post(self.api.org.rep, f"/v1/visits/{visit_id}/check-in", body)

    def complete(self, visit_id: UUID, **values: Any) -> httpx.Response:
        """Complete as the visit's rep."""
        body = {"outcome": "met", **values}
        return self.post(self.api.org.rep, f"/v1/visits/{visit_id}/complete", body)


@pytest.fixture
def desk(api: Api, test_database: TestDatabase) -> Desk:
    return Desk(api, test_database.owner_url)


def now() -> datetime:
    return datetime.now(UTC)
