"""Tiles over HTTP: what each layer holds, whom it shows it to, and when nothing is sent again."""

from datetime import date
from typing import Any

import mapbox_vector_tile
import psycopg2
import pytest

from backend.geo.tiles import lonlat_to_world24
from backend.identity.actor import Actor
from tests.support.city import BOXES, STOPS, City, make_city
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api
from tests.support.people import make_org

DAY = date(2026, 11, 22)
CENTRE = (24.9425, 60.1700)


def at(zoom: int, lon: float = CENTRE[0], lat: float = CENTRE[1]) -> str:
    world = lonlat_to_world24(lon, lat)
    return f"{zoom}/{world.x >> (24 - zoom)}/{world.y >> (24 - zoom)}.mvt"


@pytest.fixture
def city(api: Api, test_database: TestDatabase) -> City:
    return make_city(test_database.owner_url, api.org, DAY, places=300)


def read(api: Api, actor: Actor, layer: str, place: str, **query: Any) -> dict[str, Any]:
    answer = api.client.get(f"/v1/tiles/{layer}/{place}", params=query, headers=api.as_(actor))
    assert answer.status_code in {200, 204}, answer.text
    layers: dict[str, Any] = mapbox_vector_tile.decode(answer.content) if answer.content else {}
    return {
        name: [feature["properties"] for feature in layer["features"]]
        for name, layer in layers.items()
    }


def test_prospects_are_counted_for_everybody_in_the_office(api: Api, city: City) -> None:
    (cluster,) = read(api, api.org.manager, "prospects", at(3))["prospects"]
    assert cluster["n"] == len(city.accounts)
    assert 0 < cluster["customers"] < cluster["n"]


def test_a_rep_counts_only_the_own_territory(api: Api, city: City) -> None:
    (cluster,) = read(api, api.org.rep, "prospects", at(3))["prospects"]
    own = sum(place.lon <= BOXES["Kamppi"][2] for place in city.accounts.values())
    assert cluster["n"] == own < len(city.accounts)


def test_filters_count_the_same_as_the_database(
    api: Api, city: City, test_database: TestDatabase
) -> None:
    query = {"life_stage": ["customer", "lapsed"], "category": "cafe"}
    (cluster,) = read(api, api.org.manager, "prospects", at(4), **query)["prospects"]
    sql = (
        "SELECT count(*) FROM account WHERE org_id = %s AND life_stage = ANY (%s) AND category = %s"
    )
    rows = execute(test_database.owner_url, sql, city.org.id, ["customer", "lapsed"], "cafe")
    assert rows == [(cluster["n"],)]


def test_territories_come_with_one_label_each(api: Api, city: City) -> None:
    layers = read(api, api.org.manager, "territories", at(8))
    names = set(city.territories)
    assert {one["name"] for one in layers["territories"]} == names
    assert sorted(one["name"] for one in layers["territory_labels"]) == sorted(names)
    assert {one["name"] for one in read(api, api.org.rep, "territories", at(8))["territories"]} == {
        "Kamppi"
    }
    whole = {"id", "name", "color", "is_child"}
    assert set(layers["territories"][0]) == whole


def test_a_territory_that_spans_the_poles_is_still_drawn(
    api: Api, test_database: TestDatabase
) -> None:
    execute(
        test_database.owner_url,
        "INSERT INTO territory (org_id, id, name, area) VALUES (%s, gen_random_uuid(), 'World',"
        " ST_Multi(ST_MakeEnvelope(-180, -90, 180, 90, 4326)))",
        api.org.id,
    )
    layers = read(api, api.org.manager, "territories", "0/0/0.mvt")
    assert [one["name"] for one in layers["territories"]] == ["World"]
    assert [one["name"] for one in layers["territory_labels"]] == ["World"]


def test_routes_come_as_lines_with_numbered_stops(api: Api, city: City) -> None:
    layers = read(api, api.org.manager, "routes", at(11), on_date="2026-11-22")
    assert {one["id"] for one in layers["routes"]} == {str(one) for one in city.routes.values()}
    assert sorted(one["sequence"] for one in layers["stops"]) == sorted([*range(1, STOPS + 1)] * 2)
    assert {one["is_estimate"] for one in layers["routes"]} == {True, False}
    assert read(api, api.org.manager, "routes", at(11), on_date="2026-11-23") == {}


def test_a_rep_sees_no_other_reps_route_and_visits(api: Api, city: City) -> None:
    query = {"on_date": "2026-11-22"}
    layers = read(api, api.org.rep, "routes", at(11), **query)
    assert {one["rep_id"] for one in layers["routes"] + layers["stops"]} == {
        str(api.org.rep.user_id)
    }
    visits = read(api, api.org.rep, "visits", at(11), **query)["visits"]
    assert len(visits) == STOPS
    assert {one["rep_id"] for one in visits} == {str(api.org.rep.user_id)}
    assert city.on_date == DAY


def test_visits_tell_their_status(api: Api, city: City) -> None:
    visits = read(api, api.org.manager, "visits", at(11), on_date=str(city.on_date))["visits"]
    statuses = [one["status"] for one in visits]
    assert {one: statuses.count(one) for one in set(statuses)} == {
        "done": 2,
        "checked_in": 2,
        "planned": 2 * STOPS - 4,
    }
    only = read(
        api, api.org.manager, "visits", at(11), on_date=str(DAY), rep_id=str(api.org.rep.user_id)
    )
    assert len(only["visits"]) == STOPS


CHANGES = {
    "prospects": "UPDATE account SET life_stage = 'lost' WHERE id = %s",
    "territories": "UPDATE territory SET color = '#000000' WHERE color <> '#000000' AND %s <> ''",
    "routes": (
        "UPDATE account SET location = ST_Translate(location, 0.001, 0) WHERE id ="
        " (SELECT (stops -> 0 ->> 'account_id')::uuid FROM route LIMIT 1) AND %s IS NOT NULL"
    ),
    "visits": ("UPDATE visit SET status = 'cancelled' WHERE status = 'planned' AND %s IS NOT NULL"),
}


@pytest.mark.parametrize("layer", CHANGES)
def test_nothing_is_sent_again_until_something_changes(
    api: Api, city: City, test_database: TestDatabase, layer: str
) -> None:
    url = f"/v1/tiles/{layer}/{at(11)}?on_date={DAY}"
    first = api.client.get(url, headers=api.as_(api.org.manager))
    assert first.headers["cache-control"] == "private, no-cache"
    assert "authorization" in first.headers["vary"].lower()
    known = {**api.as_(api.org.manager), "If-None-Match": first.headers["etag"]}
    again = api.client.get(url, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert api.client.get(url, headers={**known, **api.as_(api.org.rep)}).status_code == 200
    account = str(next(iter(city.accounts)))
    execute(test_database.owner_url, CHANGES[layer], account)
    changed = api.client.get(url, headers=known)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


def test_a_change_that_commits_late_is_not_hidden_by_a_newer_one(
    api: Api, city: City, test_database: TestDatabase
) -> None:
    late, early = list(city.accounts)[:2]
    url = f"/v1/tiles/prospects/{at(3)}"
    change = "UPDATE account SET life_stage = 'customer', tags = '{x}' WHERE id = %s"
    older = psycopg2.connect(test_database.owner_url)
    try:
        with older.cursor() as cursor:
            cursor.execute(change, (str(late),))
            execute(test_database.owner_url, change, str(early))
            before = api.client.get(url, headers=api.as_(api.org.manager))
        older.commit()
    finally:
        older.close()
    known = {**api.as_(api.org.manager), "If-None-Match": before.headers["etag"]}
    after = api.client.get(url, headers=known)
    assert after.status_code == 200
    assert after.content != before.content


def test_an_empty_tile_has_no_content(api: Api, city: City) -> None:
    answer = api.client.get(f"/v1/tiles/prospects/{at(12, 0, 0)}", headers=api.as_(api.org.manager))
    assert (answer.status_code, answer.content) == (204, b"")
    assert city.accounts


@pytest.mark.parametrize(
    "path",
    ["3/8/0.mvt", "3/0/8.mvt", "23/0/0.mvt", "3/0/-1.mvt", "3/0/0.png", "3/0/x.mvt", "3/0/0"],
)
def test_what_is_no_tile_is_not_found(api: Api, path: str) -> None:
    answer = api.client.get(f"/v1/tiles/prospects/{path}", headers=api.as_(api.org.manager))
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_an_unknown_layer_is_refused_by_name(api: Api) -> None:
    answer = api.client.get("/v1/tiles/houses/0/0/0.mvt", headers=api.as_(api.org.manager))
    assert answer.status_code in {404, 422}
    assert "houses" in answer.text or "layer" in answer.text


def test_another_organisation_sees_nothing(
    api: Api, city: City, test_database: TestDatabase
) -> None:
    stranger = make_org(test_database.owner_url, "Bia Hải Đăng").manager
    for layer in ("prospects", "territories", "routes", "visits"):
        query = {"on_date": str(city.on_date), "territory_id": str(city.territories["Kamppi"])}
        assert read(api, stranger, layer, "0/0/0.mvt", **query) == {}


def test_tiles_need_a_person(api: Api) -> None:
    assert api.client.get("/v1/tiles/basemap/0/0/0.mvt").status_code == 401
