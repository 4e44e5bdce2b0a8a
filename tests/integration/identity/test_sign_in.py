"""Signing in: the answer, the locks, the device."""

import unicodedata

import psycopg2
import pytest
from argon2 import PasswordHasher

from backend.ids import new_id
from tests.integration.identity.conftest import PASSWORD, Door, bearer, problem
from tests.support.people import make_org


def test_sign_in_says_who_it_is_and_the_tokens_work(door: Door) -> None:
    session = door.session("  LAN@SongHan.test ")
    user = session["user"]
    assert session["expires_in"] == 600
    assert session["device_id"] == str(door.device_id)
    assert user == {
        "id": str(door.ids["lan"]),
        "org_id": str(door.org_id),
        "org_name": "Cà phê Sông Hàn",
        "time_zone": "Asia/Ho_Chi_Minh",
        "email": "lan@songhan.test",
        "full_name": "Lan",
        "role": "rep",
        "locale": "vi",
        "team_id": None,
    }
    assert door.me(session).json() == user
    assert door.refresh(session["refresh_token"]).status_code == 200


def test_a_password_may_come_in_decomposed_letters(door: Door) -> None:
    decomposed = unicodedata.normalize("NFD", PASSWORD)
    assert decomposed != PASSWORD
    assert door.sign_in(password=decomposed).status_code == 200


@pytest.mark.parametrize(
    "changes", [{"password": "wrong password"}, {"email": "nobody@songhan.test"}]
)
def test_a_wrong_password_and_an_unknown_email_get_the_same_answer(
    door: Door, changes: dict[str, str]
) -> None:
    answer = door.sign_in(**changes)
    assert problem(answer) == (401, "bad_credentials")
    assert answer.json()["detail"] == "Email or password is wrong: check both and try again."


@pytest.mark.parametrize("email", ["lan@songhan.test", "nobody@songhan.test"])
def test_guessing_locks_an_email_for_longer_each_time_whether_it_exists_or_not(
    door: Door, email: str
) -> None:
    for _ in range(5):
        assert problem(door.sign_in(email, password="guess")) == (401, "bad_credentials")
    locked = door.sign_in(email)
    assert problem(locked) == (429, "too_many_attempts")
    assert locked.headers["retry-after"] == "30"
    door.clock.move(seconds=31)
    assert problem(door.sign_in(email, password="guess")) == (401, "bad_credentials")
    assert door.sign_in(email).headers["retry-after"] == "60"


def test_the_right_password_after_the_lock_forgets_the_wrong_ones(door: Door) -> None:
    for _ in range(5):
        door.sign_in(password="guess")
    door.clock.move(seconds=31)
    assert door.sign_in().status_code == 200
    assert problem(door.sign_in(password="guess")) == (401, "bad_credentials")
    assert door.sign_in().status_code == 200
    assert [entry["subject_id"] for entry in door.audit("auth.locked")] == [door.ids["lan"]]


def test_an_address_that_guesses_at_many_emails_has_to_wait(door: Door) -> None:
    for number in range(30):
        door.sign_in(f"guess{number}@songhan.test")
    assert problem(door.sign_in()) == (429, "too_many_attempts")
    door.clock.move(seconds=11)
    assert door.sign_in().status_code == 200


def test_a_device_id_of_somebody_else_is_refused(door: Door) -> None:
    door.session("lan@songhan.test")
    assert problem(door.sign_in("hoa@songhan.test")) == (409, "device_of_another_user")
    assert door.sign_in("hoa@songhan.test", device_id=new_id()).status_code == 200


def test_a_device_id_of_another_organisation_is_refused(door: Door) -> None:
    stranger = make_org(door.database.owner_url, "Bia Hải Đăng").rep
    answer = door.sign_in(device_id=stranger.device_id)
    assert problem(answer) == (409, "device_of_another_user")


def test_a_new_sign_in_on_the_device_ends_the_one_before(door: Door) -> None:
    first = door.session()
    second = door.session()
    assert problem(door.refresh(first["refresh_token"])) == (401, "refresh_invalid")
    assert door.refresh(second["refresh_token"]).status_code == 200


def test_a_disabled_person_with_the_right_password_is_told_so(door: Door) -> None:
    with psycopg2.connect(door.database.owner_url) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE app_user SET is_active = false WHERE email = 'lan@songhan.test'")
    connection.close()
    assert problem(door.sign_in()) == (403, "user_disabled")
    assert problem(door.sign_in(password="wrong")) == (401, "bad_credentials")


def test_somebody_without_a_password_cannot_sign_in(door: Door) -> None:
    org = make_org(door.database.owner_url, "Bia Hải Đăng")
    for password in ("!", "anything else"):
        answer = door.sign_in(f"rep@{org.id}.test", password=password)
        assert problem(answer) == (401, "bad_credentials")


@pytest.mark.parametrize(
    ("field", "value"),
    [("device_id", "7"), ("device_name", " "), ("platform", ""), ("password", ""), ("role", "x")],
)
def test_a_wrong_field_is_named(door: Door, field: str, value: str) -> None:
    answer = door.sign_in(**{field: value})
    assert answer.status_code == 422, answer.text
    assert field in answer.text


def test_an_old_cost_of_hashing_is_renewed_at_sign_in(door: Door) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with psycopg2.connect(door.database.owner_url) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE app_user SET password_hash = %s", (cheap,))
        connection.commit()
        door.session()
        cursor.execute("SELECT password_hash FROM app_user WHERE id = %s", (str(door.ids["lan"]),))
        row = cursor.fetchone()
    connection.close()
    assert row is not None
    assert "m=19456,t=2,p=1" in row[0]


def test_a_browser_keeps_its_refresh_token_in_a_cookie_only(door: Door) -> None:
    answer = door.sign_in(platform="web")
    assert answer.json()["refresh_token"] is None
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("tuyen_refresh=")
    for part in ("httponly", "samesite=strict", "path=/v1/auth", "max-age=1209600"):
        assert part in cookie
    assert "secure" not in cookie

    again = door.client.post("/v1/auth/refresh")
    assert again.status_code == 200, again.text
    assert again.json()["refresh_token"] is None
    assert again.headers["set-cookie"] != answer.headers["set-cookie"]
    assert door.client.post("/v1/auth/refresh", json={}).status_code == 200

    out = door.client.post("/v1/auth/logout", headers=bearer(again.json()))
    assert out.status_code == 204
    assert not door.client.cookies
    assert problem(door.client.post("/v1/auth/refresh")) == (401, "refresh_invalid")


def test_the_cookie_is_for_https_alone_where_the_page_is(door: Door) -> None:
    answer = door.sign_in(platform="web", origin="https://crm.songhan.test")
    assert "secure" in answer.headers["set-cookie"].lower()
