"""What visits of planned weeks are for: the first one of a prospect, and what a rule says."""

from datetime import timedelta
from typing import Any

from tests.integration.routes.weeks.conftest import NEXT_MONDAY, Office
from tests.support.ground import execute


def _take(office: Office, kind: str, minutes: int) -> None:
    answer = office.town.api.client.patch(
        f"/v1/followup/learned/kind/{kind}",
        headers=office.town.api.as_(office.town.org.manager),
        json={"fixed_value": minutes},
    )
    assert answer.status_code == 200, answer.text


def _kinds(detail: dict[str, Any], account: object) -> list[str]:
    """Return what an account's visits are for, in their order."""
    return [
        stop["kind"]
        for day in detail["result"]["days"]
        for stop in day["stops"]
        if stop["account_id"] == str(account)
    ]


def _service_minutes(detail: dict[str, Any]) -> float:
    return sum(
        (day["load_seconds"] - day["travel_seconds"]) / 60 for day in detail["result"]["days"]
    )


def test_a_prospects_first_visit_is_a_first_one_and_the_others_routine(office: Office) -> None:
    lead, customer, known = office.shops[:3]
    url = office.town.url
    execute(url, "UPDATE account SET life_stage = 'customer' WHERE id <> %s", lead)
    execute(
        url, "UPDATE account SET life_stage = 'prospect', last_visit_at = now() WHERE id = %s",
        known,
    )  # fmt: skip
    _take(office, "first", 60)

    detail = office.plan()

    assert _kinds(detail, lead) == ["first", "routine", "routine", "routine"]
    assert _kinds(detail, customer) == ["routine"] * 4
    assert _kinds(detail, known) == ["routine"] * 2
    visits = detail["plan"]["summary"]["visits"]
    assert _service_minutes(detail) == 15 * visits + 45


def test_a_rule_says_what_an_accounts_visits_are_for_and_their_days_keep_to_it(
    office: Office,
) -> None:
    lead, served, town = *office.shops[:2], office.town
    _take(office, "delivery", 40)
    rules = [{"account_id": str(one), "kind": "delivery"} for one in (lead, served)]
    wrong = office.ask(rules=[{"account_id": str(lead), "kind": "party"}])
    assert (wrong.status_code, "rules[0].kind" in wrong.text) == (422, True), wrong.text

    detail = office.plan(rules=rules)

    assert _kinds(detail, lead) == _kinds(detail, served) == ["delivery"] * 4
    assert detail["request"]["rules"][0]["kind"] == "delivery"
    accepted = office.post(town.org.manager, f"/{detail['plan']['id']}/accept")
    assert accepted.status_code in {200, 201}, accepted.text
    day = next(
        one for one in detail["result"]["days"]
        if str(served) in {stop["account_id"] for stop in one["stops"]}
    )  # fmt: skip
    route = town.planned(on_date=day["on_date"])
    planned = {one["account_id"]: one["kind"] for one in day["stops"]}
    assert {one["account_id"]: one["kind"] for one in route["stops"]} == planned
    kept = execute(
        town.url, "SELECT account_id::text, kind FROM visit WHERE planned_on = %s", day["on_date"]
    )
    assert dict(kept) == planned


def test_what_a_person_put_on_a_day_stays_there_when_a_route_took_it_in(office: Office) -> None:
    town, shop = office.town, office.shops[0]
    execute(town.url, "UPDATE account SET visit_frequency = '1' WHERE id = %s", shop)
    on = str(NEXT_MONDAY + timedelta(9))
    body = {
        "account_id": str(shop), "planned_on": on, "rep_id": str(town.org.rep.user_id),
        "kind": "service",
    }  # fmt: skip
    made = town.api.client.post("/v1/visits", headers=town.api.as_(town.org.manager), json=body)
    assert made.status_code == 201, made.text
    route = town.planned(on_date=on)
    assert made.json()["id"] in {stop["visit_id"] for stop in route["stops"]}
    others = {stop["account_id"] for stop in route["stops"]} - {str(shop)}
    assert others, "visits that only the route planned are free to move"

    detail = office.plan()

    days = [
        day["on_date"]
        for day in detail["result"]["days"]
        for stop in day["stops"]
        if stop["account_id"] == str(shop)
    ]
    assert days == [on]
    assert office.post(town.org.manager, f"/{detail['plan']['id']}/accept").is_success
    again = town.planned(on_date=on)
    stop = next(one for one in again["stops"] if one["account_id"] == str(shop))
    assert (stop["visit_id"], stop["kind"]) == (made.json()["id"], "service")
