"""A rep's day over the real streets: whole, in opening hours, explained, and kept on replanning."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from backend.geo.hours import windows_on
from backend.geo.network.provider import StreetNetwork
from backend.geo.polyline import decode_polyline
from backend.geo.vocabulary import LonLat, great_circle_m
from backend.routes.engines import Engines
from tests.integration.routes.conftest import MONDAY, SHOPS, SUNDAY, Town
from tests.support.ground import add_account, add_territory, execute, truth
from tests.support.phone import Phone

_ZONE = ZoneInfo("Europe/Helsinki")
_EAST = (24.9425, 60.155, 24.985, 60.182)
_IN_SEA = [24.95, 59.9]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(_ZONE)


def _minute(at: datetime) -> float:
    return at.hour * 60 + at.minute + at.second / 60


def _check_stop(town: Town, stop: dict[str, Any], on_date: str) -> None:
    """A visit is whole: its full time, inside one opening window, within the shift."""
    place = town.shops[UUID(stop["account_id"])]
    arrive, start, leave = (_at(stop[f"{name}_at"]) for name in ("arrive", "start", "leave"))
    assert arrive <= start
    assert leave - start == timedelta(minutes=15)
    assert 8 * 60 <= _minute(start) <= _minute(leave) <= 17 * 60 + 30
    where = LonLat(place.lon, place.lat)
    day = date.fromisoformat(on_date)
    windows = windows_on(place.opening_hours, day, country="FI", location=where)
    if windows is not None:
        assert any(
            one.start_minute <= _minute(start) and _minute(leave) <= one.end_minute
            for one in windows
        ), (place, start, leave)


def _check_line(route: dict[str, Any]) -> None:
    """The line passes every stop and is about as long as the route says."""
    line = decode_polyline(route["line"])
    length_m = sum(great_circle_m(a, b) for a, b in pairwise(line))
    assert length_m == pytest.approx(route["distance_m"], rel=0.05)
    for stop in route["stops"]:
        place = LonLat(*stop["location"])
        assert min(great_circle_m(place, point) for point in line) < 150
    assert len(line) > 3 * len(route["stops"]), "streets bend"


@pytest.mark.parametrize("on_date", [MONDAY, SUNDAY])
def test_a_day_is_whole_and_every_candidate_is_accounted_for(town: Town, on_date: str) -> None:
    route = town.planned(on_date=on_date, max_candidates=SHOPS, seed=7)
    assert (route["is_estimate"], route["status"], route["seed"]) == (False, "planned", 7)
    stops, dropped = route["stops"], route["dropped"]
    assert len(stops) > 5
    visited = [stop["account_id"] for stop in stops]
    left_out = [one["account_id"] for one in dropped]
    assert sorted([*visited, *left_out]) == sorted(str(one) for one in town.shops)
    assert all(one["reason"] and one["detail"] and one["name"] for one in dropped)
    assert [stop["sequence"] for stop in stops] == list(range(1, len(stops) + 1))
    for stop in stops:
        _check_stop(town, stop, on_date)
    for before, after in pairwise(stops):
        gap = _at(after["arrive_at"]) - _at(before["leave_at"])
        assert gap >= timedelta(seconds=after["leg_seconds"])
    _check_line(route)
    _check_lunch(route)
    visits = town.get(town.org.rep, "/v1/visits", on_date=on_date).json()["items"]
    assert {one["id"] for one in visits} == {stop["visit_id"] for stop in stops}
    assert {one["status"] for one in visits} == {"planned"}


def _check_lunch(route: dict[str, Any]) -> None:
    lunch = route["lunch"]
    assert lunch["minutes"] == 45
    start = _at(lunch["starts_at"])
    assert 11 * 60 + 30 <= _minute(start) <= 13 * 60 + 30
    for stop in route["stops"]:
        is_after = stop["sequence"] > lunch["after_sequence"]
        if is_after:
            assert _at(stop["start_at"]) >= start + timedelta(minutes=45)
        else:
            assert _at(stop["leave_at"]) <= start


def test_the_same_question_has_the_same_answer_and_keeps_the_visits(town: Town) -> None:
    first, again = town.planned(seed=3), town.planned(seed=3)
    assert first.pop("id") != again.pop("id")
    assert first == again
    assert sorted(town.visits()) == sorted(stop["visit_id"] for stop in first["stops"])
    listed = town.get(town.org.manager, "/v1/routes", on_date=MONDAY).json()["items"]
    assert [one["stops"] for one in listed] == [again["stops"]]


def test_a_phone_takes_the_day_along_and_loses_the_replaced_one(town: Town) -> None:
    phone = Phone(town.api, town.org.rep)
    first = town.planned(max_candidates=12)
    phone.pull()
    assert phone.ids("route") == {first["id"]}
    row = phone.rows["route", first["id"]]
    assert row["line"] == first["line"]
    assert [one["visit_id"] for one in row["stops"]] == [s["visit_id"] for s in first["stops"]]
    second = town.planned(max_candidates=6)
    phone.pull()
    assert phone.ids("route") == {second["id"]}
    assert phone.versions() == truth(town.url, town.org.rep)


def test_replanning_keeps_ids_and_never_touches_what_was_begun(town: Town) -> None:
    first = town.planned(max_candidates=20)
    begun, done, *others = [stop["visit_id"] for stop in first["stops"]]
    headers = town.api.as_(town.org.rep)
    there = {"captured_at": f"{MONDAY}T07:00:00Z"}
    town.api.client.post(f"/v1/visits/{begun}/check-in", headers=headers, json=there)
    town.api.client.post(f"/v1/visits/{done}/complete", headers=headers, json={"outcome": "met"})
    second = town.planned(max_candidates=20, shift_start="13:00:00", shift_end="14:30:00")
    now = {stop["account_id"]: stop["visit_id"] for stop in second["stops"]}
    before = {stop["account_id"]: stop["visit_id"] for stop in first["stops"]}
    assert len(now) < len(before)
    assert all(before[account] == now[account] for account in now.keys() & before.keys())
    visits = town.visits()
    assert (visits[begun], visits[done]) == ("checked_in", "done")
    assert not {begun, done} & set(now.values())
    assert {one: visits[one] for one in others} == {
        one: "planned" if one in now.values() else "cancelled" for one in others
    }
    (listed,) = town.get(town.org.rep, "/v1/routes", on_date=MONDAY).json()["items"]
    assert listed["id"] == second["id"]


class _BusyEngines(Engines):
    """Lets something happen after the candidates are read and before the plan is written."""

    def __init__(self, folder: Path, meanwhile: Any) -> None:
        super().__init__(folder)
        self.meanwhile = meanwhile

    def network(self, profile: str) -> StreetNetwork:
        self.meanwhile()
        return super().network(profile)


def test_a_check_in_while_the_day_is_being_solved_is_kept(town: Town, networks: Path) -> None:
    first = town.planned(max_candidates=8)
    stop = first["stops"][0]

    def check_in() -> None:
        answer = town.api.client.post(
            f"/v1/visits/{stop['visit_id']}/check-in",
            headers=town.api.as_(town.org.rep),
            json={"captured_at": f"{MONDAY}T07:00:00Z"},
        )
        assert answer.status_code == 201

    engines = _BusyEngines(networks, check_in)
    town.api.client.app.state.parts[Engines] = engines
    try:
        second = town.planned(max_candidates=8)
    finally:
        engines.close()
    kept = {one["account_id"]: one["visit_id"] for one in second["stops"]}
    assert kept[stop["account_id"]] == stop["visit_id"]
    assert town.visits()[stop["visit_id"]] == "checked_in"
    of_account = "SELECT count(*) FROM visit WHERE account_id = %s"
    assert execute(town.url, of_account, stop["account_id"]) == [(1,)]


def test_without_a_street_network_the_day_is_marked_an_estimate(town: Town, tmp_path: Path) -> None:
    engines = Engines(tmp_path)
    town.api.client.app.state.parts[Engines] = engines
    try:
        route = town.planned(max_candidates=5)
    finally:
        engines.close()
    assert route["is_estimate"] is True
    line = decode_polyline(route["line"])
    assert len(line) == len(route["stops"]) + 2


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "start_in_the_sea": ({"start": _IN_SEA}, "start"),
    "end_in_the_sea": ({"end": _IN_SEA}, "end"),
    "start_swapped": ({"start": [60.17, 124.94]}, "start"),
    "end_off_the_world": ({"end": [500, 0]}, "end"),
    "shift_reversed": ({"shift_start": "17:00:00", "shift_end": "08:00:00"}, "shift"),
    "lunch_reversed": ({"lunch_earliest": "14:00:00", "lunch_latest": "12:00:00"}, "lunch"),
    "before_calendars": ({"on_date": "0001-01-01"}, "on_date"),
    "after_calendars": ({"on_date": "9999-12-31"}, "on_date"),
    "no_such_day": ({"on_date": "2026-02-30"}, "on_date"),
    "no_such_account": ({"account_ids": ["01890000-0000-7000-8000-000000000000"]}, "account_ids"),
    "no_such_vehicle": ({"profile": "boat"}, "profile"),
    "too_many": ({"max_candidates": 1000}, "max_candidates"),
    "lunch_in_the_sea": ({"lunch_place": _IN_SEA}, "lunch_place"),
    "lunch_after_the_shift": (
        {"lunch_place": [24.93, 60.17], "shift_end": "11:00:00"},
        "lunch_place",
    ),
    "no_distance": ({"max_distance_m": 0}, "max_distance_m"),
    "no_travel": ({"max_travel_minutes": -5}, "max_travel_minutes"),
    "unknown_word": ({"colour": "red"}, "colour"),
}


def test_a_day_that_cannot_be_is_refused_by_field_and_nothing_is_written(town: Town) -> None:
    answers = {name: town.plan(town.org.rep, **body) for name, (body, _) in BAD.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(BAD, 422)
    for name, answer in answers.items():
        assert BAD[name][1] in answer.text, (name, answer.text)
    assert execute(town.url, "SELECT 1 FROM route UNION ALL SELECT 1 FROM visit") == []


def test_who_may_plan_and_see_a_day(town: Town) -> None:
    org, rep = town.org, str(town.org.rep.user_id)
    plan = {
        role: town.plan(getattr(org, role), rep_id=rep, max_candidates=3).status_code
        for role in ("rep", "other_rep", "manager", "analyst", "agent", "admin")
    }
    assert plan == {
        "rep": 201, "other_rep": 403, "manager": 201, "analyst": 403, "agent": 403, "admin": 201,
    }  # fmt: skip
    (route,) = town.get(org.manager, "/v1/routes", rep_id=rep).json()["items"]
    path = f"/v1/routes/{route['id']}"
    assert [town.get(one, path).status_code for one in (org.rep, org.analyst)] == [200, 200]
    assert town.get(org.other_rep, path).status_code == 404
    assert town.get(org.other_rep, "/v1/routes", rep_id=rep).json()["items"] == []
    assert town.get(org.other_rep, "/v1/routes").json()["items"] == []


def test_a_rep_names_only_own_accounts_and_a_manager_any(town: Town) -> None:
    add_territory(town.url, town.org, "East", _EAST, town.org.other_rep)
    foreign = str(add_account(town.url, town.org, "Foreign shop", 24.9500, 60.1700))
    wanted = {"account_ids": [foreign], "max_candidates": 4}
    refused = town.plan(town.org.rep, **wanted)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "account_ids"
    assert "Foreign" not in refused.text
    rep_id = str(town.org.rep.user_id)
    route = town.plan(town.org.manager, rep_id=rep_id, **wanted).json()
    assert foreign in {stop["account_id"] for stop in route["stops"]}


def test_a_rep_without_a_territory_is_told_so(town: Town) -> None:
    for request in ({}, {"start": [24.93, 60.17]}):
        answer = town.plan(town.org.other_rep, **request)
        assert answer.status_code == 422, answer.text
        assert "territory" in answer.json()["detail"]
    execute(
        town.url, "UPDATE app_user SET is_active = false WHERE id = %s", town.org.other_rep.user_id
    )
    gone = town.plan(town.org.manager, rep_id=str(town.org.other_rep.user_id))
    assert (gone.status_code, gone.json()["errors"][0]["field"]) == (422, "rep_id")


def test_a_day_begins_at_a_door_where_the_middle_of_the_territory_is_sea(town: Town) -> None:
    coast = (24.9425, 59.5, 24.96, 60.182)
    add_territory(town.url, town.org, "Coast", coast, town.org.other_rep)
    add_account(town.url, town.org, "Kioski", 24.9500, 60.1700)
    route = town.plan(town.org.other_rep)
    assert route.status_code == 201, route.text
    assert [stop["name"] for stop in route.json()["stops"]] == ["Kioski"]


def test_a_day_with_nothing_due_is_an_empty_route(town: Town) -> None:
    execute(town.url, "UPDATE account SET last_visit_at = %s", f"{SUNDAY}T10:00:00Z")
    route = town.planned()
    assert (route["stops"], route["dropped"], route["line"], route["lunch"]) == ([], [], None, None)


def test_an_own_account_outside_every_territory_is_planned(town: Town) -> None:
    lone = add_account(town.url, town.org, "Lone", 24.9500, 60.1700)
    execute(
        town.url,
        "UPDATE account SET owner_id = %s, priority = 1 WHERE id = %s",
        town.org.rep.user_id,
        lone,
    )
    route = town.planned(max_candidates=3)
    assert str(lone) in {stop["account_id"] for stop in route["stops"]}
