"""Two creates of one place are both kept, flagged, shown to planners, and settled."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.accounts import service as accounts
from backend.accounts.duplicates import find_duplicate
from backend.accounts.schemas import AccountCreate, AccountCreated
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import AccountId
from tests.support.databases import TestDatabase
from tests.support.ground import EAST, IN_WEST, WEST, add_territory, execute, wait_for_waiters
from tests.support.http import Api
from tests.support.people import Org

LON, LAT = IN_WEST
LIST = "/v1/accounts/duplicates"


def make(database: Database, actor: Actor, name: str, **values: Any) -> AccountCreated:
    data = AccountCreate(**{"name": name, "location": [LON, LAT], **values})
    with database.for_org(actor.org_id) as connection:
        return accounts.create_account(connection, actor, data)


@pytest.mark.parametrize(
    ("values", "is_flagged"),
    [
        ({"name": "Quan Nguyen"}, True),
        ({"name": "quán  nguyễn"}, False),
        ({"name": "QUÁN NGUYỄN", "location": [LON, LAT + 0.00134]}, True),
        ({"name": "Quán Nguyễn", "location": [LON, LAT + 0.00136]}, False),
        ({"name": "Quán Nguyễn", "location": [LON + 0.0026, LAT]}, True),
        ({"name": "Quán Nguyễn", "location": [LON + 0.0028, LAT]}, False),
        ({"name": "Quán Nguyễn", "location": None}, False),
        ({"name": "Bia Hải Đăng", "phone": "091 234 5678", "location": None}, True),
        ({"name": "Bia Hải Đăng", "phone": "+84 91 234 5679"}, False),
        ({"name": "Bia Hải Đăng"}, False),
    ],
)
def test_same_phone_or_same_name_within_150_m_is_flagged(
    database: Database,
    org: Org,
    values: dict[str, Any],
    is_flagged: bool,  # noqa: FBT001  # a column of the table
) -> None:
    first = make(database, org.manager, "Quán Nguyễn", phone="+84912345678")
    assert first.duplicate_of is None
    second = make(database, org.manager, **values)
    assert second.duplicate_of == (first.id if is_flagged else None)
    with database.for_org(org.id) as connection:
        assert find_duplicate(connection, org.id, second.id) == second.duplicate_of


def test_the_same_phone_counts_more_than_the_name_and_the_nearest_more_than_the_far(
    database: Database, org: Org
) -> None:
    make(database, org.manager, "Quán Nguyễn")
    make(database, org.manager, "Far", phone="+84912345678", location=[LON + 1, LAT])
    near = make(database, org.manager, "Near", phone="+84912345678", location=[LON + 0.5, LAT])
    made = make(database, org.manager, "Quán Nguyễn", phone="+84912345678")
    assert made.duplicate_of == near.id


def test_a_deleted_account_and_another_organisation_s_are_no_duplicates(
    database: Database, org: Org, other_org: Org
) -> None:
    first = make(database, org.manager, "Quán Nguyễn", phone="+84912345678")
    theirs = make(database, other_org.manager, "Quán Nguyễn", phone="+84912345678")
    assert theirs.duplicate_of is None
    with database.for_org(other_org.id) as connection:
        assert find_duplicate(connection, org.id, AccountId(first.id)) is None
    with database.for_org(org.id) as connection:
        accounts.delete_account(connection, org.manager, first.id)
    assert make(database, org.manager, "Quán Nguyễn", phone="+84912345678").duplicate_of is None


def test_a_rep_is_not_told_of_an_account_out_of_sight_but_the_pair_is_flagged(
    database: Database, org: Org, test_database: TestDatabase
) -> None:
    add_territory(test_database.owner_url, org, "West", WEST, org.rep)
    add_territory(test_database.owner_url, org, "East", EAST, org.other_rep)
    first = make(database, org.manager, "Quán Nguyễn", phone="+84912345678")
    theirs = make(database, org.other_rep, "Bia", phone="+84912345678", location=[LON + 0.05, LAT])
    assert theirs.duplicate_of is None
    assert make(database, org.rep, "Quan Nguyen").duplicate_of == first.id
    assert len(open_pairs(test_database.owner_url)) == 2


def test_two_made_at_the_same_time_do_not_miss_each_other(
    database: Database, org: Org, test_database: TestDatabase
) -> None:
    data = AccountCreate(name="Quán Nguyễn", location=[LON, LAT])
    with ThreadPoolExecutor(1) as other:
        with database.for_org(org.id) as connection:
            first = accounts.create_account(connection, org.manager, data)
            second = other.submit(make, database, org.manager, "Quan Nguyen")
            wait_for_waiters(test_database.owner_url, 1)
        assert second.result(timeout=30).duplicate_of == first.id


class Desk:
    """The list of pairs as anybody sees it, over HTTP."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def create(self, name: str, **values: Any) -> dict[str, Any]:
        body = {"name": name, "location": [LON, LAT], **values}
        headers = self.api.as_(self.api.org.manager)
        answer = self.api.client.post("/v1/accounts", headers=headers, json=body)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def list(self, who: Actor, **query: Any) -> httpx.Response:
        return self.api.client.get(LIST, headers=self.api.as_(who), params=query)

    def distinct(self, who: Actor, one: str, other: str) -> httpx.Response:
        path = f"{LIST}/{one}/{other}/distinct"
        return self.api.client.post(path, headers=self.api.as_(who))


@pytest.fixture
def desk(api: Api) -> Desk:
    return Desk(api)


def test_planners_page_through_the_pairs_latest_first(desk: Desk) -> None:
    made = [desk.create("Quán Nguyễn", location=[LON, LAT + 0.0001 * n]) for n in range(4)]
    assert [one["duplicate_of"] for one in made] == [None, *[one["id"] for one in made[:3]]]
    seen, cursor = [], None
    while True:
        page = desk.list(desk.api.org.manager, limit=2, **({"cursor": cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        seen += page.json()["items"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    pairs = [(one["account"]["id"], one["other"]["id"]) for one in seen]
    assert pairs == [(made[n]["id"], made[n - 1]["id"]) for n in (3, 2, 1)]
    assert {one["reason"] for one in seen} == {"same_name_near"}
    assert [round(one["distance_m"], 1) for one in seen] == [11.1, 11.1, 11.1]
    assert desk.list(desk.api.org.manager, cursor="no").status_code == 422


def test_two_called_distinct_are_not_flagged_again(desk: Desk, database: Database) -> None:
    first, second = desk.create("Quán Nguyễn"), desk.create("Quan Nguyen")
    org = desk.api.org
    answer = desk.distinct(org.manager, first["id"], second["id"])
    assert answer.status_code == 204, answer.text
    assert desk.list(org.manager).json()["items"] == []
    assert desk.distinct(org.manager, second["id"], first["id"]).status_code == 404
    with database.for_org(org.id) as connection:
        assert find_duplicate(connection, org.id, AccountId(UUID(second["id"]))) is None


def test_a_pair_leaves_the_list_with_one_of_its_accounts(desk: Desk) -> None:
    first, _ = desk.create("Quán Nguyễn"), desk.create("Quan Nguyen")
    headers = desk.api.as_(desk.api.org.manager)
    assert desk.api.client.delete(f"/v1/accounts/{first['id']}", headers=headers).is_success
    assert desk.list(desk.api.org.manager).json()["items"] == []


def test_only_planners_decide_about_duplicates(desk: Desk) -> None:
    first, second = desk.create("Quán Nguyễn"), desk.create("Quan Nguyen")
    answers = {
        role: (
            desk.list(getattr(desk.api.org, role)).status_code,
            desk.distinct(getattr(desk.api.org, role), second["id"], first["id"]).status_code,
        )
        for role in ("rep", "analyst", "agent", "manager", "admin")
    }
    assert answers == {
        "rep": (403, 403), "analyst": (403, 403), "agent": (403, 403),
        "manager": (200, 204), "admin": (200, 404),
    }  # fmt: skip


def open_pairs(url: str) -> list[tuple[object, ...]]:
    return execute(url, "SELECT account_id, other_id FROM account_duplicate WHERE state = 'open'")
