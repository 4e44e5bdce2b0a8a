"""Territories designed over HTTP: asked for, made by the worker, looked at, published, undone."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg2
import psycopg2.extras
import pytest

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.jobs import Work
from backend.jobs.worker import Worker
from backend.territories.tasks import TASKS
from tests.support.databases import TestDatabase
from tests.support.ground import EAST, WEST, add_territory, execute, insert_account
from tests.support.http import Api

PATH = "/v1/territory-designs"
_COLUMNS, _ROWS = 16, 8


class Office:
    """Two territories side by side; the west has three quarters of the shops."""

    def __init__(self, api: Api, url: str, make_worker: Callable[[], Worker]) -> None:
        self.api, self.url, self.org, self.make_worker = api, url, api.org, make_worker
        self.west = add_territory(url, api.org, "West", WEST, api.org.rep)
        self.east = add_territory(url, api.org, "East", EAST, api.org.other_rep)
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cur:
            for column in range(_COLUMNS):
                for row in range(_ROWS):
                    # Shops are three times as thick in the western half.
                    if column >= _COLUMNS / 2 and row % 3:
                        continue
                    lon = WEST[0] + (column + 0.5) * (EAST[2] - WEST[0]) / _COLUMNS
                    lat = WEST[1] + (row + 0.5) * (WEST[3] - WEST[1]) / _ROWS
                    insert_account(cur, api.org, f"Quán {column}-{row}", lon, lat)

    def call(
        self, method: str, path: str = "", body: Any = None, who: Actor | None = None
    ) -> httpx.Response:
        headers = self.api.as_(who or self.org.manager)
        return self.api.client.request(method, f"{PATH}{path}", headers=headers, json=body)

    def ask(self, **changes: Any) -> httpx.Response:
        body = {
            "name": "Spring",
            "territories": [
                {"territory_id": str(self.west)},
                {"territory_id": str(self.east)},
            ],
            "measures": [{"kind": "accounts", "tolerance": 0.05}],
            **changes,
        }
        return self.call("POST", body=body)

    def make(self, **changes: Any) -> dict[str, Any]:
        """Return a design, made."""
        answer = self.ask(**changes)
        assert answer.status_code == 202, answer.text
        self.make_worker().run_due()
        return self.read(answer.json()["id"])

    def read(self, design_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"/{design_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def counts(self) -> dict[UUID, int]:
        rows = _rows(self.url, "SELECT territory_id, count(*) FROM account GROUP BY 1")
        return {row[0]: row[1] for row in rows}


def _rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        psycopg2.extras.register_uuid(conn_or_curs=cursor)
        cursor.execute(query)
        return cursor.fetchall()


@pytest.fixture
def office(api: Api, test_database: TestDatabase, database: Database) -> Office:
    def make_worker() -> Worker:
        work = Work(database, SystemClock(), {})
        return Worker(test_database.app_url, TASKS, work, queues=["territories"])

    return Office(api, test_database.owner_url, make_worker)


def _scenario(design: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in design["summary"]["scenarios"] if one["name"] == name
    )
    return found


@pytest.mark.integration
def test_a_design_tells_its_curve(office: Office) -> None:
    design = office.make()
    assert (design["status"], design["share"]) == ("done", 1)
    names = [one["name"] for one in design["summary"]["scenarios"]]
    assert names == ["keep", "mend", "shift", "even", "fresh"]
    keep, even = _scenario(design, "keep"), _scenario(design, "even")
    assert keep["deviation"] > 0.3
    assert even["deviation"] <= 0.05
    assert keep["moved"][0] < even["moved"][0]
    assert all(one["split_cells"] == [] for one in design["summary"]["scenarios"])


@pytest.mark.integration
def test_a_scenario_is_published_as_realignments_that_can_be_undone(office: Office) -> None:
    design = office.make()
    before = office.counts()
    body = {"scenario": "even", "hold_over_days": 3}
    answer = office.call("POST", f"/{design['id']}/publish", body)
    assert answer.status_code == 200, answer.text
    published = answer.json()
    assert published["published_scenario"] == "even"
    headers = office.api.as_(office.org.manager)
    for one in published["realignment_ids"]:
        preview = office.api.client.get(f"/v1/realignments/{one}/preview", headers=headers)
        applied = office.api.client.post(
            f"/v1/realignments/{one}/apply",
            headers=headers,
            json={"fingerprint": preview.json()["fingerprint"]},
        )
        assert applied.is_success, applied.text
    after = office.counts()
    total = sum(after.values())
    assert all(abs(count / (total / 2) - 1) <= 0.05 for count in after.values())
    for one in reversed(published["realignment_ids"]):
        undone = office.api.client.post(f"/v1/realignments/{one}/undo", headers=headers)
        assert undone.is_success, undone.text
    assert office.counts() == before


@pytest.mark.integration
def test_a_later_day_is_kept_by_the_realignments(office: Office) -> None:
    design = office.make()
    day = str(datetime.now(UTC).date() + timedelta(40))
    answer = office.call(
        "POST", f"/{design['id']}/publish", {"scenario": "even", "effective_on": day}
    )
    headers = office.api.as_(office.org.manager)
    for one in answer.json()["realignment_ids"]:
        found = office.api.client.get(f"/v1/realignments/{one}", headers=headers).json()
        assert found["effective_on"] == day


@pytest.mark.integration
def test_a_design_is_published_once(office: Office) -> None:
    design = office.make()
    for status in (200, 409):
        answer = office.call("POST", f"/{design['id']}/publish", {"scenario": "even"})
        assert answer.status_code == status
    assert answer.json()["code"] == "design_published"


@pytest.mark.integration
def test_the_cells_of_a_scenario_are_told(office: Office) -> None:
    design = office.make()
    answer = office.call("GET", f"/{design['id']}/scenarios/even")
    cells = answer.json()
    assert len(cells["cells"]) == len(cells["territories"]) == design["summary"]["cells"]
    assert set(cells["territories"]) == {0, 1}
    assert office.call("GET", f"/{design['id']}/scenarios/nothing").status_code == 404


@pytest.mark.integration
def test_locked_accounts_stay_and_homes_are_kept(office: Office) -> None:
    locked = [
        str(row[0])
        for row in _rows(
            office.url,
            f"SELECT id FROM account WHERE territory_id = '{office.west}'"
            " ORDER BY ST_X(location) DESC LIMIT 4",
        )
    ]
    design = office.make(
        territories=[
            {
                "territory_id": str(office.west),
                "locked_account_ids": locked,
                "home": [24.91, 60.17],
            },
            {"territory_id": str(office.east), "home": [24.99, 60.17]},
        ]
    )
    assert design["status"] == "done"
    answer = office.call("POST", f"/{design['id']}/publish", {"scenario": "even"}).json()
    moved = _rows(
        office.url,
        "SELECT jsonb_array_elements_text(plan -> 'selection' -> 'account_ids') FROM realignment",
    )
    assert answer["realignment_ids"]
    assert not {row[0] for row in moved} & set(locked)


@pytest.mark.integration
def test_rules_that_cannot_hold_end_the_design_with_their_names(office: Office) -> None:
    design = office.make(
        territories=[
            {
                "territory_id": str(one),
                "limits": [{"kind": "accounts", "most": 10}],
            }
            for one in (office.west, office.east)
        ]
    )
    assert design["status"] == "failed"
    assert design["failure"]["code"] == "rules_impossible"
    assert "may have 20 of accounts together" in design["failure"]["detail"]


@pytest.mark.integration
def test_territories_without_accounts_end_the_design(office: Office) -> None:
    execute(office.url, "UPDATE account SET deleted_at = now()")
    design = office.make()
    assert (design["status"], design["failure"]["field"]) == ("failed", "territories")


@pytest.mark.integration
def test_a_cancelled_design_is_not_made(office: Office) -> None:
    asked = office.ask().json()
    assert office.call("POST", f"/{asked['id']}/cancel").json()["status"] == "cancelled"
    office.make_worker().run_due()
    assert office.read(asked["id"])["status"] == "cancelled"
    answer = office.call("POST", f"/{asked['id']}/publish", {"scenario": "even"})
    assert (answer.status_code, answer.json()["code"]) == (409, "design_not_done")


@pytest.mark.integration
def test_a_finished_design_cannot_be_cancelled(office: Office) -> None:
    answer = office.call("POST", f"/{office.make()['id']}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "design_finished")


@pytest.mark.integration
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"territories": [{"territory_id": "018f0000-0000-7000-8000-000000000000"}] * 2}, "[1]"),
        ({"measures": [{"kind": "work"}, {"kind": "work"}]}, "measures[0].kind"),
        ({"measures": [{"kind": "work", "weight": 0}]}, "measures"),
        ({"resolution": 12}, "resolution"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    office: Office, changes: dict[str, Any], field: str
) -> None:
    answer = office.ask(**changes)
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]


@pytest.mark.integration
def test_a_territory_that_is_not_there_is_refused(office: Office) -> None:
    strange = {"territory_id": "018f0000-0000-7000-8000-000000000000"}
    answer = office.ask(territories=[{"territory_id": str(office.west)}, strange])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "territories[1].territory_id"


@pytest.mark.integration
def test_another_organisation_and_reps_see_nothing(office: Office, other_org: Any) -> None:
    design = office.make()
    assert office.call("GET", f"/{design['id']}", who=office.org.rep).status_code == 403
    assert office.call("GET", f"/{design['id']}", who=other_org.manager).status_code == 404
    assert office.call("GET", who=other_org.manager).json()["items"] == []
    listed = office.call("GET").json()["items"]
    assert [one["id"] for one in listed] == [design["id"]]
