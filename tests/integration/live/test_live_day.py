"""The day as it runs, over HTTP: who is seen when, who looked, and who may read it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from litestar.testing import TestClient

from backend.app import create_app
from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.jobs import Work
from backend.live.tasks import TASKS
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import IN_WEST, WEST, add_account, add_territory, execute
from tests.support.http import Api
from tests.support.people import Org

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        """Return what it shows."""
        return self.at


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def api(settings: Settings, database: Database, org: Org, clock: Hand) -> Iterator[Api]:
    """The service, on a day of ours."""
    with TestClient(create_app(settings, database, clock=clock)) as client:
        yield Api(client, org)


@pytest.fixture
def visits(api: Api, test_database: TestDatabase) -> list[UUID]:
    """Four visits of the rep: one done at 11:00 with a check-in, one late, one next, one later."""
    url, org = test_database.owner_url, api.org
    add_territory(url, org, "West", WEST, org.rep)
    found = []
    for n, hour in enumerate((10, 11, 12, 13)):
        account_id = add_account(url, org, f"Quán {n}", IN_WEST[0], IN_WEST[1] + n / 1000)
        visit_id = new_id()
        found.append(visit_id)
        execute(
            url,
            "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, planned_at, sequence)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            org.id, visit_id, account_id, org.rep.user_id, NOON.date(), NOON.replace(hour=hour), n,
        )  # fmt: skip
    _see(test_database, org.rep, found[0], NOON - timedelta(hours=1))
    execute(
        url, "UPDATE visit SET status = 'done', outcome = 'met', done_at = %s WHERE id = %s",
        NOON - timedelta(minutes=50), found[0],
    )  # fmt: skip
    return found


def _see(
    database: TestDatabase, rep: Actor, visit_id: UUID, at: datetime, lon: float = 24.92
) -> None:
    execute(
        database.owner_url,
        "INSERT INTO check_in (org_id, id, account_id, visit_id, rep_id, captured_at, corrected_at,"
        " location, accuracy_m) SELECT org_id, %s, account_id, id, rep_id, %s, %s,"
        " ST_SetSRID(ST_MakePoint(%s, 60.17), 4326), 8 FROM visit WHERE id = %s",
        new_id(), at, at, lon, visit_id,
    )  # fmt: skip
    assert rep


def put(api: Api, who: Actor, status: int = 200, **told: object) -> Any:
    answer = api.client.put("/v1/live/hours", json=told, headers=api.as_(who))
    assert answer.status_code == status, answer.text
    return answer.json()


def live(api: Api, who: Actor, of: Actor | None = None) -> Any:
    answer = api.client.get("/v1/live", headers=api.as_(who))
    assert answer.status_code == 200, answer.text
    of = of or api.org.rep
    return next(one for one in answer.json()["reps"] if one["rep_id"] == str(of.user_id))


def looks(api: Api, who: Actor) -> list[tuple[str, str, str]]:
    answer = api.client.get("/v1/me/looks", headers=api.as_(who))
    assert answer.status_code == 200
    return [(one["looked_by_name"], one["what"], one["on_date"]) for one in answer.json()["items"]]


@pytest.mark.usefixtures("visits")
def test_a_manager_sees_positions_plan_and_actual_in_working_hours(api: Api) -> None:
    put(api, api.org.manager, rep_id=None, hours="Mo-Sa 08:00-17:30")
    told = live(api, api.org.manager)
    assert told["presence"] == "seen"
    assert told["position"]["age_s"] == 3600
    assert told["position"]["source"] == "check_in"
    assert told["until"] == "2026-11-23T17:30:00Z"
    standing = told["standing"]
    assert (standing["planned"], standing["done"], standing["late"]) == (4, 1, 1)
    assert standing["next_stop"]["account_name"] == "Quán 1"
    assert live(api, api.org.manager, api.org.other_rep)["presence"] == "not_seen"


@pytest.mark.usefixtures("visits")
def test_a_trace_that_came_later_is_the_last_position(api: Api) -> None:
    put(api, api.org.manager, rep_id=None, hours="Mo-Sa 08:00-17:30")
    points = [
        {"at": (NOON - timedelta(minutes=m)).isoformat(), "location": [24.93, 60.18 + m / 1e4]}
        for m in (3, 30, 90)
    ]
    sent = {"on_date": "2026-11-23", "points": points}
    answer = api.client.post("/v1/traces", json=sent, headers=api.as_(api.org.rep))
    assert answer.status_code == 200, answer.text
    position = live(api, api.org.manager)["position"]
    assert (position["source"], position["age_s"]) == ("trace", 180)
    assert position["location"] == [24.93, 60.1803]


def test_a_trace_pokes_those_who_see_every_territory(api: Api, test_database: TestDatabase) -> None:
    sent = {
        "on_date": "2026-11-23",
        "points": [{"at": NOON.isoformat(), "location": [24.93, 60.18]}],
    }
    with closing(psycopg2.connect(test_database.owner_url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("LISTEN tuyen_poke")
        for _ in range(2):
            assert api.client.post("/v1/traces", json=sent, headers=api.as_(api.org.rep)).is_success
        cursor.execute("SELECT 1")
        connection.poll()
        assert [one.payload for one in connection.notifies] == [f"{api.org.id} t:trace"]


@pytest.mark.usefixtures("visits")
def test_outside_working_hours_there_is_no_position_and_no_look(api: Api, clock: Hand) -> None:
    assert live(api, api.org.manager)["presence"] == "no_hours"
    put(api, api.org.manager, rep_id=None, hours="Mo-Sa 08:00-17:30")
    for at in (NOON.replace(hour=17, minute=30), NOON.replace(hour=7, minute=59),
               NOON + timedelta(days=6)):  # fmt: skip
        clock.at = at
        told = live(api, api.org.manager)
        assert (told["presence"], told["position"]) == ("outside_hours", None)
    assert looks(api, api.org.rep) == []
    clock.at = NOON
    put(api, api.org.manager, rep_id=str(api.org.rep.user_id), hours="Mo-Sa 11:30-17:30")
    # The check-in of 11:00 was before the own hours.
    assert live(api, api.org.manager)["presence"] == "not_seen"
    put(api, api.org.manager, rep_id=str(api.org.rep.user_id), hours=None)
    assert live(api, api.org.manager)["presence"] == "seen"


@pytest.mark.usefixtures("visits")
def test_without_set_hours_those_of_the_plan_count(
    api: Api, test_database: TestDatabase, clock: Hand
) -> None:
    execute(
        test_database.owner_url,
        "INSERT INTO route (org_id, id, rep_id, on_date, profile, engine, seed, is_estimate,"
        " distance_m, travel_seconds, wait_seconds, starts_at, ends_at, inputs) VALUES"
        " (%s, %s, %s, '2026-11-23', 'car', 'test', 1, true, 1, 1, 1, %s, %s, '{}')",
        api.org.id, new_id(), api.org.rep.user_id, NOON.replace(hour=10), NOON.replace(hour=13),
    )  # fmt: skip
    assert live(api, api.org.manager)["presence"] == "seen"
    clock.at = NOON.replace(hour=13, minute=1)
    assert live(api, api.org.manager)["presence"] == "outside_hours"


@pytest.mark.usefixtures("visits")
def test_every_look_is_told_to_the_person_and_a_few_minutes_are_one(api: Api, clock: Hand) -> None:
    put(api, api.org.manager, rep_id=None, hours="Mo-Sa 08:00-17:30")
    for minute in (0, 4, 9):
        clock.at = NOON + timedelta(minutes=minute)
        live(api, api.org.manager)
    position = ("Manager", "position", "2026-11-23")
    assert looks(api, api.org.rep) == [position]
    clock.at = NOON + timedelta(minutes=11)
    live(api, api.org.manager)
    live(api, api.org.admin)
    live(api, api.org.rep)
    assert sorted(looks(api, api.org.rep)) == [("Admin", *position[1:]), position, position]
    assert looks(api, api.org.manager) == looks(api, api.org.other_rep) == []
    page = api.client.get("/v1/me/looks?limit=2", headers=api.as_(api.org.rep)).json()
    rest = api.client.get(
        f"/v1/me/looks?cursor={page['next_cursor']}", headers=api.as_(api.org.rep)
    ).json()
    assert len(page["items"]) + len(rest["items"]) == 3


def test_a_driven_day_is_a_look_wherever_it_is_read(
    api: Api, visits: list[UUID], test_database: TestDatabase
) -> None:
    assert visits
    route_id = new_id()
    execute(
        test_database.owner_url,
        "INSERT INTO route (org_id, id, rep_id, on_date, profile, engine, seed, is_estimate,"
        " distance_m, travel_seconds, wait_seconds, starts_at, ends_at, inputs) VALUES"
        " (%s, %s, %s, '2026-11-23', 'car', 'test', 1, true, 1, 1, 1, %s, %s, '{}')",
        api.org.id, route_id, api.org.rep.user_id, NOON, NOON,
    )  # fmt: skip
    day = f"/v1/followup/day?on_date=2026-11-23&rep_id={api.org.rep.user_id}"
    route = f"/v1/routes/{route_id}/actual"
    for who, path in ((api.org.manager, day), (api.org.analyst, route), (api.org.rep, day),
                      (api.org.rep, route)):  # fmt: skip
        assert api.client.get(path, headers=api.as_(who)).status_code == 200
    assert api.client.get(day, headers=api.as_(api.org.other_rep)).status_code == 404
    assert sorted(looks(api, api.org.rep)) == [
        ("Analyst", "track", "2026-11-23"), ("Manager", "track", "2026-11-23")
    ]  # fmt: skip


def test_who_may_look_and_who_may_set_hours(api: Api) -> None:
    for who, status in ((api.org.analyst, 403), (api.org.agent, 403), (api.org.rep, 200)):
        answer = api.client.get("/v1/live", headers=api.as_(who))
        assert answer.status_code == status
    assert [one["rep_id"] for one in answer.json()["reps"]] == [str(api.org.rep.user_id)]
    put(api, api.org.rep, 403, hours="Mo 08:00-12:00")
    assert put(api, api.org.manager, 422, hours="whenever")["code"] == "working_hours_invalid"
    put(api, api.org.manager, 422, hours="Mo 08:00-12:00", rep_id=str(new_id()))
    told = put(api, api.org.manager, hours="Mo-Fr 08:00-12:00")
    assert told == [{"rep_id": None, "rep_name": None, "hours": "Mo-Fr 08:00-12:00"}]
    put(api, api.org.manager, hours="Mo 09:00-12:00", rep_id=str(api.org.other_rep.user_id))
    answer = api.client.get("/v1/live/hours", headers=api.as_(api.org.rep))
    assert [one["rep_id"] for one in answer.json()] == [None]


@pytest.mark.usefixtures("visits")
def test_looks_cannot_be_taken_back_and_go_after_a_year(
    api: Api, test_database: TestDatabase
) -> None:
    put(api, api.org.manager, rep_id=None, hours="Mo-Sa 08:00-17:30")
    live(api, api.org.manager)
    owner_url = test_database.owner_url
    for right in ("UPDATE", "DELETE"):
        found = execute(
            owner_url, "SELECT has_table_privilege('tuyen_app', 'track_look', %s)", right
        )
        assert found == [(False,)]
    work = Work(test_database.database, SystemClock(), {})
    TASKS[0].call(work, {"org_id": str(api.org.id)})
    assert len(looks(api, api.org.rep)) == 1
    execute(owner_url, "UPDATE track_look SET looked_at = now() - interval '366 days'")
    TASKS[0].call(work, {"org_id": str(api.org.id)})
    assert looks(api, api.org.rep) == []
