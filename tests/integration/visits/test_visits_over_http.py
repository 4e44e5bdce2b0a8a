"""Visits over HTTP: who may do what, which steps follow which, and what a check-in tells."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.testing import TestClient

from backend.api.paging import encode_cursor
from backend.app import create_app
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.settings import Settings
from backend.sync.protocol.messages import Status
from backend.visits.schemas import VALID_MOVES, VisitStatus
from tests.integration.visits.conftest import TODAY, Desk, now
from tests.support.ground import (
    IN_EAST,
    IN_WEST,
    add_account,
    execute,
)
from tests.support.http import Api
from tests.support.people import Org
from tests.support.phone import Phone


def _verbs(desk: Desk) -> dict[str, Callable[[Actor], httpx.Response]]:
    """Return every verb, each on a visit that nobody touched."""
    rep = str(desk.api.org.rep.user_id)
    new = {"account_id": str(desk.shop), "planned_on": TODAY}
    check_in = {"captured_at": now().isoformat(), "location": [*IN_WEST]}
    return {
        "read": lambda who: desk.get(who, f"/v1/visits/{desk.plan()}"),
        "plan_own": lambda who: desk.post(who, "/v1/visits", new),
        "plan_for_rep": lambda who: desk.post(who, "/v1/visits", {**new, "rep_id": rep}),
        "check_in": lambda who: desk.post(who, f"/v1/visits/{desk.plan()}/check-in", check_in),
        "complete": lambda who: desk.post(
            who, f"/v1/visits/{desk.plan()}/complete", {"outcome": "met"}
        ),
    }


ACCESS = {
    #             read plan_own plan_for_rep check_in complete
    "rep":       (200, 201, 201, 201, 201),
    "other_rep": (404, 404, 403, 404, 404),
    "manager":   (200, 201, 201, 201, 201),
    "analyst":   (200, 403, 403, 403, 403),
    "agent":     (200, 201, 403, 404, 404),
    "admin":     (200, 201, 201, 201, 201),
}  # fmt: skip
STRANGERS = {
    "rep":       (404, 404, 403, 404, 404),
    "manager":   (404, 404, 422, 404, 404),
    "analyst":   (404, 403, 403, 403, 403),
    "admin":     (404, 404, 422, 404, 404),
}  # fmt: skip
"""People of another organisation; 422 is a `rep_id` that theirs does not have."""


def test_who_may_do_what_to_a_visit_of_the_rep(desk: Desk) -> None:
    verbs = _verbs(desk)
    answers = {
        role: tuple(verb(getattr(desk.api.org, role)).status_code for verb in verbs.values())
        for role in ACCESS
    }
    assert answers == ACCESS


def test_another_organisation_sees_and_changes_nothing(
    desk: Desk, settings: Settings, database: Database, other_org: Org
) -> None:
    with TestClient(create_app(settings, database)) as client:
        desk.api = Api(client, desk.api.org)
        verbs = _verbs(desk)
        answers = {
            role: tuple(verb(getattr(other_org, role)).status_code for verb in verbs.values())
            for role in STRANGERS
        }
        listed = desk.get(other_org.admin, "/v1/visits").json()
    assert answers == STRANGERS
    assert listed == {"items": [], "next_cursor": None}
    assert execute(desk.url, "SELECT DISTINCT status FROM visit") == [("planned",)]


def test_a_visit_runs_from_plan_to_outcome(desk: Desk) -> None:
    org = desk.api.org
    made = desk.post(org.rep, "/v1/visits", {"account_id": str(desk.shop), "planned_on": TODAY})
    visit_id = UUID(made.json()["id"])
    assert made.json()["status"] == "planned"
    before = now()
    there = desk.check_in(visit_id, accuracy_m=8.5, is_mock=True).json()
    assert there["status"] == "checked_in"
    assert before - timedelta(seconds=1) <= datetime.fromisoformat(there["checked_in_at"]) <= now()
    (check_in,) = there["check_ins"]
    assert (check_in["accuracy_m"], check_in["is_mock"], check_in["distance_m"]) == (8.5, True, 0)
    done = desk.complete(visit_id, outcome="ordered", note="Đặt 12 thùng").json()
    assert (done["status"], done["outcome"]) == ("done", "ordered")
    assert [note["body"] for note in done["notes"]] == ["Đặt 12 thùng"]
    assert done["rv"] > there["rv"] > made.json()["rv"]
    account = desk.get(org.rep, f"/v1/accounts/{desk.shop}").json()
    assert account["last_visit_at"] == done["done_at"]
    assert desk.get(org.manager, f"/v1/visits/{visit_id}").json() == done


def test_doing_it_again_changes_nothing(desk: Desk) -> None:
    visit_id = desk.plan()
    first = desk.complete(visit_id).json()
    assert desk.complete(visit_id).json() == first
    after = desk.check_in(visit_id).json()
    assert (after["status"], len(after["check_ins"])) == ("done", 1)
    assert desk.complete(visit_id, outcome="ordered").json()["outcome"] == "ordered"


def test_every_step_of_the_state_machine(desk: Desk) -> None:
    """Over sync, which is the door to all of them; the steps are those of `VALID_MOVES`."""
    phone = Phone(desk.api, desk.api.org.rep)
    for start in VisitStatus:
        for end in VisitStatus:
            visit_id = str(desk.plan(status=start))
            wanted = {"status": end.value} | ({"outcome": "met"} if end == "done" else {})
            (result,) = phone.push(
                phone.mutation("patch", "visit", visit_id, base={"status": "planned"},
                               values=wanted)
            )  # fmt: skip
            is_valid = start is end or end in VALID_MOVES[start]
            assert (result.status is Status.APPLIED) == is_valid, (start, end, result)
            (row,) = execute(desk.url, "SELECT status FROM visit WHERE id = %s", visit_id)
            assert row[0] == (end if is_valid else start)


def test_a_visit_is_not_done_without_an_outcome(desk: Desk) -> None:
    phone, visit_id = Phone(desk.api, desk.api.org.rep), desk.plan()
    patch = phone.mutation("patch", "visit", str(visit_id), values={"status": "done"})
    (result,) = phone.push(patch)
    assert (result.status, result.code) == (Status.REJECTED, "outcome_missing")
    answer = desk.post(desk.api.org.rep, f"/v1/visits/{visit_id}/complete", {})
    assert answer.status_code == 422
    assert "outcome" in answer.json()["detail"]


def test_the_distance_is_that_on_the_globe(desk: Desk) -> None:
    visit_id = desk.plan()
    lon, lat = IN_WEST
    # A thousandth of a degree: 111.4 m of latitude here, and half of that of longitude.
    for place, metres in (([lon, lat + 0.001], 111.4), ([lon + 0.001, lat], 55.5), (None, None)):
        desk.check_in(visit_id, location=place)
        newest = desk.get(desk.api.org.rep, f"/v1/visits/{visit_id}").json()["check_ins"][-1]
        assert newest["location"] == place
        assert newest["distance_m"] == (metres and pytest.approx(metres, abs=0.2))


@pytest.mark.parametrize(
    ("location", "hint"),
    [
        ([10.77, 106.70], True),
        ([-200.0, 60.0], False),
        ([100.0, 89.0], False),
        ([24.9, 200.0], False),
        ([1e308, 0], False),
    ],
    ids=["swapped", "west_of_west", "above_the_map", "nowhere", "beyond"],
)  # fmt: skip
def test_a_place_outside_the_world_is_refused_and_nothing_is_kept(
    desk: Desk, location: list[float], *, hint: bool
) -> None:
    answer = desk.check_in(desk.plan(), location=location)
    assert (answer.status_code, answer.json()["code"]) == (422, "location_outside_world")
    assert answer.json()["errors"][0]["field"] == "location"
    assert ("Longitude comes first" in answer.json()["detail"]) == hint
    assert execute(desk.url, "SELECT status FROM visit") == [("planned",)]
    assert execute(desk.url, "SELECT 1 FROM check_in") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"captured_at": "2026-11-22T10:00:00"}, "captured_at"),
        ({"captured_at": "9999-12-31T23:59:59Z"}, "captured_at"),
        ({"captured_at": "0001-01-01T00:00:00+14:00"}, "captured_at"),
        ({"location": [24.9]}, "location"),
        ({"accuracy_m": -1}, "accuracy_m"),
        ({"is_mock": "no"}, "is_mock"),
        ({"speed": 3}, "speed"),
    ],
)
def test_a_check_in_that_cannot_be_read_names_the_field(
    desk: Desk, body: dict[str, Any], field: str
) -> None:
    answer = desk.check_in(desk.plan(), **body)
    assert answer.status_code == 422
    assert field in answer.text


def test_a_time_to_come_is_marked_and_never_counts(desk: Desk) -> None:
    visit_id, tomorrow = desk.plan(), now() + timedelta(days=1)
    answer = desk.check_in(visit_id, captured_at=tomorrow.isoformat()).json()
    assert answer["check_ins"][0]["clock_suspect"] is True
    assert datetime.fromisoformat(answer["check_ins"][0]["captured_at"]) == tomorrow
    assert datetime.fromisoformat(answer["checked_in_at"]) <= now()


def test_a_time_of_the_past_is_believed(desk: Desk) -> None:
    visit_id, yesterday = desk.plan(), now() - timedelta(days=1)
    answer = desk.check_in(visit_id, captured_at=yesterday.isoformat()).json()
    assert answer["check_ins"][0]["clock_suspect"] is False
    assert datetime.fromisoformat(answer["checked_in_at"]) == yesterday


def test_lists_are_filtered_paged_and_in_scope(desk: Desk) -> None:
    org = desk.api.org
    assert desk.get(org.rep, "/v1/visits").json() == {"items": [], "next_cursor": None}
    days = ["2026-11-20", "2026-11-21", "2026-11-21", "2026-11-22", "2026-11-23"]
    mine = {str(desk.plan(day=day)) for day in days}
    east = add_account(desk.url, org, "East shop", *IN_EAST)
    desk.post(org.other_rep, "/v1/visits", {"account_id": str(east), "planned_on": TODAY})
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = desk.get(org.rep, "/v1/visits", **query).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert [one["planned_on"] for one in seen] == days
    assert {one["id"] for one in seen} == mine

    def count(who: Actor, **query: Any) -> int:
        return len(desk.get(who, "/v1/visits", **query).json()["items"])

    assert count(org.manager) == 6
    assert count(org.manager, on_date="2026-11-21") == 2
    assert count(org.manager, rep_id=str(org.other_rep.user_id)) == 1
    assert count(org.manager, account_id=str(desk.shop)) == 5
    assert count(org.other_rep) == 1
    assert count(org.rep, rep_id=str(org.other_rep.user_id)) == 0


@pytest.mark.parametrize(
    "cursor",
    ["nonsense", encode_cursor("today", "x"), encode_cursor("2026-11-22"),
     encode_cursor("2026-11-22", "x' OR 1=1 --")],
)  # fmt: skip
def test_a_made_up_cursor_is_refused_by_name(desk: Desk, cursor: str) -> None:
    answer = desk.get(desk.api.org.rep, "/v1/visits", cursor=cursor)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "cursor"
