"""Checks: with the last page a phone learns what it should hold of each table."""

import logging

import pytest

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import PullResponse
from backend.sync.protocol.tables import TABLES
from tests.integration.sync.conftest import Town
from tests.support.comparing import Comparison, ask_manifest, ask_pull, checks_of
from tests.support.ground import IN_WEST, add_account
from tests.support.phone import Phone


def pull_checked(phone: Phone, *, limit: int = 1000, **parts: object) -> PullResponse:
    """Pull to the end, commit, and return the last page; the others bring no check."""
    token: str | None = None
    staged: list[PullResponse] = []
    while not staged or staged[-1].state == "more":
        asked = {"limit": limit, "check": True, "token": token, **parts}
        staged.append(phone.read_page(ask_pull(phone, **asked)))  # type: ignore[arg-type]
        token = staged[-1].token
    assert all(page.check is None for page in staged[:-1])
    phone.finish(staged)
    return staged[-1]


@pytest.mark.parametrize("limit", [1, 4, 1000])
def test_the_checks_are_those_of_what_is_committed(town: Town, limit: int) -> None:
    for number in range(3):
        add_account(town.url, town.org, f"Shop {number}", *IN_WEST)
    for actor in (town.org.rep, town.org.other_rep, town.org.manager):
        phone = Phone(town.west_phone.api, actor)
        last = pull_checked(phone, limit=limit)
        assert last.check == checks_of(phone)
        assert set(last.check) == set(TABLES)
        assert last.check["account"].count == len(phone.ids("account")) > 0


def test_a_change_before_the_last_page_is_in_its_check(town: Town) -> None:
    phone = Phone(town.west_phone.api, town.org.rep)
    staged = [phone.read_page(ask_pull(phone, limit=2, check=True))]
    town.run("UPDATE account SET name = name || '!' WHERE id = %s", town.shop)
    add_account(town.url, town.org, "New", *IN_WEST)
    while staged[-1].state == "more":
        staged.append(
            phone.read_page(ask_pull(phone, limit=1000, check=True, token=staged[-1].token))
        )
    phone.finish(staged)
    assert staged[-1].check == checks_of(phone)


def test_what_left_counts_no_more(town: Town) -> None:
    town.run("UPDATE account SET deleted_at = now() WHERE id = %s", town.shop)
    last = pull_checked(town.west_phone)
    assert last.check == checks_of(town.west_phone)
    assert last.check["note"].count == 0
    assert last.check["note"].digest == "0" * 16


def test_only_who_asks_gets_a_check(town: Town) -> None:
    assert town.west_phone.pull_page().check is None


def test_a_check_keeps_to_the_tables_that_were_asked_for(town: Town) -> None:
    phone = Phone(town.west_phone.api, town.org.rep)
    last = pull_checked(phone, tables=["visit", "account"])
    assert last.check == checks_of(phone, ["account", "visit"])


def test_a_phone_that_holds_the_wrong_things_finds_out_and_mends_it(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    phone = town.west_phone
    phone.rows["account", str(town.shop)]["rv"] -= 1
    phone.rows["note", new_id()] = {"rv": 1}
    last = pull_checked(phone)
    assert last.check is not None
    mine = checks_of(phone)
    assert {name for name in TABLES if mine[name] != last.check[name]} == {"account", "note"}
    with caplog.at_level(logging.WARNING, logger="tuyen.sync"):
        answer = ask_manifest(phone, headers={"Tuyen-Check": "mismatch"})
    assert str(phone.actor.device_id) in caplog.text
    phone.finish([phone.read_page(answer)])
    assert pull_checked(phone).check == checks_of(phone)


def test_nothing_is_logged_of_a_phone_that_is_right(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="tuyen.sync"):
        Comparison(town.west_phone).finish()
        pull_checked(town.west_phone)
    assert not caplog.records
