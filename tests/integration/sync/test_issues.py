"""Values that lost a merge: they travel, a person chooses, and the choice is carried out once."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.identity.actor import Actor
from backend.ids import new_id
from backend.sync.protocol.messages import MutationResult, Status
from tests.integration.sync.conftest import Town
from tests.support.ground import IN_EAST, add_account, execute
from tests.support.phone import Phone


def _lose(town: Town, mine: str = "Mine") -> str:
    """Make the west phone's edit of the shop's name lose; return the issue."""
    phone = town.west_phone
    town.run("UPDATE account SET name = 'Theirs' WHERE id = %s", town.shop)
    (result,) = phone.push(
        phone.mutation(
            "patch", "account", str(town.shop), base={"name": "Old"}, values={"name": mine}
        )
    )
    assert (result.status, result.code) == (Status.CONFLICT, "changed_meanwhile")
    assert result.issue
    return result.issue


def _resolve(phone: Phone, issue: str, choice: str) -> MutationResult:
    return phone.push(phone.mutation("patch", "issue", issue, values={"resolution": choice}))[0]


def _post(town: Town, actor: Actor, issue: str, choice: str) -> httpx.Response:
    api = town.west_phone.api
    return api.client.post(
        f"/v1/sync/issues/{issue}/resolve", headers=api.as_(actor), json={"resolution": choice}
    )


def _name(town: Town) -> object:
    return execute(town.url, "SELECT name FROM account WHERE id = %s", town.shop)[0][0]


def test_an_open_issue_comes_down_to_its_person_alone_and_goes_when_it_is_resolved(
    town: Town,
) -> None:
    issue = _lose(town)
    manager = Phone(town.west_phone.api, town.org.manager)
    for phone in (town.west_phone, town.east_phone, manager):
        phone.pull()
    assert town.west_phone.ids("issue") == {issue}
    assert town.east_phone.ids("issue") == manager.ids("issue") == set()
    row = town.west_phone.rows["issue", issue]
    assert (row["tbl"], row["rid"], row["code"]) == (
        "account", str(town.shop), "changed_meanwhile",
    )  # fmt: skip
    assert (row["mine"], row["theirs"]) == ({"name": "Mine"}, {"name": "Theirs"})
    assert row["resolution"] is None
    assert _resolve(town.west_phone, issue, "theirs").status is Status.APPLIED
    town.west_phone.pull()
    assert town.west_phone.ids("issue") == set()
    assert _name(town) == "Theirs"


def test_mine_is_written_in_the_transaction_of_the_choice(town: Town) -> None:
    issue = _lose(town)
    town.run("UPDATE account SET name = 'Newest' WHERE id = %s", town.shop)
    result = _resolve(town.west_phone, issue, "mine")
    assert (result.status, result.rv) == (Status.APPLIED, 2)
    assert _name(town) == "Mine"
    told = execute(
        town.url,
        "SELECT i.resolution, i.resolved_by, (SELECT count(*) FROM audit_entry a"
        " WHERE a.action = 'issue.resolved' AND a.subject_id = i.id) FROM issue i",
    )
    assert told == [("mine", town.org.rep.user_id, 1)]


def test_the_same_choice_again_changes_nothing_and_another_one_is_a_conflict(town: Town) -> None:
    issue = _lose(town)
    assert _resolve(town.west_phone, issue, "mine").status is Status.APPLIED
    town.run("UPDATE account SET name = 'Later' WHERE id = %s", town.shop)
    assert _resolve(town.west_phone, issue, "mine").status is Status.APPLIED
    other = _resolve(town.west_phone, issue, "theirs")
    assert (other.status, other.code, other.issue) == (
        Status.CONFLICT, "status_not_allowed", None,
    )  # fmt: skip
    assert _name(town) == "Later"
    assert len(execute(town.url, "SELECT 1 FROM issue")) == 1


def test_mine_of_a_record_that_is_gone_is_a_conflict_and_leaves_the_issue_open(
    town: Town,
) -> None:
    issue = _lose(town)
    town.run("UPDATE account SET deleted_at = now() WHERE id = %s", town.shop)
    result = _resolve(town.west_phone, issue, "mine")
    assert (result.status, result.code) == (Status.CONFLICT, "record_deleted")
    over_http = _post(town, town.org.rep, issue, "mine")
    assert (over_http.status_code, over_http.json()["code"]) == (409, "record_deleted")
    assert execute(town.url, "SELECT resolution FROM issue") == [(None,)]
    assert _resolve(town.west_phone, issue, "dismissed").status is Status.APPLIED


def test_entries_and_differences_of_a_deleted_record_are_kept_and_can_be_written_later(
    town: Town,
) -> None:
    phone = town.west_phone
    town.run("UPDATE account SET deleted_at = now() WHERE id = %s", town.shop)
    (result,) = phone.push(
        phone.mutation(
            "patch", "account", str(town.shop), base={"address": None},
            values={"address": "Phố Huế 1"}, add={"tags": ["vip"]}, inc={"empties_owed": 2},
        )
    )  # fmt: skip
    assert (result.status, result.code) == (Status.CONFLICT, "record_deleted")
    town.run("UPDATE account SET deleted_at = NULL WHERE id = %s", town.shop)
    assert _resolve(phone, result.issue or "", "mine").status is Status.APPLIED
    query = "SELECT address, tags, empties_owed FROM account WHERE id = %s"
    assert execute(town.url, query, town.shop) == [("Phố Huế 1", ["vip"], 2)]


def test_a_delete_that_lost_is_done_after_all(town: Town) -> None:
    phone = town.west_phone
    contact = next(rid for table, rid in town.family if table == "contact")
    (result,) = phone.push(phone.mutation("delete", "contact", contact, base_rv=99))
    assert result.status is Status.CONFLICT
    assert _resolve(phone, result.issue or "", "mine").status is Status.APPLIED
    query = "SELECT deleted_at IS NOT NULL FROM contact WHERE id = %s"
    assert execute(town.url, query, contact) == [(True,)]


def test_a_step_that_is_still_not_allowed_stays_a_conflict(town: Town) -> None:
    phone = town.west_phone
    visit = next(rid for table, rid in town.family if table == "visit")
    town.run("UPDATE visit SET status = 'done', outcome = 'met' WHERE id = %s", visit)
    (result,) = phone.push(
        phone.mutation("patch", "visit", visit, base={"status": "planned"},
                       values={"status": "cancelled"})
    )  # fmt: skip
    assert (result.status, result.code) == (Status.CONFLICT, "status_not_allowed")
    again = _resolve(phone, result.issue or "", "mine")
    assert (again.status, again.code) == (Status.CONFLICT, "status_not_allowed")
    assert len(execute(town.url, "SELECT 1 FROM issue WHERE resolved_at IS NULL")) == 1


def test_nobody_resolves_what_is_not_theirs(town: Town) -> None:
    issue = _lose(town)
    assert _resolve(town.east_phone, issue, "mine").code == "record_unknown"
    assert _resolve(town.west_phone, str(new_id()), "mine").code == "record_unknown"
    assert _resolve(town.west_phone, issue, "everybody's").code == "malformed"
    assert _post(town, town.org.other_rep, issue, "mine").status_code == 404
    assert _post(town, town.org.rep, str(new_id()), "mine").status_code == 404
    made = town.west_phone.mutation("create", "issue", values={"resolution": "mine"})
    assert town.west_phone.push(made)[0].code == "read_only"
    edit = town.west_phone.mutation("patch", "issue", issue, values={"code": "x"})
    assert town.west_phone.push(edit)[0].code == "read_only"


def _list(town: Town, actor: Actor, **query: Any) -> list[dict[str, Any]]:
    api = town.west_phone.api
    answer = api.client.get("/v1/sync/issues", headers=api.as_(actor), params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_rep_lists_own_issues_and_a_manager_everybodys(town: Town) -> None:
    first, second = _lose(town), _lose(town, "Mine again")
    for actor, seen in (
        (town.org.rep, [second, first]),
        (town.org.manager, [second, first]),
        (town.org.other_rep, []),
    ):
        assert [one["id"] for one in _list(town, actor)] == seen
    resolved = _post(town, town.org.manager, first, "mine")
    assert resolved.status_code == 200, resolved.text
    assert resolved.json()["resolved_by"] == str(town.org.manager.user_id)
    assert _post(town, town.org.manager, first, "mine").status_code == 200
    other = _post(town, town.org.manager, first, "theirs")
    assert (other.status_code, other.json()["code"]) == (409, "status_not_allowed")
    assert _name(town) == "Mine"
    assert [one["id"] for one in _list(town, town.org.rep)] == [second]
    assert [one["id"] for one in _list(town, town.org.rep, state="resolved")] == [first]
    assert len(_list(town, town.org.rep, state="all", limit=1)) == 1


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_an_issue_of_a_record_out_of_scope_can_only_be_closed(town: Town, choice: str) -> None:
    issue = _lose(town)
    elsewhere = UUID(str(add_account(town.url, town.org, "Elsewhere", *IN_EAST)))
    town.run(
        "UPDATE account SET location = (SELECT location FROM account WHERE id = %s) WHERE id = %s",
        elsewhere, town.shop,
    )  # fmt: skip
    result = _resolve(town.west_phone, issue, choice)
    told = (Status.CONFLICT, "record_deleted") if choice == "mine" else (Status.APPLIED, None)
    assert (result.status, result.code) == told
    assert _name(town) == "Theirs"
