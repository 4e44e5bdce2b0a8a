"""A plan changed by hand: pinned, fixed, left out, reordered; and what each choice costs."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.identity.actor import Actor
from tests.integration.routes.conftest import MONDAY, Town
from tests.support.ground import execute


def _adjust(
    town: Town, route: dict[str, Any], who: Actor | None = None, **body: Any
) -> httpx.Response:
    path = f"/v1/routes/{route['id']}/adjust"
    return town.api.client.post(path, headers=town.api.as_(who or town.org.rep), json=body)


def _adjusted(town: Town, route: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = _adjust(town, route, **body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _accounts(parts: list[dict[str, Any]]) -> list[str]:
    return [one["account_id"] for one in parts]


def _present(town: Town) -> dict[str, Any]:
    (route,) = town.get(town.org.rep, "/v1/routes", on_date=MONDAY).json()["items"]
    found: dict[str, Any] = route
    return found


def test_an_order_of_ones_own_is_kept_and_its_cost_told(town: Town) -> None:
    former = town.planned(max_candidates=8)
    mine = _accounts(former["stops"])[::-1]

    answer = _adjusted(town, former, order=mine)

    route, change = answer["route"], answer["change"]
    assert _accounts(route["stops"]) == mine
    assert route["engine"] == "given_order"
    assert change["travel_seconds"] == route["travel_seconds"] - former["travel_seconds"] >= 0
    assert change["distance_m"] == route["distance_m"] - former["distance_m"]
    assert (change["visits"], change["added_ids"], change["removed_ids"]) == (0, [], [])
    kept = {stop["visit_id"] for stop in former["stops"]}
    assert {stop["visit_id"] for stop in route["stops"]} == kept
    assert _present(town)["choices"]["order"] == mine

    best = _adjusted(town, route, order=[])

    assert _accounts(best["route"]["stops"]) == _accounts(former["stops"])
    assert best["change"]["travel_seconds"] == -change["travel_seconds"]


def test_a_trial_tells_and_keeps_nothing(town: Town) -> None:
    former = town.planned(max_candidates=8)
    visits, mine = town.visits(), _accounts(former["stops"])[::-1]

    answer = _adjusted(town, former, order=mine, is_trial=True)

    assert answer["is_trial"]
    assert _accounts(answer["route"]["stops"]) == mine
    assert town.visits() == visits
    assert _present(town) == former


def test_what_is_left_out_by_hand_makes_room_and_can_come_back(town: Town) -> None:
    former = town.planned(max_candidates=40)
    unwanted = former["stops"][2]

    less = _adjusted(town, former, excluded_ids=[unwanted["account_id"]])

    assert unwanted["account_id"] in less["change"]["removed_ids"]
    told = {one["account_id"]: one["reason"] for one in less["route"]["dropped"]}
    assert told[unwanted["account_id"]] == "excluded"
    back = _adjusted(town, less["route"], excluded_ids=[])
    assert _accounts(back["route"]["stops"]) == _accounts(former["stops"])


def test_a_visit_left_out_by_the_planner_is_pinned(town: Town) -> None:
    former = town.planned(max_candidates=60, shift_end="11:00:00", lunch_minutes=0)
    wanted = next(
        one for one in former["dropped"] if one["reason"] in {"no_time_left", "lower_value"}
    )

    answer = _adjusted(town, former, account_ids=[wanted["account_id"]])

    assert wanted["account_id"] in _accounts(answer["route"]["stops"])
    assert wanted["account_id"] in answer["change"]["added_ids"]
    assert answer["route"]["choices"]["account_ids"] == [wanted["account_id"]]


def test_a_time_is_fixed_and_a_visit_made_longer(town: Town) -> None:
    former = town.planned(max_candidates=8)
    first = former["stops"][0]
    last = former["stops"][-1]["account_id"]

    route = _adjusted(
        town,
        former,
        appointments=[{"account_id": last, "start": "09:10:00"}],
        visit_lengths=[{"account_id": first["account_id"], "minutes": 50}],
    )["route"]

    lengths = {one["account_id"]: (one["start_at"], one["leave_at"]) for one in route["stops"]}
    assert lengths[last][0] == "2031-03-03T07:10:00Z"
    start, leave = (one.split("T")[1] for one in lengths[first["account_id"]])
    minutes = [int(one[:2]) * 60 + int(one[3:5]) for one in (start, leave)]
    assert minutes[1] - minutes[0] == 50


def test_every_choice_has_its_price(town: Town) -> None:
    free = town.planned(max_candidates=10)
    stops = _accounts(free["stops"])
    chosen = _adjusted(
        town,
        free,
        excluded_ids=[stops[0]],
        appointments=[{"account_id": stops[-1], "start": "08:30:00"}],
        account_ids=[stops[4]],
    )["route"]

    answer = town.get(town.org.rep, f"/v1/routes/{chosen['id']}/choices")

    assert answer.status_code == 200, answer.text
    prices = {(one["kind"], one["account_id"]): one["change"] for one in answer.json()}
    assert set(prices) == {
        ("excluded", stops[0]), ("appointment", stops[-1]), ("must_visit", stops[4])
    }  # fmt: skip
    assert prices["must_visit", stops[4]]["travel_seconds"] == 0, "it is worth going there anyhow"
    assert prices["excluded", stops[0]]["removed_ids"] == [stops[0]]
    one = town.get(town.org.rep, f"/v1/routes/{chosen['id']}/choices", account_id=stops[0]).json()
    assert [price["kind"] for price in one] == ["excluded"]


def test_more_choices_than_can_be_priced_at_once_are_refused(town: Town) -> None:
    route = town.planned(max_candidates=5, excluded_ids=sorted(map(str, town.shops))[:30])

    answer = town.get(town.org.rep, f"/v1/routes/{route['id']}/choices")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "account_id"


def test_a_day_under_way_keeps_what_was_done(town: Town) -> None:
    former = town.planned(max_candidates=8)
    done, rest = former["stops"][:2], _accounts(former["stops"][2:])
    for stop in done:
        execute(
            town.url, "UPDATE visit SET status = 'done', outcome = 'met' WHERE id = %s",
            stop["visit_id"],
        )  # fmt: skip

    route = _adjusted(town, former, at="10:00:00", order=[*_accounts(done), *rest[::-1]])["route"]

    assert route["stops"][:2] == done
    assert _accounts(route["stops"][2:]) == rest[::-1]


def test_an_order_with_a_shop_that_was_visited_meanwhile_is_kept_without_it(town: Town) -> None:
    former = town.planned(max_candidates=8)
    order = _accounts(former["stops"])
    execute(
        town.url,
        "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome)"
        " VALUES (%s, gen_random_uuid(), %s, %s, %s, 'done', 'met')",
        town.org.id,
        order[2],
        town.org.other_rep.user_id,
        MONDAY,
    )

    route = _adjusted(town, former, order=order)["route"]

    assert _accounts(route["stops"]) == [*order[:2], *order[3:]]


def test_two_managers_at_once_do_not_undo_each_other(town: Town) -> None:
    former = town.planned(max_candidates=6)
    mine = _accounts(former["stops"])[::-1]
    assert _adjust(town, former, town.org.manager, order=mine).status_code == 201

    late = _adjust(town, former, town.org.manager, excluded_ids=mine[:1])

    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert _accounts(_present(town)["stops"]) == mine


def test_a_stop_says_what_it_costs_and_what_room_it_has(town: Town) -> None:
    route = town.planned(max_candidates=10)

    for stop in route["stops"]:
        assert 0 <= stop["detour_seconds"] <= route["travel_seconds"]
        assert 0 <= stop["spare_seconds"] < 9.5 * 3600
    assert max(stop["detour_seconds"] for stop in route["stops"]) > 0


def test_a_small_day_is_proven(town: Town) -> None:
    assert town.planned(max_candidates=5)["gap_percent"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"order": "twice"}, "order"),
        ({"order": [str(uuid4())]}, "account_ids"),
        ({"account_ids": "both", "excluded_ids": "both"}, "excluded_ids"),
        ({"visit_lengths": [{"account_id": str(uuid4()), "minutes": 500}]}, "visit_lengths"),
        ({"order": [str(uuid4())] * 121}, "order"),
        ({"at": "half past"}, "at"),
    ],
    ids=["twice", "unknown", "wanted-and-not", "too-long", "too-many", "time"],
)
def test_a_wish_that_cannot_be_is_refused_and_the_plan_stays(
    town: Town, body: dict[str, Any], field: str
) -> None:
    former = town.planned(max_candidates=6)
    one = former["stops"][0]["account_id"]
    words = {"twice": [one, one], "both": [one]}
    asked = {key: words.get(value, value) if isinstance(value, str) and key != "at" else value
             for key, value in body.items()}  # fmt: skip

    answer = _adjust(town, former, **asked)

    assert answer.status_code == 422, answer.text
    assert field in str(answer.json()["errors"])
    assert _present(town) == former


def test_nobody_adjusts_what_is_not_theirs(town: Town) -> None:
    former = town.planned(max_candidates=6)
    path = f"/v1/routes/{former['id']}"

    assert _adjust(town, former, town.org.other_rep, order=[]).status_code == 404
    assert _adjust(town, former, town.org.analyst, order=[]).status_code == 403
    assert town.get(town.org.other_rep, f"{path}/choices").status_code == 404
