"""Two accounts that are one place become one: on the server, on the phones, for what comes late."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.accounts import service as accounts
from backend.accounts.merging import merge_account
from backend.accounts.schemas import ContactCreate
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import AccountId
from backend.sync.protocol.messages import Status
from tests.support.databases import TestDatabase
from tests.support.ground import (
    CHILDREN,
    EAST,
    IN_EAST,
    IN_WEST,
    WEST,
    add_account,
    add_children,
    add_territory,
    execute,
    truth,
    wait_for_waiters,
)
from tests.support.http import Api
from tests.support.people import Org
from tests.support.phone import Phone


class Street:
    """The same shop twice, in the west and in the east, with children; a phone on each side."""

    def __init__(self, api: Api, url: str) -> None:
        self.api, self.url, self.org = api, url, api.org
        add_territory(url, api.org, "West", WEST, api.org.rep)
        add_territory(url, api.org, "East", EAST, api.org.other_rep)
        self.loser = add_account(url, api.org, "Quán Nguyễn", *IN_WEST)
        self.winner = add_account(url, api.org, "Quan Nguyen", *IN_EAST)
        self.children = add_children(url, api.org, self.loser)
        self.west, self.east = Phone(api, api.org.rep), Phone(api, api.org.other_rep)
        self.pull()

    def pull(self) -> None:
        """Pull on both phones and compare each with the data."""
        for phone in (self.west, self.east):
            phone.pull()
            assert phone.versions() == truth(self.url, phone.actor)

    def merge(self, who: Actor | None = None, **ids: Any) -> httpx.Response:
        loser, into = ids.get("loser", self.loser), ids.get("into", self.winner)
        headers = self.api.as_(who or self.org.manager)
        path = f"/v1/accounts/{loser}/merge"
        return self.api.client.post(path, headers=headers, json={"into": str(into)})

    def run(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        return execute(self.url, statement, *values)


@pytest.fixture
def street(api: Api, test_database: TestDatabase) -> Street:
    return Street(api, test_database.owner_url)


def test_children_go_over_and_both_phones_follow(street: Street) -> None:
    assert street.west.ids("account") == {str(street.loser)}
    answer = street.merge()
    assert answer.status_code == 200, answer.text
    assert answer.json()["id"] == str(street.winner)
    street.pull()
    assert street.west.ids("account") == set()
    assert all(street.west.ids(table) == set() for table in CHILDREN)
    for table, row_id in street.children.items():
        assert street.east.rows[table, row_id]["account_id"] == str(street.winner)
    assert street.run("SELECT id, account_id FROM account_alias") == [(street.loser, street.winner)]
    deeds = street.run("SELECT subject_id, detail ->> 'into' FROM audit_entry"
                       " WHERE action = 'account.merge'")  # fmt: skip
    assert deeds == [(street.loser, str(street.winner))]


def test_a_device_that_held_both_sees_every_child_move(street: Street) -> None:
    """Facts have no edits: their version rises all the same, so that a comparison finds them."""
    office = Phone(street.api, street.org.manager)
    office.pull()
    before = {row: office.rows[row]["rv"] for row in street.children.items()}
    assert street.merge().status_code == 200
    office.pull()
    for row, rv in before.items():
        assert office.rows[row]["account_id"] == str(street.winner)
        assert office.rows[row]["rv"] > rv
    assert office.ids("account") == {str(street.winner)}


def test_the_winner_gets_what_it_lacks_and_keeps_what_it_has(street: Street) -> None:
    street.run(
        "UPDATE account SET phone = '+84912345678', email = 'a@x.vn', tags = '{a,b}',"
        " empties_owed = 3, last_visit_at = '2026-01-02Z', category = 'cafe' WHERE id = %s",
        street.loser,
    )
    street.run(
        "UPDATE account SET email = 'b@x.vn', tags = '{b,c}', empties_owed = 4,"
        " last_visit_at = '2026-01-01Z' WHERE id = %s",
        street.winner,
    )
    merged = street.merge().json()
    kept = {name: merged[name] for name in ("phone", "email", "tags", "category", "name")}
    assert kept == {
        "phone": "+84912345678", "email": "b@x.vn", "tags": ["a", "b", "c"], "category": "cafe",
        "name": "Quan Nguyen",
    }  # fmt: skip
    assert merged["location"] == pytest.approx([*IN_EAST])
    assert merged["last_visit_at"].startswith("2026-01-02")
    owed = street.run("SELECT id, empties_owed FROM account WHERE empties_owed > 0")
    assert owed == [(street.winner, 7)]


def test_own_hours_come_with_whether_they_are_firm(street: Street) -> None:
    hours = "UPDATE account SET preferred_hours = %s, preferred_hours_are_firm = %s WHERE id = %s"
    street.run(hours, "Mo-Fr 08:00-10:00", "true", street.loser)
    merged = street.merge().json()
    assert (merged["preferred_hours"], merged["preferred_hours_are_firm"]) == (
        "Mo-Fr 08:00-10:00", True,
    )  # fmt: skip


def test_the_winner_keeps_its_own_hours(street: Street) -> None:
    hours = "UPDATE account SET preferred_hours = %s, preferred_hours_are_firm = %s WHERE id = %s"
    street.run(hours, "Mo-Fr 08:00-10:00", "true", street.loser)
    street.run(hours, "Sa 09:00-11:00", "false", street.winner)
    merged = street.merge().json()
    assert (merged["preferred_hours"], merged["preferred_hours_are_firm"]) == (
        "Sa 09:00-11:00", False,
    )  # fmt: skip


def test_a_winner_without_a_place_takes_the_loser_s(street: Street) -> None:
    nowhere = UUID(
        accounts_create(street, street.org.manager, {"name": "Quán Nguyễn"}).json()["id"]
    )
    merged = street.merge(into=nowhere).json()
    assert merged["location"] == pytest.approx([*IN_WEST])
    assert merged["territory_id"] is not None
    street.pull()
    assert street.west.ids("account") == {str(nowhere)}


def accounts_create(street: Street, who: Actor, body: dict[str, Any]) -> httpx.Response:
    return street.api.client.post("/v1/accounts", headers=street.api.as_(who), json=body)


def test_aliases_are_flat_after_a_chain_of_merges(street: Street) -> None:
    last = add_account(street.url, street.org, "Quán", *IN_EAST)
    assert street.merge().status_code == 200
    assert street.merge(loser=street.winner, into=last).status_code == 200
    assert set(street.run("SELECT id, account_id FROM account_alias")) == {
        (street.loser, last), (street.winner, last),
    }  # fmt: skip
    street.pull()


def test_open_pairs_are_settled_and_go_over(street: Street) -> None:
    third = add_account(street.url, street.org, "Quán", *IN_WEST)
    for pair in ((street.loser, street.winner), (third, street.loser)):
        street.run(
            "INSERT INTO account_duplicate (org_id, account_id, other_id, reason)"
            " VALUES (%s, %s, %s, 'same_name_near')",
            street.org.id,
            *pair,
        )
    street.merge()
    states = street.run("SELECT account_id, other_id, state FROM account_duplicate")
    assert set(states) == {
        (street.loser, street.winner, "merged"),
        (third, street.loser, "merged"),
        (street.winner, third, "open"),
    }


def test_stops_of_planned_routes_name_the_winner(street: Street) -> None:
    other = {"account_id": str(street.winner), "sequence": 1}
    stops = [{"account_id": str(street.loser), "sequence": 0, "name": "Quán"}, other]
    street.run(
        "INSERT INTO route (org_id, id, rep_id, on_date, profile, engine, seed, is_estimate,"
        " distance_m, travel_seconds, wait_seconds, starts_at, ends_at, inputs, stops) VALUES"
        " (%s, gen_random_uuid(), %s, tuyen_today(%s), 'car', 'x', 1, true, 0, 0, 0, now(), now(),"
        " '{}', %s::jsonb)",
        street.org.id,
        street.org.rep.user_id,
        street.org.id,
        httpx.Request("POST", "http://x", json=stops).content.decode(),
    )
    street.merge()
    ((kept,),) = street.run("SELECT stops FROM route")
    assert kept == [{**stops[0], "account_id": str(street.winner)}, other]


def test_what_is_held_over_goes_over(street: Street) -> None:
    street.run(
        "INSERT INTO account_holdover (org_id, account_id, user_id, until_on)"
        " VALUES (%s, %s, %s, current_date + 9)",
        street.org.id,
        street.loser,
        street.org.rep.user_id,
    )
    street.merge()
    street.pull()
    assert street.west.ids("account") == {str(street.winner)}
    assert street.west.ids("note") == {street.children["note"]}


@pytest.mark.parametrize(
    ("loser", "into", "status", "code"),
    [
        ("loser", "loser", 422, "merge_into_itself"),
        ("loser", "nobody", 422, "merge_into_unknown"),
        ("nobody", "winner", 404, "not_found"),
    ],
)
def test_a_merge_that_cannot_be_is_refused(
    street: Street, loser: str, into: str, status: int, code: str
) -> None:
    ids = {"loser": street.loser, "winner": street.winner, "nobody": street.org.id}
    answer = street.merge(loser=ids[loser], into=ids[into])
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_merging_twice_or_into_a_merged_account_is_refused(street: Street) -> None:
    assert street.merge().status_code == 200
    assert street.merge().status_code == 404
    back = street.merge(loser=street.winner, into=street.loser)
    assert (back.status_code, back.json()["code"]) == (422, "merge_into_unknown")


def test_only_planners_of_the_organisation_merge(street: Street, other_org: Org) -> None:
    answers = {
        role: street.merge(getattr(street.org, role)).status_code
        for role in ("rep", "analyst", "agent")
    }
    assert answers == {"rep": 403, "analyst": 403, "agent": 403}
    assert street.merge(other_org.admin).status_code == 404
    assert street.merge(street.org.admin).status_code == 200


def test_a_contact_written_while_its_account_is_merged_lands_on_the_winner(
    street: Street, database: Database
) -> None:
    data = ContactCreate(account_id=AccountId(street.loser), full_name="Lan")
    org = street.org

    def write() -> AccountId:
        with database.for_org(org.id) as connection:
            return accounts.create_contact(connection, org.manager, data).account_id

    with ThreadPoolExecutor(1) as other:
        with database.for_org(org.id) as connection:
            pair = AccountId(street.loser), AccountId(street.winner)
            merge_account(connection, org.manager, *pair)
            late = other.submit(write)
            wait_for_waiters(street.url, 1)
        assert late.result(timeout=30) == street.winner
    street.pull()


def test_a_late_edit_of_the_loser_lands_on_the_winner(street: Street) -> None:
    assert street.merge().status_code == 200
    told = {"address": "12 Hàng Bạc"}
    office = Phone(street.api, street.org.manager)
    edit = office.mutation(
        "patch", "account", str(street.loser), values=told, base={"address": None}
    )
    (result,) = office.push(edit)
    assert result.status is Status.APPLIED, result
    assert street.run("SELECT address FROM account WHERE id = %s", street.winner) == [
        ("12 Hàng Bạc",)
    ]


def test_late_facts_of_the_loser_s_rep_land_on_the_winner(street: Street) -> None:
    """The rep of the west lost the account by the merge, and was entitled when it happened."""
    captured = datetime.now(UTC).isoformat()
    assert street.merge().status_code == 200
    loser = str(street.loser)
    note = street.west.mutation(
        "create", "note", values={"account_id": loser, "body": "Đã gặp", "captured_at": captured}
    )
    visit = street.children["visit"]
    check_in = street.west.mutation(
        "create",
        "check_in",
        values={"account_id": loser, "visit_id": visit, "captured_at": captured},
    )
    results = street.west.push(note, check_in)
    assert [one.status for one in results] == [Status.APPLIED, Status.APPLIED], results
    for table, made in (("note", note), ("check_in", check_in)):
        rows = street.run(f"SELECT account_id, is_late FROM {table} WHERE id = %s", made["rid"])
        assert rows == [(street.winner, True)]
    street.pull()
    assert street.east.rows["note", note["rid"]]["account_id"] == str(street.winner)
