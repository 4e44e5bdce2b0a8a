"""Accounts over HTTP: create, read, change, find, delete, and what bad input is told."""

import pytest

from backend.ids import new_id
from tests.support.http import Api

SHOP = {
    "name": "Cà phê Nguyễn Huệ",
    "phone": "0901 234 567",
    "email": "lan@example.vn",
    "website": "example.vn",
    "opening_hours": "Mo-Su 07:00-22:00",
    "tags": ["vip", "cà phê", "vip"],
    "location": [106.7042, 10.7743],
}


def create(api: Api, **fields: object) -> dict[str, object]:
    answer = api.client.post(
        "/v1/accounts", json={**SHOP, **fields}, headers=api.as_(api.org.manager)
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, object] = answer.json()
    return body


def test_a_new_account_is_kept_clean(api: Api) -> None:
    made = create(api)
    assert made.pop("duplicate_of") is None
    answer = api.client.get(f"/v1/accounts/{made['id']}", headers=api.as_(api.org.manager))
    assert answer.json() == made
    assert answer.headers["etag"] == 'W/"1"'
    assert made["phone"] == "+84901234567"
    assert made["website"] == "https://example.vn"
    assert made["tags"] == ["cà phê", "vip"]
    assert made["location"] == SHOP["location"]
    assert made["location_source"] == "manual"
    assert made["life_stage"] == "prospect"
    assert made["territory_id"] is None


def test_what_has_not_changed_is_not_sent_again(api: Api) -> None:
    made = create(api)
    headers = {**api.as_(api.org.manager), "If-None-Match": 'W/"1"'}
    answer = api.client.get(f"/v1/accounts/{made['id']}", headers=headers)
    assert (answer.status_code, answer.content) == (304, b"")


WRONG: list[tuple[str, object, str, str]] = [
    ("phone", "12", "phone_invalid", "0912 345 678"),
    ("phone", "call Lan", "phone_invalid", "no phone number"),
    ("email", "lan at example", "email_invalid", "no email address"),
    ("website", "javascript:alert(1)", "website_invalid", "no web address"),
    ("opening_hours", "Mo-Fr 9 to 5", "opening_hours_invalid", "character"),
    ("preferred_hours", "mornings", "preferred_hours_invalid", "The preferred hours"),
    ("preferred_hours_are_firm", "yes", "malformed", "bool"),
    ("visit_frequency", "twice a month", "frequency_unreadable", "visits in four weeks"),
    ("location", [10.7743, 106.7042], "location_swapped", "longitude first"),
    ("location", [200.0, 100.0], "location_outside_world", "outside the world"),
    ("location", [685000.0, 1191000.0], "location_projected", "WGS 84"),
    ("location", [24.9, 86.0], "location_outside_world", "off the map"),
    ("location", [1.0], "malformed", "length"),
    ("name", "  ", "malformed", "blank"),
    ("name", "a\0b", "malformed", "NUL"),
    ("kind", "robot", "malformed", "robot"),
    ("priority", 9, "malformed", "5"),
    ("location_source", "gps", "malformed", "no location"),
    ("surprise", 1, "malformed", "surprise"),
]


def test_a_wrong_value_is_named(api: Api) -> None:
    for field, value, code, words in WRONG:
        body = {**SHOP, field: value}
        if field == "location_source":
            del body["location"]
        answer = api.client.post("/v1/accounts", json=body, headers=api.as_(api.org.manager))
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] == code
        assert words in answer.text
    assert list_names(api) == []


def test_all_wrong_values_are_told_at_once(api: Api) -> None:
    body = {"name": "x", "phone": "1", "email": "y", "location": [10.0, 106.0]}
    answer = api.client.post("/v1/accounts", json=body, headers=api.as_(api.org.manager))
    assert {error["field"] for error in answer.json()["errors"]} == {"phone", "email", "location"}


def test_preferred_hours_are_kept_and_taken_back(api: Api) -> None:
    made = create(api, preferred_hours=" Mo-Fr 08:00–10:00 ", preferred_hours_are_firm=True)
    assert made["preferred_hours"] == "Mo-Fr 08:00–10:00", "as people write it"
    assert made["preferred_hours_are_firm"] is True
    path, headers = f"/v1/accounts/{made['id']}", api.as_(api.org.manager)
    soft = api.client.patch(path, json={"preferred_hours_are_firm": False}, headers=headers).json()
    assert (soft["preferred_hours_are_firm"], soft["preferred_hours"]) == (
        False, made["preferred_hours"],
    )  # fmt: skip
    none = api.client.patch(path, json={"preferred_hours": "  "}, headers=headers).json()
    assert none["preferred_hours"] is None
    bare = create(api, name="Bare")
    assert (bare["preferred_hours"], bare["preferred_hours_are_firm"]) == (None, False)


def test_a_change_makes_a_new_version_and_no_change_makes_none(api: Api) -> None:
    path = f"/v1/accounts/{create(api)['id']}"
    headers = api.as_(api.org.manager)
    changed = api.client.patch(path, json={"life_stage": "customer"}, headers=headers)
    assert (changed.json()["life_stage"], changed.json()["rv"]) == ("customer", 2)
    assert changed.headers["etag"] == 'W/"2"'
    same = api.client.patch(
        path, json={"life_stage": "customer", "location": SHOP["location"]}, headers=headers
    )
    assert same.json()["rv"] == 2


def test_a_change_to_an_old_version_is_refused(api: Api) -> None:
    path = f"/v1/accounts/{create(api)['id']}"
    headers = api.as_(api.org.manager)
    api.client.patch(path, json={"name": "Mới"}, headers=headers)
    stale = api.client.patch(path, json={"name": "Cũ"}, headers={**headers, "If-Match": 'W/"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
    fresh = api.client.patch(path, json={"name": "Cũ"}, headers={**headers, "If-Match": 'W/"2"'})
    assert fresh.json()["name"] == "Cũ"


def test_a_location_keeps_how_it_was_obtained(api: Api) -> None:
    headers = api.as_(api.org.manager)
    path = f"/v1/accounts/{create(api, location_source='geocoded')['id']}"
    kept = api.client.patch(path, json={"location": SHOP["location"]}, headers=headers).json()
    assert kept["location_source"] == "geocoded"
    moved = api.client.patch(path, json={"location": [106.71, 10.77]}, headers=headers).json()
    assert moved["location_source"] == "manual"
    gone = api.client.patch(path, json={"location": None}, headers=headers).json()
    assert (gone["location"], gone["location_source"]) == (None, None)


def test_a_deleted_account_is_gone(api: Api) -> None:
    path = f"/v1/accounts/{create(api)['id']}"
    headers = api.as_(api.org.manager)
    assert api.client.delete(path, headers=headers).status_code == 204
    assert api.client.get(path, headers=headers).status_code == 404
    assert api.client.delete(path, headers=headers).status_code == 404
    assert api.client.get("/v1/accounts", headers=headers).json()["items"] == []


def test_search_needs_no_diacritics_nor_order(api: Api) -> None:
    create(api)
    create(api, name="Tạp hóa Lan")
    decomposed = "Nguye\u0302\u0303n"
    for query in ("nguyen", "NGUYỄN", "hue ca phe", "phê  cà", "uye", decomposed):
        assert list_names(api, q=query) == ["Cà phê Nguyễn Huệ"], query


def test_wildcards_in_a_search_are_plain_letters(api: Api) -> None:
    create(api, name="Nước ép 100%")
    create(api, name="Tạp hóa Lan")
    for query, count in (("%", 1), ("_", 0), ("\\", 0), ("100％", 1), (" ", 2)):
        assert len(list_names(api, q=query)) == count, query


def test_filters_narrow_a_list(api: Api) -> None:
    create(api, name="A", category="cafe", life_stage="customer", tags=["vip"])
    create(api, name="B", category="bakery", tags=["vip"])
    assert list_names(api, category="cafe") == ["A"]
    assert list_names(api, life_stage="prospect") == ["B"]
    assert list_names(api, tag="vip") == ["A", "B"]
    assert list_names(api, tag="vip", q="b") == ["B"]
    assert list_names(api, territory_id=str(new_id())) == []


def test_pages_hold_every_account_once(api: Api) -> None:
    names = [f"{word} {number}" for word in ("Ánh", "anh", "Bình") for number in range(3)]
    for name in names:
        create(api, name=name)
    headers = api.as_(api.org.manager)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        page = api.client.get("/v1/accounts", params=query, headers=headers).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(names)
    folded = [name.lower().replace("á", "a").replace("ì", "i") for name in seen]
    assert folded == sorted(folded)


def test_a_forged_cursor_is_refused(api: Api) -> None:
    for cursor in ("nonsense", "WzFd", "WyJ4Il0"):
        answer = api.client.get(
            "/v1/accounts", params={"cursor": cursor}, headers=api.as_(api.org.manager)
        )
        assert answer.status_code == 422
        assert "cursor" in answer.text


def test_the_nearest_come_first_with_their_distance(api: Api) -> None:
    create(api, name="Far", location=[106.80, 10.7743])
    create(api, name="Near", location=[106.7043, 10.7743])
    create(api, name="Nowhere", location=None)
    answer = api.client.get(
        "/v1/accounts/nearest",
        params={"lon": 106.7042, "lat": 10.7743},
        headers=api.as_(api.org.manager),
    )
    items = answer.json()["items"]
    assert [item["account"]["name"] for item in items] == ["Near", "Far"]
    assert items[0]["distance_m"] == pytest.approx(10.9, abs=0.3)


def test_a_swapped_position_is_told(api: Api) -> None:
    answer = api.client.get(
        "/v1/accounts/nearest",
        params={"lon": 10.7743, "lat": 106.7042},
        headers=api.as_(api.org.manager),
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "location_swapped")


def test_contacts_live_with_their_account(api: Api) -> None:
    headers = api.as_(api.org.manager)
    path = f"/v1/accounts/{create(api)['id']}/contacts"
    person = {"full_name": "Nguyễn Thị Lan", "phone": "0912345678", "channels": ["zalo", "zalo"]}
    made = api.client.post(path, json=person, headers=headers)
    assert made.status_code == 201, made.text
    assert (made.json()["phone"], made.json()["channels"]) == ("+84912345678", ["zalo"])
    one = f"/v1/contacts/{made.json()['id']}"
    changed = api.client.patch(one, json={"job_title": "Chủ quán"}, headers=headers)
    assert (changed.json()["job_title"], changed.json()["rv"]) == ("Chủ quán", 2)
    stale = {**headers, "If-Match": 'W/"1"'}
    assert api.client.patch(one, json={"phone": None}, headers=stale).status_code == 412
    assert api.client.get(path, headers=headers).json()["items"] == [changed.json()]
    assert api.client.delete(one, headers=headers).status_code == 204
    assert api.client.get(path, headers=headers).json()["items"] == []
    assert api.client.patch(one, json={}, headers=headers).status_code == 404


def test_a_contact_of_a_deleted_account_is_gone(api: Api) -> None:
    headers = api.as_(api.org.manager)
    account = f"/v1/accounts/{create(api)['id']}"
    made = api.client.post(f"{account}/contacts", json={"full_name": "Lan"}, headers=headers)
    api.client.delete(account, headers=headers)
    one = f"/v1/contacts/{made.json()['id']}"
    assert api.client.patch(one, json={"full_name": "Hoa"}, headers=headers).status_code == 404
    assert api.client.get(f"{account}/contacts", headers=headers).status_code == 404


def test_a_bad_phone_of_a_contact_is_named(api: Api) -> None:
    path = f"/v1/accounts/{create(api)['id']}/contacts"
    body = {"full_name": "Lan", "phone": "99"}
    answer = api.client.post(path, json=body, headers=api.as_(api.org.manager))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "phone"


def list_names(api: Api, **query: str) -> list[str]:
    answer = api.client.get("/v1/accounts", params=query, headers=api.as_(api.org.manager))
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]
