"""Two reps side by side, and a shop that may move between them."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from tests.support.databases import TestDatabase
from tests.support.ground import (
    CHILDREN,
    EAST,
    IN_EAST,
    IN_WEST,
    WEST,
    add_account,
    add_children,
    add_territory,
    execute,
    truth,
)
from tests.support.http import Api
from tests.support.people import Org
from tests.support.phone import Phone


@dataclass(frozen=True)
class Town:
    """Two reps with a territory each, their phones, and a shop in the west with children."""

    url: str
    org: Org
    west: UUID
    east: UUID
    shop: UUID
    family: frozenset[tuple[str, str]]
    west_phone: Phone
    east_phone: Phone

    def pull(self, limit: int = 1000) -> None:
        """Pull on both phones and compare each with the data."""
        for phone in (self.west_phone, self.east_phone):
            phone.pull(limit=limit)
            assert phone.versions() == truth(self.url, phone.actor)

    def holder(self) -> str:
        """Name the phone that holds the shop and all its children; none may hold a part."""
        held = {
            name: self.family & set(phone.rows)
            for name, phone in {"west": self.west_phone, "east": self.east_phone}.items()
        }
        assert all(part in (frozenset(), self.family) for part in held.values()), held
        return "".join(name for name, part in held.items() if part) or "nobody"

    def run(self, statement: str, *values: object) -> None:
        """Change the data as the owner."""
        execute(self.url, statement, *values)


@pytest.fixture
def town(api: Api, test_database: TestDatabase) -> Town:
    url, org = test_database.owner_url, api.org
    west = add_territory(url, org, "West", WEST, org.rep)
    east = add_territory(url, org, "East", EAST, org.other_rep)
    shop = add_account(url, org, "Quán Nguyễn", *IN_WEST)
    add_account(url, org, "Stays west", *IN_WEST)
    add_account(url, org, "Stays east", *IN_EAST)
    children = frozenset(add_children(url, org, shop).items())
    assert {name for name, _ in children} == set(CHILDREN)
    family = children | {("account", str(shop))}
    town = Town(url, org, west, east, shop, family, Phone(api, org.rep), Phone(api, org.other_rep))
    town.pull()
    assert town.holder() == "west"
    return town
