"""Whatever is drawn, filtered and seen: an area has the accounts that lie in it, each once.

What the service counts inside its query is counted here anew, over the accounts that it lists one
by one, with another library. Places and corners lie on one grid, so many a place lies on a border.
"""

import csv
import io
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg2
import psycopg2.extras
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import mapping

from backend.areas import near_repository
from backend.identity.actor import Actor
from backend.ids import new_id
from tests.support.databases import TestDatabase
from tests.support.ground import add_territory
from tests.support.http import Api
from tests.support.people import Org

GRID = 1 / 512
WEST, SOUTH, ACROSS = 24.75, 60.0, 40
STAGES = ("prospect", "customer", "lapsed", "lost")
CATEGORIES = ("cafe", "pharmacy", None)
CHANNELS = ("modern", None)
BOXES = {
    "west": (WEST, SOUTH, WEST + 20 * GRID, SOUTH + ACROSS * GRID),
    "east": (WEST + 25 * GRID, SOUTH, WEST + ACROSS * GRID, SOUTH + ACROSS * GRID),
}
CORNER = st.tuples(st.integers(-2, ACROSS + 2), st.integers(-2, ACROSS + 2))


@dataclass(frozen=True)
class Ground:
    """Accounts of two organisations on a grid, inside, outside and at the border of territories."""

    api: Api
    org: Org
    territories: dict[str, UUID]
    listed: dict[str, list[dict[str, Any]]]
    """What the service lists for each person."""


@pytest.fixture
def ground(test_database: TestDatabase, api: Api, org: Org, other_org: Org) -> Ground:
    url = test_database.owner_url
    holders = {"west": org.rep, "east": org.other_rep}
    territories = {
        name: add_territory(url, org, name, BOXES[name], holder) for name, holder in holders.items()
    }
    rows = [_row(index, other_org if index % 9 == 4 else org) for index in range(400)]
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        psycopg2.extras.execute_values(
            cursor,
            "INSERT INTO account (org_id, id, name, life_stage, category, channel, priority,"
            " owner_id, location, location_source) VALUES %s",
            rows,
            template="(%s, %s, %s, %s, %s, %s, %s, %s,"
            " ST_SetSRID(ST_MakePoint(%s, %s), 4326), 'osm')",
        )
        cursor.execute(
            "UPDATE account SET channel = 'online', priority = 5 WHERE org_id = %s"
            " AND name LIKE '%%7'",
            (org.id,),
        )
    people = {"rep": org.rep, "other_rep": org.other_rep, "analyst": org.analyst}
    listed = {name: _list(api, actor) for name, actor in people.items()}
    return Ground(api, org, territories, listed)


def _row(index: int, org: Org) -> tuple[object, ...]:
    column, row = index * 17 % (ACROSS + 1), index * 29 % (ACROSS + 1)
    if index % 8 == 0:  # a shopping centre: many in one spot
        column, row = 10, 10
    return (
        org.id, new_id(), f"Shop {index}", STAGES[index % 4], CATEGORIES[index % 3],
        CHANNELS[index % 2], 1 + index % 5, org.rep.user_id if index % 11 == 0 else None,
        WEST + column * GRID, SOUTH + row * GRID,
    )  # fmt: skip


def _list(api: Api, actor: Actor) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"limit": 500} | ({"cursor": cursor} if cursor else {})
        page = api.client.get("/v1/accounts", headers=api.as_(actor), params=query).json()
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def _polygons() -> st.SearchStrategy[shapely.MultiPolygon]:
    return (
        st.lists(st.lists(CORNER, min_size=3, max_size=12, unique=True), min_size=1, max_size=3)
        .map(_area)
        .filter(lambda area: area.area > 0)
    )


def _area(rings: list[list[tuple[int, int]]]) -> shapely.MultiPolygon:
    """Return the even parts of some rings: several polygons, with holes, all of them sound."""
    joined: shapely.Geometry = shapely.MultiPolygon()
    for ring in rings:
        corners = [(WEST + x * GRID, SOUTH + y * GRID) for x, y in ring]
        joined = shapely.symmetric_difference(joined, shapely.make_valid(shapely.Polygon(corners)))
    parts = [one for one in shapely.get_parts(joined) if isinstance(one, shapely.Polygon)]
    return shapely.MultiPolygon(parts)


def _ask(ground: Ground, actor: Actor, what: str, body: dict[str, object]) -> Any:
    answer = ground.api.client.post(
        f"/v1/areas/{what}", headers=ground.api.as_(actor), json=body, params={"limit": 500}
    )
    assert answer.status_code == 200, answer.text
    return answer


def _counted(shares: list[dict[str, Any]]) -> dict[object, int]:
    return {one["value"]: one["accounts"] for one in shares}


@settings(max_examples=60, deadline=None)
@given(
    area=_polygons(),
    who=st.sampled_from(["rep", "other_rep", "analyst"]),
    stages=st.sets(st.sampled_from(STAGES)),
    categories=st.sets(st.sampled_from(["cafe", "pharmacy", "bank"])),
)
def test_an_area_has_the_accounts_that_lie_in_it_once(
    ground: Ground,
    area: shapely.MultiPolygon,
    who: str,
    stages: set[str],
    categories: set[str],
) -> None:
    actor: Actor = getattr(ground.org, who)
    body = {
        "area": {"polygon": mapping(area)},
        "filters": {"life_stages": sorted(stages), "categories": sorted(categories)},
    }
    expected = [
        one for one in ground.listed[who]
        if shapely.covers(area, shapely.Point(one["location"]))
        and (not stages or one["life_stage"] in stages)
        and (not categories or one["category"] in categories)
    ]  # fmt: skip
    told = _ask(ground, actor, "snapshot", body).json()
    assert told["accounts"] == len(expected)
    for plural, name in {
        "life_stages": "life_stage", "categories": "category", "channels": "channel",
        "priorities": "priority",
    }.items():  # fmt: skip
        assert _counted(told[plural]) == Counter(one[name] for one in expected)
    ids = [one["id"] for one in _ask(ground, actor, "accounts", body).json()["items"]]
    assert sorted(ids) == sorted(one["id"] for one in expected)
    sheet = csv.DictReader(io.StringIO(_ask(ground, actor, "accounts.csv", body).text[1:]))
    assert sorted(row["id"] for row in sheet) == sorted(ids)


@settings(max_examples=20, deadline=None)
@given(
    name=st.sampled_from(["west", "east"]),
    who=st.sampled_from(["rep", "other_rep", "analyst"]),
    stage=st.sampled_from(STAGES),
)
def test_a_territory_has_its_accounts_or_is_not_there(
    ground: Ground, name: str, who: str, stage: str
) -> None:
    actor: Actor = getattr(ground.org, who)
    territory_id = str(ground.territories[name])
    is_held = who == "analyst" or {"west": "rep", "east": "other_rep"}[name] == who
    expected = [
        one["id"] for one in ground.listed["analyst"]
        if one["territory_id"] == territory_id and one["life_stage"] == stage
    ]  # fmt: skip
    whole = {"circle": {"center": [WEST, SOUTH], "radius_m": 100_000}}
    for body in (
        {"area": {"territory_id": territory_id}, "filters": {"life_stages": [stage]}},
        {"area": whole, "filters": {"life_stages": [stage], "territory_ids": [territory_id]}},
    ):
        answer = ground.api.client.post(
            "/v1/areas/snapshot", headers=ground.api.as_(actor), json=body
        )
        if is_held:
            assert answer.json()["accounts"] == len(expected)
        else:
            assert answer.status_code == 422
            assert answer.json()["code"] == "unknown_reference"


@settings(max_examples=40)
@given(
    lon=st.one_of(st.floats(WEST - 0.1, WEST + 0.2), st.sampled_from([10.0, 106.0])),
    lat=st.one_of(st.floats(SOUTH - 0.1, SOUTH + 0.2), st.sampled_from([-10.0, 62.0])),
    who=st.sampled_from(["rep", "other_rep", "analyst"]),
    stages=st.sets(st.sampled_from(STAGES)),
    priorities=st.sets(st.integers(1, 5)),
    limit=st.integers(1, 60),
    looked_at=st.sampled_from([1, 95, 20_000]),
)
def test_the_nearest_that_a_filter_leaves_in_are_told(
    ground: Ground, lon: float, lat: float, who: str, stages: set[str], priorities: set[int],
    limit: int, looked_at: int,
) -> None:  # fmt: skip
    actor: Actor = getattr(ground.org, who)
    filters = {"life_stages": sorted(stages), "priorities": sorted(priorities)}
    wanted = {
        one["id"]: Geod(ellps="WGS84").inv(lon, lat, *one["location"])[2]
        for one in ground.listed[who]
        if (not stages or one["life_stage"] in stages)
        and (not priorities or one["priority"] in priorities)
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_repository, "_MOST_LOOKED_AT", looked_at)  # one: with rare wishes
        answer = ground.api.client.post(
            "/v1/near",
            headers=ground.api.as_(actor),
            json={"location": [lon, lat], "filters": filters, "limit": limit},
        )
    assert answer.status_code == 200, answer.text
    told = {one["id"]: one["distance_m"] for one in answer.json()["accounts"]}
    assert told == {one: pytest.approx(wanted[one], abs=0.01) for one in told}
    nearest = sorted(wanted.values())[:limit]
    assert list(told.values()) == pytest.approx(nearest, rel=0.002, abs=0.01)
