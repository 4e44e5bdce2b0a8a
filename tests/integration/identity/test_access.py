"""Who may do what: role by verb by own, other's and other organisation's person or device."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import pytest

from backend.identity.actor import Actor
from backend.ids import new_id
from tests.support.http import Api
from tests.support.people import Org

ROLES = ("rep", "manager", "analyst", "agent", "admin")
EVERYBODY = (200,) * 5
NEW_PERSON = {
    "email": "new@songhan.test",
    "full_name": "Người Mới",
    "role": "rep",
    "password": "cà phê sữa đá 42",
}


@dataclass(frozen=True)
class Rule:
    """What one call is answered for rep, manager, analyst, agent and admin."""

    verb: str
    path: str
    body: Mapping[str, object] | None
    answers: tuple[int, int, int, int, int]


# {own}, {other} and {foreign} are people, {…_device} their devices.
RULES = [
    Rule("GET", "/v1/me", None, EVERYBODY),
    Rule("GET", "/v1/users", None, EVERYBODY),
    Rule("POST", "/v1/users", NEW_PERSON, (403, 403, 403, 403, 201)),
    Rule("PATCH", "/v1/users/{own}", {"full_name": "Tên Mới"}, EVERYBODY),
    Rule("PATCH", "/v1/users/{own}", {"locale": "en"}, EVERYBODY),
    Rule("PATCH", "/v1/users/{own}", {"home_location": [108.22, 16.07]}, EVERYBODY),
    Rule("PATCH", "/v1/users/{own}", {"email": "me@songhan.test"}, (403, 403, 403, 403, 200)),
    Rule("PATCH", "/v1/users/{own}", {"team_id": None}, (403, 403, 403, 403, 200)),
    Rule("PATCH", "/v1/users/{own}", {"role": "admin"}, (409,) * 5),
    Rule("PATCH", "/v1/users/{own}", {"is_active": False}, (409,) * 5),
    Rule("PATCH", "/v1/users/{other}", {"full_name": "Tên Mới"}, (404, 403, 403, 403, 200)),
    Rule("PATCH", "/v1/users/{other}", {"role": "admin"}, (404, 403, 403, 403, 200)),
    Rule("PATCH", "/v1/users/{other}", {"is_active": False}, (404, 403, 403, 403, 200)),
    Rule("PATCH", "/v1/users/{other}", {"password": "bún bò Huế 99 tô"}, (404, 403, 403, 403, 200)),
    Rule("PATCH", "/v1/users/{foreign}", {"full_name": "Tên Mới"}, (404,) * 5),
    Rule("PATCH", "/v1/users/{foreign}", {"password": "bún bò Huế 99 tô"}, (404,) * 5),
    Rule("PATCH", "/v1/users/{nobody}", {"full_name": "Tên Mới"}, (404,) * 5),
    Rule("GET", "/v1/teams", None, EVERYBODY),
    Rule("POST", "/v1/teams", {"name": "Hải Châu"}, (403, 403, 403, 403, 201)),
    Rule("GET", "/v1/devices", None, EVERYBODY),
    Rule("POST", "/v1/devices/{own_device}/revoke", None, EVERYBODY),
    Rule("POST", "/v1/devices/{other_device}/revoke", None, (404, 404, 404, 404, 200)),
    Rule("POST", "/v1/devices/{foreign_device}/revoke", None, (404,) * 5),
    Rule("POST", "/v1/devices/{nobody}/revoke", None, (404,) * 5),
    Rule("POST", "/v1/auth/logout", None, (204,) * 5),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.verb} {rule.path} {rule.body}")
def test_access_is_as_the_table_says(api: Api, other_org: Org, rule: Rule) -> None:
    answers = []
    for role in ROLES:
        actor: Actor = getattr(api.org, role)
        names: dict[str, UUID] = {
            "own": actor.user_id,
            "own_device": actor.device_id,
            "other": api.org.other_rep.user_id,
            "other_device": api.org.other_rep.device_id,
            "foreign": other_org.rep.user_id,
            "foreign_device": other_org.rep.device_id,
            "nobody": new_id(),
        }
        path = rule.path.format(**names)
        answer = api.client.request(rule.verb, path, json=rule.body, headers=api.as_(actor))
        answers.append(answer.status_code)
    assert tuple(answers) == rule.answers


def test_lists_hold_what_is_yours_to_see(api: Api, other_org: Org) -> None:
    org = api.org
    everybody = {str(getattr(org, role).user_id) for role in (*ROLES, "other_rep")}
    for role in ROLES:
        actor: Actor = getattr(org, role)
        users = api.client.get("/v1/users", headers=api.as_(actor)).json()["items"]
        own = {str(actor.user_id)}
        assert {user["id"] for user in users} == (own if role == "rep" else everybody)
        devices = api.client.get("/v1/devices", headers=api.as_(actor)).json()["items"]
        owners = {device["user_id"] for device in devices}
        assert owners == (everybody if role == "admin" else own)
    assert str(other_org.rep.user_id) not in everybody
