"""Weeks that cannot be planned as asked: which field is wrong, and nothing is written."""

from datetime import timedelta
from typing import Any

import pytest

from backend.ids import new_id
from tests.integration.routes.weeks.conftest import NEXT_MONDAY, PATH, Office
from tests.support.ground import EAST, add_territory, execute
from tests.support.people import Org

WORKDAYS = [str(NEXT_MONDAY + timedelta(day)) for day in range(28) if day % 7 < 5]
STRANGER = "018f0000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("request_", "status", "code", "field"),
    [
        pytest.param({"rep_ids": [STRANGER]}, 404, "not_found", None, id="unknown rep"),
        pytest.param({"rep_ids": []}, 422, "malformed", "rep_ids", id="nobody"),
        pytest.param({"team_id": STRANGER}, 422, "malformed", "team_id", id="reps and team"),
        pytest.param(
            {"rep_ids": [], "team_id": STRANGER}, 404, "not_found", None, id="unknown team"
        ),
        pytest.param({"weeks": 13}, 422, "malformed", "weeks", id="13 weeks"),
        pytest.param({"weeks": 3}, 422, "malformed", "weeks", id="3 weeks"),
        pytest.param({"from_on": "1875-01-04"}, 422, "malformed", "from_on", id="long ago"),
        pytest.param({"days_off": WORKDAYS}, 422, "no_workday", "weekdays", id="all holidays"),
        pytest.param(
            {"shift_start": "17:00:00", "shift_end": "08:00:00"},
            422, "malformed", "shift_end", id="shift backwards",
        ),
        pytest.param(
            {"lunch_earliest": "14:00:00", "lunch_latest": "12:00:00"},
            422, "malformed", "lunch_latest", id="lunch backwards",
        ),
        pytest.param(
            {"rules": [{"account_id": STRANGER, "frequency": "7 times"}]},
            422, "frequency_unreadable", "rules[0].frequency", id="unreadable frequency",
        ),
        pytest.param(
            {"rules": [{"account_id": STRANGER, "frequency": "2"}]},
            422, "malformed", "rules", id="rule for a stranger",
        ),
        pytest.param(
            {"rules": [{"account_id": STRANGER}, {"account_id": STRANGER}]},
            422, "malformed", "rules[0].account_id", id="two rules",
        ),
        pytest.param(
            {"rules": [{"account_id": STRANGER, "min_gap_days": 9, "max_gap_days": 3}]},
            422, "malformed", "rules[0].max_gap_days", id="gaps swapped",
        ),
        pytest.param(
            {"account_ids": [STRANGER]}, 422, "malformed", "account_ids", id="strange account"
        ),
        pytest.param({"weekday": ["mon"]}, 422, "malformed", None, id="misspelt field"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_granted_names_its_field(
    office: Office, request_: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    answer = office.ask(**request_)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["code"] == code, problem
    assert problem["detail"]
    if field is not None:
        assert [one["field"] for one in problem["errors"]] == [field]
    assert execute(office.town.url, "SELECT count(*) FROM coverage_plan") == [(0,)]


def test_who_has_no_account_is_left_out_and_told(office: Office) -> None:
    org = office.town.org
    answer = office.ask(rep_ids=[str(org.other_rep.user_id), str(org.rep.user_id)])
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert [one["rep_id"] for one in told["plans"]] == [str(org.rep.user_id)]
    (left_out,) = told["left_out"]
    assert (left_out["rep_id"], left_out["rep_name"], left_out["code"]) == (
        str(org.other_rep.user_id), "Other Rep", "no_accounts",
    )  # fmt: skip
    assert left_out["detail"].startswith("Other Rep has no account to visit")
    alone = office.ask(rep_ids=[str(org.other_rep.user_id)])
    assert (alone.status_code, alone.json()["code"]) == (422, "no_accounts")
    assert "Other Rep" in alone.json()["detail"]


def test_who_shares_all_accounts_with_a_nearer_colleague_is_left_out(office: Office) -> None:
    url, org = office.town.url, office.town.org
    execute(
        url,
        "INSERT INTO territory_assignment (org_id, id, territory_id, user_id, valid_from)"
        " VALUES (%s, %s, %s, %s, '2020-01-01')",
        org.id, new_id(), office.town.territory, org.other_rep.user_id,
    )  # fmt: skip
    both = [str(org.rep.user_id), str(org.other_rep.user_id)]
    told = office.ask(rep_ids=both, account_ids=[str(office.shops[0])]).json()
    assert (len(told["plans"]), len(told["left_out"])) == (1, 1)
    assert "go to colleagues" in told["left_out"][0]["detail"]


def test_whose_weeks_are_being_planned_is_left_out_and_the_others_planned(office: Office) -> None:
    url, org = office.town.url, office.town.org
    assert office.ask().status_code == 202
    add_territory(url, org, "East", EAST, org.other_rep)
    execute(
        url,
        "UPDATE account SET location = ST_SetSRID(ST_MakePoint(24.97, 60.17), 4326) WHERE id = %s",
        office.shops[0],
    )
    answer = office.ask(rep_ids=[str(org.rep.user_id), str(org.other_rep.user_id)])
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert [one["rep_id"] for one in told["plans"]] == [str(org.other_rep.user_id)]
    (left_out,) = told["left_out"]
    assert left_out["code"] == "coverage_under_way"
    assert left_out["rep_name"] in left_out["detail"]
    again = office.ask()
    assert (again.status_code, again.json()["code"]) == (409, "coverage_under_way")
    assert left_out["rep_name"] in again.json()["detail"]


def test_accounts_without_a_place_are_told_and_the_others_planned(office: Office) -> None:
    url, lost = office.town.url, office.shops[0]
    execute(
        url,
        "UPDATE account SET location = NULL, location_source = NULL, territory_is_manual = true,"
        " territory_id = %s WHERE id = %s",
        office.town.territory, lost,
    )  # fmt: skip
    detail = office.plan()
    (dropped,) = detail["result"]["dropped"]
    assert (dropped["account_id"], dropped["rule"], dropped["week"]) == (
        str(lost),
        "no_place",
        None,
    )
    assert detail["plan"]["summary"]["visits"] == 12
    execute(url, "UPDATE account SET territory_is_manual = true")
    execute(url, "UPDATE account SET location = NULL, location_source = NULL")
    answer = office.ask()
    assert (answer.status_code, answer.json()["code"]) == (422, "no_accounts")
    assert "on the map" in answer.json()["detail"]


def test_an_account_in_the_sea_is_told_and_the_others_planned(office: Office) -> None:
    execute(
        office.town.url,
        "UPDATE account SET territory_is_manual = true, territory_id = %s,"
        " location = ST_SetSRID(ST_MakePoint(24.95, 59.9), 4326) WHERE id = %s",
        office.town.territory, office.shops[0],
    )  # fmt: skip
    detail = office.plan()
    (dropped,) = detail["result"]["dropped"]
    assert (dropped["account_id"], dropped["rule"]) == (str(office.shops[0]), "no_possible_day")
    assert "no street is near" in dropped["detail"]


def test_ten_thousand_accounts_are_refused_with_the_number(office: Office) -> None:
    execute(
        office.town.url,
        "INSERT INTO account (org_id, id, name, location, location_source)"
        " SELECT org_id, gen_random_uuid(), 'Shop ' || n, location, 'manual'"
        " FROM account, generate_series(1, 10000) n WHERE id = %s",
        office.shops[0],
    )
    answer = office.ask()
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_accounts")
    assert "10008" in answer.json()["detail"]


def test_without_a_network_the_plan_says_that_it_is_an_estimate(office: Office) -> None:
    assert office.plan(profile="bicycle")["plan"]["summary"]["is_estimate"] is True


def test_weeks_of_one_person_are_planned_once_at_a_time(office: Office) -> None:
    (asked,) = office.ask().json()["plans"]
    answer = office.ask()
    assert (answer.status_code, answer.json()["code"]) == (409, "coverage_under_way")
    manager = office.town.org.manager
    early = [
        office.post(manager, f"/{asked['id']}/accept"),
        office.post(manager, f"/{asked['id']}/replay"),
        office.town.get(manager, f"{PATH}/{asked['id']}/comparison"),
    ]
    assert [(one.status_code, one.json()["code"]) for one in early] == [
        (409, "coverage_not_done")
    ] * 3
    assert office.post(manager, f"/{asked['id']}/cancel").json()["status"] == "cancelled"
    assert office.post(manager, f"/{asked['id']}/cancel").status_code == 200
    done = office.plan()["plan"]["id"]
    late = office.post(manager, f"/{done}/cancel")
    assert (late.status_code, late.json()["code"]) == (409, "coverage_finished")
    unborn = office.town.get(manager, f"{PATH}/{done}/comparison")
    assert (unborn.status_code, unborn.json()["code"]) == (409, "coverage_not_begun")
    assert office.detail(asked["id"])["plan"]["status"] == "cancelled"


def test_a_frequency_on_the_record_that_nobody_can_read_fails_with_the_name(
    office: Office,
) -> None:
    execute(
        office.town.url,
        "UPDATE account SET visit_frequency = 'often', name = 'Kiosk Ö' WHERE id = %s",
        office.shops[0],
    )
    plan = office.plan()["plan"]
    assert (plan["status"], plan["summary"]) == ("failed", None)
    assert plan["failure"]["code"] == "malformed"
    assert plan["failure"]["detail"].startswith("Kiosk Ö: “often” is no visit frequency")


def test_another_organisation_finds_nothing(office: Office, other_org: Org) -> None:
    (asked,) = office.ask().json()["plans"]
    path = f"{PATH}/{asked['id']}"
    assert office.town.get(other_org.manager, path).status_code == 404
    assert office.town.get(other_org.manager, PATH).json()["items"] == []
    for action in ("cancel", "accept", "replay"):
        assert office.post(other_org.manager, f"/{asked['id']}/{action}").status_code == 404
    assert office.ask(who=other_org.manager).status_code == 404
