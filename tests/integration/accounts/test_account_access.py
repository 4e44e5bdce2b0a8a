"""Who may do what to whose account: role x verb x own, other's and another organisation's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from litestar.testing import TestClient

from backend.accounts import service as accounts
from backend.accounts.schemas import AccountCreate, ContactCreate
from backend.app import create_app
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.settings import Settings
from backend.territories import assignments
from backend.territories import service as territories
from backend.territories.schemas import AssignmentCreate, TerritoryCreate
from tests.support.http import Api
from tests.support.people import Org

WHOSE = ("mine", "others", "unplaced_mine", "unplaced_others", "foreign")
# By role: may read, may change, may delete, for each of WHOSE.
_REP = {"mine": "rw", "others": "", "unplaced_mine": "rw", "unplaced_others": "", "foreign": ""}
_ALL = dict.fromkeys(WHOSE[:-1], "rwd") | {"foreign": ""}
RIGHTS = {
    "rep": _REP,
    "manager": _ALL,
    "admin": _ALL,
    "agent": dict.fromkeys(WHOSE[:-1], "rw") | {"foreign": ""},
    "analyst": dict.fromkeys(WHOSE[:-1], "r") | {"foreign": ""},
}
DELETING, WRITING = {"manager", "admin"}, {"rep", "manager", "admin", "agent"}


@dataclass(frozen=True)
class World:
    """An account with a contact for each of WHOSE, from the rep's point of view."""

    api: Api
    account: dict[str, UUID]
    contact: dict[str, UUID]


@pytest.fixture
def world(settings: Settings, database: Database, org: Org, other_org: Org) -> Iterator[World]:
    account: dict[str, UUID] = {}
    contact: dict[str, UUID] = {}

    def add(whose: str, by: Actor, lon: float) -> None:
        with database.for_org(by.org_id) as connection:
            data = AccountCreate(name=f"Shop {whose}", location=[lon, 10.5])
            made = accounts.create_account(connection, by, data)
            person = ContactCreate(account_id=made.id, full_name=f"Lan {whose}")
            manager = other_org.manager if whose == "foreign" else org.manager
            contact[whose] = accounts.create_contact(connection, manager, person).id
            account[whose] = made.id

    hold(database, org, org.rep, 106)
    hold(database, org, org.other_rep, 107)
    hold(database, other_org, other_org.rep, 106)
    add("mine", org.manager, 106.5)
    add("others", org.manager, 107.5)
    add("unplaced_mine", org.rep, 120)
    add("unplaced_others", org.other_rep, 120)
    add("foreign", other_org.manager, 106.5)
    with TestClient(create_app(settings, database)) as client:
        yield World(Api(client, org), account, contact)


def hold(database: Database, org: Org, rep: Actor, west: int) -> None:
    ring = [[west, 10], [west + 1, 10], [west + 1, 11], [west, 11], [west, 10]]
    with database.for_org(org.id) as connection:
        data = TerritoryCreate(name=f"T{west}", area={"type": "Polygon", "coordinates": [ring]})
        territory = territories.create_territory(connection, org.manager, data)
        given = AssignmentCreate(user_id=rep.user_id)
        assignments.assign(connection, org.manager, territory.id, given)


@pytest.mark.parametrize("role", RIGHTS)
def test_rights_hold_for_every_verb(world: World, role: str) -> None:
    actor: Actor = getattr(world.api.org, role)
    for whose in WHOSE:
        rights = RIGHTS[role][whose]
        path = f"/v1/accounts/{world.account[whose]}"
        person = f"/v1/contacts/{world.contact[whose]}"
        status = caller(world.api, actor)
        read, written = 200 if "r" in rights else 404, 200 if "w" in rights else 404
        if role not in WRITING:
            written = 403
        assert status("GET", path) == read, whose
        assert status("GET", f"{path}/contacts") == read, whose
        assert status("PATCH", path, {"category": role}) == written, whose
        assert status("PATCH", person, {"job_title": role}) == written, whose
        made = 201 if written == 200 else written
        assert status("POST", f"{path}/contacts", {"full_name": "New"}) == made, whose
        gone = 204 if written == 200 else written
        assert status("DELETE", person) == gone, whose
        deleted = (204 if "d" in rights else 404) if role in DELETING else 403
        assert status("DELETE", path) == deleted, whose


@pytest.mark.parametrize("role", RIGHTS)
def test_lists_hold_what_the_role_may_read(world: World, role: str) -> None:
    actor: Actor = getattr(world.api.org, role)
    readable = {str(world.account[whose]) for whose in WHOSE if "r" in RIGHTS[role][whose]}
    headers = world.api.as_(actor)
    listed = world.api.client.get("/v1/accounts", headers=headers).json()["items"]
    assert {one["id"] for one in listed} == readable
    found = world.api.client.get("/v1/accounts?q=shop", headers=headers).json()["items"]
    assert {one["id"] for one in found} == readable
    near = "/v1/accounts/nearest?lon=106.5&lat=10.5"
    nearest = world.api.client.get(near, headers=headers).json()["items"]
    assert {one["account"]["id"] for one in nearest} == readable


def test_only_planners_design_import_and_place(world: World) -> None:
    area = {"name": "New"}
    place = {"territory_id": None, "is_manual": False}
    for role in RIGHTS:
        may = role in DELETING
        status = caller(world.api, getattr(world.api.org, role))
        assert status("POST", "/v1/territories", {**area, "name": role}) == (201 if may else 403)
        path = f"/v1/accounts/{world.account['mine']}/territory"
        assert status("PUT", path, place) == (200 if may else 403), role
        foreign = f"/v1/accounts/{world.account['foreign']}/territory"
        assert status("PUT", foreign, place) == (404 if may else 403), role
        assert status("POST", "/v1/imports/accounts", {}) in ({400, 422} if may else {403}), role


def test_nobody_gets_in_without_signing_in(world: World) -> None:
    for path in ("/v1/accounts", f"/v1/accounts/{world.account['mine']}", "/v1/territories"):
        assert world.api.client.get(path).status_code == 401


def caller(api: Api, actor: Actor) -> Callable[..., int]:
    def status(method: str, path: str, body: object = None) -> int:
        headers = api.as_(actor)
        return api.client.request(method, path, json=body, headers=headers).status_code

    return status
