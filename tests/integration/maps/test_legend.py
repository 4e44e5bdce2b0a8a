"""Colours over HTTP: legends that count what tiles show, in scope, and territories by measure."""

from datetime import date
from typing import Any

import pytest

from backend.identity.actor import Actor
from backend.maps.colouring import ColourBy
from tests.integration.maps.test_tile_answers import at, read
from tests.support.city import BOXES, City, make_city
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api

DAY = date(2026, 11, 22)


@pytest.fixture
def city(api: Api, test_database: TestDatabase) -> City:
    return make_city(test_database.owner_url, api.org, DAY, places=300)


def ask(api: Api, actor: Actor, what: str, **query: Any) -> dict[str, Any]:
    answer = api.client.get(f"/v1/maps/{what}", params=query, headers=api.as_(actor))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("colour_by", ColourBy)
def test_a_legend_counts_every_account_in_scope_once(
    api: Api, city: City, colour_by: ColourBy
) -> None:
    for actor in (api.org.manager, api.org.rep):
        legend = ask(api, actor, "legend", colour_by=colour_by)
        (cluster,) = read(api, actor, "prospects", at(3))["prospects"]
        assert legend["accounts"] == sum(one["count"] for one in legend["classes"]) == cluster["n"]
        keys = [one["key"] for one in legend["classes"]]
        assert len(set(keys)) == len(keys)
    assert city.accounts


@pytest.mark.parametrize("colour_by", ColourBy)
def test_what_tiles_name_is_in_the_legend(api: Api, city: City, colour_by: ColourBy) -> None:
    legend = ask(api, api.org.manager, "legend", colour_by=colour_by)
    keys = {one["key"] for one in legend["classes"]}
    told = read(api, api.org.manager, "prospects", at(11), colour_by=colour_by)["prospects"]
    found = {one.get("class", "") for one in told}
    assert found <= keys or "others" in keys
    assert not any("is_rough" in one for one in told)
    assert city.accounts


@pytest.mark.parametrize("shape_by", ColourBy)
def test_a_legend_tells_shapes_beside_colours(api: Api, city: City, shape_by: ColourBy) -> None:
    for actor in (api.org.manager, api.org.rep):
        legend = ask(api, actor, "legend", colour_by="priority", shape_by=shape_by)
        same = ask(api, actor, "legend", colour_by=shape_by, shape_by=shape_by)
        assert legend["shape_by"] == shape_by
        assert legend["shapes"] == same["shapes"]
        assert sum(one["count"] for one in legend["shapes"]) == legend["accounts"]
        counts = {one["key"]: one["count"] for one in same["classes"]}
        own = [one for one in legend["shapes"] if one["key"] != "others"]
        assert [one["key"] for one in own] == [one for one in counts if one != "others"][: len(own)]
        assert all(counts[one["key"]] == one["count"] for one in own)
        drawn = [one["shape"] for one in legend["shapes"]]
        assert len(set(drawn)) == len(drawn)
        told = read(api, actor, "prospects", at(16), shape_by=shape_by)["prospects"]
        keys = {one["key"] for one in legend["shapes"]}
        assert "others" in keys or {one.get("shape", "") for one in told if one["n"] == 1} <= keys
    assert city.accounts


def test_without_shapes_a_legend_has_none(api: Api, city: City) -> None:
    legend = ask(api, api.org.manager, "legend", colour_by="category")
    assert (legend["shape_by"], legend["shapes"]) == (None, [])
    assert city.accounts


def test_names_beyond_the_shapes_share_one(
    api: Api, city: City, test_database: TestDatabase
) -> None:
    execute(
        test_database.owner_url,
        "UPDATE account SET channel = CASE WHEN name < 'D' THEN NULL"
        " ELSE 'k' || abs(hashtext(name)) %% 9 END WHERE org_id = %s",
        api.org.id,
    )
    shapes = ask(api, api.org.manager, "legend", shape_by="channel")["shapes"]
    told = [one["shape"] for one in shapes]
    assert told == [
        "circle",
        "square",
        "triangle",
        "diamond",
        "star",
        "triangle_down",
        "bar",
        "cross",
    ]
    counts = [one["count"] for one in shapes[:6]]
    assert counts == sorted(counts, reverse=True)
    assert sum(one["count"] for one in shapes) == len(city.accounts)


@pytest.mark.parametrize("colour_by", [None, "category", "rep"])
def test_days_since_the_last_visit_are_a_size_of_who_was_visited(
    api: Api, city: City, test_database: TestDatabase, colour_by: str | None
) -> None:
    execute(
        test_database.owner_url,
        "UPDATE account SET last_visit_at = CASE WHEN abs(hashtext(name)) %% 3 > 0"
        " THEN now() - abs(hashtext(name)) %% 99 * interval '1 day' END WHERE org_id = %s",
        api.org.id,
    )
    ((mean,),) = execute(
        test_database.owner_url,
        "SELECT avg(abs(hashtext(name)) %% 99)::float8 FROM account"
        " WHERE last_visit_at IS NOT NULL AND org_id = %s",
        api.org.id,
    )
    query = {"size_by": "last_visit"} | ({"colour_by": colour_by} if colour_by else {})
    (cluster,) = read(api, api.org.manager, "prospects", at(3), **query)["prospects"]
    assert cluster["weight"] == pytest.approx(mean, abs=0.01)
    near = read(api, api.org.manager, "prospects", at(16), **query)["prospects"]
    assert any("weight" not in one for one in near)
    assert city.accounts


@pytest.mark.parametrize(
    ("size_by", "unit", "first"),
    [("accounts", 1, 1), ("potential", 1e6, 1e6), ("overdue", 1, 1), ("last_visit", 1, 7)],
)
def test_a_legend_tells_what_sizes_mean(
    api: Api, city: City, size_by: str, unit: float, first: float
) -> None:
    legend = ask(api, api.org.manager, "legend", size_by=size_by)
    assert (legend["size"]["size_by"], legend["size"]["unit"]) == (size_by, unit)
    assert legend["size"]["values"][0] == first
    assert legend["size"]["values"] == sorted(legend["size"]["values"])
    assert (legend["currency"] == "VND") is (size_by == "potential")
    assert city.accounts


def test_another_shape_is_another_version(api: Api, city: City) -> None:
    def tag(**query: str) -> str:
        answer = api.client.get(
            f"/v1/tiles/prospects/{at(16)}", params=query, headers=api.as_(api.org.manager)
        )
        return str(answer.headers["etag"])

    tags = [tag(**({"shape_by": one} if one else {})) for one in ("", *ColourBy)]
    assert len(set(tags)) == len(tags)
    assert tag(shape_by="rfm") == tags[1 + list(ColourBy).index(ColourBy.RFM)]
    assert city.accounts


def test_worth_colours_sizes_and_makes_a_new_version(
    api: Api, city: City, test_database: TestDatabase
) -> None:
    url = f"/v1/tiles/prospects/{at(3)}?colour_by=rfm&size_by=potential"
    first = api.client.get(url, headers=api.as_(api.org.manager))
    known = {**api.as_(api.org.manager), "If-None-Match": first.headers["etag"]}
    assert api.client.get(url, headers=known).status_code == 304
    some = [str(one) for one in list(city.accounts)[:200]]
    for table in ("account_value", "account_potential"):
        execute(test_database.owner_url, f"DELETE FROM {table}")
    execute(
        test_database.owner_url,
        "INSERT INTO account_value SELECT org_id, id, '2026-11-22', '2026-11-01', 3, 900, 5, 5, 5,"
        " 'champion' FROM account WHERE id = ANY (cast(%s AS uuid[]))",
        some,
    )
    execute(
        test_database.owner_url,
        "INSERT INTO account_potential SELECT org_id, id, 7e6, 'field', '2026-11-01'"
        " FROM account WHERE id = ANY (cast(%s AS uuid[]))",
        some,
    )
    assert api.client.get(url, headers=known).status_code == 200
    query = {"colour_by": "rfm", "size_by": "potential"}
    (cluster,) = read(api, api.org.manager, "prospects", at(3), **query)["prospects"]
    assert (cluster["class"], cluster["class_n"]) == ("champion", 200)
    assert cluster["weight"] == pytest.approx(200 * 7e6)
    legend = ask(api, api.org.manager, "legend", colour_by="potential")
    assert legend["currency"] == "VND"
    (five,) = [one for one in legend["classes"] if one["low"] == 5e6]
    assert (five["count"], five["high"]) == (200, 2e7)


def test_filters_mean_the_same_to_tiles_legends_and_areas(
    api: Api, city: City, test_database: TestDatabase
) -> None:
    execute(
        test_database.owner_url,
        "UPDATE account SET channel = 'horeca', priority = 1, tags = '{vip}', last_visit_at ="
        " now() - interval '300 days' WHERE name < 'K' AND org_id = %s",
        api.org.id,
    )
    execute(
        test_database.owner_url,
        "UPDATE account SET priority = 1 WHERE category = 'cafe' AND org_id = %s",
        api.org.id,
    )
    for query, filters in [
        ({"channel": "horeca"}, {"channels": ["horeca"]}),
        ({"priority": 1, "is_overdue": True}, {"priorities": [1], "is_overdue": True}),
        ({"priority": 1, "is_never_visited": True}, {"priorities": [1], "is_never_visited": True}),
        ({"tag": "vip", "category": "cafe"}, {"tags": ["vip"], "categories": ["cafe"]}),
    ]:
        tile = read(api, api.org.manager, "prospects", at(3), **query)["prospects"]
        legend = ask(api, api.org.manager, "legend", **query)
        body = {"area": {"circle": {"center": [24.94, 60.17], "radius_m": 90_000}},
                "filters": filters}  # fmt: skip
        answer = api.client.post(
            "/v1/areas/snapshot", json=body, headers=api.as_(api.org.manager)
        ).json()
        assert answer["accounts"] == legend["accounts"] == tile[0]["n"], query
        assert 0 < tile[0]["n"] < len(city.accounts), query


def test_territories_come_by_measure_with_classes(api: Api, city: City) -> None:
    counts = ask(api, api.org.manager, "choropleth", measure="accounts")
    own = sum(place.lon <= BOXES["Kamppi"][2] for place in city.accounts.values())
    values = {one["name"]: one["value"] for one in counts["territories"]}
    assert values["Kamppi"] == own
    assert set(values) == set(city.territories)
    for measure in ("penetration", "overdue_share", "customers"):
        told = ask(api, api.org.manager, "choropleth", measure=measure)
        for one in told["territories"]:
            if one["value"] is None:
                continue
            its = told["classes"][one["class_index"]]
            assert its["low"] <= one["value"]
            assert its["high"] is None or one["value"] < its["high"]
    mine = ask(api, api.org.rep, "choropleth")["territories"]
    assert [one["name"] for one in mine] == ["Kamppi"]


@pytest.mark.parametrize(
    "query",
    ["colour_by=shoe_size", "priority=9", "tag=%00", "category=%00",
     "priority=99999999999999999999", "life_stage=x", "colour_by=", "territory_id=x",
     "shape_by=square", "shape_by=%00", "size_by=shoes", "shape_by=rfm&shape_by=x"],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(api: Api, query: str) -> None:
    for path in (f"tiles/prospects/{at(3)}", "maps/legend", "maps/choropleth"):
        answer = api.client.get(f"/v1/{path}?{query}", headers=api.as_(api.org.manager))
        is_free = path == "maps/choropleth" and query.startswith(
            ("colour_by", "shape_by", "size_by")
        )
        assert answer.status_code == (200 if is_free else 422), (path, answer.text)


def test_the_list_has_the_same_accounts_by_name_and_filter(
    api: Api, city: City, test_database: TestDatabase
) -> None:
    execute(
        test_database.owner_url,
        "UPDATE account SET channel = 'horeca', last_visit_at = now() - interval '300 days'"
        " WHERE category = 'cafe' AND org_id = %s",
        api.org.id,
    )
    expected = ask(api, api.org.manager, "legend", channel="horeca", is_overdue=True)["accounts"]

    def listed(**query: Any) -> list[str]:
        answer = api.client.get(
            "/v1/accounts", params={"limit": 200, **query}, headers=api.as_(api.org.manager)
        )
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.json()["items"]]

    cafes = listed(channel="horeca", is_overdue=True)
    assert len(cafes) == expected > 0
    assert listed(channel="horeca", is_never_visited=True) == []
    word = cafes[0].split()[0].lower()
    by_name = [one for one in listed(q=word) if one in cafes]
    assert listed(q=word, channel="horeca") == by_name
    assert listed(q="%", channel="horeca") == [one for one in cafes if "%" in one]
    assert city.accounts
