"""An account's own hours in a day: what is firm holds, what is wished is weighed and told."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from backend.geo.hours import windows_on
from backend.geo.vocabulary import LonLat
from tests.integration.routes.conftest import MONDAY, Town
from tests.support.ground import execute

DAY = date.fromisoformat(MONDAY)
HELSINKI = ZoneInfo("Europe/Helsinki")
MORNING, NOT_MONDAY = "Mo-Fr 08:30-10:00", "Tu-Fr 08:00-17:00"


@pytest.fixture(autouse=True)
def open_early(town: Town) -> None:
    """Every third shop opens as it really does, nobody knows of another third, others are early."""
    shops = list(town.shops)
    early = "UPDATE account SET opening_hours = 'Mo-Su 07:30-17:00' WHERE id = ANY (%s::uuid[])"
    execute(town.url, early, shops[1::3])
    unknown = "UPDATE account SET opening_hours = NULL WHERE id = ANY (%s::uuid[])"
    execute(town.url, unknown, shops[2::3])


def prefer(town: Town, account_id: object, hours: str | None, *, is_firm: bool) -> None:
    answer = town.api.client.patch(
        f"/v1/accounts/{account_id}",
        headers=town.api.as_(town.org.manager),
        json={"preferred_hours": hours, "preferred_hours_are_firm": is_firm},
    )
    assert answer.status_code == 200, answer.text


def is_within(hours: str | None, stop: dict[str, Any]) -> bool:
    """Tell by the hours themselves whether a whole visit lies in one of a day's windows."""
    windows = windows_on(hours, DAY, country="FI", location=LonLat(*stop["location"]))
    begin, end = (
        datetime.fromisoformat(stop[name]).astimezone(HELSINKI) for name in ("start_at", "leave_at")
    )
    minutes = [one.hour * 60 + one.minute + one.second / 60 for one in (begin, end)]
    return windows is None or any(
        one.start_minute <= minutes[0] and minutes[1] <= one.end_minute for one in windows
    )


def check_hours(town: Town, route: dict[str, Any]) -> None:
    """Check every stop of a route against what its account says, read anew."""
    rows = execute(
        town.url,
        "SELECT id, opening_hours, preferred_hours, preferred_hours_are_firm FROM account",
    )
    known = {str(one): rest for one, *rest in rows}
    for stop in route["stops"]:
        opening, preferred, is_firm = known[stop["account_id"]]
        assert is_within(opening, stop)
        if is_firm:
            assert is_within(preferred, stop)
        else:
            assert stop["is_preferred"] == is_within(preferred, stop)


def _early(town: Town, route: dict[str, Any]) -> list[str]:
    """Return the accounts of a route that do not open late, in its order."""
    late = {str(one) for one in list(town.shops)[::3]}
    return [one["account_id"] for one in route["stops"] if one["account_id"] not in late]


def test_firm_hours_hold_and_a_day_without_them_is_told(town: Town) -> None:
    before = town.planned(max_candidates=12)
    check_hours(town, before)
    late, other = _early(town, before)[-1], _early(town, before)[0]
    prefer(town, late, MORNING, is_firm=True)
    prefer(town, other, NOT_MONDAY, is_firm=True)

    route = town.planned(max_candidates=12, account_ids=[late, other])

    check_hours(town, route)
    assert late in {stop["account_id"] for stop in route["stops"]}
    told = {one["account_id"]: one for one in route["dropped"]}
    assert told[other]["reason"] == "no_own_hours_today"
    assert "preferred hours" in told[other]["detail"]
    agreed = town.planned(appointments=[{"account_id": other, "start": "09:00:00"}])
    assert other in {stop["account_id"] for stop in agreed["stops"]}, "an agreed time beats hours"


def test_a_wish_is_followed_where_it_is_cheap_and_told_where_not(town: Town) -> None:
    before = town.planned(max_candidates=12)
    last = _early(town, before)[-1]
    prefer(town, last, MORNING, is_firm=False)

    moved = town.planned(max_candidates=12)

    check_hours(town, moved)
    (stop,) = (one for one in moved["stops"] if one["account_id"] == last)
    assert stop["is_preferred"]
    for account_id in town.shops:
        prefer(town, account_id, MORNING, is_firm=False)
    crowded = town.planned(max_candidates=12)
    check_hours(town, crowded)
    assert {one["is_preferred"] for one in crowded["stops"]} == {True, False}
    prefer(town, last, NOT_MONDAY, is_firm=False)
    unwished = town.planned(max_candidates=12, account_ids=[last])
    check_hours(town, unwished)
    assert not next(one for one in unwished["stops"] if one["account_id"] == last)["is_preferred"]


def test_a_team_and_the_rest_of_a_day_keep_firm_hours(town: Town) -> None:
    for account_id in list(town.shops)[1::3]:
        prefer(town, account_id, MORNING, is_firm=True)
    for account_id in list(town.shops)[2::3]:
        prefer(town, account_id, MORNING, is_firm=False)
    team = town.api.client.post(
        "/v1/routes/plan-team",
        headers=town.api.as_(town.org.manager),
        json={"on_date": MONDAY, "members": [{"rep_id": str(town.org.rep.user_id)}]},
    )
    assert team.status_code == 201, team.text
    (route,) = team.json()["routes"]
    check_hours(town, route)
    rest = town.api.client.post(
        f"/v1/routes/{route['id']}/replan",
        headers=town.api.as_(town.org.rep),
        json={"at": "09:30:00"},
    )
    assert rest.status_code in {200, 201}, rest.text
    check_hours(town, rest.json())
    firm = {str(one) for one in list(town.shops)[1::3]}
    assert firm & {stop["account_id"] for stop in route["stops"]}
    assert UUID(rest.json()["id"]) != UUID(route["id"])
