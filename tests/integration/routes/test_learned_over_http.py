"""What visits and ways really took feeds the next plan, unless somebody says no."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.jobs import Work
from backend.routes.engines import Engines
from backend.routes.followup import learned_repository, teaching
from backend.routes.followup.learning import Learned
from backend.routes.followup.tasks import TASKS
from backend.routes.weeks.planning import WorkerEnding
from tests.integration.routes.conftest import Town
from tests.support.ground import execute
from tests.support.people import Org

pytestmark = pytest.mark.integration


def _learn(database: Database, town: Town) -> None:
    engines = town.api.client.app.state.parts[Engines]
    work = Work(database, SystemClock(), {Engines: engines})
    task = next(one for one in TASKS if one.name == "routes.learn")
    task.call(work, {"org_id": str(town.org.id)})


def _visited(town: Town, account_id: UUID, minutes: int, times: int) -> None:
    """Add visits of so many minutes, one a day from a month ago on."""
    for day in range(times):
        came = SystemClock().now() - timedelta(days=30 - day)
        execute(
            town.url,
            "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome,"
            " checked_in_at, done_at) VALUES (%s, %s, %s, %s, %s, 'done', 'met', %s, %s)",
            town.org.id, new_id(), account_id, town.org.rep.user_id, came.date(), came,
            came + timedelta(minutes=minutes),
        )  # fmt: skip


def _call(
    town: Town, method: str, subject: str, key: object, who: Actor | None = None, **body: Any
) -> httpx.Response:
    return town.api.client.request(
        method,
        f"/v1/followup/learned/{subject}/{key}",
        headers=town.api.as_(who or town.org.manager),
        json=body or None,
    )


def _stop(route: dict[str, Any], account_id: UUID) -> tuple[int, bool]:
    """Return how many minutes the plan gives an account, and whether it learned them."""
    (stop,) = [one for one in route["stops"] if one["account_id"] == str(account_id)]
    start, leave = (datetime.fromisoformat(stop[name]) for name in ("start_at", "leave_at"))
    return (leave - start) // timedelta(minutes=1), stop["is_learned"]


def test_a_visit_that_lasts_twice_as_long_is_planned_so_next_week(
    town: Town, database: Database
) -> None:
    shop, other = list(town.shops)[:2]
    _visited(town, shop, 30, times=8)
    wish = {"account_ids": [str(shop), str(other)], "max_candidates": 2}
    assert _stop(town.planned(**wish), shop) == (15, False)

    _learn(database, town)
    _learn(database, town)

    (value,) = town.get(town.org.analyst, "/v1/followup/learned").json()["items"]
    assert (value["subject"], value["key"]) == ("account", str(shop))
    assert value["name"] == town.shops[shop].name
    assert (value["planned"], value["value"], value["observations"]) == (15, 25, 8)
    route = town.planned(**wish)
    assert _stop(route, shop) == (25, True)
    assert _stop(route, other) == (15, False)


def test_a_planner_says_no_or_knows_better(town: Town, database: Database) -> None:
    shop = next(iter(town.shops))
    _visited(town, shop, 30, times=8)
    _learn(database, town)
    wish = {"account_ids": [str(shop)], "max_candidates": 1}

    fixed = _call(town, "PATCH", "account", shop, fixed_value=40)
    assert fixed.status_code == 200, fixed.text
    assert fixed.json()["in_use"] == 40
    assert _stop(town.planned(**wish), shop) == (40, True)

    taken_back = _call(town, "PATCH", "account", shop, fixed_value=None)
    assert taken_back.json()["in_use"] == 25

    forgotten = _call(town, "DELETE", "account", shop)
    assert forgotten.json()["in_use"] is None
    _learn(database, town)
    assert _stop(town.planned(**wish), shop) == (15, False), "it does not come back by itself"


def test_what_was_forgotten_while_learning_is_not_learned(town: Town, database: Database) -> None:
    org, now = town.org, SystemClock().now()
    hours = [Learned("hour", f"car-{hour}", 150, 20, 1.6) for hour in (8, 9)]
    with database.for_org(org.id) as connection:
        since = learned_repository.select_since(connection, org.id)
    assert _call(town, "DELETE", "hour", "car-8").status_code == 200

    with database.for_org(org.id) as connection:
        learned_repository.replace_learned(connection, org.id, hours, since, now=now)

    items = town.get(org.analyst, "/v1/followup/learned").json()["items"]
    assert [one["key"] for one in items] == ["car-9"]


def test_learning_stops_when_its_worker_has_to_end(town: Town, database: Database) -> None:
    work = Work(database, SystemClock(), {Engines: town.api.client.app.state.parts[Engines]})
    work.end()

    with pytest.raises(WorkerEnding):
        teaching.learn(work, town.org.id)


def test_an_hour_that_is_slower_stretches_the_ways_of_a_plan(town: Town) -> None:
    usual = town.planned(max_candidates=6)
    for hour in range(8, 18):
        answer = _call(town, "PATCH", "hour", f"car-{hour}", fixed_value=150)
        assert answer.status_code == 200, answer.text
    slow = town.planned(max_candidates=6)
    told = town.planned(max_candidates=6, traffic_percent=100)

    assert usual["traffic_percent"] == told["traffic_percent"] == 100
    assert slow["traffic_percent"] == 150
    assert slow["travel_seconds"] > 1.3 * usual["travel_seconds"]
    assert told["travel_seconds"] == usual["travel_seconds"]


def test_a_category_changes_accounts_that_nobody_visited(town: Town) -> None:
    shop, place = next((key, one) for key, one in town.shops.items() if one.category)

    _call(town, "PATCH", "category", place.category, fixed_value=200)

    wish = {"account_ids": [str(shop)], "max_candidates": 1}
    assert _stop(town.planned(**wish), shop) == (30, True)


@pytest.mark.parametrize("who", ["rep", "analyst", "agent"])
def test_only_planners_decide(town: Town, who: str) -> None:
    actor = getattr(town.org, who)

    for method, body in (("PATCH", {"fixed_value": 20}), ("DELETE", {})):
        answer = _call(town, method, "hour", "car-8", actor, **body)
        assert answer.status_code == 403
    assert town.get(actor, "/v1/followup/learned").status_code == (403 if who == "rep" else 200)


@pytest.mark.parametrize(
    ("subject", "key", "value", "field"),
    [
        ("hour", "car-24", 100, "key"),
        ("hour", "car", 100, "key"),
        ("hour", "car-8", 10, "fixed_value"),
        ("account", "nobody", 20, "key"),
        ("account", "01890000-0000-7000-8000-000000000000", 20, "key"),
        ("account", "01890000-0000-7000-8000-000000000000", 0, "fixed_value"),
        ("category", "supermarket", 481, "fixed_value"),
        ("category", "no such thing", 100, "key"),
    ],
    ids=[
        "hour 24",
        "no hour",
        "10 per cent",
        "no id",
        "unknown",
        "no minutes",
        "too many",
        "no kind",
    ],
)
def test_bad_decisions_are_told(town: Town, subject: str, key: str, value: int, field: str) -> None:
    answer = _call(town, "PATCH", subject, key, fixed_value=value)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].endswith(field)


def test_another_organisations_account_is_not_there(town: Town, other_org: Org) -> None:
    shop = next(iter(town.shops))

    answer = _call(town, "PATCH", "account", shop, other_org.manager, fixed_value=20)

    assert answer.status_code == 422
    assert town.get(other_org.manager, "/v1/followup/learned").json()["items"] == []


def test_learning_can_be_asked_for(town: Town) -> None:
    for _ in range(2):
        answer = town.api.client.post(
            "/v1/followup/learned/refresh", headers=town.api.as_(town.org.manager)
        )
        assert answer.status_code == 202, answer.text

    jobs = execute(town.url, "SELECT task_name, args, lock FROM jobs.procrastinate_jobs")
    org_id = str(town.org.id)
    assert jobs == [("routes.learn", {"org_id": org_id}, f"routes.learn {org_id}")]
