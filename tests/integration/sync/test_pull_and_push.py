"""The main road of sync: what a phone gets, what it sends, and that nothing happens twice."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import Status
from tests.support.databases import TestDatabase
from tests.support.ground import EAST, WEST, add_account, add_territory, execute
from tests.support.http import Api
from tests.support.phone import Phone


@pytest.fixture
def west(test_database: TestDatabase, api: Api) -> UUID:
    return add_territory(test_database.owner_url, api.org, "West", WEST, api.org.rep)


@pytest.fixture
def shop(test_database: TestDatabase, api: Api, west: UUID) -> str:
    del west  # it has to be there before the shop falls into it
    return str(add_account(test_database.owner_url, api.org, "Quán Nguyễn", 24.92, 60.17))


@pytest.fixture
def phone(api: Api, shop: str) -> Phone:
    phone = Phone(api, api.org.rep)
    phone.pull()
    assert phone.ids("account") == {shop}
    return phone


def test_a_rep_gets_own_territory_only_and_a_manager_all(
    api: Api, test_database: TestDatabase, shop: str
) -> None:
    other = str(add_account(test_database.owner_url, api.org, "Far", 10.0, 10.0))
    rep, manager, stranger = (
        Phone(api, one) for one in (api.org.rep, api.org.manager, api.org.other_rep)
    )
    for phone in (rep, manager, stranger):
        phone.pull()
    assert rep.ids("account") == {shop}
    assert manager.ids("account") == {shop, other}
    assert stranger.ids("account") == set()


def test_pages_of_one_row_end_in_the_same_state(
    api: Api, test_database: TestDatabase, shop: str
) -> None:
    more = {
        str(add_account(test_database.owner_url, api.org, f"S{n}", 24.91, 60.16)) for n in range(7)
    }
    phone = Phone(api, api.org.rep)
    assert phone.pull(limit=1) > 7
    assert phone.ids("account") == {shop, *more}


def test_a_visit_with_check_in_note_and_photo_arrives_whole(phone: Phone, shop: str) -> None:
    visit, now = new_id(), datetime.now(UTC)
    me = str(phone.actor.user_id)
    shared = {"account_id": shop, "visit_id": visit, "captured_at": now.isoformat()}
    results = phone.push(
        phone.mutation(
            "create", "visit", visit,
            values={"account_id": shop, "rep_id": me, "planned_on": now.date().isoformat()},
        ),
        phone.mutation(
            "create", "check_in",
            values={**shared, "rep_id": me, "location": [24.9201, 60.17], "accuracy_m": 8.0,
                    "is_mock": False},
        ),
        phone.mutation(
            "patch", "visit", visit, base={"status": "planned", "outcome": None},
            values={"status": "done", "outcome": "ordered"},
        ),
        phone.mutation("create", "note", values={**shared, "author_id": me, "body": "Đặt 3 thùng"}),
        phone.mutation(
            "create", "media",
            values={**shared, "author_id": me, "kind": "photo", "sha256": "0" * 64,
                    "size_bytes": 1000, "mime": "image/jpeg"},
        ),
    )  # fmt: skip
    assert [one.status for one in results] == [Status.APPLIED] * 5, results
    phone.pull()
    assert phone.rows["visit", visit]["status"] == "done"
    assert phone.rows["visit", visit]["outcome"] == "ordered"
    (check_in,) = phone.ids("check_in")
    assert phone.rows["check_in", check_in]["distance_m"] == pytest.approx(5.6, abs=0.2)
    assert phone.rows["account", shop]["last_visit_at"] is not None
    assert {one.id for one in phone.acks} == {one.id for one in results}


def test_a_repeated_push_has_each_effect_once(phone: Phone, shop: str) -> None:
    note = phone.mutation(
        "create", "note",
        values={"account_id": shop, "body": "x", "captured_at": datetime.now(UTC).isoformat()},
    )  # fmt: skip
    assert phone.push(note)[0].status is Status.APPLIED
    again = phone.push(note)[0]
    assert (again.status, again.was) == (Status.DUPLICATE, Status.APPLIED)
    changed = {**note, "set": {**note["set"], "body": "y"}}
    assert phone.push(changed)[0].code == "id_reused"
    phone.pull()
    assert len(phone.ids("note")) == 1


def test_edits_of_different_fields_merge_and_of_one_field_keep_the_loser(
    phone: Phone, shop: str, test_database: TestDatabase
) -> None:
    execute(
        test_database.owner_url, "UPDATE account SET phone = '+358401111111' WHERE id = %s", shop
    )
    merged = phone.push(
        phone.mutation(
            "patch", "account", shop, base={"phone": None, "address": None},
            values={"phone": "+358402222222", "address": "Mannerheimintie 1"},
        )
    )[0]  # fmt: skip
    assert (merged.status, merged.kept_server) == (Status.MERGED, ["phone"])
    phone.pull()
    assert phone.rows["account", shop]["phone"] == "+358401111111"
    assert phone.rows["account", shop]["address"] == "Mannerheimintie 1"
    issues = execute(test_database.owner_url, "SELECT mine, theirs, base FROM issue")
    assert issues == [
        (
            {"phone": "+358402222222"},
            {"phone": "+358401111111"},
            {"phone": None, "address": None},
        )
    ]


def test_preferred_hours_travel_both_ways(
    phone: Phone, shop: str, test_database: TestDatabase
) -> None:
    execute(
        test_database.owner_url, "UPDATE account SET preferred_hours = 'Sa' WHERE id = %s", shop
    )
    firm = phone.mutation(
        "patch", "account", shop, base={"preferred_hours_are_firm": False},
        values={"preferred_hours_are_firm": True},
    )  # fmt: skip
    late = phone.mutation(
        "patch", "account", shop, base={"preferred_hours": None},
        values={"preferred_hours": "Mo-Fr 08:00-10:00"},
    )  # fmt: skip
    wrong = phone.mutation(
        "patch", "account", shop, base={"preferred_hours": "Sa"}, values={"preferred_hours": "?"}
    )
    told = phone.push(firm, late, wrong)
    assert [one.status for one in told] == [Status.APPLIED, Status.CONFLICT, Status.REJECTED]
    assert told[2].code == "preferred_hours_invalid"
    phone.pull()
    held = phone.rows["account", shop]
    assert (held["preferred_hours"], held["preferred_hours_are_firm"]) == ("Sa", True)


def test_tags_are_added_and_removed_without_conflict(phone: Phone, shop: str) -> None:
    first = phone.mutation("patch", "account", shop, add={"tags": ["vip", "nước"]})
    second = phone.mutation(
        "patch", "account", shop, add={"tags": ["bia"]}, remove={"tags": ["vip"]}
    )
    assert [one.status for one in phone.push(first, second)] == [Status.APPLIED] * 2
    phone.pull()
    assert sorted(phone.rows["account", shop]["tags"]) == ["bia", "nước"]


def test_bad_values_are_rejected_and_the_queue_goes_on(phone: Phone, shop: str) -> None:
    now = datetime.now(UTC).isoformat()
    results = phone.push(
        phone.mutation("patch", "account", shop, base={"phone": None}, values={"phone": "12"}),
        phone.mutation("patch", "account", shop, values={"territory_id": new_id()}),
        phone.mutation("create", "nonsense"),
        phone.mutation("create", "note", values={"account_id": shop, "captured_at": now}),
        phone.mutation(
            "create", "note", values={"account_id": new_id(), "body": "x", "captured_at": now}
        ),
        phone.mutation(
            "create", "note", values={"account_id": shop, "body": "ok", "captured_at": now}
        ),
    )
    assert [one.status for one in results] == [
        Status.REJECTED, Status.REJECTED, Status.REJECTED, Status.REJECTED, Status.DEFERRED,
        Status.APPLIED,
    ]  # fmt: skip
    assert [one.code for one in results[1:3]] == ["read_only", "unknown_table"]
    assert all(one.detail for one in results[:5])


def test_a_group_stands_or_falls_together(phone: Phone, shop: str) -> None:
    visit, now = new_id(), datetime.now(UTC)
    values = {"account_id": shop, "planned_on": now.date().isoformat()}
    results = phone.push(
        phone.mutation("create", "visit", visit, values=values, group="g"),
        phone.mutation(
            "create", "check_in", group="g",
            values={"account_id": shop, "visit_id": visit, "captured_at": now.isoformat(),
                    "location": [200.0, 0.0]},
        ),
    )  # fmt: skip
    assert [one.code for one in results] == ["group_failed", "location_outside_world"]
    phone.pull()
    assert phone.ids("visit") == set()


def test_a_clock_that_is_a_day_off_is_corrected_and_marked(phone: Phone, shop: str) -> None:
    wrong_now = datetime.now(UTC) - timedelta(days=1)
    visit = new_id()
    results = phone.push(
        phone.mutation(
            "create", "visit", visit,
            values={"account_id": shop, "planned_on": wrong_now.date().isoformat()},
        ),
        phone.mutation(
            "create", "check_in",
            values={"account_id": shop, "visit_id": visit, "captured_at": wrong_now.isoformat(),
                    "location": [24.92, 60.17]},
        ),
        client_time=wrong_now,
    )  # fmt: skip
    assert [one.status for one in results] == [Status.APPLIED] * 2
    phone.pull()
    (check_in,) = phone.ids("check_in")
    row = phone.rows["check_in", check_in]
    corrected = datetime.fromisoformat(row["corrected_at"])
    assert row["clock_suspect"] is True
    assert abs(datetime.now(UTC) - corrected) < timedelta(minutes=1)


def test_an_account_outside_the_scope_cannot_be_edited(
    phone: Phone, api: Api, test_database: TestDatabase
) -> None:
    add_territory(test_database.owner_url, api.org, "East", EAST, api.org.other_rep)
    foreign = str(add_account(test_database.owner_url, api.org, "East shop", 24.97, 60.17))
    result = phone.push(
        phone.mutation("patch", "account", foreign, base={"name": "East shop"},
                       values={"name": "Mine now"})
    )[0]  # fmt: skip
    assert result.status is Status.REJECTED
    rows = execute(test_database.owner_url, "SELECT name FROM account WHERE id = %s", foreign)
    assert rows == [("East shop",)]
