"""Refresh tokens that rotate: lost replies, thieves, other devices, and what ends a session."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from backend.ids import new_id
from tests.integration.identity.conftest import PASSWORD, Door, bearer, problem

REUSED = (401, "refresh_reused")
INVALID = (401, "refresh_invalid")


def _rotated(door: Door, token: str) -> str:
    answer = door.refresh(token)
    assert answer.status_code == 200, answer.text
    successor: str = answer.json()["refresh_token"]
    return successor


def test_each_refresh_gives_the_next_token(door: Door) -> None:
    tokens = [door.session()["refresh_token"]]
    for _ in range(3):
        door.clock.move(minutes=10)
        tokens.append(_rotated(door, tokens[-1]))
    assert len(set(tokens)) == 4


def test_the_just_used_token_gets_the_same_successor_for_a_minute(door: Door) -> None:
    token = door.session()["refresh_token"]
    successor = _rotated(door, token)
    door.clock.move(seconds=60)
    assert _rotated(door, token) == successor


def test_a_later_replay_ends_the_family_and_is_written_down(door: Door) -> None:
    token = door.session()["refresh_token"]
    successor = _rotated(door, token)
    door.clock.move(seconds=61)
    assert problem(door.refresh(token)) == REUSED
    assert problem(door.refresh(successor)) == INVALID
    entries = door.audit("auth.refresh_reused")
    assert [(one["actor_id"], one["device_id"]) for one in entries] == [
        (door.ids["lan"], door.device_id)
    ]


def test_a_replay_after_the_successor_was_used_ends_the_family_at_once(door: Door) -> None:
    token = door.session()["refresh_token"]
    newest = _rotated(door, _rotated(door, token))
    assert problem(door.refresh(token)) == REUSED
    assert problem(door.refresh(newest)) == INVALID


def test_two_refreshes_at_once_get_the_same_successor(door: Door) -> None:
    for _ in range(10):
        token = door.session()["refresh_token"]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _, token=token: door.refresh(token), range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1


def test_a_token_serves_its_own_device_only(door: Door) -> None:
    token = door.session()["refresh_token"]
    assert problem(door.refresh(token, new_id())) == INVALID
    hers = door.signed_in_elsewhere("hoa@songhan.test")
    assert problem(door.refresh(token, hers["device_id"])) == INVALID
    assert door.refresh(token).status_code == 200


@pytest.mark.parametrize("body", [{"refresh_token": "x" * 43}, {}, None])
def test_a_refresh_without_device_or_token_is_refused(
    door: Door, body: dict[str, str] | None
) -> None:
    answer = door.client.post("/v1/auth/refresh", json=body)
    assert answer.status_code in {401, 422}, answer.text


def test_a_made_up_token_is_refused(door: Door) -> None:
    door.session()
    assert problem(door.refresh("x" * 43)) == INVALID
    assert problem(door.refresh("người lạ")) == INVALID


def test_a_token_lies_unused_for_fourteen_days_at_most(door: Door) -> None:
    token = door.session()["refresh_token"]
    door.clock.move(days=13, hours=23)
    token = _rotated(door, token)
    door.clock.move(days=14)
    assert problem(door.refresh(token)) == INVALID


def test_a_sign_in_lasts_thirty_days_however_often_it_is_refreshed(door: Door) -> None:
    token = door.session()["refresh_token"]
    for _ in range(29):
        door.clock.move(days=1)
        token = _rotated(door, token)
    door.clock.move(days=1)
    assert problem(door.refresh(token)) == INVALID


def test_what_outlived_its_family_is_removed_at_the_next_sign_in(door: Door) -> None:
    _rotated(door, door.session()["refresh_token"])
    door.clock.move(days=31)
    door.session()
    with door.database.database.for_org(door.org_id) as connection:
        count = connection.execute(sa.text("SELECT count(*) FROM refresh_token")).scalar_one()
    assert count == 1


def test_the_database_holds_no_secret_in_the_clear(door: Door) -> None:
    session = door.session()
    successor = _rotated(door, session["refresh_token"])
    with door.database.database.for_org(door.org_id) as connection:
        rows = connection.execute(sa.text("SELECT t::text FROM refresh_token t")).scalars().all()
    stored = "".join(rows)
    for secret in (session["refresh_token"], successor):
        assert secret not in stored
        assert secret.encode().hex() not in stored


def test_sign_out_ends_this_device_alone(door: Door) -> None:
    phone, tablet = door.session(), door.signed_in_elsewhere()
    assert door.client.post("/v1/auth/logout", headers=bearer(phone)).status_code == 204
    assert problem(door.refresh(phone["refresh_token"])) == INVALID
    assert door.refresh(tablet["refresh_token"], tablet["device_id"]).status_code == 200


def _as_admin(door: Door) -> dict[str, str]:
    return bearer(door.signed_in_elsewhere("minh@songhan.test"))


def _change(door: Door, headers: dict[str, str], **changes: Any) -> None:
    url = f"/v1/users/{door.ids['lan']}"
    answer = door.client.patch(url, json=changes, headers=headers)
    assert answer.status_code == 200, answer.text


def test_a_disabled_person_is_out_at_once_and_may_come_back(door: Door) -> None:
    session, admin = door.session(), _as_admin(door)
    assert door.me(session).status_code == 200
    _change(door, admin, is_active=False)
    assert problem(door.me(session)) == (403, "user_disabled")
    assert problem(door.refresh(session["refresh_token"])) == (403, "user_disabled")
    _change(door, admin, is_active=True)
    assert problem(door.me(session)) == (401, "token_invalid")
    assert problem(door.refresh(session["refresh_token"])) == INVALID
    assert door.me(door.session()).status_code == 200


def test_an_own_new_password_needs_the_current_one_and_ends_every_session(door: Door) -> None:
    phone, tablet = door.session(), door.signed_in_elsewhere()
    url, fresh = f"/v1/users/{door.ids['lan']}", "bún bò Huế 99 tô"
    missing = door.client.patch(url, json={"password": fresh}, headers=bearer(phone))
    assert missing.json()["errors"][0]["field"] == "current_password"
    wrong = {"password": fresh, "current_password": "not this one"}
    answer = door.client.patch(url, json=wrong, headers=bearer(phone))
    assert problem(answer) == (403, "current_password_wrong")
    _change(door, bearer(phone), password=fresh, current_password=PASSWORD)
    for session in (phone, tablet):
        assert problem(door.me(session)) == (401, "token_invalid")
        assert problem(door.refresh(session["refresh_token"], session["device_id"])) == INVALID
    assert problem(door.sign_in()) == (401, "bad_credentials")
    assert door.sign_in(password=fresh).status_code == 200


def test_guessing_the_current_password_locks_the_account(door: Door) -> None:
    session = door.session()
    body = {"password": "bún bò Huế 99 tô", "current_password": "guess"}
    url = f"/v1/users/{door.ids['lan']}"
    for _ in range(5):
        answer = door.client.patch(url, json=body, headers=bearer(session))
        assert problem(answer) == (403, "current_password_wrong")
    answer = door.client.patch(url, json=body, headers=bearer(session))
    assert problem(answer) == (429, "too_many_attempts")


def test_a_password_that_an_admin_sets_unlocks_and_ends_every_session(door: Door) -> None:
    session = door.session()
    for _ in range(5):
        door.sign_in(password="guess")
    _change(door, _as_admin(door), password="bún bò Huế 99 tô")
    assert problem(door.refresh(session["refresh_token"])) == INVALID
    assert door.sign_in(password="bún bò Huế 99 tô").status_code == 200


def test_a_revoked_device_is_out_at_once_and_for_good(door: Door) -> None:
    phone, tablet = door.session(), door.signed_in_elsewhere()
    url = f"/v1/devices/{phone['device_id']}/revoke"
    answer = door.client.post(url, headers=bearer(tablet))
    assert (answer.status_code, answer.json()["status"]) == (200, "revoked")
    revoked = (401, "device_revoked")
    assert problem(door.me(phone)) == revoked
    assert problem(door.refresh(phone["refresh_token"])) == revoked
    assert problem(door.sign_in()) == revoked
    assert door.me(tablet).status_code == 200
    assert len(door.audit("device.revoked")) == 1


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        ("UPDATE device SET status = 'revoked'", (401, "device_revoked")),
        ("UPDATE app_user SET is_active = false", (403, "user_disabled")),
        ("UPDATE app_user SET token_version = 9", (401, "token_invalid")),
    ],
)
def test_what_another_process_changes_is_seen_within_thirty_seconds(
    door: Door, statement: str, outcome: tuple[int, str]
) -> None:
    session = door.session()
    assert door.me(session).status_code == 200
    with door.database.database.for_org(door.org_id) as connection:
        connection.execute(sa.text(statement))
    door.clock.move(seconds=30)
    assert problem(door.me(session)) == outcome


def test_a_new_role_counts_before_the_access_token_runs_out(door: Door) -> None:
    session, admin = door.session(), _as_admin(door)
    body = {"name": "Bán hàng Đà Nẵng"}
    refused = door.client.post("/v1/teams", json=body, headers=bearer(session))
    assert problem(refused) == (403, "forbidden")
    _change(door, admin, role="admin")
    assert door.client.post("/v1/teams", json=body, headers=bearer(session)).status_code == 201
