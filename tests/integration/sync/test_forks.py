"""A device that lives twice: found by its counts, moved to a new id, and nothing is lost."""

import copy
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import msgspec
import pytest

from backend.ids import DeviceId, new_id
from backend.sync.protocol.messages import Status
from tests.integration.sync.conftest import Town
from tests.support.ground import execute
from tests.support.phone import Phone


def _note(phone: Phone, town: Town, body: str, **parts: Any) -> dict[str, Any]:
    values = {"account_id": str(town.shop), "body": body, "captured_at": "2026-03-01T08:00:00Z"}
    return phone.mutation("create", "note", values=values, **parts)


def _bodies(town: Town) -> set[object]:
    return {row[0] for row in execute(town.url, "SELECT body FROM note")} - {"Đã gặp"}


def _is_forked(answer: httpx.Response) -> bool:
    return answer.status_code == 409 and answer.json()["code"] == "device_forked"


def test_a_restored_phone_is_told_and_loses_nothing(town: Town) -> None:
    phone = town.west_phone
    backup = copy.copy(phone)
    assert phone.push(_note(phone, town, "before"))[0].status is Status.APPLIED
    # The phone is set back to the backup, and its person goes on working.
    pending = [_note(backup, town, "after"), _note(backup, town, "later")]
    assert _is_forked(backup.try_push(*pending))
    assert _bodies(town) == {"before"}
    device = DeviceId(new_id())
    execute(
        town.url,
        "INSERT INTO device (org_id, id, user_id, name, platform) VALUES (%s, %s, %s, 't', 't')",
        town.org.id, device, backup.actor.user_id,
    )  # fmt: skip
    backup.actor = msgspec.structs.replace(backup.actor, device_id=device)
    assert {one.status for one in backup.push(*pending)} == {Status.APPLIED}
    assert phone.push(_note(phone, town, "twin"))[0].status is Status.APPLIED
    assert _bodies(town) == {"before", "after", "later", "twin"}


def test_nothing_of_a_forked_batch_is_applied_and_a_repeat_is_no_fork(town: Town) -> None:
    phone = town.west_phone
    first = _note(phone, town, "first")
    assert phone.push(first)[0].status is Status.APPLIED
    fresh = _note(phone, town, "fresh")
    clash = _note(phone, town, "clash") | {"seq": first["seq"]}
    assert _is_forked(phone.try_push(fresh, clash))
    assert _bodies(town) == {"first"}
    assert [one.status for one in phone.push(first, fresh)] == [Status.DUPLICATE, Status.APPLIED]


def test_two_lives_that_push_at_the_same_time_do_not_both_pass(town: Town) -> None:
    phone = town.west_phone
    for number in range(4):
        one = _note(phone, town, f"one {number}")
        other = _note(phone, town, f"other {number}") | {"seq": one["seq"]}
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(phone.try_push, [one, other]))
        assert sorted(map(_is_forked, answers)) == [False, True], answers
    assert len(_bodies(town)) == 4


@pytest.mark.parametrize("counts", [(0, 1), (7, 7), (-1, 1)])
def test_a_batch_that_does_not_count_is_refused(town: Town, counts: tuple[int, int]) -> None:
    phone = town.west_phone
    batch = [_note(phone, town, "x") | {"seq": count} for count in counts]
    assert _is_forked(phone.try_push(*batch))
    assert {one.status for one in phone.push(*batch, protocol=1)} == {Status.APPLIED}


def test_a_count_beyond_every_count_cannot_be_read(town: Town) -> None:
    answer = town.west_phone.try_push(_note(town.west_phone, town, "x") | {"seq": 2**63})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_envelope")


def test_what_was_deferred_gives_its_count_back(town: Town) -> None:
    phone = town.west_phone
    orphan = _note(phone, town, "orphan")
    orphan["set"]["visit_id"] = str(new_id())
    assert phone.push(orphan)[0].status is Status.DEFERRED
    assert phone.push(orphan)[0].status is Status.DEFERRED


_PASSWORD = "đường phố Hà Nội 1010"


@pytest.fixture
def session(town: Town) -> dict[str, Any]:
    api = town.west_phone.api
    admin = api.as_(town.org.admin)
    person = {"email": "lan@example.vn", "full_name": "Lan", "role": "rep", "password": _PASSWORD}
    assert api.client.post("/v1/users", headers=admin, json=person).status_code == 201
    return _sign_in(api.client, str(new_id()))


def _sign_in(client: httpx.Client, device_id: str) -> dict[str, Any]:
    offered = {"email": "lan@example.vn", "password": _PASSWORD, "device_id": device_id,
               "device_name": "Điện thoại", "platform": "android"}  # fmt: skip
    answer = client.post("/v1/auth/login", json=offered)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def _move_on(town: Town, session: dict[str, Any], **parts: str) -> httpx.Response:
    offered = {"device_id": str(new_id()), "device_name": "Điện thoại", "platform": "android",
               "refresh_token": session["refresh_token"], **parts}  # fmt: skip
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    return town.west_phone.api.client.post("/v1/devices", headers=headers, json=offered)


def _refresh(town: Town, session: dict[str, Any]) -> httpx.Response:
    offered = {"refresh_token": session["refresh_token"], "device_id": session["device_id"]}
    return town.west_phone.api.client.post("/v1/auth/refresh", json=offered)


def test_a_twin_goes_on_under_a_new_id_and_the_other_stays_signed_in(
    town: Town, session: dict[str, Any]
) -> None:
    device_id = str(new_id())
    moved = _move_on(town, session, device_id=device_id)
    assert moved.status_code == 200, moved.text
    assert moved.json()["device_id"] == device_id
    assert moved.json()["user"] == session["user"]
    again = _move_on(town, session, device_id=device_id)
    assert again.status_code == 200, "its first answer may have been lost"
    assert _refresh(town, again.json()).status_code == 200
    assert _refresh(town, session).status_code == 200
    query = "SELECT count(*) FROM audit_entry WHERE action = 'device.moved_on'"
    assert execute(town.url, query) == [(2,)]


def test_a_new_id_needs_the_devices_own_good_refresh_token(
    town: Town, session: dict[str, Any]
) -> None:
    other = _sign_in(town.west_phone.api.client, str(new_id()))
    for token in ("nonsense", other["refresh_token"]):
        refused = _move_on(town, session, refresh_token=token)
        assert (refused.status_code, refused.json()["code"]) == (401, "refresh_invalid")
    taken = _move_on(town, session, device_id=str(town.org.rep.device_id))
    assert (taken.status_code, taken.json()["code"]) == (409, "device_of_another_user")
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    town.west_phone.api.client.post("/v1/auth/logout", headers=headers)
    assert _move_on(town, session).json()["code"] == "refresh_invalid"
