"""An office in Helsinki that plans a rep's weeks: a few shops, and the worker that plans."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
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
    shops: list[UUID]
    make_worker: Callable[[], Worker]

    def run(self) -> None:
        """Do the jobs that wait."""
        self.make_worker().run_due()

    def post(self, who: Actor, path: str = "", body: Any = None) -> httpx.Response:
        headers = self.town.api.as_(who)
        return self.town.api.client.post(f"{PATH}{path}", headers=headers, json=body)

    def ask(self, who: Actor | None = None, **request: Any) -> httpx.Response:
        """Ask for the rep's next four weeks as the manager, unless said otherwise."""
        org = self.town.org
        usual = {"from_on": str(NEXT_MONDAY), "works_on_holidays": True}
        body = {"rep_ids": [str(org.rep.user_id)], **usual, **request}
        return self.post(who or org.manager, "", body)

    def plan(self, **request: Any) -> dict[str, Any]:
        """Return the rep's planned weeks, whole."""
        answer = self.ask(**request)
        assert answer.status_code == 202, answer.text
        self.run()
        return self.detail(answer.json()["plans"][0]["id"])

    def detail(self, plan_id: str) -> dict[str, Any]:
        answer = self.town.get(self.town.org.manager, f"{PATH}/{plan_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def everywhere(
    town: Town, test_database: TestDatabase, database: Database, engines: Engines
) -> Office:
    """All shops of the town, open at all times, once a month."""
    execute(town.url, "UPDATE account SET opening_hours = NULL")

    def make_worker() -> Worker:
        work = Work(database, SystemClock(), {Engines: engines})
        return Worker(test_database.app_url, TASKS, work)

    return Office(town, sorted(town.shops), make_worker)


@pytest.fixture
def office(everywhere: Office) -> Office:
    """Eight shops: two weekly, two fortnightly, four monthly."""
    url, kept = everywhere.town.url, everywhere.shops[:SHOPS]
    execute(url, "DELETE FROM account WHERE NOT id = ANY (%s::uuid[])", kept)
    for key, frequency in zip(kept[:4], ("4", "4", "2.1", "2"), strict=True):
        execute(url, "UPDATE account SET visit_frequency = %s WHERE id = %s", frequency, key)
    return Office(everywhere.town, kept, everywhere.make_worker)
