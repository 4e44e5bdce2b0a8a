"""A correction names the fact that it is of: one of the same account, and one's own."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from backend.ids import new_id
from backend.sync.protocol.messages import Status
from tests.integration.sync.conftest import Town
from tests.support.ground import IN_WEST, add_account, execute
from tests.support.phone import Phone


def _note(phone: Phone, account: UUID, **values: Any) -> dict[str, Any]:
    told = {"account_id": str(account), "body": "x", "captured_at": datetime.now(UTC).isoformat()}
    return phone.mutation("create", "note", values={**told, **values})


def _check_in(town: Town, **values: Any) -> dict[str, Any]:
    visit = next(rid for table, rid in town.family if table == "visit")
    told = {"account_id": str(town.shop), "visit_id": visit,
            "captured_at": datetime.now(UTC).isoformat()}  # fmt: skip
    return town.west_phone.mutation("create", "check_in", values={**told, **values})


def test_the_author_corrects_their_own_fact(town: Town) -> None:
    phone = town.west_phone
    note = _note(phone, town.shop)
    fixed = _note(phone, town.shop, voids=note["rid"])
    place = _check_in(town)
    moved = _check_in(town, voids=place["rid"])
    assert {one.status for one in phone.push(note, fixed, place, moved)} == {Status.APPLIED}
    query = "SELECT voids FROM note WHERE id = %s"
    assert execute(town.url, query, fixed["rid"]) == [(UUID(note["rid"]),)]


def test_what_is_not_there_or_of_another_account_or_table_is_refused(town: Town) -> None:
    phone = town.west_phone
    neighbour = add_account(town.url, town.org, "Neighbour", *IN_WEST)
    note, elsewhere = _note(phone, town.shop), _note(phone, neighbour)
    assert {one.status for one in phone.push(note, elsewhere)} == {Status.APPLIED}
    results = phone.push(
        _note(phone, town.shop, voids=str(new_id())),
        _note(phone, town.shop, voids=elsewhere["rid"]),
        _check_in(town, voids=note["rid"]),
    )
    assert {(one.status, one.code) for one in results} == {(Status.REJECTED, "voids_unknown")}


def test_only_the_author_or_a_manager_corrects(town: Town) -> None:
    note = _note(town.west_phone, town.shop)
    town.west_phone.push(note)
    town.run(
        "UPDATE note SET author_id = %s WHERE id = %s", town.org.other_rep.user_id, note["rid"]
    )
    (own,) = town.west_phone.push(_note(town.west_phone, town.shop, voids=note["rid"]))
    assert (own.status, own.code) == (Status.REJECTED, "voids_of_another")
    manager = Phone(town.west_phone.api, town.org.manager)
    (elder,) = manager.push(_note(manager, town.shop, voids=note["rid"]))
    assert elder.status is Status.APPLIED


def test_a_correction_waits_for_a_fact_that_is_deferred_and_falls_with_one_that_is_refused(
    town: Town,
) -> None:
    phone = town.west_phone
    orphan = _note(phone, town.shop, visit_id=str(new_id()))
    wrong = _note(phone, town.shop, body="")
    results = phone.push(
        orphan,
        _note(phone, town.shop, voids=orphan["rid"]),
        wrong,
        _note(phone, town.shop, voids=wrong["rid"]),
    )
    assert [(one.status, one.code) for one in results[1::2]] == [
        (Status.DEFERRED, "parent_unknown"),
        (Status.REJECTED, "parent_rejected"),
    ]
