"""Plan against actual over the real streets: who kept the plan, and who may see it."""

import pytest

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.ids import new_id
from backend.jobs import Work
from backend.routes.engines import Engines
from backend.routes.followup import service
from backend.routes.followup.tasks import TASKS
from tests.integration.routes.followup.conftest import NOON, PAST, Field
from tests.support.ground import execute
from tests.support.people import Org

pytestmark = pytest.mark.integration


def test_a_kept_and_a_missed_visit_are_told_with_their_figures(field: Field) -> None:
    count = len(field.stops)
    field.visit(0, late=0, outcome="ordered")
    field.visit(1, late=10)
    field.visit(2, late=20, outcome="not_in")

    day = field.actual()

    measures = day["measures"]
    assert (measures["planned"], measures["done"], measures["missed"]) == (count, 3, count - 3)
    assert measures["completion"] == round(3 / count, 3)
    assert measures["order_kept"] == 1.0
    assert measures["strike_rate"] == round(1 / 3, 3)
    assert measures["late_median_minutes"] == 10.0
    assert measures["late_p90_minutes"] == 18.0
    assert [one["verdict"] for one in day["visits"]] == ["done"] * 3 + ["missed"] * (count - 3)
    assert {one["reason"] for one in day["visits"][3:]} == {"not_visited"}
    assert day["mileage"]["source"] == "check_ins"
    assert day["mileage"]["is_estimate"] is True
    assert day["mileage"]["distance_m"] > 0


def test_days_that_take_too_long_are_settled_by_a_job(
    field: Field, database: Database, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    field.visit(0)
    field.visit(1)
    monkeypatch.setattr(service, "_SETTLE_S", 0.0)

    first, second = field.period().json(), field.period().json()

    assert first["unsettled_days"] == second["unsettled_days"] == 1
    assert first["total"]["mileage_m"] == 0
    ((name, args, priority),) = execute(
        field.town.url, "SELECT task_name, args, priority FROM jobs.procrastinate_jobs"
    )
    assert (name, priority < 0) == ("routes.settle", True)
    task = next(one for one in TASKS if one.name == name)
    task.call(Work(database, SystemClock(), {Engines: engines}), args)
    settled = field.period().json()
    assert settled["unsettled_days"] == 0
    assert settled["total"]["mileage_m"] > 0


def test_a_period_is_the_sum_of_its_weeks(field: Field) -> None:
    field.visit(0)
    field.visit(1, late=24 * 60)
    one_week = field.period().json()

    quarter = field.period(from_date="2026-09-20", to_date="2026-12-20").json()
    split = field.period(from_date="2026-11-10", to_date="2026-11-22").json()

    assert quarter["total"] == split["total"] == one_week["total"]
    assert one_week["total"]["extra"] == 1


def test_a_rep_sees_the_own_figures_only(field: Field) -> None:
    field.visit(0)
    org = field.town.org
    own = field.period(org.rep).json()
    assert [one["rep_id"] for one in own["reps"]] == [str(org.rep.user_id)]
    assert own["total"]["done"] == 1
    assert field.actual(org.rep)["rep_id"] == str(org.rep.user_id)
    assert field.actual(org.analyst) == field.actual(org.rep)

    assert field.period(org.other_rep).json()["reps"] == []
    path = f"/v1/routes/{field.route['id']}/actual"
    day = {"rep_id": str(org.rep.user_id), "on_date": PAST}
    for answer in (
        field.period(org.other_rep, rep_id=org.rep.user_id),
        field.town.get(org.other_rep, path),
        field.town.get(org.other_rep, "/v1/followup/day", **day),
        field.town.get(org.other_rep, "/v1/followup/alarms", rep_id=org.rep.user_id),
        field.town.get(org.other_rep, "/v1/followup/objections", rep_id=org.rep.user_id),
        field.period(rep_id=new_id()),
        field.town.get(org.manager, "/v1/followup/day", rep_id=new_id(), on_date=PAST),
    ):
        assert answer.status_code == 404, answer.text


def test_another_organisation_sees_nothing(field: Field, other_org: Org) -> None:
    field.visit(0)
    manager = other_org.manager

    assert field.period(manager).json()["reps"] == []
    assert field.period(manager, rep_id=field.town.org.rep.user_id).status_code == 404
    path = f"/v1/routes/{field.route['id']}/actual"
    assert field.town.get(manager, path).status_code == 404


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ({"from_date": "2026-11-22", "to_date": "2026-11-16"}, "dates_reversed"),
        ({"from_date": "2026-01-01", "to_date": "2026-11-16"}, "period_too_long"),
        ({"from_date": "yesterday"}, "malformed"),
    ],
    ids=["reversed", "too long", "no date"],
)
def test_bad_periods_are_told(field: Field, period: dict[str, str], code: str) -> None:
    answer = field.period(**period)

    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["code"] == code


def test_coverage_counts_accounts_that_are_held_over(field: Field) -> None:
    org, url = field.town.org, field.town.url
    field.visit(0)
    due = field.period().json()["total"]["due"]
    account_id = new_id()
    execute(
        url,
        "INSERT INTO account (org_id, id, name, location, location_source, owner_id)"
        " VALUES (%s, %s, 'Lent', ST_SetSRID(ST_MakePoint(25.2, 60.3), 4326), 'manual', %s)",
        org.id, account_id, org.other_rep.user_id,
    )  # fmt: skip
    assert field.period().json()["total"]["due"] == due
    execute(
        url,
        "INSERT INTO account_holdover (org_id, user_id, account_id, until_on)"
        " VALUES (%s, %s, %s, '2199-01-01')",
        org.id, org.rep.user_id, account_id,
    )  # fmt: skip

    assert field.period().json()["total"]["due"] == due + 1


def test_the_day_of_a_visit_is_the_one_in_the_organisations_time_zone(field: Field) -> None:
    field.visit(0)
    due = field.period().json()["total"]["due"]
    # Sunday evening in UTC is Monday in Helsinki: within the period, and no visit before it.
    execute(
        field.town.url,
        "UPDATE account SET last_visit_at = '2026-11-15T22:30Z' WHERE id = %s",
        field.stops[-1]["account_id"],
    )

    assert field.period().json()["total"]["due"] == due


def test_coverage_counts_due_accounts_and_those_visited(field: Field) -> None:
    due = len(field.town.shops)
    field.visit(0)
    field.visit(1, outcome="ordered")
    # One was visited the week before, and is not due again.
    execute(
        field.town.url,
        "UPDATE account SET last_visit_at = '2026-11-09' WHERE id = %s",
        field.stops[-1]["account_id"],
    )

    measures = field.period().json()["reps"][0]["measures"]

    assert (measures["due"], measures["covered"]) == (due - 1, 2)
    assert measures["coverage"] == round(2 / (due - 1), 3)


def test_a_visit_made_the_day_after_is_missed_on_one_and_extra_on_the_other(
    field: Field,
) -> None:
    field.visit(0, late=24 * 60)

    monday = field.actual()["visits"][0]
    day = {"rep_id": str(field.town.org.rep.user_id), "on_date": "2026-11-17"}
    tuesday = field.town.get(field.town.org.manager, "/v1/followup/day", **day).json()

    assert (monday["verdict"], monday["reason"]) == ("missed", "another_day")
    assert [one["verdict"] for one in tuesday["visits"]] == ["extra"]
    total = field.period().json()["total"]
    assert (total["done"], total["extra"]) == (0, 1)
    objections = [
        field.object_to(field.town.org.rep, visit_id=field.stops[0]["visit_id"], on_date=on_date)
        for on_date in ("2026-11-16", "2026-11-17", "2026-11-18")
    ]
    assert [one.status_code for one in objections] == [201, 201, 422]


def test_visits_without_times_and_positions_are_taken_as_they_are(field: Field) -> None:
    execute(
        field.town.url,
        "UPDATE visit SET status = 'done', outcome = 'met', done_at = %s WHERE id = %s",
        NOON, field.stops[0]["visit_id"],
    )  # fmt: skip

    day = field.actual()

    assert day["visits"][0]["verdict"] == "done"
    assert day["visits"][0]["late_minutes"] is None
    assert day["measures"]["unproven"] == 1
    assert day["measures"]["late_median_minutes"] is None
    assert day["mileage"]["distance_m"] == 0


def test_a_day_that_nobody_planned_is_told_too(field: Field) -> None:
    org = field.town.org
    answer = field.town.get(org.rep, "/v1/followup/day", on_date="2026-11-18")

    assert answer.status_code == 200, answer.text
    assert answer.json()["visits"] == []
    assert answer.json()["mileage"] is None


def test_drifts_are_listed_for_the_weeks_asked(field: Field) -> None:
    answer = field.town.get(field.town.org.manager, "/v1/followup/alarms", weeks=6)

    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == []
    assert field.town.get(field.town.org.rep, "/v1/followup/alarms", weeks=99).status_code in {
        400, 422,
    }  # fmt: skip
