"""A realignment reaches the phones at their next sync, exactly; undo brings all back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.db.tenancy import Database
from backend.sync.protocol.messages import Status
from backend.territories.realignment import end_holdovers
from tests.support.databases import TestDatabase
from tests.support.ground import (
    EAST,
    IN_EAST,
    IN_WEST,
    WEST,
    add_account,
    add_children,
    add_territory,
    execute,
    truth,
)
from tests.support.http import Api
from tests.support.phone import Phone


class Town:
    """Two reps side by side; five shops with children in the west, two in the east."""

    def __init__(self, api: Api, url: str) -> None:
        self.api, self.url, self.org = api, url, api.org
        self.west = add_territory(url, api.org, "West", WEST, api.org.rep)
        self.east = add_territory(url, api.org, "East", EAST, api.org.other_rep)
        self.shops = [
            add_account(url, api.org, f"Quán {n}", IN_WEST[0] + 0.001 * n, IN_WEST[1])
            for n in range(5)
        ]
        self.children = {shop: add_children(url, api.org, shop) for shop in self.shops}
        # What add_children plans is today's; only the first two shops have work to finish.
        for shop in self.shops[2:]:
            execute(url, "UPDATE visit SET status = 'cancelled' WHERE account_id = %s", shop)
        for n in range(2):
            far = add_account(url, api.org, f"Bia {n}", IN_EAST[0] + 0.001 * n, IN_EAST[1])
            add_children(url, api.org, far)
        self.rep, self.other = Phone(api, api.org.rep), Phone(api, api.org.other_rep)
        self.office = Phone(api, api.org.manager)
        self.pull()

    def pull(self, limit: int = 1000) -> None:
        """Pull on both reps' phones and compare each with the data itself."""
        for phone in (self.rep, self.other):
            phone.pull(limit=limit)
            assert phone.versions() == truth(self.url, phone.actor)
        self.office.pull(limit=limit)

    def post(self, path: str, body: Any = None) -> Any:
        headers = self.api.as_(self.org.manager)
        answer = self.api.client.post(f"/v1/realignments{path}", headers=headers, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def realign(self, **values: Any) -> str:
        """Plan and apply; four of the five western shops go east unless said otherwise."""
        shops = [str(one) for one in self.shops[:4]]
        body = {
            "name": "R", "selection": {"account_ids": shops},
            "to_territory_id": str(self.east), **values,
        }  # fmt: skip
        made: str = self.post("", body)["id"]
        self.post(f"/{made}/apply", {"force": True})
        return made

    def family(self, *shops: UUID) -> set[tuple[str, str]]:
        """Return the shops and all that hangs on them."""
        children = {row for shop in shops for row in self.children[shop].items()}
        return children | {("account", str(shop)) for shop in shops}


@pytest.fixture
def town(api: Api, test_database: TestDatabase) -> Town:
    return Town(api, test_database.owner_url)


@pytest.mark.parametrize("limit", [1000, 3])
def test_accounts_leave_one_phone_for_the_other_and_undo_brings_all_back(
    town: Town, limit: int
) -> None:
    held = [set(phone.rows) for phone in (town.rep, town.other, town.office)]
    realignment = town.realign()
    town.pull(limit)
    moved = town.family(*town.shops[:4])
    assert not moved & set(town.rep.rows)
    assert moved <= set(town.other.rows)
    assert town.family(town.shops[4]) <= set(town.rep.rows)
    assert set(town.office.rows) == held[2]
    town.post(f"/{realignment}/undo")
    town.pull(limit)
    assert [set(phone.rows) for phone in (town.rep, town.other, town.office)] == held


def test_the_outgoing_rep_keeps_what_has_work_to_finish_and_works_on_it(
    town: Town, database: Database
) -> None:
    town.realign(hold_over_days=14)
    town.pull()
    kept, gone = town.family(*town.shops[:2]), town.family(*town.shops[2:4])
    assert kept <= set(town.rep.rows)
    assert not gone & set(town.rep.rows)
    assert kept | gone <= set(town.other.rows)

    shop = town.shops[0]
    visit = town.children[shop]["visit"]
    captured = datetime.now(UTC).isoformat()
    results = town.rep.push(
        town.rep.mutation("patch", "account", str(shop), values={"address": "12 Hàng Bạc"},
                          base={"address": None}),
        town.rep.mutation("create", "note", values={
            "account_id": str(shop), "body": "Đã gặp", "captured_at": captured}),
        town.rep.mutation("patch", "visit", visit, values={"status": "done", "outcome": "met"}),
    )  # fmt: skip
    assert [one.status for one in results] == [Status.APPLIED] * 3, results
    assert execute(town.url, "SELECT is_late FROM note WHERE body = 'Đã gặp' AND account_id = %s"
                   " AND visit_id IS NULL", shop) == [(False,)]  # fmt: skip
    town.pull()

    with database.for_org(town.org.id) as connection:
        ended = end_holdovers(connection, town.org.id, date.today())  # noqa: DTZ011
    assert ended == 1
    town.pull()
    assert not town.family(shop) & set(town.rep.rows)
    assert town.family(town.shops[1]) <= set(town.rep.rows)
    with database.for_org(town.org.id) as connection:
        day = date.today() + timedelta(days=14)  # noqa: DTZ011
        assert end_holdovers(connection, town.org.id, day) == 1
    town.pull()
    assert not kept & set(town.rep.rows)


def test_what_was_captured_before_the_realignment_arrives_late_and_is_kept(town: Town) -> None:
    captured = datetime.now(UTC).isoformat()
    shop = str(town.shops[3])
    note = town.rep.mutation(
        "create", "note", values={"account_id": shop, "body": "Trước", "captured_at": captured}
    )
    visit = town.rep.mutation(
        "create",
        "visit",
        values={"account_id": shop, "planned_on": date.today().isoformat()},  # noqa: DTZ011
    )
    town.realign()
    results = town.rep.push(note, visit)
    assert [one.status for one in results] == [Status.APPLIED] * 2, results
    town.pull()
    assert ("note", note["rid"]) in town.other.rows
    assert ("note", note["rid"]) not in town.rep.rows
    assert execute(town.url, "SELECT is_late FROM note WHERE body = 'Trước'") == [(True,)]
    (edit,) = town.rep.push(
        town.rep.mutation("patch", "account", shop, values={"address": "x"}, base={})
    )
    assert edit.status is Status.REJECTED


def test_people_who_change_territory_change_phones(town: Town) -> None:
    people = [
        {
            "user_id": str(town.org.rep.user_id), "from_territory_id": str(town.west),
            "to_territory_id": str(town.east),
        },
        {
            "user_id": str(town.org.other_rep.user_id), "from_territory_id": str(town.east),
            "to_territory_id": str(town.west),
        },
    ]  # fmt: skip
    before = set(town.rep.rows), set(town.other.rows)
    realignment = town.realign(
        selection=None, to_territory_id=None, people=people, hold_over_days=3
    )
    town.pull()
    assert town.family(*town.shops) <= set(town.other.rows)
    assert town.family(*town.shops[:2]) <= set(town.rep.rows), "held over"
    assert not town.family(*town.shops[2:]) & set(town.rep.rows)
    town.post(f"/{realignment}/undo")
    town.pull()
    assert (set(town.rep.rows), set(town.other.rows)) == before


def test_pages_begun_before_a_realignment_lead_to_the_present(town: Town) -> None:
    fresh = Phone(town.api, town.org.rep)
    staged = [fresh.pull_page(limit=4)]
    assert staged[0].state == "more"
    town.realign(hold_over_days=2)
    fresh.finish(staged, limit=4)
    assert fresh.versions() == truth(town.url, fresh.actor)
