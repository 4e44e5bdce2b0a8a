"""Territories over HTTP: areas, hierarchy, holders, and what their changes do to accounts."""

from datetime import date, timedelta
from typing import Any

import psycopg2
import pytest

from backend.identity.actor import Actor
from backend.ids import new_id
from tests.support.databases import TestDatabase
from tests.support.http import Api

type Body = dict[str, Any]


def box(west: float, south: float, east: float, north: float) -> Body:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


WEST, EAST, ALL = box(106, 10, 107, 11), box(107, 10, 108, 11), box(106, 10, 108, 11)
BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[106, 10], [107, 11], [107, 10], [106, 11], [106, 10]]],
}


def call(api: Api, method: str, path: str, body: object = None, by: Actor | None = None) -> Body:
    headers = api.as_(by or api.org.manager)
    answer = api.client.request(method, path, json=body, headers=headers)
    assert answer.is_success, answer.text
    result: Body = answer.json() if answer.content else {}
    return result


def refuse(api: Api, method: str, path: str, body: object = None) -> Body:
    answer = api.client.request(method, path, json=body, headers=api.as_(api.org.manager))
    assert answer.is_client_error, answer.text
    problem: Body = answer.json()
    return problem


def draw(api: Api, name: str, area: Body | None, **fields: object) -> str:
    body = {"name": name, "area": area, **fields}
    return str(call(api, "POST", "/v1/territories", body)["id"])


def place(api: Api, name: str, lon: float, lat: float = 10.5) -> str:
    return str(call(api, "POST", "/v1/accounts", {"name": name, "location": [lon, lat]})["id"])


def territory_of(api: Api, account: str) -> str | None:
    found: str | None = call(api, "GET", f"/v1/accounts/{account}")["territory_id"]
    return found


def test_accounts_follow_areas_that_come_change_and_go(api: Api) -> None:
    left, right = place(api, "Left", 106.5), place(api, "Right", 107.5)
    whole = draw(api, "Whole", ALL)
    assert (territory_of(api, left), territory_of(api, right)) == (whole, whole)
    west = draw(api, "West", WEST, parent_id=whole, color="#ABCDEF")
    assert (territory_of(api, left), territory_of(api, right)) == (west, whole)
    call(api, "PATCH", f"/v1/territories/{west}", {"area": EAST})
    assert (territory_of(api, left), territory_of(api, right)) == (whole, west)
    listed = {one["name"]: one for one in call(api, "GET", "/v1/territories")["items"]}
    assert listed["West"]["account_count"] == listed["Whole"]["account_count"] == 1
    assert listed["West"]["color"] == "#abcdef"
    assert listed["West"]["area"]["type"] == "MultiPolygon"
    assert listed["West"]["area"]["coordinates"][0][0][0] == [107, 10]
    call(api, "DELETE", f"/v1/territories/{west}")
    assert (territory_of(api, left), territory_of(api, right)) == (whole, whole)
    call(api, "PATCH", f"/v1/territories/{whole}", {"area": None})
    assert (territory_of(api, left), territory_of(api, right)) == (None, None)


def test_only_accounts_that_move_get_a_new_version(api: Api) -> None:
    staying, moving = place(api, "Staying", 106.2), place(api, "Moving", 106.8)
    west = draw(api, "West", WEST)
    before = call(api, "GET", f"/v1/accounts/{staying}")["rv"]
    call(api, "PATCH", f"/v1/territories/{west}", {"area": box(106, 10, 106.5, 11)})
    assert call(api, "GET", f"/v1/accounts/{staying}")["rv"] == before
    assert call(api, "GET", f"/v1/accounts/{moving}")["rv"] == before + 1


def test_an_account_put_by_hand_stays_until_it_goes_by_location_again(api: Api) -> None:
    account = place(api, "Shop", 106.5)
    west, east = draw(api, "West", WEST), draw(api, "East", EAST)
    path = f"/v1/accounts/{account}/territory"
    put = call(api, "PUT", path, {"territory_id": east})
    assert (put["territory_id"], put["territory_is_manual"]) == (east, True)
    call(api, "PATCH", f"/v1/territories/{west}", {"area": ALL})
    call(api, "PATCH", f"/v1/accounts/{account}", {"location": [106.6, 10.6]})
    assert territory_of(api, account) == east
    back = call(api, "PUT", path, {"territory_id": None, "is_manual": False})
    assert (back["territory_id"], back["territory_is_manual"]) == (west, False)
    assert refuse(api, "PUT", path, {"territory_id": str(new_id())})["code"] == "territory_unknown"
    assert refuse(api, "PUT", path, {"territory_id": west, "is_manual": False})["status"] == 422


def test_placing_by_hand_is_written_down(api: Api, test_database: TestDatabase) -> None:
    account, west = place(api, "Shop", 108.5), draw(api, "West", WEST)
    call(api, "PUT", f"/v1/accounts/{account}/territory", {"territory_id": west})
    with psycopg2.connect(test_database.owner_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT actor_id, detail FROM audit_entry WHERE action = 'account.place'")
        written = cursor.fetchone()
    connection.close()
    assert written is not None
    assert written[1] == {"from": "None", "to": west, "is_manual": True}


def test_a_deleted_territory_lets_go_of_what_was_put_by_hand(api: Api) -> None:
    account, west = place(api, "Shop", 106.5), draw(api, "West", WEST)
    hand = draw(api, "By hand", None)
    child = draw(api, "Child", None, parent_id=hand)
    call(api, "PUT", f"/v1/accounts/{account}/territory", {"territory_id": hand})
    call(api, "DELETE", f"/v1/territories/{hand}")
    after = call(api, "GET", f"/v1/accounts/{account}")
    assert (after["territory_id"], after["territory_is_manual"]) == (west, False)
    assert call(api, "GET", f"/v1/territories/{child}")["parent_id"] is None
    assert draw(api, "By hand", None) != hand


def test_bad_areas_are_told_and_nothing_is_written(api: Api) -> None:
    place(api, "Shop", 106.5)
    swapped = {"type": "Polygon", "coordinates": [[[10, 106], [11, 106], [11, 107], [10, 106]]]}
    cases: list[tuple[object, str]] = [
        (BOW_TIE, "self_crossing"),
        (swapped, "swapped"),
        (box(106, 10, 999, 11), "outside_world"),
        ({"type": "Point", "coordinates": [106, 10]}, "not_an_area"),
        ({"type": "Polygon", "coordinates": [[[106, 10], [107, 10], [107, 11]]]}, "too_few_points"),
        ({}, "not_an_area"),
    ]
    for area, code in cases:
        problem = refuse(api, "POST", "/v1/territories", {"name": "Bad", "area": area})
        assert (problem["code"], problem["errors"][0]["field"]) == (code, "area"), area
    assert call(api, "GET", "/v1/territories")["items"] == []


def test_names_and_parents_are_checked(api: Api) -> None:
    top = draw(api, "Top", None)
    middle = draw(api, "Middle", None, parent_id=top)
    low = draw(api, "Low", None, parent_id=middle)
    path = f"/v1/territories/{top}"
    assert refuse(api, "PATCH", path, {"parent_id": low})["code"] == "parent_cycle"
    assert refuse(api, "PATCH", path, {"parent_id": top})["code"] == "parent_cycle"
    assert refuse(api, "PATCH", path, {"parent_id": str(new_id())})["code"] == "parent_unknown"
    taken = refuse(api, "POST", "/v1/territories", {"name": "Low"})
    assert (taken["status"], taken["code"]) == (409, "name_taken")
    assert refuse(api, "PATCH", path, {"color": "green"})["status"] == 422
    assert refuse(api, "PATCH", f"/v1/territories/{new_id()}", {"name": "x"})["status"] == 404


def test_a_stale_territory_is_not_overwritten(api: Api) -> None:
    path = f"/v1/territories/{draw(api, 'Top', None)}"
    headers = {**api.as_(api.org.manager), "If-Match": 'W/"7"'}
    assert api.client.patch(path, json={"name": "New"}, headers=headers).status_code == 412
    assert api.client.delete(path, headers=headers).status_code == 412


def collection(*features: tuple[Body, object]) -> Body:
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": properties, "geometry": geometry}
            for properties, geometry in features
        ],
    }


def test_an_upload_makes_a_territory_a_feature(api: Api) -> None:
    left = place(api, "Left", 106.5)
    body = collection(({"Name": "Tây", "ma": 7}, WEST), ({"ten": "Đông", "color": "#00FF00"}, EAST))
    made = call(api, "POST", "/v1/territories/upload", body)
    assert made["moved_accounts"] == 1
    items = {one["name"]: one for one in made["items"]}
    assert items["Tây"]["code"] == "7"
    assert items["Đông"]["color"] == "#00ff00"
    assert territory_of(api, left) == items["Tây"]["id"]
    again = refuse(api, "POST", "/v1/territories/upload", body)
    assert [error["field"] for error in again["errors"]] == ["features[0]", "features[1]"]


def test_an_upload_with_a_bad_feature_makes_nothing(api: Api) -> None:
    body = collection(
        ({"name": "Good"}, WEST),
        ({"name": "Bow"}, BOW_TIE),
        ({}, EAST),
        ({"name": "Good"}, EAST),
        ({"name": "No area"}, None),
    )
    problem = refuse(api, "POST", "/v1/territories/upload", body)
    assert problem["code"] == "areas_refused"
    assert [error["field"] for error in problem["errors"]] == [
        f"features[{index}]" for index in (1, 2, 3, 4)
    ]
    assert call(api, "GET", "/v1/territories")["items"] == []
    assert refuse(api, "POST", "/v1/territories/upload", WEST)["code"] == "not_a_collection"
    assert refuse(api, "POST", "/v1/territories/upload", collection())["code"] == "empty"


def test_a_rep_holds_a_territory_for_some_days(api: Api) -> None:
    west = draw(api, "West", WEST)
    child = draw(api, "Child", None, parent_id=west)
    draw(api, "East", EAST)
    rep, path = api.org.rep, f"/v1/territories/{west}/assignments"
    assert call(api, "GET", "/v1/territories", by=rep)["items"] == []
    made = call(api, "POST", path, {"user_id": str(rep.user_id)})
    assert made["full_name"] == "Rep"
    seen = call(api, "GET", "/v1/territories", by=rep)["items"]
    assert {one["id"] for one in seen} == {west, child}
    assert [one["assignees"] for one in seen if one["id"] == west] == [
        [{"user_id": str(rep.user_id), "full_name": "Rep"}]
    ]
    assert call(api, "GET", path)["items"] == [made]
    overlapping = {"user_id": str(rep.user_id), "valid_from": "2020-01-01"}
    assert refuse(api, "POST", path, overlapping)["code"] == "already_assigned"
    call(api, "DELETE", f"/v1/assignments/{made['id']}")
    assert call(api, "GET", path)["items"] == []
    assert call(api, "GET", "/v1/territories", by=rep)["items"] == []


def test_an_assignment_that_held_keeps_its_history(api: Api) -> None:
    path = f"/v1/territories/{draw(api, 'West', WEST)}/assignments"
    today = date.fromisoformat(call(api, "POST", path, whose(api, api.org.other_rep))["valid_from"])
    week_ago = today - timedelta(days=7)
    body = {**whose(api, api.org.rep), "valid_from": str(week_ago)}
    held = call(api, "POST", path, body)
    call(api, "DELETE", f"/v1/assignments/{held['id']}")
    kept = {one["id"]: one for one in call(api, "GET", path)["items"]}
    assert kept[held["id"]]["valid_to"] == str(today)
    call(api, "POST", path, {**body, "valid_from": str(today)})


def whose(api: Api, actor: Actor) -> Body:
    assert actor.org_id == api.org.id
    return {"user_id": str(actor.user_id)}


@pytest.mark.parametrize("who", ["manager", "nobody"])
def test_only_reps_are_given_territories(api: Api, who: str) -> None:
    path = f"/v1/territories/{draw(api, 'West', WEST)}/assignments"
    user = api.org.manager.user_id if who == "manager" else new_id()
    assert refuse(api, "POST", path, {"user_id": str(user)})["code"] == "not_a_rep"
    reversed_days = {
        "user_id": str(api.org.rep.user_id), "valid_from": "2026-02-01", "valid_to": "2026-01-01",
    }  # fmt: skip
    assert refuse(api, "POST", path, reversed_days)["status"] == 422
    assert refuse(api, "DELETE", f"/v1/assignments/{new_id()}")["status"] == 404


def test_pages_hold_every_territory_once(api: Api) -> None:
    for name in "BDACE":
        draw(api, name, None)
    first = call(api, "GET", "/v1/territories?limit=3")
    rest = call(api, "GET", f"/v1/territories?limit=3&cursor={first['next_cursor']}")
    names = [one["name"] for one in first["items"] + rest["items"]]
    assert (names, rest["next_cursor"]) == (list("ABCDE"), None)
