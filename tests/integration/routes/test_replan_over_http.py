"""A day that is under way: what was begun stays, the rest goes on from here and now."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from backend.identity.actor import Actor
from tests.integration.routes.conftest import MONDAY, Town
from tests.support.ground import execute

_FAR_DAY = "2031-03-04"
_ZONE = ZoneInfo("Europe/Helsinki")


def _clock(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(_ZONE).strftime("%H:%M")


def _replan(
    town: Town, route: dict[str, Any], who: Actor | None = None, **body: Any
) -> httpx.Response:
    path = f"/v1/routes/{route['id']}/replan"
    return town.api.client.post(path, headers=town.api.as_(who or town.org.rep), json=body)


def _begin(town: Town, *stops: dict[str, Any]) -> None:
    for stop in stops:
        execute(
            town.url,
            "UPDATE visit SET status = 'done', outcome = 'met' WHERE id = %s",
            stop["visit_id"],
        )


def _accounts(parts: list[dict[str, Any]]) -> list[str]:
    return [one["account_id"] for one in parts]


def test_what_was_done_stays_and_the_rest_goes_on_from_here(town: Town) -> None:
    former = town.planned(max_candidates=12)
    done = former["stops"][:3]
    _begin(town, *done)

    answer = _replan(town, former, at="11:00:00", had_lunch=False)

    assert answer.status_code == 201, answer.text
    route = answer.json()
    assert route["stops"][:3] == done
    assert [stop["sequence"] for stop in route["stops"]] == list(range(1, len(route["stops"]) + 1))
    assert all(_clock(stop["start_at"]) >= "11:00" for stop in route["stops"][3:])
    assert set(_accounts(done)).isdisjoint(_accounts(route["stops"][3:]))
    assert route["starts_at"] == former["starts_at"]
    statuses = town.visits()
    assert [statuses[stop["visit_id"]] for stop in done] == ["done"] * 3
    kept = {stop["visit_id"] for stop in former["stops"]} & {s["visit_id"] for s in route["stops"]}
    assert len(kept) > 3, "visits that stay keep their id"
    listed = town.get(town.org.rep, "/v1/routes", on_date=MONDAY).json()["items"]
    assert [one["id"] for one in listed] == [route["id"]]


def test_a_closed_shop_is_told_and_an_urgent_one_moves_in(town: Town) -> None:
    former = town.planned(max_candidates=8)
    closed, known = former["stops"][2], _accounts(former["stops"]) + _accounts(former["dropped"])
    urgent = next(str(one) for one in sorted(town.shops) if str(one) not in known)

    route = _replan(
        town, former, at="08:30:00", closed_ids=[closed["account_id"]], urgent_ids=[urgent]
    ).json()

    assert closed["account_id"] not in _accounts(route["stops"])
    told = {one["account_id"]: one["reason"] for one in route["dropped"]}
    assert told[closed["account_id"]] == "closed_today"
    assert urgent in _accounts(route["stops"]) + list(told)


@pytest.mark.parametrize(
    ("limit", "figure", "unit"),
    [("max_distance_m", "distance_m", 1), ("max_travel_minutes", "travel_seconds", 60)],
)
def test_the_days_limits_hold_for_what_was_done_and_the_rest_together(
    town: Town, limit: str, figure: str, unit: int
) -> None:
    free = town.planned(max_candidates=20)
    most = int(free[figure] * 0.93) // unit
    former = town.planned(max_candidates=20, **{limit: most})
    assert former["stops"], "the limit leaves room for some visits"
    _begin(town, *former["stops"][:2])

    for at in ("11:00:00", "12:00:00"):
        former = _replan(town, former, at=at, had_lunch=True).json()
        assert former[figure] <= most * unit
        assert "too_far" in {one["reason"] for one in former["dropped"]}


def test_traffic_makes_the_way_longer(town: Town) -> None:
    former = town.planned(max_candidates=8)
    usual = _replan(town, former, at="08:00:00").json()
    jam = _replan(town, usual, at="08:00:00", traffic_percent=300).json()

    assert jam["travel_seconds"] > 2 * usual["travel_seconds"]


def test_lunch_that_was_had_does_not_come_again(town: Town) -> None:
    former = town.planned(max_candidates=20)

    by_plan = _replan(town, former, at="14:30:00").json()
    late = _replan(town, by_plan, at="14:45:00", had_lunch=False).json()

    had = {**former["lunch"], "after_sequence": 0}
    assert by_plan["lunch"] == late["lunch"] == had


def test_a_replaced_plan_is_not_gone_on_from(town: Town) -> None:
    first = town.planned(max_candidates=6)
    town.planned(max_candidates=6)

    assert _replan(town, first, at="09:00:00").status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"at": "09:00:00", "closed_ids": ["01890000-0000-7000-8000-000000000000"]}, "closed_ids"),
        ({"at": "09:00:00", "urgent_ids": ["01890000-0000-7000-8000-000000000000"]}, "account_ids"),
        ({"at": "09:00:00", "traffic_percent": 5}, "traffic_percent"),
        ({"at": "09:00:00", "position": [24.95, 59.9]}, "start"),
        ({"at": "23:00:00"}, "shift_start"),
    ],
    ids=["closed", "urgent", "traffic", "sea", "after-the-shift"],
)
def test_a_moment_that_cannot_be_is_refused_and_the_plan_stays(
    town: Town, body: dict[str, Any], field: str
) -> None:
    former = town.planned(max_candidates=6)

    answer = _replan(town, former, **body)

    assert answer.status_code == 422, answer.text
    assert field in answer.text
    assert town.get(town.org.rep, f"/v1/routes/{former['id']}").json()["status"] == "planned"


def test_now_is_no_moment_of_another_day(town: Town) -> None:
    far = town.planned(max_candidates=6, on_date=_FAR_DAY)

    answer = _replan(town, far)

    assert answer.status_code == 422, answer.text
    assert "at" in [one["field"] for one in answer.json()["errors"]]


def test_only_who_may_plan_the_day_goes_on_with_it(town: Town) -> None:
    former = town.planned(max_candidates=6)

    assert _replan(town, former, town.org.manager, at="09:00:00").status_code == 201
    assert _replan(town, former, town.org.analyst, at="09:00:00").status_code == 403


def test_visits_made_in_another_order_are_numbered_as_they_were_made(town: Town) -> None:
    former = town.planned(max_candidates=8)
    first, third = former["stops"][0], former["stops"][2]
    for stop, clock in ((third, "06:10"), (first, "06:40")):
        execute(
            town.url,
            "UPDATE visit SET status = 'done', outcome = 'met', checked_in_at = %s WHERE id = %s",
            f"{MONDAY} {clock}+00",
            stop["visit_id"],
        )

    route = _replan(town, former, at="09:00:00").json()

    assert _accounts(route["stops"][:2]) == _accounts([third, first])
    assert [stop["sequence"] for stop in route["stops"]] == list(range(1, len(route["stops"]) + 1))


def test_a_visit_that_no_plan_had_is_part_of_the_day(town: Town) -> None:
    former = town.planned(max_candidates=6)
    known = _accounts(former["stops"]) + _accounts(former["dropped"])
    extra = next(str(one) for one in sorted(town.shops) if str(one) not in known)
    execute(
        town.url,
        "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome,"
        " checked_in_at) VALUES (%s, gen_random_uuid(), %s, %s, %s, 'done', 'met', %s)",
        town.org.id,
        extra,
        town.org.rep.user_id,
        MONDAY,
        f"{MONDAY} 06:20+00",
    )

    route = _replan(town, former, at="09:00:00").json()

    assert _accounts(route["stops"])[0] == extra


def test_a_closed_appointment_is_told_once_and_can_become_urgent(town: Town) -> None:
    account = str(sorted(town.shops)[3])
    former = town.planned(
        max_candidates=8, appointments=[{"account_id": account, "start": "14:20:00"}]
    )

    once = _replan(town, former, at="08:30:00", closed_ids=[account])
    assert once.status_code == 201, once.text
    twice = _replan(town, once.json(), at="09:00:00", closed_ids=[account]).json()
    assert _accounts(twice["dropped"]).count(account) == 1

    urgent = _replan(town, twice, at="09:30:00", urgent_ids=[account])

    assert urgent.status_code == 201, urgent.text
    assert account in _accounts(urgent.json()["stops"])


def test_the_office_goes_on_from_what_the_rep_made_of_the_plan(town: Town) -> None:
    former = town.planned(max_candidates=8)
    closed, skipped = former["stops"][2], former["stops"][3]
    known = _accounts(former["stops"]) + _accounts(former["dropped"])
    urgent = next(str(one) for one in sorted(town.shops) if str(one) not in known)
    visit = "01890000-0000-7000-8000-00000000000a"
    execute(
        town.url,
        "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on)"
        " VALUES (%s, %s, %s, %s, %s)",
        town.org.id, visit, urgent, town.org.rep.user_id, MONDAY,
    )  # fmt: skip
    plan = {
        "stops": [{"visit_id": visit}, {"visit_id": former["stops"][0]["visit_id"]}],
        "dropped": [
            {"visit_id": closed["visit_id"], "reason": "closed"},
            {"visit_id": skipped["visit_id"], "reason": "skipped"},
        ],
    }
    execute(
        town.url,
        "INSERT INTO rework (org_id, id, route_id, rep_id, made_at, reason, plan, state)"
        " VALUES (%s, gen_random_uuid(), %s, %s, now(), 'closed', %s, 'applied')",
        town.org.id, former["id"], town.org.rep.user_id, json.dumps(plan),
    )  # fmt: skip

    route = _replan(town, former, who=town.org.manager, at="08:30:00").json()

    told = {one["account_id"]: one["reason"] for one in route["dropped"]}
    assert told[closed["account_id"]] == "closed_today"
    assert told[skipped["account_id"]] == "excluded"
    assert urgent in _accounts(route["stops"]) + list(told)
