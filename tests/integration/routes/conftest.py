"""Central Helsinki to plan in: its real streets, built once a run, and sixty of its real shops."""

import statistics
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg2
import pytest

from backend.geo.network.build import build_network
from backend.geo.osm import Place, read_places
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.routes.engines import Engines
from tests.support.databases import TestDatabase
from tests.support.ground import add_territory, execute
from tests.support.http import Api
from tests.support.people import Org
from tests.support.phones import SetClock

EXTRACT = Path(__file__).parents[3] / "backend" / "demo" / "data" / "helsinki.osm.pbf"
WEST = (24.915, 60.155, 24.9425, 60.182)
SHOPS = 60
SUNDAY, MONDAY = "2031-03-02", "2031-03-03"
DAY_BEFORE = datetime(2031, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Town:
    """An organisation in Helsinki; the rep holds the west with its shops."""

    api: Api
    org: Org
    url: str
    shops: dict[UUID, Place]
    territory: UUID

    def plan(self, who: Actor, **request: Any) -> httpx.Response:
        """Ask for a day, next Monday unless said otherwise."""
        body = {"on_date": MONDAY, **request}
        return self.api.client.post("/v1/routes/plan", headers=self.api.as_(who), json=body)

    def planned(self, **request: Any) -> dict[str, Any]:
        """Plan the rep's day as the rep and return the route."""
        answer = self.plan(self.org.rep, **request)
        assert answer.status_code == 201, answer.text
        route: dict[str, Any] = answer.json()
        return route

    def get(self, who: Actor, path: str, **query: Any) -> httpx.Response:
        return self.api.client.get(path, headers=self.api.as_(who), params=query)

    def visits(self) -> dict[str, str]:
        """Return the status of every visit, by id."""
        rows = execute(self.url, "SELECT id::text, status FROM visit")
        return {str(visit_id): str(status) for visit_id, status in rows}


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the car network of the extract."""
    folder = tmp_path_factory.mktemp("networks")
    build_network(EXTRACT, folder)
    return folder


@pytest.fixture(scope="session")
def places() -> list[Place]:
    """The first shops of the west, in the extract's order."""
    west, south, east, north = WEST
    inside = [
        place for place in read_places(EXTRACT)
        if west < place.lon < east and south < place.lat < north
    ]  # fmt: skip
    return inside[:SHOPS]


@pytest.fixture(scope="session")
def engines(networks: Path) -> Iterator[Engines]:
    """The network and the solver, warm for all tests."""
    engines = Engines(networks)
    yield engines
    engines.close()


@pytest.fixture
def town(api: Api, test_database: TestDatabase, places: list[Place], engines: Engines) -> Town:
    api.client.app.state.parts[Engines] = engines
    url, org = test_database.owner_url, api.org
    execute(
        url,
        "UPDATE organisation SET country = 'FI', time_zone = 'Europe/Helsinki' WHERE id = %s",
        org.id,
    )
    territory = add_territory(url, org, "West", WEST, org.rep)
    # Their order is that of the places: days with ties come out the same each time.
    shops = dict(zip(sorted(new_id() for _ in places), places, strict=True))
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO account (org_id, id, name, category, opening_hours, location,"
            " location_source) VALUES (%s, %s, %s, %s, %s,"
            " ST_SetSRID(ST_MakePoint(%s, %s), 4326), 'osm')",
            [
                (org.id, key, one.name, one.category, one.opening_hours, one.lon, one.lat)
                for key, one in shops.items()
            ],
        )
    return Town(api, org, url, shops, territory)


@dataclass(frozen=True)
class Team:
    """The town with its shops in two territories, and who holds them; it is the day before."""

    town: Town
    own: dict[UUID, set[str]]
    clock: SetClock

    def ask(self, who: Actor | None = None, **body: Any) -> httpx.Response:
        reps = [self.town.org.rep, self.town.org.other_rep]
        asked = {
            "on_date": MONDAY,
            "members": [{"rep_id": str(one.user_id)} for one in reps],
            **body,
        }
        headers = self.town.api.as_(who or self.town.org.manager)
        return self.town.api.client.post("/v1/routes/plan-team", headers=headers, json=asked)

    def planned(self, **body: Any) -> dict[str, Any]:
        answer = self.ask(**body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def begin(self, stop: dict[str, Any], *, status: str = "done", at: str = "") -> None:
        """Let a visit be begun at a time, by default when it was planned."""
        outcome = "met" if status == "done" else None
        execute(
            self.town.url,
            "UPDATE visit SET status = %s, outcome = %s, checked_in_at = %s WHERE id = %s",
            status,
            outcome,
            at or stop["start_at"],
            stop["visit_id"],
        )


@pytest.fixture
def team(town: Town) -> Team:
    middle = statistics.median(place.lon for place in town.shops.values())
    half = (middle, *WEST[1:])
    add_territory(town.url, town.org, "East of the west", half, town.org.other_rep)
    execute(town.url, "UPDATE account SET location = location")
    rows = execute(
        town.url,
        "SELECT s.user_id, a.id::text FROM account a"
        " JOIN territory_assignment s ON s.territory_id = a.territory_id",
    )
    own: dict[UUID, set[str]] = {}
    for user_id, account in rows:
        own.setdefault(UUID(str(user_id)), set()).add(str(account))
    assert min(len(ids) for ids in own.values()) > 20
    clock = SetClock(DAY_BEFORE)
    town.api.client.app.state.clock = clock
    return Team(town, own, clock)
