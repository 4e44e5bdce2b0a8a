"""Accounts that were merged, or may be one: what is meant for the one lands on the other."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from backend.sync.protocol.messages import Status
from tests.integration.sync.conftest import Town
from tests.support.ground import IN_WEST, add_account, execute


@pytest.fixture
def winner(town: Town) -> UUID:
    """An account that the shop was merged into."""
    winner = add_account(town.url, town.org, "Quán Mới", *IN_WEST)
    api = town.west_phone.api
    merged = api.client.post(
        f"/v1/accounts/{town.shop}/merge",
        headers=api.as_(town.org.manager),
        json={"into": str(winner)},
    )
    assert merged.status_code in {200, 201}, merged.text
    return winner


def test_edits_of_a_merged_account_land_on_the_one_that_stayed(town: Town, winner: UUID) -> None:
    phone, loser = town.west_phone, str(town.shop)
    visit = next(rid for table, rid in town.family if table == "visit")
    now = datetime.now(UTC).isoformat()
    on = {"account_id": loser, "captured_at": now}
    results = phone.push(
        phone.mutation("patch", "account", loser, add={"tags": ["vip"]}, inc={"empties_owed": 2}),
        phone.mutation("create", "note", values={**on, "body": "of the loser"}),
        phone.mutation("create", "check_in", values={**on, "visit_id": visit}),
        phone.mutation("create", "contact", values={"account_id": loser, "full_name": "Hoa"}),
        phone.mutation(
            "patch", "account", loser, base={"name": "Quán Nguyễn"}, values={"name": "Mine"}
        ),
    )
    assert [one.status for one in results] == [Status.APPLIED] * 4 + [Status.CONFLICT], results
    query = "SELECT tags, empties_owed FROM account WHERE id = %s"
    assert execute(town.url, query, winner) == [(["vip"], 2)]
    for table in ("note", "check_in", "contact"):
        assert execute(town.url, f"SELECT DISTINCT account_id FROM {table}") == [(winner,)]
    assert execute(town.url, "SELECT rid FROM issue") == [(winner,)]
    town.pull()


def test_mine_of_an_issue_goes_to_the_account_that_stayed(town: Town) -> None:
    phone = town.west_phone
    (lost,) = phone.push(
        phone.mutation(
            "patch", "account", str(town.shop), base={"address": "?"},
            values={"address": "Phố Huế 1"},
        )
    )  # fmt: skip
    assert lost.status is Status.CONFLICT
    winner = add_account(town.url, town.org, "Quán Mới", *IN_WEST)
    api = phone.api
    api.client.post(
        f"/v1/accounts/{town.shop}/merge",
        headers=api.as_(town.org.manager),
        json={"into": str(winner)},
    )
    choice = phone.mutation("patch", "issue", lost.issue, values={"resolution": "mine"})
    assert phone.push(choice)[0].status is Status.APPLIED
    query = "SELECT address FROM account WHERE id = %s"
    assert execute(town.url, query, winner) == [("Phố Huế 1",)]


def test_an_account_made_under_a_merged_id_is_refused(town: Town, winner: UUID) -> None:
    del winner
    again = town.west_phone.mutation("create", "account", str(town.shop), values={"name": "X"})
    (result,) = town.west_phone.push(again)
    assert (result.status, result.code) == (Status.REJECTED, "already_exists")


def test_a_new_account_that_may_be_another_one_is_kept_and_told(town: Town) -> None:
    phone = town.west_phone
    town.run("UPDATE account SET phone = '+84901234567' WHERE id = %s", town.shop)
    twin = phone.mutation("create", "account", values={"name": "B", "phone": "+84901234567"})
    other = phone.mutation("create", "account", values={"name": "C"})
    results = phone.push(twin, other)
    assert [(one.status, one.duplicate_of) for one in results] == [
        (Status.APPLIED, str(town.shop)),
        (Status.APPLIED, None),
    ]
    assert phone.push(twin)[0].duplicate_of == str(town.shop)
