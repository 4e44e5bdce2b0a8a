"""What the server failed at three times: set aside whole, seen, and settled by an administrator."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backend.identity.actor import Actor
from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import MutationResult, Status
from tests.integration.sync.conftest import Town
from tests.support.ground import execute
from tests.support.phone import Phone

_AFTER = datetime(2026, 3, 1, 8, tzinfo=UTC)


@contextmanager
def _failing(town: Town, body: str) -> Iterator[None]:
    """Make every note with this text fail as a fault of the server's own would."""
    town.run(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN IF NEW.body = '{body}' THEN RAISE EXCEPTION 'out of order'; END IF;"
        " RETURN NEW; END $$"
    )
    town.run("CREATE TRIGGER fail BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION fail()")
    yield
    town.run("DROP FUNCTION fail() CASCADE")


def _note(phone: Phone, town: Town, body: str, **parts: Any) -> dict[str, Any]:
    values = {"account_id": str(town.shop), "body": body, "captured_at": _AFTER.isoformat()}
    return phone.mutation("create", "note", values=values, **parts)


def _contact(phone: Phone, town: Town, **parts: Any) -> dict[str, Any]:
    values = {"account_id": str(town.shop), "full_name": "Chị Lan"}
    return phone.mutation("create", "contact", values=values, **parts)


def _group(town: Town) -> list[dict[str, Any]]:
    phone = town.west_phone
    return [
        _contact(phone, town, group="g"),
        _note(phone, town, "poison", group="g"),
        _note(phone, town, "third", group="g"),
    ]


def _told(results: list[MutationResult]) -> list[tuple[Status, str | None]]:
    return [(one.status, one.code) for one in results]


def _post(town: Town, mutation: dict[str, Any], what: str, actor: Actor | None = None) -> Any:
    api = town.west_phone.api
    return api.client.post(
        f"/v1/sync/quarantine/{mutation['id']}/{what}", headers=api.as_(actor or town.org.admin)
    )


def _list(town: Town, actor: Actor, **query: Any) -> list[dict[str, Any]]:
    api = town.west_phone.api
    answer = api.client.get("/v1/sync/quarantine", headers=api.as_(actor), params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _set_aside(town: Town, unit: list[dict[str, Any]]) -> None:
    with _failing(town, "poison"):
        for _ in range(2):
            assert {one.status for one in town.west_phone.push(*unit)} == {Status.ERROR}
        assert {one.status for one in town.west_phone.push(*unit)} == {Status.QUARANTINED}


def _made(town: Town) -> list[tuple[object, ...]]:
    return execute(
        town.url,
        "SELECT body FROM note WHERE body <> 'Đã gặp' UNION ALL"
        " SELECT full_name FROM contact WHERE full_name <> 'Lan' ORDER BY 1",
    )


def test_a_group_is_set_aside_whole_and_no_part_of_it_is_applied_later(town: Town) -> None:
    phone, unit = town.west_phone, _group(town)
    with _failing(town, "poison"):
        told = [(Status.ERROR, "group_failed"), (Status.ERROR, "server_error")]
        assert _told(phone.push(*unit)) == [*told, told[0]]
        assert _told(phone.push(*unit)) == [*told, told[0]]
        mate = (Status.QUARANTINED, "group_failed")
        assert _told(phone.push(*unit)) == [mate, (Status.QUARANTINED, "quarantined"), mate]
    for part in (unit, unit[:1], unit[2:], [unit[0], unit[2]]):
        assert {(one.status, one.was) for one in phone.push(*part)} == {
            (Status.DUPLICATE, Status.QUARANTINED)
        }
    late = _note(phone, town, "late mate", group="g")
    assert _told(phone.push(*unit, late))[-1] == (Status.REJECTED, "group_failed")
    assert _made(town) == []


def test_a_mate_of_what_was_rejected_before_is_not_applied_alone(town: Town) -> None:
    phone = town.west_phone
    wrong = _note(phone, town, "", group="g")
    assert phone.push(wrong)[0].status is Status.REJECTED
    mate = _contact(phone, town, group="g")
    results = phone.push(mate, wrong)
    assert _told(results)[0] == (Status.REJECTED, "group_failed")
    assert results[1].was is Status.REJECTED
    assert _made(town) == []


def test_a_replayed_group_is_applied_as_its_person_and_the_phone_hears_it(town: Town) -> None:
    phone, unit = town.west_phone, _group(town)
    _set_aside(town, unit)
    phone.pull()
    assert {one.status for one in phone.acks} == {Status.QUARANTINED}
    phone.acks.clear()
    answer = _post(town, unit[2], "replay")
    assert answer.status_code == 200, answer.text
    assert [one["status"] for one in answer.json()["results"]] == ["applied"] * 3
    assert _made(town) == [("Chị Lan",), ("poison",), ("third",)]
    authors = execute(town.url, "SELECT DISTINCT author_id FROM note WHERE body = 'poison'")
    assert authors == [(town.org.rep.user_id,)]
    town.pull()
    assert {one.id: one.status for one in phone.acks} == {one["id"]: Status.APPLIED for one in unit}
    assert {one.was for one in phone.push(*unit)} == {Status.APPLIED}
    again = _post(town, unit[0], "replay")
    assert (again.status_code, again.json()["code"]) == (409, "settled_before")
    query = "SELECT count(*), count(DISTINCT actor_id) FROM audit_entry WHERE action = %s"
    assert execute(town.url, query, "mutation.replayed") == [(3, 1)]


def test_a_replay_that_fails_again_leaves_it_set_aside(town: Town) -> None:
    unit = _group(town)
    _set_aside(town, unit)
    with _failing(town, "poison"):
        answer = _post(town, unit[1], "replay")
    assert [one["status"] for one in answer.json()["results"]] == ["quarantined"] * 3
    assert {one["state"] for one in _list(town, town.org.admin)} == {"set_aside"}
    assert {one["attempts"] for one in _list(town, town.org.admin)} == {0, 4}
    assert _made(town) == []
    assert _post(town, unit[1], "replay").json()["results"][0]["status"] == "applied"


def test_what_is_replayed_under_the_rules_of_today_may_be_refused(town: Town) -> None:
    poison = _note(town.west_phone, town, "poison")
    _set_aside(town, [poison])
    town.run("DELETE FROM territory_assignment")
    (result,) = _post(town, poison, "replay").json()["results"]
    assert (result["status"], result["code"]) == ("rejected", "account_out_of_scope")
    assert town.west_phone.push(poison)[0].was is Status.REJECTED


def test_what_is_discarded_is_told_to_the_phone(town: Town) -> None:
    phone, unit = town.west_phone, _group(town)
    _set_aside(town, unit)
    phone.pull()
    phone.acks.clear()
    assert _post(town, unit[0], "discard").status_code == 200
    phone.pull()
    assert {(one.status, one.code) for one in phone.acks} == {(Status.REJECTED, "discarded")}
    assert len(phone.acks) == 3
    assert {one["state"] for one in _list(town, town.org.rep)} == {"discarded"}
    assert _post(town, unit[0], "discard").json()["code"] == "settled_before"
    assert _made(town) == []


def test_only_administrators_settle_and_see_the_servers_words(
    town: Town,
) -> None:
    poison = _note(town.west_phone, town, "poison")
    _set_aside(town, [poison])
    for actor in (town.org.rep, town.org.manager):
        refused: httpx.Response = _post(town, poison, "replay", actor)
        assert refused.status_code == 403
        assert [one["error"] for one in _list(town, actor)] == [None]
    (seen,) = _list(town, town.org.admin, state="set_aside")
    assert "out of order" in seen["error"]
    assert seen["body"]["set"]["body"] == "poison"
    assert _list(town, town.org.other_rep) == []
    assert _list(town, town.org.admin, state="replayed") == []
    assert _post(town, {"id": new_id()}, "replay").status_code == 404


def test_a_single_failure_is_no_case_for_an_administrator(town: Town) -> None:
    poison = _note(town.west_phone, town, "poison")
    with _failing(town, "poison"):
        town.west_phone.push(poison)
    assert _list(town, town.org.admin) == []
    assert _post(town, poison, "replay").status_code == 404
    assert town.west_phone.push(poison)[0].status is Status.APPLIED


@pytest.mark.parametrize("hours", [-30, 30])
def test_the_clock_of_the_first_call_corrects_the_replay(town: Town, hours: int) -> None:
    phone = town.west_phone
    clock = datetime.now(UTC) - timedelta(hours=hours)
    poison = _note(phone, town, "poison")
    poison["set"]["captured_at"] = (clock - timedelta(minutes=5)).isoformat()
    with _failing(town, "poison"):
        for _ in range(3):
            phone.push(poison, client_time=clock)
    assert _post(town, poison, "replay").json()["results"][0]["status"] == "applied"
    query = "SELECT abs(extract(epoch FROM now() - captured_at)) < 3600 FROM note WHERE body = %s"
    assert execute(town.url, query, "poison") == [(True,)]
