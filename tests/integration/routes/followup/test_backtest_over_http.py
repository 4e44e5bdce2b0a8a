"""Past days planned anew by a job: figures, progress, an end, and who may ask."""

from datetime import date, time
from typing import Any, NoReturn
from uuid import UUID

import httpx
import psycopg2
import pytest

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.jobs import Work
from backend.jobs.worker import Worker
from backend.routes.engines import Engines
from backend.routes.followup.backtest_repository import add_day, begin, find_first_request
from backend.routes.followup.backtest_schemas import BacktestDay
from backend.routes.followup.tasks import TASKS
from backend.routes.weeks.planning import WorkerEnding
from tests.integration.routes.conftest import Town
from tests.integration.routes.followup.conftest import PAST, Field
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.people import Org

pytestmark = pytest.mark.integration

_TASK = next(task for task in TASKS if task.name == "routes.backtest")
_PATH = "/v1/followup/backtests"


def _post(town: Town, path: str, who: Actor | None = None, **body: Any) -> httpx.Response:
    return town.api.client.post(
        f"{_PATH}{path}", headers=town.api.as_(who or town.org.manager), json=body
    )


def _ask(field: Field, who: Actor | None = None, **changes: Any) -> httpx.Response:
    period = {"from_date": "2026-11-16", "to_date": "2026-11-18"}
    wish = {"rep_id": str(field.town.org.rep.user_id), **period, **changes}
    return _post(field.town, "", who, **wish)


def _run(field: Field, database: Database, engines: Engines, backtest_id: str) -> None:
    work = Work(database, SystemClock(), {Engines: engines})
    _TASK.call(work, {"org_id": str(field.town.org.id), "backtest_id": backtest_id})


def _get(field: Field, backtest_id: str) -> dict[str, Any]:
    answer = field.town.get(field.town.org.analyst, f"{_PATH}/{backtest_id}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_day_driven_criss_cross_is_shorter_planned_anew(
    field: Field, database: Database, engines: Engines
) -> None:
    count = len(field.stops)
    for index in range(count):  # there and back again, a quarter of a day apart
        field.visit(index, late=(index % 2) * 300)
    asked = _ask(field)
    assert asked.status_code == 202, asked.text
    backtest = asked.json()["backtest"]
    assert (backtest["state"], backtest["days_done"]) == ("queued", 0)
    assert execute(field.town.url, "SELECT task_name FROM jobs.procrastinate_jobs") == [
        ("routes.backtest",)
    ]

    _run(field, database, engines, backtest["id"])
    _run(field, database, engines, backtest["id"])

    told = _get(field, backtest["id"])
    assert told["backtest"]["state"] == "done"
    assert (told["backtest"]["days_total"], told["backtest"]["days_done"]) == (1, 1)
    (day,) = told["backtest"]["days"]
    assert day["on_date"] == PAST
    assert day["problem"] is None
    assert (day["accounts"], day["visited"], day["would_visit"]) == (count, count, count)
    assert 0 < day["would_drive_m"] < day["driven_m"]
    assert 0 < day["would_take_minutes"] <= day["minutes"]
    assert told["total"]["would_drive_m"] == day["would_drive_m"]
    assert told["total"]["missed"] == told["total"]["would_miss"] == 0


def test_visits_of_a_past_day_take_as_long_as_their_kind(
    field: Field, database: Database, engines: Engines
) -> None:
    execute(field.town.url, "UPDATE account SET opening_hours = NULL")
    for index in range(len(field.stops)):
        field.visit(index)
    execute(field.town.url, "UPDATE visit SET kind = 'routine'")
    served = [one["visit_id"] for one in field.stops[:2]]
    execute(
        field.town.url, "UPDATE visit SET kind = 'delivery' WHERE id = ANY (%s::uuid[])", served
    )
    minutes = []
    for delivery in (15, 45):
        field.town.api.client.patch(
            "/v1/followup/learned/kind/delivery",
            headers=field.town.api.as_(field.town.org.manager),
            json={"fixed_value": delivery},
        )
        backtest_id = _ask(field).json()["backtest"]["id"]
        _run(field, database, engines, backtest_id)
        (day,) = _get(field, backtest_id)["backtest"]["days"]
        assert day["would_visit"] == len(field.stops)
        minutes.append(day["would_take_minutes"])
    assert minutes[1] - minutes[0] == 2 * 30


def test_the_present_plan_and_visits_stay_as_they_are(
    field: Field, database: Database, engines: Engines
) -> None:
    field.visit(0)
    before = execute(field.town.url, "SELECT id, status, rv FROM visit ORDER BY id")
    routes = execute(field.town.url, "SELECT id, status, rv FROM route ORDER BY id")

    _run(field, database, engines, _ask(field).json()["backtest"]["id"])

    assert execute(field.town.url, "SELECT id, status, rv FROM visit ORDER BY id") == before
    assert execute(field.town.url, "SELECT id, status, rv FROM route ORDER BY id") == routes


def test_a_backtest_that_was_stopped_does_nothing_more(
    field: Field, database: Database, engines: Engines
) -> None:
    field.visit(0)
    backtest_id = _ask(field).json()["backtest"]["id"]
    assert _ask(field).json()["code"] == "backtest_under_way"

    stopped = _post(field.town, f"/{backtest_id}/cancel")
    assert stopped.json()["backtest"]["state"] == "cancelled"
    _run(field, database, engines, backtest_id)

    assert _get(field, backtest_id)["backtest"]["days"] == []
    assert _post(field.town, f"/{backtest_id}/cancel").status_code == 409
    assert _ask(field).status_code == 202


def test_a_day_that_cannot_be_planned_says_why(
    field: Field, database: Database, engines: Engines
) -> None:
    field.visit(0)
    execute(
        field.town.url,
        "UPDATE route SET inputs = jsonb_set(inputs, '{request,start}', '[24.95, 59.9]')",
    )
    backtest_id = _ask(field).json()["backtest"]["id"]

    _run(field, database, engines, backtest_id)

    told = _get(field, backtest_id)
    assert "street" in told["backtest"]["days"][0]["problem"]
    assert told["backtest"]["state"] == "done"
    assert told["total"]["days"] == 0


def test_a_backtest_that_fails_ends_with_its_reason_and_lets_others_go_on(
    field: Field, database: Database, engines: Engines, test_database: TestDatabase
) -> None:
    org = field.town.org
    field.visit(0)
    execute(field.town.url, "UPDATE route SET inputs = jsonb_set(inputs, '{request,seed}', '[]')")
    broken = _ask(field).json()["backtest"]["id"]
    sound = _ask(field, rep_id=str(org.other_rep.user_id)).json()["backtest"]["id"]

    work = Work(database, SystemClock(), {Engines: engines})
    Worker(test_database.app_url, TASKS, work).run_due()

    told = _get(field, broken)["backtest"]
    assert (told["state"], told["failure"]["code"]) == ("failed", "planning_failed")
    assert told["ended_at"] is not None
    assert _get(field, sound)["backtest"]["state"] == "done"
    assert execute(field.town.url, "SELECT 1 FROM jobs.procrastinate_jobs") == []
    assert _ask(field).status_code == 202


def test_a_backtest_outlives_a_lost_database(
    field: Field, database: Database, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    field.visit(0)
    backtest_id = _ask(field).json()["backtest"]["id"]
    with monkeypatch.context() as broken:
        broken.setattr(engines, "network", _lose_database)
        with pytest.raises(psycopg2.OperationalError):
            _run(field, database, engines, backtest_id)
    assert _get(field, backtest_id)["backtest"]["state"] == "queued"

    _run(field, database, engines, backtest_id)

    assert _get(field, backtest_id)["backtest"]["state"] == "done"


def _lose_database(_profile: str) -> NoReturn:
    raise psycopg2.OperationalError("server closed the connection unexpectedly")


def test_the_first_plan_of_a_day_is_what_was_asked(field: Field, database: Database) -> None:
    field.visit(0)
    answer = field.town.api.client.post(
        f"/v1/routes/{field.route['id']}/replan",
        headers=field.town.api.as_(field.town.org.rep),
        json={"at": "14:00:00"},
    )
    assert answer.status_code == 201, answer.text

    org = field.town.org
    with database.for_org(org.id) as connection:
        request = find_first_request(connection, org.id, org.rep.user_id, date(2026, 11, 16))

    assert request is not None
    assert request.shift_start == time(8)


def test_a_backtest_goes_on_when_its_worker_had_to_end(
    field: Field, database: Database, engines: Engines
) -> None:
    field.visit(0)
    backtest_id = _ask(field).json()["backtest"]["id"]
    work = Work(database, SystemClock(), {Engines: engines})
    work.end()

    with pytest.raises(WorkerEnding):
        _TASK.call(work, {"org_id": str(field.town.org.id), "backtest_id": backtest_id})

    begun = _get(field, backtest_id)["backtest"]
    assert (begun["state"], begun["days_done"]) == ("running", 0)
    _run(field, database, engines, backtest_id)
    done = _get(field, backtest_id)["backtest"]
    assert (done["state"], done["days_done"]) == ("done", 1)


def test_a_day_is_kept_by_one_run_only(field: Field, database: Database) -> None:
    org, backtest_id = field.town.org, UUID(_ask(field).json()["backtest"]["id"])
    day = BacktestDay(
        on_date=date(2026, 11, 16),
        accounts=0,
        visited=0,
        would_visit=None,
        driven_m=None,
        would_drive_m=None,
        minutes=None,
        would_take_minutes=None,
        is_estimate=True,
        left_out=[],
        problem=None,
    )

    with database.for_org(org.id) as connection:
        begin(connection, org.id, backtest_id, 2)
        kept = [add_day(connection, org.id, backtest_id, day, index=at) for at in (0, 0, 1)]

    assert kept == [True, False, True]


def test_only_planners_ask_and_the_office_reads(field: Field, other_org: Org) -> None:
    org = field.town.org
    for who in (org.rep, org.analyst, org.agent):
        assert _ask(field, who).status_code == 403
    backtest_id = _ask(field).json()["backtest"]["id"]
    assert field.town.get(org.rep, f"{_PATH}/{backtest_id}").status_code == 403
    listed = field.town.get(org.agent, _PATH).json()["items"]
    assert [one["backtest"]["id"] for one in listed] == [backtest_id]
    assert field.town.get(other_org.manager, f"{_PATH}/{backtest_id}").status_code == 404
    assert field.town.get(other_org.manager, _PATH).json()["items"] == []
    assert _post(field.town, f"/{backtest_id}/cancel", other_org.manager).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"to_date": "2026-11-01"}, 422, "dates_reversed"),
        ({"from_date": "2026-09-01"}, 422, "period_too_long"),
        ({"to_date": "2096-01-01", "from_date": "2095-12-31"}, 422, "malformed"),
        ({"rep_id": str(new_id())}, 404, "not_found"),
    ],
    ids=["reversed", "too long", "to come", "nobody"],
)
def test_bad_backtests_are_told(
    field: Field, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = _ask(field, **changes)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
