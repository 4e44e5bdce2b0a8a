"""People, teams and devices over HTTP: what is kept, what is refused and why."""

import pytest

from backend.ids import new_id
from tests.support.http import Api

PERSON = {
    "email": " New.Person@SongHan.test ",
    "full_name": "  Nguyễn  Thị Mới ",
    "role": "rep",
    "password": "cà phê sữa đá 42",
    "home_location": [108.2208, 16.0678],
}


def test_a_new_person_is_in_a_team_and_can_sign_in(api: Api) -> None:
    admin = api.as_(api.org.admin)
    team = api.client.post("/v1/teams", json={"name": "Hải Châu"}, headers=admin).json()
    assert team["member_count"] == 0
    body = PERSON | {"team_id": team["id"]}
    user = api.client.post("/v1/users", json=body, headers=admin).json()
    assert user["email"] == "new.person@songhan.test"
    assert user["full_name"] == "Nguyễn Thị Mới"
    assert user["home_location"] == [108.2208, 16.0678]
    assert (user["locale"], user["is_active"], user["team_id"]) == ("vi", True, team["id"])
    teams = api.client.get("/v1/teams", headers=admin).json()["items"]
    assert [(one["name"], one["member_count"]) for one in teams] == [("Hải Châu", 1)]
    credentials = {
        "email": "NEW.person@songhan.test",
        "password": PERSON["password"],
        "device_id": str(new_id()),
        "device_name": "Phone",
        "platform": "android",
    }
    assert api.client.post("/v1/auth/login", json=credentials).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"password": "short"}, 422, "password"),
        ({"password": "new.person@songhan.test"}, 422, "password"),
        ({"password": "Password1234!"}, 422, "password"),
        ({"email": "no address"}, 422, "email"),
        ({"email": "a@b\x00c"}, 422, "email"),
        ({"full_name": " "}, 422, "full_name"),
        ({"role": "king"}, 422, "role"),
        ({"locale": "fr"}, 422, "locale"),
        ({"team_id": "01890000-0000-7000-8000-000000000000"}, 422, "team_id"),
        ({"home_location": [16.0678, 108.2208]}, 422, "home_location"),
        ({"home_location": [1.0]}, 422, "home_location"),
        ({"home_location": [500.0, 0.0]}, 422, "home_location"),
        ({"is_king": True}, 422, "is_king"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_written(
    api: Api, changes: dict[str, object], status: int, field: str
) -> None:
    admin = api.as_(api.org.admin)
    answer = api.client.post("/v1/users", json=PERSON | changes, headers=admin)
    assert answer.status_code == status, answer.text
    assert field in answer.text
    assert len(api.client.get("/v1/users", headers=admin).json()["items"]) == 6


def test_an_email_is_taken_once_whatever_its_letters(api: Api) -> None:
    admin = api.as_(api.org.admin)
    assert api.client.post("/v1/users", json=PERSON, headers=admin).status_code == 201
    again = PERSON | {"email": "NEW.PERSON@SONGHAN.TEST"}
    answer = api.client.post("/v1/users", json=again, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    rep = f"/v1/users/{api.org.rep.user_id}"
    answer = api.client.patch(rep, json={"email": PERSON["email"]}, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


def test_a_team_name_is_taken_once(api: Api) -> None:
    admin = api.as_(api.org.admin)
    codes = [
        api.client.post("/v1/teams", json={"name": "Hải Châu"}, headers=admin).status_code
        for _ in range(2)
    ]
    assert codes == [201, 409]


def test_a_patch_changes_what_it_names_and_can_clear(api: Api) -> None:
    admin = api.as_(api.org.admin)
    url = f"/v1/users/{api.org.rep.user_id}"
    before = api.client.patch(url, json={"home_location": [108.2, 16.0]}, headers=admin).json()
    after = api.client.patch(url, json={"full_name": "Lê Văn Đổi"}, headers=admin).json()
    assert after["home_location"] == [108.2, 16.0]
    assert after["full_name"] == "Lê Văn Đổi"
    assert after["rv"] > before["rv"]
    cleared = api.client.patch(url, json={"home_location": None}, headers=admin).json()
    assert cleared["home_location"] is None


@pytest.mark.parametrize("path", ["/v1/users", "/v1/devices"])
def test_pages_follow_each_other_without_gap_or_repeat(api: Api, path: str) -> None:
    admin = api.as_(api.org.admin)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = api.client.get(path, params=params, headers=admin).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    everything = api.client.get(path, headers=admin).json()["items"]
    assert seen == [item["id"] for item in everything]
    assert len(set(seen)) == 6


@pytest.mark.parametrize("cursor", ["nonsense", "WyJhIiwiYiJd", "WzFd", "bnVsbA"])
@pytest.mark.parametrize("path", ["/v1/users", "/v1/teams", "/v1/devices"])
def test_a_cursor_of_somebody_else_is_refused(api: Api, path: str, cursor: str) -> None:
    answer = api.client.get(path, params={"cursor": cursor}, headers=api.as_(api.org.admin))
    assert answer.status_code == 422, answer.text
