"""RxDB's push: what a person changed arrives once, and what the server kept comes back."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from backend.sync.protocol.ids import new_id
from tests.support.databases import TestDatabase
from tests.support.ground import (
    EAST,
    IN_WEST,
    NOWHERE,
    WEST,
    add_account,
    add_territory,
    execute,
)
from tests.support.http import Api
from tests.support.rx import Collection


@pytest.fixture
def url(test_database: TestDatabase) -> str:
    return test_database.owner_url


@pytest.fixture
def shop(url: str, api: Api) -> str:
    add_territory(url, api.org, "West", WEST, api.org.rep)
    add_territory(url, api.org, "East", EAST, api.org.other_rep)
    return str(add_account(url, api.org, "Quán Nguyễn", *IN_WEST))


@pytest.fixture
def accounts(api: Api, shop: str) -> Collection:
    collection = Collection(api, api.org.rep, "account")
    collection.pull()
    assert set(collection.documents) == {shop}
    return collection


def _new(**values: Any) -> dict[str, Any]:
    return {"newDocumentState": {"id": new_id(), "_deleted": False, **values}}


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _value(url: str, shop: str, column: str) -> object:
    ((value,),) = execute(url, f"SELECT {column} FROM account WHERE id = %s", shop)
    return value


def test_a_change_is_applied_and_needs_no_word(accounts: Collection, shop: str, url: str) -> None:
    row = accounts.row(shop, address="Đường 1", tags=["vip"], empties_owed=3)
    assert accounts.push(row) == {"conflicts": [], "results": {}}
    assert accounts.ask_push(row).json() == []
    accounts.pull()
    held = accounts.documents[shop]
    assert (held["address"], held["tags"], held["empties_owed"]) == ("Đường 1", ["vip"], 3)
    assert _value(url, shop, "empties_owed") == 3


def test_a_repeat_counts_once_and_the_same_again_counts_again(
    accounts: Collection, shop: str, url: str
) -> None:
    up, down = accounts.row(shop, empties_owed=5), accounts.row(shop, empties_owed=0)
    up_row = {**up}
    down_row = {**down, "assumedMasterState": up["newDocumentState"]}
    for row, total in ((up_row, 5), (up_row, 5), (down_row, 0), (down_row, 0), (up_row, 5)):
        accounts.push(row)
        assert _value(url, shop, "empties_owed") == total
    # RxDB pushes on before a pull tells the new version, so the third change looks like the first.
    accounts.pull()
    assert accounts.documents[shop]["empties_owed"] == 5


def test_changes_of_different_fields_merge_and_the_client_learns_of_both(
    accounts: Collection, shop: str, url: str
) -> None:
    execute(url, "UPDATE account SET phone = '+358401111111' WHERE id = %s", shop)
    assert accounts.push(accounts.row(shop, address="B"))["conflicts"] == []
    accounts.pull()
    held = accounts.documents[shop]
    assert (held["phone"], held["address"]) == ("+358401111111", "B")


def test_sets_merge_by_what_was_added_and_removed(
    accounts: Collection, shop: str, url: str
) -> None:
    accounts.push(accounts.row(shop, tags=["a", "b"]))
    accounts.pull()
    execute(url, "UPDATE account SET tags = '{a,b,c}' WHERE id = %s", shop)
    accounts.push(accounts.row(shop, tags=["b", "d"]))
    accounts.pull()
    assert accounts.documents[shop]["tags"] == ["b", "c", "d"]


def test_the_same_field_keeps_the_server_and_the_loser_is_in_an_issue(
    api: Api, accounts: Collection, shop: str, url: str
) -> None:
    execute(url, "UPDATE account SET address = 'theirs' WHERE id = %s", shop)
    row = accounts.row(shop, address="mine")
    outcome = accounts.push(row)
    (master,) = outcome["conflicts"]
    assert (master["id"], master["address"], master["_deleted"]) == (shop, "theirs", False)
    assert outcome["results"][shop]["status"] == "conflict"
    issues = Collection(api, api.org.rep, "issue")
    issues.pull()
    (issue,) = issues.documents.values()
    assert issue["id"] == outcome["results"][shop]["issue"]
    assert (issue["mine"], issue["theirs"]) == ({"address": "mine"}, {"address": "theirs"})
    assert accounts.push(row)["conflicts"] == [master]
    issues.pull()
    assert len(issues.documents) == 1


def test_an_issue_is_settled_by_writing_its_resolution(
    api: Api, accounts: Collection, shop: str, url: str
) -> None:
    execute(url, "UPDATE account SET address = 'theirs' WHERE id = %s", shop)
    accounts.push(accounts.row(shop, address="mine"))
    issues = Collection(api, api.org.rep, "issue")
    issues.pull()
    (issue,) = issues.documents
    assert issues.push(issues.row(issue, resolution="mine"))["results"] == {}
    issues.pull()
    assert issues.documents == {}
    assert _value(url, shop, "address") == "mine"


def test_a_field_of_the_server_s_is_ignored_unless_it_was_changed(
    accounts: Collection, shop: str
) -> None:
    row = accounts.row(shop, priority=99)
    outcome = accounts.push(row)
    assert outcome["results"][shop]["code"] == "read_only"
    assert outcome["conflicts"] == [accounts.documents[shop]]


def test_new_documents_are_created_once_and_a_refused_one_is_taken_back(
    api: Api, accounts: Collection, url: str
) -> None:
    good = _new(name="Quán Mới", kind="organisation", location=[*IN_WEST], location_source="gps")
    bad = _new(name="", kind="organisation")
    for _ in range(2):
        outcome = accounts.push(good, bad)
        rid = bad["newDocumentState"]["id"]
        assert outcome["results"][rid]["status"] == "rejected"
        assert {"id": rid, "_deleted": True} in outcome["conflicts"]
    ((count,),) = execute(url, "SELECT count(*) FROM account WHERE org_id = %s", api.org.id)
    assert count == 2
    accounts.pull()
    assert accounts.documents[good["newDocumentState"]["id"]]["name"] == "Quán Mới"


def test_what_was_written_on_after_a_lost_answer_becomes_a_change(
    accounts: Collection, url: str
) -> None:
    first = _new(name="Quán Mới", kind="organisation", location=[*IN_WEST], location_source="gps")
    accounts.push(first)
    rid = first["newDocumentState"]["id"]
    later = {"newDocumentState": {**first["newDocumentState"], "address": "Đường 2"}}
    outcome = accounts.push(later)
    # Nobody knows what of the server's values was seen, so both are kept.
    assert outcome["results"][rid]["status"] == "conflict"
    assert [one["name"] for one in outcome["conflicts"]] == ["Quán Mới"]
    assert execute(url, "SELECT mine FROM issue") == [({"address": "Đường 2"},)]


def test_a_child_waits_for_its_parent_and_is_taken_after_it(api: Api, accounts: Collection) -> None:
    contacts = Collection(api, api.org.rep, "contact")
    account = _new(name="Quán Mới", kind="organisation", location=[*IN_WEST], location_source="gps")
    contact = _new(account_id=account["newDocumentState"]["id"], full_name="Lan")
    answer = contacts.ask_push(contact)
    assert (answer.status_code, answer.json()["code"]) == (409, "parent_unknown")
    assert answer.json()["errors"][0]["field"] == contact["newDocumentState"]["id"]
    waiting = contacts.push(contact)
    assert waiting["conflicts"] == []
    assert [one["status"] for one in waiting["results"].values()] == ["deferred"]
    accounts.push(account)
    assert contacts.push(contact)["results"] == {}
    contacts.pull()
    assert [one["full_name"] for one in contacts.documents.values()] == ["Lan"]


def test_a_delete_holds_unless_others_changed_what_was_deleted(
    api: Api, accounts: Collection, shop: str, url: str
) -> None:
    contacts = Collection(api, api.org.rep, "contact")
    one, two = (_new(account_id=shop, full_name=name) for name in ("Lan", "Minh"))
    contacts.push(one, two)
    contacts.pull()
    rid, other = (row["newDocumentState"]["id"] for row in (one, two))
    edit = contacts.row(rid, job_title="Chủ quán")
    contacts.push(edit)
    # The client has not pulled its own change's version yet; nobody else changed anything.
    gone = {
        "newDocumentState": {**edit["newDocumentState"], "_deleted": True},
        "assumedMasterState": edit["newDocumentState"],
    }
    assert contacts.push(gone) == {"conflicts": [], "results": {}}
    assert contacts.push(gone) == {"conflicts": [], "results": {}}
    execute(url, "UPDATE contact SET job_title = 'Mới' WHERE id = %s", other)
    outcome = contacts.push(contacts.row(other, _deleted=True))
    assert outcome["results"][other]["code"] == "changed_meanwhile"
    assert [one["job_title"] for one in outcome["conflicts"]] == ["Mới"]
    assert accounts.push(accounts.row(shop, _deleted=True))["conflicts"][0]["id"] == shop


def test_an_edit_of_what_left_the_scope_is_refused_and_taken_back(
    accounts: Collection, shop: str, url: str
) -> None:
    execute(
        url,
        "UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s",
        *NOWHERE,
        shop,
    )
    outcome = accounts.push(accounts.row(shop, address="x"))
    assert outcome["conflicts"] == [{"id": shop, "_deleted": True}]
    assert outcome["results"][shop]["code"] == "record_unknown"


def test_a_note_on_a_shop_that_left_is_kept_as_late(
    api: Api, accounts: Collection, shop: str, url: str
) -> None:
    del accounts
    execute(
        url,
        "UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s",
        24.97,
        60.17,
        shop,
    )
    notes = Collection(api, api.org.rep, "note")
    note = _new(account_id=shop, body="Đã gặp", captured_at=_now())
    outcome = notes.push(note)
    assert outcome["results"] == {}
    assert execute(url, "SELECT body, is_late FROM note") == [("Đã gặp", True)]


@pytest.mark.parametrize(
    ("rows", "status", "code"),
    [
        ({"newDocumentState": {}}, 422, "bad_envelope"),
        ([{"newDocumentState": "x"}], 422, "bad_envelope"),
        ([{"newDocumentState": {"id": "x"}}] * 101, 413, "batch_too_large"),
    ],
)
def test_a_message_that_cannot_be_read_is_refused_whole(
    api: Api, rows: Any, status: int, code: str
) -> None:
    answer = api.client.post("/v1/rx/note/push", headers=api.as_(api.org.rep), json=rows)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("rid", ["x", 7, None, str(UUID(int=10)).upper()])
def test_an_id_that_is_none_of_ours_is_rejected_alone(
    accounts: Collection, shop: str, rid: object
) -> None:
    bad = {"newDocumentState": {"id": rid, "name": "x", "kind": "organisation", "_deleted": False}}
    outcome = accounts.push(bad, accounts.row(shop, address="y"))
    assert [one["code"] for one in outcome["results"].values()] == ["malformed"]
