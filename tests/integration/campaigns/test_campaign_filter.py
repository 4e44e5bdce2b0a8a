"""A campaign as a filter: map, legend, list, areas and what is near mean the same accounts."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.campaigns.test_campaigns import EVERYWHERE, call, described, start
from tests.integration.maps.test_tile_answers import at, read
from tests.support.city import BOXES, City
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api


@pytest.fixture
def joined(api: Api, city: City, today: date) -> tuple[str, set[str]]:
    """A campaign of every third account."""
    ids = [str(one) for one in list(city.accounts)[::3]]
    return start(api, today, ids)["action"]["campaign_id"], set(ids)


def near(api: Api, who: Any, filters: dict[str, Any]) -> set[str]:
    body = {"location": [24.94, 60.17], "filters": filters, "limit": 100}
    return {one["id"] for one in call(api, who, "POST", "/near", body)["accounts"]}


def test_every_door_means_the_same_accounts(
    api: Api, city: City, joined: tuple[str, set[str]]
) -> None:
    campaign, ids = joined
    west = {
        str(one) for one, place in city.accounts.items() if place.lon < BOXES["Kamppi"][2]
    } & ids
    for who, own in ((api.org.manager, ids), (api.org.rep, west)):
        filters = {"campaign_ids": [campaign]}
        area = {"area": EVERYWHERE, "filters": filters}
        assert call(api, who, "POST", "/areas/snapshot", area)["accounts"] == len(own)
        page = call(api, who, "POST", "/areas/accounts?limit=500", area)
        assert {one["id"] for one in page["items"]} == own
        territory = {"area": {"territory_id": str(city.territories["Kamppi"])}, "filters": filters}
        assert call(api, who, "POST", "/areas/snapshot", territory)["accounts"] == len(west)
        listed = call(api, who, "GET", "/accounts", params={"campaign_id": campaign, "limit": 500})
        assert {one["id"] for one in listed["items"]} == own
        legend = call(api, who, "GET", "/maps/legend", params={"campaign_id": campaign})
        assert legend["accounts"] == len(own)
        (cluster,) = read(api, who, "prospects", at(3), campaign_id=campaign)["prospects"]
        assert cluster["n"] == len(own)
        measured = call(api, who, "GET", "/maps/choropleth", params={"campaign_id": campaign})
        assert sum(one["value"] or 0 for one in measured["territories"]) == len(own)
        assert near(api, who, filters) == own
        assert near(api, who, {"campaign_ids": [str(uuid4())]}) == set()
    both = {"campaign_ids": [campaign], "life_stages": ["prospect"]}
    told = call(
        api, api.org.manager, "POST", "/areas/snapshot", {"area": EVERYWHERE, "filters": both}
    )
    assert 0 < told["accounts"] < len(ids)
    name = call(api, api.org.manager, "GET", "/accounts", params={"campaign_id": campaign})
    word = name["items"][0]["name"].split()[0]
    found = call(
        api, api.org.manager, "GET", "/accounts", params={"campaign_id": campaign, "q": word}
    )
    assert name["items"][0]["id"] in {one["id"] for one in found["items"]} <= ids


def test_a_pivot_counts_the_campaign_alone(
    api: Api, city: City, joined: tuple[str, set[str]], today: date
) -> None:
    campaign, ids = joined
    west = {
        str(one) for one, place in city.accounts.items() if place.lon < BOXES["Kamppi"][2]
    } & ids
    chosen = {"campaign_ids": [campaign]}
    for who, own in ((api.org.manager, ids), (api.org.rep, west)):
        body = {"rows": [{"dimension": "territory"}], "measures": ["accounts"]}
        told = call(api, who, "POST", "/cube/query", body | chosen)
        assert told["whole"]["total"] == [len(own)]
        assert sum(row["total"][0] for row in told["rows"]) == len(own)
        spots = call(api, who, "POST", "/cube/hot-spots", {"measure": "accounts"} | chosen)
        every = call(api, who, "POST", "/cube/hot-spots", {"measure": "accounts"})
        assert 0 < len(spots["cells"]) <= len(every["cells"])
        call(api, who, "POST", "/cube/white-space", {"by": {"dimension": "territory"}} | chosen)
    empty = call(api, api.org.manager, "POST", "/campaigns", described(today), 201)["id"]
    for nothing in (empty, str(uuid4())):
        body = {"measures": ["accounts"], "campaign_ids": [nothing]}
        told = call(api, api.org.manager, "POST", "/cube/query", body)
        assert told["whole"]["total"] == [0]


def test_what_an_area_bought_is_that_of_the_campaign(
    api: Api, joined: tuple[str, set[str]], test_database: TestDatabase, today: date
) -> None:
    campaign, ids = joined
    execute(
        test_database.owner_url,
        "INSERT INTO sale (org_id, id, account_id, product_id, sold_on, invoice, amount)"
        " SELECT a.org_id, gen_random_uuid(), a.id, p.id, %s, a.id::text, 10"
        " FROM account a JOIN LATERAL (SELECT id FROM product LIMIT 1) p ON true",
        today - timedelta(days=1),
    )
    asked = {"area": EVERYWHERE, "filters": {"campaign_ids": [campaign]}}
    told = call(api, api.org.manager, "POST", "/areas/snapshot", asked)
    assert (told["period"]["buyers"], told["period"]["revenue"]) == (len(ids), 10 * len(ids))


def test_a_tile_is_sent_anew_when_accounts_join_leave_or_come_back(
    api: Api, city: City, joined: tuple[str, set[str]]
) -> None:
    campaign, ids = joined
    other = next(str(one) for one in city.accounts if str(one) not in ids)
    url = f"/v1/tiles/prospects/{at(3)}?campaign_id={campaign}"
    known = api.as_(api.org.manager)
    tag = api.client.get(url, headers=known).headers["etag"]
    done: dict[str, Any] = {}
    for kind in ("campaign", "leave_campaign", "undo"):
        assert api.client.get(url, headers={**known, "If-None-Match": tag}).status_code == 304
        if kind == "undo":
            call(api, api.org.manager, "POST", f"/bulk-actions/{done['id']}/undo")
        else:
            action = {"kind": kind, "campaign_id": campaign}
            asked = {"action": action, "account_ids": [other]}
            done = call(api, api.org.manager, "POST", "/bulk-actions", asked, 201)
        answer = api.client.get(url, headers={**known, "If-None-Match": tag})
        assert (answer.status_code, answer.headers["etag"] == tag) == (200, False)
        tag = answer.headers["etag"]


def test_a_saved_view_keeps_the_campaign(api: Api, joined: tuple[str, set[str]]) -> None:
    filters = {"campaign_ids": [joined[0]]}
    body = {"name": "Tết", "view": {"filters": filters}}
    kept = call(api, api.org.manager, "POST", "/views", body, 201)
    assert kept["view"]["filters"]["campaign_ids"] == [joined[0]]


@pytest.mark.parametrize("wrong", ["x", "%00", "", "1" * 400])
def test_what_is_no_campaign_is_refused(api: Api, wrong: str) -> None:
    for path in (f"tiles/prospects/{at(3)}", "maps/legend", "maps/choropleth", "accounts"):
        answer = api.client.get(f"/v1/{path}?campaign_id={wrong}", headers=api.as_(api.org.manager))
        assert answer.status_code == 422, (path, answer.text)
