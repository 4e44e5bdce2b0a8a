"""What an area tells: today's accounts, a period's visits, and what came before."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from backend.identity.actor import Actor
from backend.ids import new_id
from tests.integration.areas.conftest import WHOLE, Country, box
from tests.support.ground import add_account, execute

pytestmark = pytest.mark.integration
TODAY = datetime.now(UTC).date()
NEAR_A = box(24.919, 60.169, 24.9205, 60.171)


def _visit(country: Country, shop: str, days_ago: int, *, status: str = "done") -> None:
    """Insert a visit, and mark its account as doing one over HTTP does."""
    day = TODAY - timedelta(days=days_ago)
    done_at = datetime.combine(day, time(9), UTC) if status == "done" else None
    execute(
        country.owner_url,
        "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome, done_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, CASE WHEN %s = 'done' THEN 'met' END, %s)",
        country.org.id, new_id(), country.shops[shop], country.org.rep.user_id, day, status,
        status, done_at,
    )  # fmt: skip
    execute(
        country.owner_url,
        "UPDATE account SET last_visit_at = greatest(last_visit_at, %s) WHERE id = %s",
        done_at, country.shops[shop],
    )  # fmt: skip


def _told(country: Country, area: object, who: Actor | None = None, **more: Any) -> Any:
    answer = country.ask(who or country.org.manager, area, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_who_sees_what_of_the_same_area(country: Country) -> None:
    org = country.org
    counts = {
        name: _told(country, {"polygon": WHOLE}, getattr(org, name))["accounts"]
        for name in ("rep", "other_rep", "analyst", "manager")
    }
    assert counts == {"rep": 2, "other_rep": 1, "analyst": 4, "manager": 4}


def test_customers_among_customers_and_prospects_are_the_penetration(country: Country) -> None:
    for shop, stage in (("a", "customer"), ("d", "lost")):
        execute(
            country.owner_url, "UPDATE account SET life_stage = %s WHERE id = %s", stage,
            country.shops[shop],
        )  # fmt: skip
    told = _told(country, {"polygon": WHOLE})
    assert told["penetration"] == pytest.approx(1 / 3)
    assert told["life_stages"][0] == {"value": "prospect", "accounts": 2}
    assert _told(country, {"polygon": box(24, 59, 24.1, 59.1)})["penetration"] is None


def test_what_changes_on_an_account_is_counted_at_once(country: Country) -> None:
    execute(
        country.owner_url,
        "UPDATE account SET channel = 'modern', priority = 1, visit_every_days = 7,"
        " last_visit_at = now() - interval '9 days' WHERE id = %s",
        country.shops["a"],
    )
    told = _told(country, {"polygon": NEAR_A})
    assert told["channels"] == [{"value": "modern", "accounts": 1}]
    assert told["priorities"] == [{"value": 1, "accounts": 1}]
    assert (told["overdue"], told["never_visited"]) == (1, 0)
    assert [(one["name"], one["overdue_days"]) for one in told["top"]] == [("a", 2)]
    execute(
        country.owner_url, "UPDATE account SET channel = 'general' WHERE id = %s",
        country.shops["a"],
    )  # fmt: skip
    assert _told(country, {"polygon": NEAR_A})["channels"][0]["value"] == "general"


def test_a_period_stands_beside_the_one_before(country: Country) -> None:
    for shop, days_ago in (("a", 1), ("a", 5), ("a", 12), ("b", 10), ("c", 40)):
        _visit(country, shop, days_ago)
    _visit(country, "b", 2, status="planned")
    execute(country.owner_url, "UPDATE account SET visit_every_days = 7")
    week = {"from_date": str(TODAY - timedelta(days=6)), "to_date": str(TODAY)}
    told = _told(country, {"polygon": WHOLE}, top_by="visits", **week)
    assert told["period"] == {
        "from_date": week["from_date"], "to_date": week["to_date"], "visits": 2,
        "visited_accounts": 1, "due": 4, "covered": 1, "coverage": 0.25, "revenue": 0.0,
        "buyers": 0, "share": None,
    }  # fmt: skip
    before = told["before"]
    assert (before["visits"], before["visited_accounts"], before["covered"]) == (2, 2, 2)
    assert before["to_date"] == str(TODAY - timedelta(days=7))
    assert [(one["name"], one["visits"]) for one in told["top"]] == [("a", 2)]
    top = _told(country, {"polygon": WHOLE})["top"]
    assert [(one["name"], one["overdue_days"]) for one in top] == [("c", 33), ("b", 3)]


@pytest.mark.parametrize("seed", range(4))
def test_coverage_is_what_following_up_says(country: Country, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(25):
        name = f"shop {number}"
        country.shops[name] = add_account(
            country.owner_url, country.org, name, 24.93 + number / 10_000, 60.17
        )
        for _ in range(chance.choice((0, 1, 3, 6))):
            _visit(country, name, chance.randrange(120))
    execute(
        country.owner_url,
        "UPDATE account SET visit_every_days = 1 + abs(hashtext(name || %s)) %% 40", str(seed),
    )  # fmt: skip
    to_date = TODAY - timedelta(days=chance.randrange(30))
    days = {
        "from_date": str(to_date - timedelta(days=chance.randrange(40))),
        "to_date": str(to_date),
    }
    told = _told(country, {"territory_id": str(country.west)}, **days)
    answer = country.api.client.get(
        "/v1/followup", headers=country.api.as_(country.org.rep), params=days
    )
    assert answer.status_code == 200, answer.text
    assert told["period"]["coverage"] == pytest.approx(answer.json()["total"]["coverage"], abs=5e-4)
    length = (to_date - date.fromisoformat(days["from_date"])).days + 1
    earlier = {
        "from_date": str(date.fromisoformat(days["from_date"]) - timedelta(days=length)),
        "to_date": told["before"]["to_date"],
    }
    then = _told(country, {"territory_id": str(country.west)}, **earlier)
    assert told["before"] == then["period"]


def test_a_circle_is_measured_on_the_globe(country: Country) -> None:
    # b is 55.6 m east of a at this latitude.
    for radius_m, count in ((50, 1), (60, 2)):
        told = _told(country, {"circle": {"center": [24.92, 60.17], "radius_m": radius_m}})
        assert told["accounts"] == count
        assert told["shape"]["area_km2"] == pytest.approx(3.1416e-6 * radius_m**2, rel=1e-3)
    assert told["shape"]["changes"] == ["circle"]


def test_a_buffer_and_a_corridor_reach_so_many_metres(country: Country) -> None:
    line = {"type": "LineString", "coordinates": [[24.9, 60.1705], [24.99, 60.1705]]}
    for within_m, count in ((40, 0), (70, 3)):
        told = _told(country, {"corridor": {"line": line, "within_m": within_m}})
        assert told["accounts"] == count
    assert told["shape"]["changes"] == ["buffered"]
    grown = _told(country, {"polygon": NEAR_A, "buffer_m": 60})
    assert (grown["accounts"], grown["shape"]["changes"]) == (2, ["buffered"])


def test_a_line_that_crosses_itself_is_mended_when_asked_to(country: Country) -> None:
    ring = [[24.8, 60.0], [25.0, 60.3], [25.0, 60.0], [24.8, 60.3], [24.8, 60.0]]
    bow_tie = {"type": "Polygon", "coordinates": [ring]}
    told = _told(country, {"polygon": bow_tie, "is_mended": True})
    assert told["shape"]["changes"] == ["mended"]
    assert told["accounts"] == 3
    sound = _told(country, {"polygon": WHOLE, "is_mended": True})
    assert sound["shape"]["changes"] == []


def test_reach_without_streets_is_an_estimate_and_says_so(country: Country) -> None:
    told = _told(country, {"isochrone": {"location": [24.92, 60.17], "minutes": 1}})
    assert told["shape"]["is_estimate"]
    assert told["shape"]["why"]
    assert told["accounts"] == 2


def test_a_territory_has_those_below_it_and_what_was_put_there_by_hand(country: Country) -> None:
    execute(
        country.owner_url, "UPDATE territory SET parent_id = %s WHERE id = %s", country.west,
        country.east,
    )  # fmt: skip
    execute(
        country.owner_url,
        "UPDATE account SET territory_id = %s, territory_is_manual = true WHERE id = %s",
        country.west, country.shops["d"],
    )  # fmt: skip
    told = _told(country, {"territory_id": str(country.west)}, country.org.rep)
    assert told["accounts"] == 4
    within = _told(country, {"territory_id": str(country.west), "buffer_m": 1})
    assert within["accounts"] == 2


def test_the_list_comes_in_pages_and_the_file_runs_no_formula(country: Country) -> None:
    execute(country.owner_url, "UPDATE account SET name = '=1+1' WHERE id = %s", country.shops["a"])
    api, headers = country.api, country.api.as_(country.org.manager)
    body = {"area": {"polygon": WHOLE}}
    found, cursor = [], None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = api.client.post(
            "/v1/areas/accounts", headers=headers, json=body, params=query
        ).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(found) == sorted(str(one) for one in country.shops.values())
    sheet = country.ask(country.org.manager, {"polygon": NEAR_A}, "accounts.csv")
    assert sheet.headers["content-type"].startswith("text/csv")
    assert "'=1+1" in sheet.text
