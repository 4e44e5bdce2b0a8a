"""Territories looked back at: borders, names, holders and accounts of any moment."""

from datetime import UTC, date, datetime, timedelta

from tests.integration.territories.test_territories_over_http import (
    ALL,
    EAST,
    WEST,
    Body,
    call,
    draw,
    place,
    refuse,
)
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api

PAST = "/v1/territories/past"


def moments(api: Api) -> list[Body]:
    """What happened, the first thing first."""
    found: list[Body] = call(api, "GET", f"{PAST}/moments")["items"]
    return found[::-1]


def then(api: Api, moment: str) -> dict[str, Body]:
    """The territories of a moment by name."""
    answer = api.client.get(PAST, params={"moment": moment}, headers=api.as_(api.org.manager))
    assert answer.is_success, answer.text
    return {one["name"]: one for one in answer.json()["items"]}


def kinds(moment: Body) -> set[str]:
    return {
        name for name in ("begun", "redrawn", "renamed", "moved", "ended", "people") if moment[name]
    }


def test_each_moment_shows_what_was_there_with_its_accounts(api: Api) -> None:
    place(api, "Left", 106.5)
    place(api, "Right", 107.5)
    whole = draw(api, "Whole", ALL)
    west = draw(api, "West", WEST, parent_id=whole)
    call(api, "PATCH", f"/v1/territories/{west}", {"area": EAST})
    call(api, "PATCH", f"/v1/territories/{west}", {"name": "Riverside"})
    call(api, "PATCH", f"/v1/territories/{west}", {"parent_id": None})
    call(api, "DELETE", f"/v1/territories/{west}")
    told = moments(api)
    assert [kinds(one) for one in told] == [
        {"begun"}, {"begun"}, {"redrawn"}, {"renamed"}, {"moved"}, {"ended"},
    ]  # fmt: skip
    assert [one["names"] for one in told][1:4] == [["West"], ["West"], ["Riverside"]]
    seen = [then(api, one["at"]) for one in told]
    assert [sorted(one) for one in seen] == [
        ["Whole"], ["West", "Whole"], ["West", "Whole"], ["Riverside", "Whole"],
        ["Riverside", "Whole"], ["Whole"],
    ]  # fmt: skip
    assert [one["Whole"]["accounts"] for one in seen] == [2, 1, 1, 1, 1, 2]
    first = seen[1]["West"]["area"]["coordinates"][0][0]
    assert sorted(first) == sorted(WEST["coordinates"][0])
    assert seen[2]["West"]["area"] != seen[1]["West"]["area"]
    assert seen[3]["Riverside"]["parent_id"] == whole
    assert seen[4]["Riverside"]["parent_id"] is None


def test_before_anything_there_is_nothing_and_accounts_lie_in_none(api: Api) -> None:
    place(api, "Left", 106.5)
    between = datetime.now(UTC).isoformat()
    draw(api, "West", WEST)
    answer = api.client.get(
        PAST, params={"moment": between}, headers=api.as_(api.org.manager)
    ).json()
    # What came out of none counts where it went: nobody noted when it came.
    assert answer["items"] == []
    assert answer["unplaced"] == 1


def test_the_last_moment_is_what_territories_are_now(api: Api) -> None:
    place(api, "Left", 106.5)
    draw(api, "West", WEST, code="W1", color="#112233")
    draw(api, "East", EAST)
    now = {one["name"]: one for one in call(api, "GET", "/v1/territories")["items"]}
    seen = then(api, moments(api)[-1]["at"])
    assert seen.keys() == now.keys()
    for name, one in now.items():
        assert {key: seen[name][key] for key in ("id", "code", "color", "area")} == {
            key: one[key] for key in ("id", "code", "color", "area")
        }
        assert seen[name]["accounts"] == one["account_count"]


def test_holders_are_those_of_the_day(api: Api, test_database: TestDatabase) -> None:
    west = draw(api, "West", WEST)
    # Drawn ten days ago, passed on three days ago.
    execute(
        test_database.owner_url,
        "UPDATE territory_version SET since = since - interval '10 days' WHERE territory_id = %s",
        west,
    )
    today = date.today()  # noqa: DTZ011  # days around it are far from midnight
    path = f"/v1/territories/{west}/assignments"
    passed_on = today - timedelta(days=3)
    one, other = api.org.rep.user_id, api.org.other_rep.user_id
    call(api, "POST", path, {"user_id": str(one), "valid_from": str(today - timedelta(days=9)),
                             "valid_to": str(passed_on)})  # fmt: skip
    call(api, "POST", path, {"user_id": str(other), "valid_from": str(passed_on)})
    told = moments(api)
    assert [kinds(moment) for moment in told] == [{"begun"}, {"people"}, {"people"}]
    held = [
        [holder["user_id"] for holder in then(api, moment["at"])["West"]["holders"]]
        for moment in told
    ]
    assert held == [[], [str(one)], [str(other)]]


def test_what_is_changed_twice_at_once_never_was_in_between(
    api: Api, test_database: TestDatabase
) -> None:
    west = draw(api, "West", WEST)
    execute(
        test_database.owner_url,
        "UPDATE territory SET name = 'North' WHERE id = %s;"
        " UPDATE territory SET name = 'South' WHERE id = %s",
        west,
        west,
    )
    assert [one["names"] for one in moments(api)] == [["West"], ["South"]]


def test_the_future_and_times_without_a_zone_are_refused(api: Api) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for moment in (tomorrow, "2026-01-01T00:00:00", "yesterday", "9999-12-31T23:59:59Z",
                   "9999-12-31T23:59:59-20:00"):  # fmt: skip
        assert "moment" in str(refuse(api, "GET", f"{PAST}?moment={moment}"))
    for moment in ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+20:00"):
        assert then(api, moment) == {}


def test_reps_do_not_look_back(api: Api) -> None:
    for path in (f"{PAST}/moments", f"{PAST}?moment=2026-01-01T00:00:00Z"):
        assert api.client.get(path, headers=api.as_(api.org.rep)).status_code == 403


def test_other_organisations_are_not_seen(api: Api, other_org: object) -> None:
    assert other_org
    draw(api, "West", WEST)
    answer = api.client.get(f"{PAST}/moments", headers=api.as_(other_org.manager))  # type: ignore[attr-defined]
    assert answer.json()["items"] == []
