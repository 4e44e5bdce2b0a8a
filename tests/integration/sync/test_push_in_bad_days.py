"""Push when things stand badly: out of scope, before their parents, after a failure of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from backend.identity.actor import Role
from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import Status
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
from tests.support.people import Org
from tests.support.phone import Phone


@pytest.fixture
def east(test_database: TestDatabase, api: Api) -> UUID:
    return add_territory(test_database.owner_url, api.org, "East", EAST, api.org.other_rep)


@pytest.fixture
def shop(test_database: TestDatabase, api: Api, east: UUID) -> str:
    del east
    add_territory(test_database.owner_url, api.org, "West", WEST, api.org.rep)
    return str(add_account(test_database.owner_url, api.org, "Quán Nguyễn", *IN_WEST))


@pytest.fixture
def phone(api: Api, shop: str) -> Phone:
    phone = Phone(api, api.org.rep)
    phone.pull()
    assert phone.ids("account") == {shop}
    return phone


@contextmanager
def _failing(owner_url: str, table: str) -> Iterator[None]:
    """Make every insert into a table fail as a fault of the server's own would."""
    execute(
        owner_url,
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'out of order'; END $$",
    )
    execute(
        owner_url,
        f"CREATE TRIGGER fail BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fail()",
    )
    yield
    execute(owner_url, "DROP FUNCTION fail() CASCADE")


def _visit_day(phone: Phone, shop: str, **parts: Any) -> list[dict[str, Any]]:
    visit, now = new_id(), datetime.now(UTC).isoformat()
    on = {"account_id": shop, "visit_id": visit, "captured_at": now}
    values = {"account_id": shop, "planned_on": now[:10]}
    return [
        phone.mutation("create", "visit", visit, values=values, **parts),
        phone.mutation("create", "check_in", values={**on, "location": [*IN_WEST]}, **parts),
        phone.mutation(
            "patch", "visit", visit, base={"status": "planned", "outcome": None},
            values={"status": "done", "outcome": "met"}, **parts,
        ),
        phone.mutation("create", "note", values={**on, "body": "Đã gặp"}, **parts),
    ]  # fmt: skip


def _edits(phone: Phone, table: str, rid: str) -> list[dict[str, Any]]:
    """Return edits of a record that a device never saw, with true and with wrong guesses."""
    field = {"account": "name", "contact": "full_name", "visit": "outcome"}[table]
    edits = [
        phone.mutation("patch", table, rid, base={field: "?"}, values={field: guess})
        for guess in ("Foreign", "Lan", "met", "other")
    ]
    if table == "contact":
        edits += [phone.mutation("delete", table, rid, base_rv=rv) for rv in (1, 99)]
    return edits


@pytest.mark.parametrize("table", ["account", "contact", "visit"])
def test_records_out_of_scope_are_answered_like_those_that_do_not_exist(
    phone: Phone, api: Api, test_database: TestDatabase, table: str
) -> None:
    url = test_database.owner_url
    foreign = add_account(url, api.org, "Foreign", *IN_EAST)
    rid = {**add_children(url, api.org, foreign), "account": str(foreign)}[table]
    execute(url, "UPDATE visit SET rep_id = %s WHERE id = %s", api.org.other_rep.user_id, rid)
    there, nowhere = (phone.push(*_edits(phone, table, one)) for one in (rid, new_id()))
    assert [(one.status, one.code) for one in there] == [(one.status, one.code) for one in nowhere]
    execute(url, "UPDATE account SET deleted_at = now() WHERE id = %s", foreign)
    again = phone.push(*_edits(phone, table, rid))
    assert [(one.status, one.code) for one in again] == [(one.status, one.code) for one in nowhere]
    assert execute(url, "SELECT * FROM issue") == []


def test_records_of_another_organisation_are_answered_like_those_that_do_not_exist(
    phone: Phone, other_org: Org, test_database: TestDatabase
) -> None:
    url = test_database.owner_url
    foreign = str(add_account(url, other_org, "Foreign", *IN_WEST))
    there, nowhere = (phone.push(*_edits(phone, "account", one)) for one in (foreign, new_id()))
    assert [(one.status, one.code) for one in there] == [(one.status, one.code) for one in nowhere]
    before = execute(url, "SELECT rv, name FROM account WHERE id = %s", foreign)
    day = phone.push(*_visit_day(phone, foreign))
    assert {one.status for one in day} <= {Status.REJECTED, Status.DEFERRED}
    assert execute(url, "SELECT rv, name FROM account WHERE id = %s", foreign) == before
    assert execute(url, "SELECT * FROM visit") == []


def test_an_id_that_was_taken_does_not_lock_the_record_for_others(
    phone: Phone, shop: str, api: Api
) -> None:
    twin = Phone(api, api.org.other_rep)
    taken = twin.push(twin.mutation("create", "account", shop, values={"name": "Mine"}))[0]
    assert (taken.status, taken.code) == (Status.REJECTED, "already_exists")
    edit = phone.mutation(
        "patch", "account", shop, base={"address": None}, values={"address": "Phố Huế 1"}
    )
    assert phone.push(edit)[0].status is Status.APPLIED


@pytest.mark.parametrize("parts", [{}, {"group": "g"}], ids=["single", "group"])
@pytest.mark.parametrize("is_split", [False, True], ids=["one_batch", "two_batches"])
def test_work_on_a_record_whose_creation_failed_waits_for_it(
    phone: Phone, shop: str, test_database: TestDatabase, parts: dict[str, str], *, is_split: bool
) -> None:
    url, day = test_database.owner_url, _visit_day(phone, shop, **parts)
    batches = [day[:1], day[1:]] if is_split else [day]
    with _failing(url, "visit"):
        for batch in batches:
            results = phone.push(*batch)
            assert {one.status for one in results} <= {Status.ERROR, Status.DEFERRED}, results
    for batch in batches:
        assert {one.status for one in phone.push(*batch)} == {Status.APPLIED}
    phone.pull()
    assert phone.versions() == truth(url, phone.actor)
    assert phone.rows["visit", day[0]["rid"]]["status"] == "done"


def test_what_was_set_aside_takes_its_children_along_visibly(
    phone: Phone, shop: str, test_database: TestDatabase
) -> None:
    day = _visit_day(phone, shop)
    with _failing(test_database.owner_url, "visit"):
        statuses = [phone.push(day[0])[0].status for _ in range(4)]
    assert statuses == [Status.ERROR, Status.ERROR, Status.QUARANTINED, Status.DUPLICATE]
    kept = execute(test_database.owner_url, "SELECT attempts, body ->> 'rid' FROM sync_quarantine")
    assert kept == [(3, day[0]["rid"])]
    assert [(one.status, one.code) for one in phone.push(*day[1:])] == [
        (Status.REJECTED, "parent_rejected")
    ] * 3


def test_a_visit_on_the_day_its_account_moved_away_is_kept(
    phone: Phone, shop: str, api: Api, test_database: TestDatabase
) -> None:
    """The rep was offline and stood there: what happened, happened."""
    url, day = test_database.owner_url, _visit_day(phone, shop, group="g")
    edit = phone.mutation(
        "patch", "account", shop, base={"address": None}, values={"address": "Phố Huế 1"}
    )
    execute(
        url,
        "UPDATE account SET territory_is_manual = true, territory_id ="
        " (SELECT id FROM territory WHERE name = 'East') WHERE id = %s",
        shop,
    )
    results = phone.push(*day, edit)
    assert [one.status for one in results] == [Status.APPLIED] * 4 + [Status.REJECTED], results
    assert execute(url, "SELECT is_late FROM check_in UNION ALL SELECT is_late FROM note") == [
        (True,),
        (True,),
    ]
    new_holder = Phone(api, api.org.other_rep)
    for one in (phone, new_holder):
        one.pull()
        assert one.versions() == truth(url, one.actor)
    assert len(new_holder.ids("check_in")) == 1
    assert phone.ids("account") == set()


def test_a_file_cannot_be_hung_on_a_visit_to_another_account(
    phone: Phone, shop: str, api: Api, test_database: TestDatabase
) -> None:
    elsewhere = add_account(test_database.owner_url, api.org, "Elsewhere", *IN_EAST)
    visit = add_children(test_database.owner_url, api.org, elsewhere)["visit"]
    photo = phone.mutation(
        "create", "media",
        values={"account_id": shop, "visit_id": visit, "kind": "photo", "sha256": "0" * 64,
                "size_bytes": 9, "mime": "image/jpeg",
                "captured_at": datetime.now(UTC).isoformat()},
    )  # fmt: skip
    assert phone.push(photo)[0].status is Status.REJECTED


def test_times_that_no_calendar_holds_are_refused_by_name(phone: Phone, shop: str) -> None:
    file = {"kind": "photo", "sha256": "0" * 64, "size_bytes": 9, "mime": "image/jpeg"}
    clocks = [None, *(datetime.fromisoformat(one) for one in _LOST_CLOCKS)]
    for clock, at in product(clocks, ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"]):
        about = {"account_id": shop, "captured_at": at}
        results = phone.push(
            phone.mutation("create", "note", values={**about, "body": "x"}),
            phone.mutation("create", "media", values={**about, **file}),
            client_time=clock,
        )
        assert [(one.status, one.code) for one in results] == [
            (Status.REJECTED, "time_out_of_range")
        ] * 2, results


def test_an_offset_that_the_database_does_not_read_loses_no_work(phone: Phone, shop: str) -> None:
    about = {"account_id": shop, "captured_at": "2026-01-01T12:00:00+20:04"}
    file = {"kind": "photo", "sha256": "0" * 64, "size_bytes": 9, "mime": "image/jpeg"}
    results = phone.push(
        phone.mutation("create", "note", values={**about, "body": "x"}),
        phone.mutation("create", "media", values={**about, **file}),
    )
    assert [one.status for one in results] == [Status.APPLIED] * 2, results
    phone.pull()
    (media,) = phone.ids("media")
    told = str(phone.rows["media", media]["captured_at"])
    assert datetime.fromisoformat(told) == datetime(2025, 12, 31, 15, 56, tzinfo=UTC)


_LOST_CLOCKS = ("0001-01-02T00:00:00+00:00", "9999-12-30T00:00:00+00:00")


@pytest.mark.parametrize("clock", _LOST_CLOCKS)
def test_a_clock_that_is_centuries_off_loses_no_work(phone: Phone, shop: str, clock: str) -> None:
    results = phone.push(*_visit_day(phone, shop), client_time=datetime.fromisoformat(clock))
    assert {one.status for one in results} == {Status.APPLIED}, results
    phone.pull()
    (check_in,) = phone.ids("check_in")
    assert phone.rows["check_in", check_in]["clock_suspect"] is True


@pytest.mark.parametrize("body", ["nul\x00", "  ", "x" * 10_001], ids=["nul", "blank", "long"])
def test_a_note_that_cannot_be_kept_is_refused_at_once(phone: Phone, shop: str, body: str) -> None:
    now = datetime.now(UTC).isoformat()
    values = {"account_id": shop, "body": body, "captured_at": now}
    result = phone.push(phone.mutation("create", "note", values=values))[0]
    assert result.status is Status.REJECTED
    assert "body" in (result.detail or "") or "note" in (result.detail or "")


def test_an_analyst_only_reads(
    api: Api, phone: Phone, shop: str, test_database: TestDatabase
) -> None:
    execute(
        test_database.owner_url,
        "UPDATE app_user SET role = %s WHERE id = %s",
        Role.ANALYST,
        phone.actor.user_id,
    )
    api.client.app.state.desk.standings.forget_user(phone.actor.org_id, phone.actor.user_id)
    assert {one.status for one in phone.push(*_visit_day(phone, shop))} == {Status.REJECTED}
    assert execute(test_database.owner_url, "SELECT * FROM visit") == []
