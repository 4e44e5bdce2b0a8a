"""What a visit is for: asked for, inferred, kept, and as long as its kind takes."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.jobs import Work
from backend.routes.engines import Engines
from backend.routes.followup.teaching import learn
from tests.integration.routes.conftest import MONDAY, Town
from tests.support.ground import execute


def _take(town: Town, kind: str, minutes: int | None, who: Actor | None = None) -> httpx.Response:
    return town.api.client.patch(
        f"/v1/followup/learned/kind/{kind}",
        headers=town.api.as_(who or town.org.manager),
        json={"fixed_value": minutes},
    )


def _told(route: dict[str, Any], account_id: UUID) -> tuple[str, int]:
    """Return a stop's kind and minutes."""
    (stop,) = (one for one in route["stops"] if one["account_id"] == str(account_id))
    start, leave = (datetime.fromisoformat(stop[name]) for name in ("start_at", "leave_at"))
    return stop["kind"], (leave - start) // timedelta(minutes=1)


@pytest.fixture
def shops(town: Town) -> list[UUID]:
    """Two customers and a prospect whom nobody has visited, open at all times."""
    execute(town.url, "UPDATE account SET opening_hours = NULL, life_stage = 'customer'")
    chosen = list(town.shops)[:3]
    execute(town.url, "UPDATE account SET life_stage = 'prospect' WHERE id = %s", chosen[2])
    return chosen


def _wish(shops: list[UUID], **more: Any) -> dict[str, Any]:
    return {"account_ids": [str(one) for one in shops], "max_candidates": 3, **more}


def test_a_kind_has_minutes_of_its_own_once_somebody_says_so(town: Town, shops: list[UUID]) -> None:
    routine, asked, lead = shops
    kinds = [{"account_id": str(asked), "kind": "delivery"}]
    wish = _wish(shops, visit_kinds=kinds)
    before = town.planned(**wish)
    assert [_told(before, one) for one in shops] == [
        ("routine", 15), ("delivery", 15), ("first", 15),
    ]  # fmt: skip
    assert _take(town, "delivery", 40).status_code == 200
    assert _take(town, "first", 30).status_code == 200

    route = town.planned(**wish)

    assert [_told(route, one) for one in shops] == [
        ("routine", 15), ("delivery", 40), ("first", 30),
    ]  # fmt: skip
    kept = execute(
        town.url,
        "SELECT account_id, kind FROM visit WHERE planned_on = %s AND status = 'planned'",
        MONDAY,
    )
    assert {asked: "delivery", lead: "first", routine: "routine"}.items() <= dict(kept).items()
    told = town.get(town.org.manager, "/v1/visits", on_date=MONDAY).json()["items"]
    assert {one["account_id"]: one["kind"] for one in told}[str(asked)] == "delivery"
    lengths = [{"account_id": str(asked), "minutes": 5}]
    assert _told(town.planned(**wish, visit_lengths=lengths), asked) == ("delivery", 5)


def test_a_kind_is_chosen_tried_priced_and_taken_back(town: Town, shops: list[UUID]) -> None:
    _take(town, "service", 60)
    _take(town, "first", 30)
    route = town.planned(**_wish(shops))
    headers = town.api.as_(town.org.manager)
    path = f"/v1/routes/{route['id']}"
    chosen = [
        {"account_id": str(shops[0]), "kind": "service"},
        {"account_id": str(shops[2]), "kind": "routine"},
    ]
    answer = town.api.client.post(
        f"{path}/adjust", headers=headers, json={"visit_kinds": chosen, "at": "07:00:00"}
    )
    assert answer.status_code == 201, answer.text
    adjusted = answer.json()["route"]
    assert [_told(adjusted, one) for one in shops] == [
        ("service", 60), ("routine", 15), ("routine", 15),
    ]  # fmt: skip
    assert adjusted["choices"]["visit_kinds"] == chosen
    costs = town.get(town.org.manager, f"/v1/routes/{adjusted['id']}/choices").json()
    priced = {one["account_id"] for one in costs if one["kind"] == "visit_kind"}
    assert priced == {str(shops[0]), str(shops[2])}


def _by_hand(town: Town, shop: UUID, kind: str) -> str:
    """Plan a visit of next Monday for the rep, as the manager; return its id."""
    body = {
        "account_id": str(shop), "planned_on": MONDAY, "kind": kind,
        "rep_id": str(town.org.rep.user_id),
    }  # fmt: skip
    headers = town.api.as_(town.org.manager)
    answer = town.api.client.post("/v1/visits", headers=headers, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_visit_by_hand_is_in_its_days_plan_what_it_was_planned_for(
    town: Town, shops: list[UUID]
) -> None:
    _take(town, "delivery", 40)
    visit_id = _by_hand(town, shops[2], "delivery")
    route = town.planned(**_wish(shops))
    assert _told(route, shops[2]) == ("delivery", 40)
    assert visit_id in {stop["visit_id"] for stop in route["stops"]}

    chosen = [{"account_id": str(shops[2]), "kind": "order"}]
    assert _told(town.planned(**_wish(shops, visit_kinds=chosen)), shops[2]) == ("order", 15)

    assert _told(town.planned(**_wish(shops)), shops[2]) == ("delivery", 40), "taken back"


def test_a_visit_by_hand_is_in_its_days_plans_due_or_not_or_told_as_left_out(
    town: Town, shops: list[UUID]
) -> None:
    execute(town.url, "UPDATE account SET last_visit_at = '2031-03-01 12:00Z'")
    visit_id = _by_hand(town, shops[0], "order")
    for _ in range(2):
        (stop,) = town.planned()["stops"]
        assert (stop["visit_id"], stop["kind"]) == (visit_id, "order")
    assert town.visits() == {visit_id: "planned"}

    full = town.planned(shift_start="08:00:00", shift_end="08:10:00", lunch_minutes=0)

    assert [one["account_id"] for one in full["dropped"]] == [str(shops[0])]
    assert full["dropped"][0]["detail"]


def test_the_visits_of_days_teach_the_minutes_of_their_kind(
    town: Town, shops: list[UUID], database: Database
) -> None:
    served = [*shops[:2], *list(town.shops)[3:5]]
    kinds = [{"account_id": str(one), "kind": "delivery"} for one in served]
    today = SystemClock().now().date()
    for back in range(3, 0, -1):
        on = (today - timedelta(days=back)).isoformat()
        town.planned(on_date=on, **_wish(served, visit_kinds=kinds))
        execute(
            town.url,
            "UPDATE visit SET status = 'done', outcome = 'met', checked_in_at = planned_at,"
            " done_at = planned_at + interval '45 minutes' WHERE planned_on = %s",
            on,
        )
    engines = town.api.client.app.state.parts[Engines]
    learn(Work(database, SystemClock(), {Engines: engines}), town.org.id)

    (told,) = town.get(town.org.manager, "/v1/followup/learned").json()["items"]
    assert (told["subject"], told["key"], told["observations"]) == ("kind", "delivery", 12)
    assert told["value"] == 45


def test_what_is_no_kind_is_refused_and_reps_set_no_minutes(town: Town, shops: list[UUID]) -> None:
    wrong = [{"account_id": str(shops[0]), "kind": "party"}]
    refused = town.plan(town.org.rep, visit_kinds=wrong)
    assert refused.status_code == 422
    assert "visit_kinds" in refused.text
    assert execute(town.url, "SELECT count(*) FROM route") == [(0,)]
    for kind in ("party", "routine"):
        answer = _take(town, kind, 20)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "key")
    assert _take(town, "delivery", 481).status_code == 422
    assert _take(town, "delivery", 20, town.org.rep).status_code == 403
    twice = [{"account_id": str(shops[0]), "kind": one} for one in ("order", "service")]
    route = town.planned(**_wish(shops, visit_kinds=twice))
    assert _told(route, shops[0])[0] == "service", "the last word counts"
