"""What is done to campaigns: accounts in and out, days changed, an end; what is refused."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.bulk import carrying_out
from backend.bulk import repository as bulk_repository
from backend.bulk import service as bulk
from backend.bulk.tasks import TASKS
from backend.clock import SystemClock
from backend.jobs import Work
from tests.integration.campaigns.test_campaigns import call, described, sold, start, visited
from tests.support.city import City
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api


def test_accounts_are_added_once_taken_out_and_put_back(
    api: Api, city: City, test_database: TestDatabase, today: date
) -> None:
    ids = sorted(str(one) for one in city.accounts)[:10]
    campaign = start(api, today, ids[:6])["action"]["campaign_id"]
    more = {"action": {"kind": "campaign", "campaign_id": campaign}, "account_ids": ids}
    told = call(api, api.org.manager, "POST", "/bulk-actions/preview", more)
    assert (told["would_change"], told["unchanged"]) == (4, 6)
    added = call(api, api.org.manager, "POST", "/bulk-actions", more, 201)
    assert added["changed"] == 4
    less = {"action": {"kind": "leave_campaign", "campaign_id": campaign}, "account_ids": ids[4:8]}
    before = execute(
        test_database.owner_url,
        "SELECT account_id, added_at, added_by FROM campaign_account ORDER BY account_id",
    )
    left = call(api, api.org.manager, "POST", "/bulk-actions", less, 201)
    assert left["changed"] == 4
    url = f"/campaigns/{campaign}"
    assert call(api, api.org.manager, "GET", url)["counts"]["accounts"] == 6
    again = call(api, api.org.manager, "POST", "/bulk-actions/preview", less)
    assert (again["would_change"], again["unchanged"]) == (0, 4)
    undone = call(api, api.org.manager, "POST", f"/bulk-actions/{left['id']}/undo")
    assert undone["undone"] == 4
    after = execute(
        test_database.owner_url,
        "SELECT account_id, added_at, added_by FROM campaign_account ORDER BY account_id",
    )
    assert after == before
    # One of the added is taken out and comes again: what the action did is no longer there.
    for kind in ("leave_campaign", "campaign"):
        action = {"kind": kind, "campaign_id": campaign}
        asked = {"action": action, "account_ids": ids[9:]}
        assert call(api, api.org.manager, "POST", "/bulk-actions", asked, 201)["changed"] == 1
    undone = call(api, api.org.manager, "POST", f"/bulk-actions/{added['id']}/undo")
    assert (undone["undone"], undone["kept"]) == (3, 1)


def test_a_campaign_that_ended_says_so_and_takes_nothing(api: Api, city: City, today: date) -> None:
    ids = sorted(str(one) for one in city.accounts)[:6]
    begun = start(api, today, ids[:3])
    url = f"/campaigns/{begun['action']['campaign_id']}"
    ended = call(api, api.org.manager, "POST", f"{url}/end")
    assert (ended["state"], ended["counted_to"]) == ("ended", str(today))
    for kind in ("campaign", "leave_campaign"):
        action = {"kind": kind, "campaign_id": begun["action"]["campaign_id"]}
        for path in ("/preview", ""):
            asked = {"action": action, "account_ids": ids}
            refused = call(api, api.org.manager, "POST", f"/bulk-actions{path}", asked, 409)
            assert refused["code"] == "campaign_ended"
            assert "Tết 2027" in refused["detail"]
    call(api, api.org.manager, "POST", f"{url}/end", status=409)
    call(api, api.org.manager, "PATCH", url, {"ends_on": str(today)}, 409)
    assert call(api, api.org.manager, "PATCH", url, {"name": "Xong"})["name"] == "Xong"
    refused = call(api, api.org.manager, "DELETE", url, status=409)
    assert refused["code"] == "campaign_not_empty"
    undone = call(api, api.org.manager, "POST", f"/bulk-actions/{begun['id']}/undo")
    assert undone["undone"] == 3
    past = start(api, today, ids, since=40, until=-3)["action"]["campaign_id"]
    found = call(api, api.org.manager, "GET", f"/campaigns/{past}")
    assert (found["state"], found["since"]["to_date"]) == ("ended", found["ends_on"])


def test_a_campaign_that_has_not_begun_counts_nothing(
    api: Api, city: City, test_database: TestDatabase, today: date
) -> None:
    ids = sorted(str(one) for one in city.accounts)[:3]
    visited(test_database, api.org, ids[0], today)
    sold(test_database, api.org, ids[0], today, 100)
    campaign = start(api, today, ids, since=-1)["action"]["campaign_id"]
    url = f"/campaigns/{campaign}"
    found = call(api, api.org.manager, "GET", url)
    assert (found["state"], found["since"], found["before"]) == ("planned", None, None)
    assert found["counts"] == {"accounts": 3, "visited": 0, "bought": 0, "open": 3}
    ended = call(api, api.org.manager, "POST", f"{url}/end")
    assert (ended["state"], ended["counts"]["open"]) == ("ended", 3)
    assert call(api, api.org.manager, "GET", url)["since"] is None


def test_a_change_keeps_to_the_version_that_was_read(api: Api, today: date) -> None:
    made = call(api, api.org.admin, "POST", "/campaigns", described(today), 201)
    url = f"/campaigns/{made['id']}"
    body = {"purpose": "Mời dùng thử.", "ends_on": str(today)}
    changed = call(
        api, api.org.manager, "PATCH", url, body, headers={"If-Match": f'W/"{made["rv"]}"'}
    )
    assert (changed["purpose"], changed["ends_on"]) == ("Mời dùng thử.", str(today))
    assert changed["rv"] == made["rv"] + 1
    for method, path, given in (("PATCH", "", {"name": "x"}), ("POST", "/end", None)):
        call(
            api, api.org.manager, method, f"{url}{path}", given, 412,
            headers={"If-Match": f'W/"{made["rv"]}"'},
        )  # fmt: skip


def test_a_merged_account_leaves_its_place_to_the_other(
    api: Api, city: City, test_database: TestDatabase, today: date
) -> None:
    loser, winner, gone = sorted(str(one) for one in city.accounts)[:3]
    begun = start(api, today, [loser, gone])
    url = f"/campaigns/{begun['action']['campaign_id']}"
    visited(test_database, api.org, loser, today)
    call(api, api.org.manager, "POST", f"/accounts/{loser}/merge", {"into": winner})
    call(api, api.org.manager, "DELETE", f"/accounts/{gone}", status=204)
    (left,) = call(api, api.org.manager, "GET", f"{url}/accounts")["items"]
    assert (left["id"], left["visited_on"]) == (winner, str(today))
    assert call(api, api.org.manager, "GET", url)["counts"]["accounts"] == 1
    undone = call(api, api.org.manager, "POST", f"/bulk-actions/{begun['id']}/undo")
    assert (undone["undone"], undone["kept"]) == (0, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "\x00"},
        {"purpose": "\x00"},
        {"purpose": "x" * 10_001},
        {"name": "x" * 201},
        {"starts_on": "0001-01-01"},
        {"ends_on": "9999-12-31"},
        {"starts_on": "2027-02-30"},
        {"ends_on": "2000-01-01"},
        {"starts_on": "1999-01-01"},
        {"ends_on": None},
        {"colour": "red"},
    ],
)
def test_what_cannot_be_a_campaign_is_refused(api: Api, today: date, wrong: dict[str, Any]) -> None:
    body = described(today) | wrong
    call(api, api.org.manager, "POST", "/campaigns", body, 422)
    action = {"kind": "campaign", "campaign": body}
    asked = {"action": action, "account_ids": [str(uuid4())]}
    call(api, api.org.manager, "POST", "/bulk-actions", asked, 422)
    made = call(api, api.org.manager, "POST", "/campaigns", described(today), 201)
    call(api, api.org.manager, "PATCH", f"/campaigns/{made['id']}", wrong, 422)


def test_an_action_names_one_campaign(api: Api, today: date) -> None:
    made = call(api, api.org.manager, "POST", "/campaigns", described(today), 201)
    for action in (
        {"kind": "campaign"},
        {"kind": "leave_campaign"},
        {"kind": "campaign", "campaign_id": str(uuid4())},
        {"kind": "campaign", "campaign_id": made["id"], "campaign": described(today)},
        {"kind": "leave_campaign", "campaign": described(today)},
    ):
        asked = {"action": action, "account_ids": [str(uuid4())]}
        for path in ("", "/preview"):
            call(api, api.org.manager, "POST", f"/bulk-actions{path}", asked, 422)


def test_a_job_refuses_the_rest_where_the_campaign_ended_meanwhile(
    api: Api,
    city: City,
    test_database: TestDatabase,
    today: date,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(carrying_out, "PART", 4)
    monkeypatch.setattr(bulk, "MOST_AT_ONCE", 5)
    ids = sorted(str(one) for one in city.accounts)[:10]
    begun = start(api, today, ids)
    assert (begun["status"], begun["waiting"]) == ("running", 10)
    campaign, org_id = begun["action"]["campaign_id"], api.org.id
    with test_database.database.for_org(org_id) as connection:
        held = bulk_repository.hold_action(connection, org_id, UUID(begun["id"]))
        assert held is not None
        assert carrying_out.carry_out_part(
            connection, api.org.manager, UUID(begun["id"]), held.action
        )
    call(api, api.org.manager, "POST", f"/campaigns/{campaign}/end")
    (task,) = TASKS
    work = Work(test_database.database, SystemClock(), {})
    task.call(work, {"org_id": str(org_id), "action_id": begun["id"]})
    url = f"/bulk-actions/{begun['id']}"
    told = call(api, api.org.manager, "GET", url)
    assert (told["status"], told["changed"]) == ("done", 4)
    assert [(one["reason"], one["accounts"]) for one in told["refused"]] == [("campaign_ended", 6)]
    undone = call(api, api.org.manager, "POST", f"{url}/undo")
    assert (undone["undone"], undone["kept"]) == (4, 0)
