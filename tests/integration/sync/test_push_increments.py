"""Quantities: phones add to a total, and no repeat and no order changes what it comes to."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from backend.sync.protocol.messages import Status
from tests.integration.sync.conftest import Town
from tests.support.ground import add_account, execute
from tests.support.phone import Phone


def _owed(town: Town) -> object:
    return execute(town.url, "SELECT empties_owed FROM account WHERE id = %s", town.shop)[0][0]


def _more(phone: Phone, shop: UUID, crates: float, **parts: Any) -> dict[str, Any]:
    return phone.mutation("patch", "account", str(shop), inc={"empties_owed": crates}, **parts)


def test_a_difference_is_added_to_what_the_server_has(town: Town) -> None:
    phone = town.west_phone
    town.run("UPDATE account SET empties_owed = 5 WHERE id = %s", town.shop)
    results = phone.push(_more(phone, town.shop, 3), _more(phone, town.shop, -2.0))
    assert [one.status for one in results] == [Status.APPLIED] * 2, results
    assert _owed(town) == 6
    town.pull()
    assert phone.rows["account", str(town.shop)]["empties_owed"] == 6
    assert results[-1].rv == phone.rows["account", str(town.shop)]["rv"]


def test_a_repeated_push_adds_once(town: Town) -> None:
    phone = town.west_phone
    change = _more(phone, town.shop, 3)
    assert [phone.push(change)[0].status for _ in range(3)] == [
        Status.APPLIED,
        Status.DUPLICATE,
        Status.DUPLICATE,
    ]
    assert _owed(town) == 3


def test_phones_that_count_at_the_same_time_all_count(town: Town) -> None:
    people = [town.org.rep, town.org.manager, town.org.admin, town.org.agent]
    phones = [Phone(town.west_phone.api, one) for one in people]

    def count(phone: Phone) -> set[Status]:
        changes = [_more(phone, town.shop, step) for step in (1, 2, 3, 4)]
        return {one.status for change in changes for one in phone.push(change)}

    with ThreadPoolExecutor(len(phones)) as pool:
        assert set().union(*pool.map(count, phones)) == {Status.APPLIED}
    assert _owed(town) == 40


def test_less_than_nothing_is_refused_and_the_queue_goes_on(town: Town) -> None:
    phone = town.west_phone
    results = phone.push(
        _more(phone, town.shop, -1),
        _more(phone, town.shop, 2),
        _more(phone, town.shop, 0.5),
        _more(phone, town.shop, 10**30),
        phone.mutation("patch", "account", str(town.shop), values={"empties_owed": 9}),
        phone.mutation("patch", "account", str(town.shop), inc={"priority": 1}),
    )
    assert [one.code for one in results] == [
        "empties_negative", None, "not_whole", "malformed", "use_inc", "not_a_quantity",
    ]  # fmt: skip
    assert _owed(town) == 2


def test_a_difference_goes_along_with_a_field_that_lost(town: Town) -> None:
    phone = town.west_phone
    town.run("UPDATE account SET name = 'Theirs' WHERE id = %s", town.shop)
    change = _more(phone, town.shop, 2, base={"name": "Quán Nguyễn"}, values={"name": "Mine"})
    (result,) = phone.push(change)
    assert (result.status, result.kept_server) == (Status.MERGED, ["name"])
    assert _owed(town) == 2


def test_a_new_account_brings_its_total(town: Town) -> None:
    phone = town.west_phone
    new = phone.mutation("create", "account", values={"name": "Mới", "empties_owed": 4})
    more = _more(phone, UUID(new["rid"]), 1)
    with_more = phone.mutation("create", "account", values={"name": "X"}, inc={"empties_owed": 1})
    results = phone.push(new, more, with_more)
    assert [one.status for one in results] == [Status.APPLIED, Status.APPLIED, Status.REJECTED]
    assert results[2].code == "set_only"
    query = "SELECT empties_owed FROM account WHERE id = %s"
    assert execute(town.url, query, new["rid"]) == [(5,)]


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 428), ({"If-Match": 'W/"99"'}, 412), ({"If-Match": "*"}, 200)]
)
def test_a_total_is_set_over_http_with_the_version_that_was_read(
    town: Town, headers: dict[str, str], status: int
) -> None:
    manager = town.org.manager
    api = town.west_phone.api
    shop = add_account(town.url, town.org, "Quán", 10.0, 10.0)
    answer = api.client.patch(
        f"/v1/accounts/{shop}", headers=api.as_(manager) | headers, json={"empties_owed": 7}
    )
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.json()["empties_owed"] == 7
        below = api.client.patch(
            f"/v1/accounts/{shop}", headers=api.as_(manager) | headers, json={"empties_owed": -1}
        )
        assert (below.status_code, below.json()["code"]) == (422, "empties_negative")
