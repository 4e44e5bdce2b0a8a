"""The manifest: a phone tells what it holds and gets what differs, no more and no less."""

from contextlib import closing

import psycopg2
import pytest

from backend.sync.protocol.ids import new_id
from tests.integration.sync.conftest import Town
from tests.support.comparing import Comparison, ask_manifest, ask_pull, checks_of
from tests.support.ground import (
    IN_EAST,
    IN_WEST,
    add_account,
    insert_account,
    insert_note,
    move_account,
    truth,
)
from tests.support.http import Api
from tests.support.phone import Phone


@pytest.fixture
def phone(town: Town) -> Phone:
    """The western phone with some more shops."""
    for number in range(5):
        add_account(town.url, town.org, f"Shop {number}", *IN_WEST)
    town.west_phone.pull()
    return town.west_phone


def test_who_holds_all_rightly_gets_nothing_and_a_cursor(town: Town, phone: Phone) -> None:
    page = phone.read_page(ask_manifest(phone))
    assert (page.state, page.rows, page.drop, page.next) == ("done", [], [], None)
    phone.finish([page])
    add_account(town.url, town.org, "Later", *IN_WEST)
    assert len(phone.pull_page().rows) == 1


@pytest.mark.parametrize(("limit", "portion"), [(1, 1), (1, 1000), (2, 3), (1000, 1), (1000, 1000)])
def test_only_what_differs_comes(town: Town, phone: Phone, limit: int, portion: int) -> None:
    right = dict(phone.versions())
    missing, old, newer = sorted(right)[1], ("account", str(town.shop)), max(right)
    ghosts = {("account", new_id()), ("no_such_table", new_id()), ("aaa", new_id())}
    del phone.rows[missing]
    phone.rows[old]["rv"] -= 1
    phone.rows[newer]["rv"] += 5
    phone.rows.update({ghost: {"rv": 1} for ghost in ghosts})
    phone.received.clear()
    comparison = Comparison(phone, limit=limit, portion=portion)
    while not comparison.is_through:
        assert comparison.step().status_code == 200
    del phone.rows[newer]  # the tests' phone takes no older version for a newer one
    pages = comparison.finish()
    assert [key for page in pages for key in page.drop] == sorted(ghosts)
    assert set(phone.received) == {(*key, right[key]) for key in (missing, old, newer)}
    assert phone.versions() == truth(town.url, phone.actor) == right


@pytest.mark.parametrize("limit", [1, 4])
def test_a_phone_that_holds_nothing_gets_all(town: Town, phone: Phone, limit: int) -> None:
    phone.rows.clear()
    Comparison(phone, limit=limit).finish()
    assert phone.versions() == truth(town.url, phone.actor)


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_what_changes_between_the_pages_ends_right(town: Town, phone: Phone, limit: int) -> None:
    for key in sorted(phone.versions())[::3]:
        del phone.rows[key]
    comparison = Comparison(phone, limit=limit, portion=2)
    number = 0
    while not comparison.is_through:
        number += 1
        assert number < 100, "the comparison does not end"
        with closing(psycopg2.connect(town.url)) as writer, writer, writer.cursor() as cursor:
            move_account(cursor, town.shop, *(IN_EAST, IN_WEST)[number % 2])
            insert_note(cursor, town.org, town.shop)
            insert_account(cursor, town.org, f"New {number}", *IN_WEST)
        assert comparison.step().status_code == 200
    comparison.finish()
    assert phone.versions() == truth(town.url, phone.actor)


def test_a_scope_that_changes_between_the_pages_starts_it_over(town: Town, phone: Phone) -> None:
    comparison = Comparison(phone, limit=1, portion=1)
    phone.rows.clear()
    comparison.step()
    town.run("DELETE FROM territory_assignment WHERE territory_id = %s", town.west)
    answer = comparison.step()
    assert (answer.status_code, answer.json()["code"]) == (409, "scope_changed")
    Comparison(phone).finish()
    assert phone.versions() == {}


def test_results_that_were_not_told_come_with_the_end(town: Town, phone: Phone) -> None:
    note = phone.mutation(
        "create", "note",
        values={"account_id": str(town.shop), "body": "x", "captured_at": "2026-01-01T00:00:00Z"},
    )  # fmt: skip
    phone.push(note)
    pages = Comparison(phone, limit=1).finish()
    assert [[one.id for one in page.acks] for page in pages[:-1]] == [[]] * (len(pages) - 1)
    assert [one.id for one in phone.acks] == [note["id"]]
    phone.pull()
    assert len(phone.acks) == 1, "a result was told twice"


def test_another_role_makes_every_row_new(town: Town, api: Api) -> None:
    """Its versions are right, but it was sent under other columns."""
    _give_role(town, api, "manager")
    manager = Phone(api, town.org.rep)
    manager.pull()
    _give_role(town, api, "rep")
    manager.received.clear()
    Comparison(manager, limit=3, portion=4).finish()
    assert manager.versions() == truth(town.url, town.org.rep)
    assert {(table, row_id) for table, row_id, _ in manager.received} == set(manager.rows)


def _give_role(town: Town, api: Api, role: str) -> None:
    town.run("UPDATE app_user SET role = %s WHERE id = %s", role, town.org.rep.user_id)
    api.client.app.state.desk.standings.forget_user(town.org.id, town.org.rep.user_id)


def test_a_manifest_keeps_to_the_tables_of_its_cursor(town: Town, phone: Phone) -> None:
    narrow = Phone(phone.api, phone.actor)
    page = narrow.read_page(ask_pull(narrow, tables=["note", "contact"]))
    narrow.finish([page])
    assert {table for table, _ in narrow.rows} == {"note", "contact"}
    narrow.rows.clear()
    narrow.rows["account", str(town.shop)] = {"rv": 1}
    Comparison(narrow).finish()
    assert {table for table, _ in narrow.rows} == {"note", "contact"}
    answer = ask_pull(narrow, tables=["contact", "note"], check=True)
    assert narrow.read_page(answer).check == checks_of(narrow, ["contact", "note"])


def test_cursors_that_do_not_fit_are_refused(town: Town, phone: Phone) -> None:
    stranger = town.east_phone.cursor
    step = Comparison(phone, limit=1, portion=1)
    step.step()
    going_on = step.staged[-1].token
    page_token = (
        phone.pull_page(limit=1).token or Phone(phone.api, phone.actor).pull_page(limit=1).token
    )
    refused = [
        ask_manifest(phone, cursor=stranger),
        ask_manifest(phone, cursor="AAAA"),
        ask_manifest(phone, cursor=going_on),
        ask_manifest(phone, token=phone.cursor),
        ask_manifest(phone, token=page_token),
        ask_pull(phone, token=going_on),
        ask_pull(phone, cursor=going_on),
    ]
    assert [(one.status_code, one.json()["code"]) for one in refused] == [
        (400, "cursor_invalid")
    ] * 7
    town.run("UPDATE sync_epoch SET epoch = gen_random_uuid()")
    for answer in (ask_manifest(phone), ask_manifest(phone, token=going_on)):
        assert (answer.status_code, answer.json()["code"]) == (410, "epoch_changed")


def test_a_list_out_of_order_is_refused(phone: Phone) -> None:
    first, second, third = ((*key, rv) for key, rv in sorted(phone.versions().items())[:3])
    bad = [
        ask_manifest(phone, have=[second, first]),
        ask_manifest(phone, have=[first, first]),
        ask_manifest(phone, have=[first, second], upto=first[:2]),
    ]
    step = Comparison(phone, limit=1, portion=2)
    step.step()
    token = step.staged[-1].token
    bad += [
        ask_manifest(phone, have=[first, third], token=token),
        ask_manifest(phone, have=[], upto=second[:2], token=token),
    ]
    assert [one.status_code for one in bad] == [422] * 5, [one.text for one in bad]
    assert {one.json()["code"] for one in bad} == {"malformed"}


def test_protocols_that_nobody_speaks_and_foreign_devices_are_refused(
    town: Town, phone: Phone
) -> None:
    for ask in (ask_manifest, ask_pull):
        for protocol in (0, -1, 99):
            answer = ask(phone, protocol=protocol)
            assert (answer.status_code, answer.json()["code"]) == (426, "upgrade_required")
        assert ask(phone, protocol=1).status_code == 200
        answer = ask(phone, device_id=str(town.org.manager.device_id))
        assert (answer.status_code, answer.json()["code"]) == (403, "device_mismatch")
        answer = ask(phone, surprise=1)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_envelope")
