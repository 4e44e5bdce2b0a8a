"""A manager plans a rep's weeks, watches, accepts; the days then take their accounts from it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.jobs import Work
from backend.jobs.worker import Worker
from backend.routes.engines import Engines
from backend.routes.weeks.tasks import TASKS
from tests.integration.routes.conftest import Town
from tests.support.databases import TestDatabase
from tests.support.ground import execute

TODAY = datetime.now(UTC).date()
NEXT_MONDAY = TODAY + timedelta(7 - TODAY.weekday())
SHOPS = 8
PATH = "/v1/coverage-plans"


@dataclass(frozen=True)
class Office:
    """The town with a few shops, and the worker that plans."""

    town: Town
    run: Callable[[], None]

    def post(self, who: Actor, path: str = "", body: Any = None) -> httpx.Response:
        headers = self.town.api.as_(who)
        return self.town.api.client.post(f"{PATH}{path}", headers=headers, json=body)

    def ask(self, who: Actor | None = None, **request: Any) -> httpx.Response:
        """Ask for the rep's next four weeks as the manager, unless said otherwise."""
        org = self.town.org
        body = {"rep_ids": [str(org.rep.user_id)], "from_on": str(NEXT_MONDAY), **request}
        return self.post(who or org.manager, "", body)

    def plan(self, **request: Any) -> dict[str, Any]:
        """Return the rep's planned weeks, whole."""
        answer = self.ask(**request)
        assert answer.status_code == 202, answer.text
        self.run()
        return self.detail(answer.json()[0]["id"])

    def detail(self, plan_id: str) -> dict[str, Any]:
        answer = self.town.get(self.town.org.manager, f"{PATH}/{plan_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def office(town: Town, test_database: TestDatabase, database: Database, engines: Engines) -> Office:
    """Eight shops: two weekly, two fortnightly, four monthly."""
    ids = sorted(town.shops)
    execute(town.url, "DELETE FROM account WHERE NOT id = ANY (%s::uuid[])", ids[:SHOPS])
    for key, frequency in zip(ids[:4], ("4", "4", "2.1", "2"), strict=True):
        execute(
            town.url,
            "UPDATE account SET opening_hours = NULL, visit_frequency = %s WHERE id = %s",
            frequency,
            key,
        )
    execute(town.url, "UPDATE account SET opening_hours = NULL")
    work = Work(database, SystemClock(), {Engines: engines})
    worker = Worker(test_database.app_url, TASKS, work)
    return Office(town, worker.run_due)


def _visits(plan: dict[str, Any]) -> Counter[str]:
    return Counter(stop["account_id"] for day in plan["result"]["days"] for stop in day["stops"])


def test_weeks_are_planned_as_often_as_asked_for_and_told_with_figures(office: Office) -> None:
    answer = office.ask()
    assert answer.status_code == 202, answer.text
    (asked,) = answer.json()
    assert (asked["status"], asked["summary"], asked["share"]) == ("queued", None, 0)
    office.run()
    detail = office.detail(asked["id"])
    plan, summary = detail["plan"], detail["plan"]["summary"]
    assert (plan["status"], plan["failure"], plan["share"]) == ("done", None, 1)
    ids = [str(one) for one in sorted(office.town.shops)[:SHOPS]]
    assert _visits(detail) == dict(zip(ids, (4, 4, 2, 2, 1, 1, 1, 1), strict=True))
    assert summary["visits"] == 16
    assert (summary["missed"], summary["is_estimate"]) == (0, False)
    assert [(one["frequency"], one["accounts"], one["kept"]) for one in summary["frequencies"]] == [
        ("4", 2, 2), ("2", 1, 1), ("2.1", 1, 1), ("1", 4, 4),
    ]  # fmt: skip
    assert 0 < summary["bound_seconds"] <= summary["travel_seconds"]
    days = detail["result"]["days"]
    assert all(date.fromisoformat(day["on_date"]).weekday() < 5 for day in days)
    assert sum(day["distance_m"] for day in days) == summary["distance_m"]
    for day in days:
        service = len(day["stops"]) * 15 * 60
        assert day["load_seconds"] == service + day["travel_seconds"] <= day["capacity_seconds"]
    odd = {(date.fromisoformat(day["on_date"]) - NEXT_MONDAY).days // 7 % 2
           for day in days for stop in day["stops"] if stop["account_id"] == ids[2]}  # fmt: skip
    assert odd == {0}


def test_an_accepted_plan_says_who_is_due_on_its_days(office: Office) -> None:
    detail = office.plan()
    plan_id = detail["plan"]["id"]
    accepted = office.post(office.town.org.manager, f"/{plan_id}/accept").json()
    assert accepted["status"] == "accepted"
    assert accepted["accepted_by"] == str(office.town.org.manager.user_id)
    day = next(day for day in detail["result"]["days"] if day["stops"])
    route = office.town.planned(on_date=day["on_date"], profile="car")
    known = {stop["account_id"] for stop in route["stops"]}
    assert known == {stop["account_id"] for stop in day["stops"]}
    assert route["dropped"] == []
    rest = next(day for day in detail["result"]["days"] if not day["stops"])
    assert office.town.planned(on_date=rest["on_date"])["stops"] == []


def test_the_same_inputs_give_the_same_plan(office: Office) -> None:
    detail = office.plan(seed=5)
    answer = office.post(office.town.org.manager, f"/{detail['plan']['id']}/replay")
    assert answer.status_code == 202, answer.text
    execute(office.town.url, "UPDATE account SET visit_minutes = 60")
    office.run()
    again = office.detail(answer.json()["id"])
    assert again["plan"]["replay_of"] == detail["plan"]["id"]
    assert again["plan"]["summary"]["is_same"] is True
    assert again["result"] == detail["result"]
    assert new_id() != UUID(again["plan"]["id"])
