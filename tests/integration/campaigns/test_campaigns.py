"""Campaigns over HTTP: started on an area, counted beside the days before, ended; who sees what."""

import csv
import io
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from backend.identity.actor import Actor
from tests.support.city import BOXES, City
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api

EVERYWHERE = {"circle": {"center": [24.94, 60.17], "radius_m": 90_000}}


def call(
    api: Api,
    who: Actor,
    method: str,
    path: str,
    body: object = None,
    status: int = 200,
    **more: Any,
) -> Any:
    headers = api.as_(who) | more.pop("headers", {})
    answer = api.client.request(method, f"/v1{path}", json=body, headers=headers, **more)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.text else None


def described(today: date, *, since: int = 9, until: int = 30) -> dict[str, str]:
    return {
        "name": "Tết 2027: mời khách quay lại",
        "purpose": "Tặng 1 thùng khi mua 10.",
        "starts_on": str(today - timedelta(days=since)),
        "ends_on": str(today + timedelta(days=until)),
    }


def start(api: Api, today: date, ids: list[str], **days: int) -> dict[str, Any]:
    action = {"kind": "campaign", "campaign": described(today, **days)}
    asked = {"action": action, "account_ids": ids}
    done: dict[str, Any] = call(api, api.org.manager, "POST", "/bulk-actions", asked, 201)
    return done


def visited(database: TestDatabase, org: Any, account: str, on: date, status: str = "done") -> None:
    outcome = "met" if status == "done" else None
    execute(
        database.owner_url,
        "INSERT INTO visit (org_id, id, account_id, rep_id, status, planned_on, outcome)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        org.id, uuid4(), account, org.rep.user_id, status, on, outcome,
    )  # fmt: skip


def sold(database: TestDatabase, org: Any, account: str, on: date, amount: int) -> None:
    execute(
        database.owner_url,
        "INSERT INTO sale (org_id, id, account_id, product_id, sold_on, invoice, amount)"
        " SELECT %s, gen_random_uuid(), %s, id, %s, gen_random_uuid(), %s FROM product LIMIT 1",
        org.id, account, on, amount,
    )  # fmt: skip


def own(city: City) -> tuple[list[str], list[str]]:
    """Return the accounts of the first rep's territory, and those of the other's."""
    west = [str(one) for one, place in city.accounts.items() if place.lon < BOXES["Kamppi"][2]]
    return west, [str(one) for one in city.accounts if str(one) not in west]


def test_a_campaign_is_started_on_an_area_counted_and_undone(
    api: Api, city: City, test_database: TestDatabase, today: date
) -> None:
    asked = {
        "action": {"kind": "campaign", "campaign": described(today)},
        "area": EVERYWHERE,
        "filters": {"categories": ["cafe"], "life_stages": ["lapsed", "customer"]},
    }
    told = call(api, api.org.manager, "POST", "/bulk-actions/preview", asked)
    assert 3 < told["would_change"] == told["accounts"] < len(city.accounts)
    assert call(api, api.org.manager, "GET", "/campaigns")["items"] == []
    done = call(api, api.org.manager, "POST", "/bulk-actions", asked, 201)
    assert (done["status"], done["changed"]) == ("done", told["accounts"])
    campaign_id = done["action"]["campaign_id"]
    assert done["action"]["campaign"] is None
    url = f"/campaigns/{campaign_id}"
    page = call(api, api.org.manager, "GET", f"{url}/accounts", params={"limit": 500})
    ids = [one["id"] for one in page["items"]]
    assert len(ids) == told["accounts"]
    first, second, third, fourth = ids[:4]
    start_on = today - timedelta(days=9)
    org = api.org
    visited(test_database, org, first, start_on)
    visited(test_database, org, first, today)
    visited(test_database, org, second, start_on - timedelta(days=1))
    visited(test_database, org, second, start_on - timedelta(days=11))  # ten days count, no more
    visited(test_database, org, third, today + timedelta(days=2), "planned")
    visited(test_database, org, fourth, today, "cancelled")
    sold(test_database, org, second, today, 700)
    sold(test_database, org, second, start_on, -50)
    sold(test_database, org, third, start_on, -20)
    sold(test_database, org, fourth, start_on - timedelta(days=10), 90)
    sold(test_database, org, fourth, start_on - timedelta(days=11), 1000)
    found = call(api, api.org.manager, "GET", url)
    count = len(ids)
    assert found["counts"] == {"accounts": count, "visited": 1, "bought": 1, "open": count - 2}
    assert found["since"] == {
        "from_date": str(start_on), "to_date": str(today), "visits": 2, "visited": 1, "bought": 1,
        "revenue": 630,
    }  # fmt: skip
    assert found["before"] == {
        "from_date": str(start_on - timedelta(days=10)),
        "to_date": str(start_on - timedelta(days=1)), "visits": 1, "visited": 1, "bought": 1,
        "revenue": 90,
    }  # fmt: skip
    assert (found["currency"], found["state"]) == ("VND", "running")
    assert sum(one["accounts"] for one in found["shares"]) == count
    names = {(one["territory_name"], one["rep_name"]) for one in found["shares"]}
    assert names == {("Kamppi", "Lan Nguyễn"), ("Kruununhaka", "Minh Trần")}
    (listed,) = call(api, api.org.manager, "GET", "/campaigns")["items"]
    assert listed["counts"] == found["counts"]
    accounts = {
        one["id"]: one
        for one in call(api, org.manager, "GET", f"{url}/accounts?limit=500")["items"]
    }
    states = [
        (one["visited_on"], one["planned_on"], one["bought_on"], one["revenue"], one["is_open"])
        for one in (accounts[one] for one in (first, second, third, fourth))
    ]
    assert states == [
        (str(today), None, None, 0, False),
        (None, None, str(today), 650, False),
        (None, str(today + timedelta(days=2)), None, -20, True),
        (None, None, None, 0, True),
    ]
    undone = call(api, api.org.manager, "POST", f"/bulk-actions/{done['id']}/undo")
    assert (undone["undone"], undone["kept"]) == (count, 0)
    assert call(api, api.org.manager, "GET", url)["counts"]["accounts"] == 0
    call(api, api.org.manager, "DELETE", url, status=204)
    call(api, api.org.manager, "GET", url, status=404)
    entries = execute(
        test_database.owner_url,
        "SELECT action FROM audit_entry WHERE subject IN ('campaign', 'bulk_action') ORDER BY id",
    )
    assert [one for (one,) in entries] == [
        "campaign.create", "bulk_action.carry_out", "bulk_action.undo", "campaign.delete",
    ]  # fmt: skip


def test_open_accounts_come_page_by_page_and_as_a_file(
    api: Api, city: City, test_database: TestDatabase, today: date
) -> None:
    ids = sorted(str(one) for one in city.accounts)[:20]
    campaign = start(api, today, ids)["action"]["campaign_id"]
    for one in ids[::2]:
        visited(test_database, api.org, one, today)
    url, told, cursor = f"/campaigns/{campaign}/accounts", [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = call(api, api.org.analyst, "GET", url, params={"is_open": True, "limit": 3, **more})
        told += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert told == ids[1::2]
    west = [one for one in told if one in own(city)[0]]
    params = {"is_open": True, "territory_id": str(city.territories["Kamppi"])}
    page = call(api, api.org.analyst, "GET", url, params=params)
    assert [one["id"] for one in page["items"]] == west
    answer = api.client.get(
        f"/v1{url}.csv", params={"is_open": True}, headers=api.as_(api.org.analyst)
    )
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [one["id"] for one in rows] == ids[1::2]
    assert {one["territory_name"] for one in rows} <= {"Kamppi", "Kruununhaka"}


def test_a_rep_never_counts_accounts_of_others(
    api: Api, city: City, test_database: TestDatabase, today: date
) -> None:
    west, east = own(city)
    both = start(api, today, west[:6] + east[:9])["action"]["campaign_id"]
    theirs = start(api, today, east[:4])["action"]["campaign_id"]
    for one in [*west[:2], *east[:5]]:
        visited(test_database, api.org, one, today)
        sold(test_database, api.org, one, today, 100)
    found = call(api, api.org.rep, "GET", f"/campaigns/{both}")
    assert found["counts"] == {"accounts": 6, "visited": 2, "bought": 2, "open": 4}
    assert (found["since"]["visits"], found["since"]["revenue"]) == (2, 200)
    assert [one["territory_name"] for one in found["shares"]] == ["Kamppi"]
    (listed,) = call(api, api.org.rep, "GET", "/campaigns")["items"]
    assert (listed["id"], listed["counts"]["accounts"]) == (both, 6)
    page = call(api, api.org.rep, "GET", f"/campaigns/{both}/accounts", params={"limit": 500})
    assert {one["id"] for one in page["items"]} == set(west[:6])
    for path in ("", "/accounts", "/accounts.csv"):
        call(api, api.org.rep, "GET", f"/campaigns/{theirs}{path}", status=404)
    for who in (api.org.rep, api.org.agent, api.org.analyst):
        call(api, who, "POST", "/campaigns", described(today), 403)
        call(api, who, "PATCH", f"/campaigns/{both}", {"name": "x"}, 403)
        call(api, who, "POST", f"/campaigns/{both}/end", status=403)
        call(api, who, "DELETE", f"/campaigns/{both}", status=403)
        action = {"kind": "campaign", "campaign_id": both}
        asked = {"action": action, "account_ids": west}
        call(api, who, "POST", "/bulk-actions", asked, 403)


def test_another_organisation_sees_nothing(
    api: Api, city: City, other_org: Any, today: date
) -> None:
    ids = [str(one) for one in city.accounts][:5]
    campaign = start(api, today, ids)["action"]["campaign_id"]
    stranger = other_org.manager
    assert call(api, stranger, "GET", "/campaigns")["items"] == []
    for method, path in (
        ("GET", ""), ("GET", "/accounts"), ("GET", "/accounts.csv"), ("POST", "/end"),
        ("DELETE", ""),
    ):  # fmt: skip
        call(api, stranger, method, f"/campaigns/{campaign}{path}", status=404)
    call(api, stranger, "PATCH", f"/campaigns/{campaign}", {"name": "x"}, 404)
    asked = {"action": {"kind": "campaign", "campaign_id": campaign}, "account_ids": ids}
    refused = call(api, stranger, "POST", "/bulk-actions", asked, 422)
    assert refused["code"] == "unknown_reference"


def test_campaigns_come_newest_first_page_by_page(api: Api, today: date) -> None:
    made = [
        call(api, api.org.manager, "POST", "/campaigns", described(today), 201)["id"]
        for _ in range(3)
    ]
    page = call(api, api.org.analyst, "GET", "/campaigns", params={"limit": 2})
    assert [one["id"] for one in page["items"]] == made[:0:-1]
    params = {"limit": 2, "cursor": page["next_cursor"]}
    page = call(api, api.org.analyst, "GET", "/campaigns", params=params)
    assert ([one["id"] for one in page["items"]], page["next_cursor"]) == ([made[0]], None)
