"""Faults of the database in the midst of a push: tried again, or whole to nothing, never half."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from backend.ids import new_id
from backend.sync import ledger
from backend.sync.protocol.messages import Status
from tests.integration.sync.conftest import Town
from tests.support.ground import execute

_PLACES = {
    "claim": "BEFORE INSERT ON sync_mutation",
    "effect": "BEFORE INSERT ON note",
    "result": "BEFORE UPDATE ON sync_mutation",
}
_DEADLOCK, _SERIALIZATION, _LOCK, _TIMEOUT = "40P01", "40001", "55P03", "57014"


@contextmanager
def _faulty(town: Town, place: str, fault: str, times: int) -> Iterator[None]:
    """Bring about a fault at a place of push the first few times that it is passed."""
    # A sequence goes on counting when its transaction is rolled back.
    town.run("CREATE SEQUENCE faults; GRANT USAGE ON SEQUENCE faults TO tuyen_app")
    town.run(
        "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF nextval('faults') <= {times} THEN {fault}; END IF; RETURN NEW; END $$"
    )
    town.run(f"CREATE TRIGGER fault {_PLACES[place]} FOR EACH ROW EXECUTE FUNCTION fault()")
    yield
    town.run("DROP FUNCTION fault() CASCADE; DROP SEQUENCE faults")


def _raising(sqlstate: str) -> str:
    return f"RAISE EXCEPTION 'injected' USING ERRCODE = '{sqlstate}'"


def _batch(town: Town) -> list[dict[str, Any]]:
    """Return a day's work: two notes, a difference, and a group."""
    phone, shop = town.west_phone, str(town.shop)
    on = {"account_id": shop, "captured_at": datetime.now(UTC).isoformat()}
    return [
        phone.mutation("create", "note", values={**on, "body": "one"}),
        phone.mutation("patch", "account", shop, inc={"empties_owed": 1}),
        phone.mutation(
            "create", "contact", group="g", values={"account_id": shop, "full_name": "Hoa"}
        ),
        phone.mutation("create", "note", group="g", values={**on, "body": "two"}),
    ]


def _effects(town: Town) -> tuple[object, ...]:
    """Count what the batch brings about, and what is kept of it."""
    (row,) = execute(
        town.url,
        "SELECT (SELECT count(*) FROM note WHERE body IN ('one', 'two')),"
        " (SELECT sum(empties_owed) FROM account),"
        " (SELECT count(*) FROM contact WHERE full_name = 'Hoa'),"
        " (SELECT count(*) FROM sync_mutation WHERE result ->> 'status' = 'applied'),"
        " (SELECT count(*) FROM sync_mutation) FROM organisation LIMIT 1",
    )
    return row


_ONCE, _NOTHING = (2, 1, 1, 4, 4), (0, 0, 0, 0, 0)


@pytest.mark.parametrize("place", _PLACES)
@pytest.mark.parametrize("sqlstate", [_DEADLOCK, _SERIALIZATION, _LOCK])
def test_what_passes_by_itself_is_tried_again(town: Town, place: str, sqlstate: str) -> None:
    with _faulty(town, place, _raising(sqlstate), 3):
        results = town.west_phone.push(*_batch(town))
    assert {one.status for one in results} == {Status.APPLIED}, results
    assert _effects(town) == _ONCE


@pytest.mark.parametrize("place", _PLACES)
def test_what_does_not_pass_leaves_nothing_and_can_be_sent_again(town: Town, place: str) -> None:
    batch = _batch(town)
    with _faulty(town, place, _raising(_DEADLOCK), 99):
        answer = town.west_phone.try_push(*batch)
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert _effects(town) == _NOTHING
    assert {one.status for one in town.west_phone.push(*batch)} == {Status.APPLIED}
    assert _effects(town) == _ONCE


@pytest.mark.parametrize("place", _PLACES)
def test_a_connection_that_dies_leaves_nothing_and_can_be_sent_again(
    town: Town, place: str
) -> None:
    batch = _batch(town)
    with _faulty(town, place, "PERFORM pg_terminate_backend(pg_backend_pid())", 1):
        assert town.west_phone.try_push(*batch).status_code == 503
        assert _effects(town) == _NOTHING
        assert {one.status for one in town.west_phone.push(*batch)} == {Status.APPLIED}
    assert _effects(town) == _ONCE


@pytest.mark.parametrize("sqlstate", [_TIMEOUT, "54000"], ids=["too_long", "too_large"])
def test_what_is_too_much_for_the_database_fails_its_mutation_alone(
    town: Town, sqlstate: str
) -> None:
    batch = _batch(town)
    with _faulty(town, "effect", _raising(sqlstate), 99):
        results = town.west_phone.push(*batch)
    assert [(one.status, one.code) for one in results] == [
        (Status.ERROR, "server_error"),
        (Status.APPLIED, None),
        (Status.ERROR, "group_failed"),
        (Status.ERROR, "server_error"),
    ]
    assert _effects(town) == (0, 1, 0, 1, 1)
    assert [one.status for one in town.west_phone.push(*batch)] == [
        Status.APPLIED, Status.DUPLICATE, Status.APPLIED, Status.APPLIED,
    ]  # fmt: skip
    assert _effects(town) == _ONCE


def test_what_takes_too_long_to_look_up_fails_its_mutation_alone(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_too_long(connection: sa.Connection, *_: object) -> None:
        connection.exec_driver_sql(f"DO $$ BEGIN {_raising(_TIMEOUT)}; END $$")

    phone = town.west_phone
    batch = _batch(town)
    unknown = phone.mutation("patch", "contact", str(new_id()), values={"full_name": "Lan"})
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "find_creation", take_too_long)
        results = phone.push(unknown, *batch)
    assert (results[0].status, results[0].code) == (Status.ERROR, "server_error")
    assert {one.status for one in results[1:]} == {Status.APPLIED}, results
    assert _effects(town) == _ONCE
    assert phone.push(unknown)[0].status == Status.REJECTED


def test_a_passing_slowness_is_not_counted_against_the_mutation(town: Town) -> None:
    with _faulty(town, "effect", _raising(_TIMEOUT), 1):
        results = town.west_phone.push(*_batch(town))
    assert {one.status for one in results} == {Status.APPLIED}, results
    assert execute(town.url, "SELECT 1 FROM sync_quarantine") == []


def test_one_id_twice_in_a_batch_is_a_repeat_or_a_reuse(town: Town) -> None:
    phone, (note, *_) = town.west_phone, _batch(town)
    other = {**note, "set": {**note["set"], "body": "two"}}
    grouped = {**note, "id": _batch(town)[0]["id"], "rid": _batch(town)[0]["rid"], "group": "x"}
    results = phone.push(note, dict(note), other, grouped, dict(grouped), protocol=1)
    assert [(one.status, one.code) for one in results] == [
        (Status.APPLIED, None),
        (Status.DUPLICATE, None),
        (Status.REJECTED, "id_reused"),
        (Status.APPLIED, None),
        (Status.DUPLICATE, None),
    ]
