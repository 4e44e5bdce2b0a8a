"""A manager plans a rep's weeks, watches, accepts; the days then take their accounts from it."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from backend.ids import new_id
from backend.routes.weeks.schemas import WEEKDAYS
from tests.integration.routes.weeks.conftest import NEXT_MONDAY, PATH, TODAY, Office
from tests.support.ground import execute


def _visits(plan: dict[str, Any]) -> Counter[str]:
    return Counter(stop["account_id"] for day in plan["result"]["days"] for stop in day["stops"])


def test_weeks_are_planned_as_often_as_asked_for_and_told_with_figures(office: Office) -> None:
    answer = office.ask()
    assert answer.status_code == 202, answer.text
    (asked,) = answer.json()["plans"]
    assert (asked["status"], asked["summary"], asked["share"]) == ("queued", None, 0)
    office.run()
    detail = office.detail(asked["id"])
    plan, summary = detail["plan"], detail["plan"]["summary"]
    assert (plan["status"], plan["failure"], plan["share"]) == ("done", None, 1)
    ids = [str(one) for one in office.shops]
    assert _visits(detail) == dict(zip(ids, (4, 4, 2, 2, 1, 1, 1, 1), strict=True))
    assert summary["visits"] == 16
    assert (summary["dropped"], summary["is_estimate"]) == (0, False)
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


def test_only_the_accounts_asked_for_are_planned_by_their_rules(office: Office) -> None:
    wanted = [str(one) for one in office.shops[:2]]
    rule = {"account_id": wanted[1], "frequency": "8", "weekdays": ["mon", "thu"]}
    plan = office.plan(account_ids=wanted, rules=[rule])
    assert _visits(plan) == {wanted[0]: 4, wanted[1]: 8}
    days = {date.fromisoformat(day["on_date"]).weekday() for day in plan["result"]["days"]
            for stop in day["stops"] if stop["account_id"] == wanted[1]}  # fmt: skip
    assert days == {0, 3}


def test_what_was_skipped_comes_again_until_it_is_visited(office: Office) -> None:
    url, rep = office.town.url, office.town.org.rep.user_id
    plan_id = office.plan()["plan"]["id"]
    office.post(office.town.org.manager, f"/{plan_id}/accept")
    skipped, visited = office.shops[0], office.shops[1]
    execute(url, "DELETE FROM coverage_day WHERE on_date < %s", NEXT_MONDAY + timedelta(7))
    execute(
        url,
        "INSERT INTO coverage_day (org_id, rep_id, on_date, plan_id, account_ids)"
        " VALUES (%s, %s, %s, %s, %s::uuid[]), (%s, %s, %s, %s, '{}')",
        office.town.org.id, rep, TODAY - timedelta(3), plan_id, [skipped, visited],
        office.town.org.id, rep, TODAY, plan_id,
    )  # fmt: skip
    execute(
        url,
        "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome)"
        " VALUES (%s, %s, %s, %s, %s, 'done', 'met')",
        office.town.org.id, new_id(), visited, rep, TODAY - timedelta(2),
    )  # fmt: skip
    route = office.town.planned(on_date=str(TODAY))
    known = [*route["stops"], *route["dropped"]]
    assert [one["account_id"] for one in known] == [str(skipped)]


def test_a_later_plan_takes_over_the_days_that_it_shares(office: Office) -> None:
    manager, url = office.town.org.manager, office.town.url
    first = office.plan()["plan"]["id"]
    later = office.plan(from_on=str(NEXT_MONDAY + timedelta(14)), seed=2)["plan"]["id"]
    office.post(manager, f"/{first}/accept")
    office.post(manager, f"/{later}/accept")
    holding = dict(execute(url, "SELECT on_date, plan_id::text FROM coverage_day"))
    assert [holding[NEXT_MONDAY + timedelta(day)] for day in (0, 13, 14, 41)] == [
        first, first, later, later,
    ]  # fmt: skip
    assert office.detail(first)["plan"]["status"] == "accepted"
    again = office.plan(from_on=str(NEXT_MONDAY), seed=3)["plan"]
    office.post(manager, f"/{again['id']}/accept")
    assert office.detail(first)["plan"]["status"] == "replaced"
    assert office.post(manager, f"/{first}/accept").json()["status"] == "accepted"


def test_new_weeks_keep_the_days_of_the_accepted_ones(office: Office) -> None:
    manager = office.town.org.manager
    first = office.plan()
    office.post(manager, f"/{first['plan']['id']}/accept")
    second = office.plan(from_on=str(NEXT_MONDAY + timedelta(28)), change_minutes=240)
    summary = second["plan"]["summary"]
    assert (summary["compared"], summary["changed"]) == (8, 0)
    assert _moved(first, 28) == _moved(second, 0)
    path = f"{PATH}/{second['plan']['id']}/comparison"
    answer = office.town.get(manager, path, with_id=first["plan"]["id"]).json()
    assert answer["moved"] == []
    assert (answer["plan"]["visits"], answer["other"]["visits"]) == (16, 16)
    assert (answer["plan"]["missing"], answer["other"]["missing"]) == (0, 0)
    assert answer["plan"]["distance_m"] == second["plan"]["summary"]["distance_m"]


def test_weeks_planned_anew_in_their_middle_keep_what_happened_and_what_is_fixed(
    office: Office,
) -> None:
    org, url = office.town.org, office.town.url
    (today,) = execute(url, "SELECT tuyen_today(%s)", org.id)[0]
    monday = today - timedelta(7 + today.weekday())
    weekly, begun, _, _, named, agreed = (str(one) for one in office.shops[:6])
    for account, on_date, status in ((weekly, monday, "done"), (begun, today, "checked_in")):
        execute(
            url,
            "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            org.id, new_id(), account, org.rep.user_id, on_date, status,
            "met" if status == "done" else None,
        )  # fmt: skip
    fixed_on = monday + timedelta(23)
    wishes = {
        "account_ids": [named],
        "appointments": [{"account_id": agreed, "start": "10:00:00"}],
    }
    office.town.planned(on_date=str(fixed_on), max_candidates=4, **wishes)

    detail = office.plan(from_on=str(monday), weekdays=WEEKDAYS)

    plan, days = detail["plan"], detail["result"]["days"]
    assert (plan["first_on"], plan["from_on"]) == (str(monday), str(today))
    visited = {
        account: [day["on_date"] for day in days for stop in day["stops"]
                  if stop["account_id"] == account]
        for account in (weekly, begun, named, agreed)
    }  # fmt: skip
    assert visited[named] == visited[agreed] == [str(fixed_on)]
    assert visited[begun][0] == str(today)
    assert (len(visited[begun]), len(visited[weekly])) == (3, 3), "the first week is over"
    assert min(day["on_date"] for day in days) >= str(today)


def test_a_plan_of_past_weeks_is_held_against_what_really_happened(office: Office) -> None:
    manager, rep = office.town.org.manager, office.town.org.rep.user_id
    monday = NEXT_MONDAY - timedelta(35)
    for week in range(2):
        execute(
            office.town.url,
            "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome)"
            " VALUES (%s, %s, %s, %s, %s, 'done', 'met')",
            office.town.org.id, new_id(), office.shops[0], rep, monday + timedelta(7 * week),
        )  # fmt: skip
    plan_id = office.plan(from_on=str(monday))["plan"]["id"]
    told = office.town.get(manager, f"{PATH}/{plan_id}/comparison").json()
    assert (told["from_on"], told["to_on"]) == (str(monday), str(monday + timedelta(27)))
    assert (told["plan"]["visits"], told["plan"]["missing"]) == (16, 0)
    other = told["other"]
    assert (other["visits"], other["missing"], other["days_without_route"]) == (2, 14, 2)
    merged = office.town.api.client.post(
        f"/v1/accounts/{office.shops[0]}/merge",
        headers=office.town.api.as_(manager),
        json={"into": str(office.shops[4])},
    )
    assert merged.status_code == 200, merged.text
    again = office.town.get(manager, f"{PATH}/{plan_id}/comparison").json()
    assert (again["plan"]["visits"], again["other"]["missing"]) in {(16, 14), (15, 13)}
    over = office.post(manager, f"/{plan_id}/accept")
    assert (over.status_code, over.json()["code"]) == (409, "coverage_over")


def test_a_team_is_planned_at_once_and_shared_accounts_go_to_one(office: Office) -> None:
    org, url = office.town.org, office.town.url
    team_id = new_id()
    execute(url, "INSERT INTO team (org_id, id, name) VALUES (%s, %s, 'West')", org.id, team_id)
    execute(url, "UPDATE app_user SET team_id = %s WHERE role = 'rep'", team_id)
    execute(
        url,
        "INSERT INTO territory_assignment (org_id, id, territory_id, user_id, valid_from)"
        " VALUES (%s, %s, %s, %s, '2020-01-01')",
        org.id, new_id(), office.town.territory, org.other_rep.user_id,
    )  # fmt: skip
    answer = office.ask(rep_ids=[], team_id=str(team_id))
    assert answer.status_code == 202, answer.text
    office.run()
    details = [office.detail(one["id"]) for one in answer.json()["plans"]]
    reps = {str(org.rep.user_id), str(org.other_rep.user_id)}
    assert {one["plan"]["rep_id"] for one in details} == reps
    shares = [set(_visits(one)) for one in details]
    assert all(shares)
    assert not shares[0] & shares[1]
    assert shares[0] | shares[1] == {str(one) for one in office.shops}


def test_reps_read_their_own_weeks_only(office: Office) -> None:
    org, town = office.town.org, office.town
    (asked,) = office.ask(rep_ids=[], who=org.rep).json()["plans"]
    path = f"{PATH}/{asked['id']}"
    for who, status in ((org.rep, 200), (org.analyst, 200), (org.other_rep, 404)):
        assert town.get(who, path).status_code == status
        assert len(town.get(who, PATH).json()["items"]) == (status == 200)
    assert town.get(org.rep, PATH, rep_id=str(org.other_rep.user_id)).json()["items"] == []
    assert office.post(org.analyst, f"/{asked['id']}/cancel").status_code == 403
    assert office.post(org.other_rep, f"/{asked['id']}/cancel").status_code == 404
    assert office.ask(who=org.other_rep).status_code == 403
    assert office.ask(who=org.analyst).status_code == 403
    assert office.post(org.rep, f"/{asked['id']}/cancel").json()["status"] == "cancelled"


def _moved(plan: dict[str, Any], days: int) -> set[tuple[str, date]]:
    return {
        (stop["account_id"], date.fromisoformat(day["on_date"]) + timedelta(days))
        for day in plan["result"]["days"]
        for stop in day["stops"]
    }
