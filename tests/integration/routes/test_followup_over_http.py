"""Plan against actual over the real streets: who kept the plan, what was driven, who may see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from backend.clock import SystemClock
from backend.db.tenancy import Database
from backend.geo.network.provider import Path, StreetNetwork
from backend.geo.polyline import decode_polyline
from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.jobs import Work
from backend.routes.engines import Engines
from backend.routes.followup import service
from backend.routes.followup.tasks import TASKS
from tests.integration.geo.rides import ride
from tests.integration.routes.conftest import Town
from tests.support.ground import execute
from tests.support.people import Org

pytestmark = pytest.mark.integration

PAST = "2026-11-16"
"""A Monday that is over."""


@dataclass
class Field:
    """A planned day of the rep, and the visits that were made."""

    town: Town
    route: dict[str, Any]

    @property
    def stops(self) -> list[dict[str, Any]]:
        stops: list[dict[str, Any]] = self.route["stops"]
        return stops

    def visit(
        self,
        index: int,
        *,
        late: int = 0,
        stay: int = 15,
        outcome: str = "met",
        away: float = 0.0,
        accuracy_m: float = 8.0,
        is_mock: bool = False,
    ) -> None:
        """Make a stop's visit so many minutes late, standing `away` degrees east of the shop."""
        stop = self.stops[index]
        came = datetime.fromisoformat(stop["start_at"]) + timedelta(minutes=late)
        execute(
            self.town.url,
            "UPDATE visit SET status = 'done', outcome = %s, checked_in_at = %s, done_at = %s"
            " WHERE id = %s",
            outcome, came, came + timedelta(minutes=stay), stop["visit_id"],
        )  # fmt: skip
        execute(
            self.town.url,
            "INSERT INTO check_in (org_id, id, account_id, visit_id, rep_id, captured_at,"
            " corrected_at, location, accuracy_m, is_mock, distance_m) SELECT a.org_id, %s, a.id,"
            " %s, %s, %s, %s, p.at, %s, %s, ST_Distance(p.at::geography, a.location::geography)"
            " FROM account a, LATERAL (SELECT ST_Translate(a.location, %s, 0) AS at) p"
            " WHERE a.id = %s",
            new_id(), stop["visit_id"], self.town.org.rep.user_id, came, came, accuracy_m,
            is_mock, away, stop["account_id"],
        )  # fmt: skip

    def actual(self, who: Actor | None = None) -> dict[str, Any]:
        answer = self.town.get(
            who or self.town.org.manager, f"/v1/routes/{self.route['id']}/actual"
        )
        assert answer.status_code == 200, answer.text
        day: dict[str, Any] = answer.json()
        return day

    def period(self, who: Actor | None = None, **query: Any) -> httpx.Response:
        period = {"from_date": "2026-11-16", "to_date": "2026-11-22", **query}
        return self.town.get(who or self.town.org.manager, "/v1/followup", **period)

    def send(self, points: list[dict[str, Any]], who: Actor | None = None, **more: Any) -> Any:
        """Send the rep's trace as the manager, who may send one of any day, or as somebody."""
        of_rep = {"rep_id": str(self.town.org.rep.user_id)} if who is None else {}
        return self.town.api.client.post(
            "/v1/traces",
            headers=self.town.api.as_(who or self.town.org.manager),
            json={"on_date": PAST, "points": points, **of_rep, **more},
        )


@pytest.fixture
def field(town: Town) -> Field:
    return Field(town, town.planned(on_date=PAST, max_candidates=8))


def _ridden(field: Field, network: StreetNetwork) -> list[dict[str, Any]]:
    """Return the trace of the planned way."""
    line = [LonLat(*place) for place in decode_polyline(field.route["line"])]
    stops = [LonLat(*one["location"]) for one in field.stops]
    return _told(field, network.path([line[0], *stops, line[-1]]))


def _told(field: Field, path: Path) -> list[dict[str, Any]]:
    """Return a ride along a path as a phone tells it, from the start of the day on."""
    began = datetime.fromisoformat(field.route["starts_at"])
    return [
        {
            "at": (began + timedelta(seconds=fix.at_s)).isoformat(),
            "location": list(fix.position),
            "accuracy_m": fix.accuracy_m,
        }
        for fix in ride(path, every_s=10.0, noise_m=4.0)
    ]


def _later(point: dict[str, Any], seconds: int) -> dict[str, Any]:
    at = datetime.fromisoformat(point["at"]) + timedelta(seconds=seconds)
    return {**point, "at": at.isoformat()}


def test_a_kept_and_a_missed_visit_are_told_with_their_figures(field: Field) -> None:
    count = len(field.stops)
    field.visit(0, late=0, outcome="ordered")
    field.visit(1, late=10)
    field.visit(2, late=20, outcome="not_in")

    day = field.actual()

    measures = day["measures"]
    assert (measures["planned"], measures["done"], measures["missed"]) == (count, 3, count - 3)
    assert measures["completion"] == round(3 / count, 3)
    assert measures["order_kept"] == 1.0
    assert measures["strike_rate"] == round(1 / 3, 3)
    assert measures["late_median_minutes"] == 10.0
    assert measures["late_p90_minutes"] == 18.0
    assert [one["verdict"] for one in day["visits"]] == ["done"] * 3 + ["missed"] * (count - 3)
    assert {one["reason"] for one in day["visits"][3:]} == {"not_visited"}
    assert day["mileage"]["source"] == "check_ins"
    assert day["mileage"]["is_estimate"] is True
    assert day["mileage"]["distance_m"] > 0


def test_a_trace_along_the_plan_gives_its_kilometres(field: Field, engines: Engines) -> None:
    field.visit(0)
    points = _ridden(field, engines.network("car"))

    sent = field.send(points).json()
    again = field.send(points[::-1]).json()

    assert sent["added"] == sent["kept"] == len(points)
    assert (again["added"], again["repeated"]) == (0, len(points))
    mileage = field.actual()["mileage"]
    assert mileage["source"] == "trace"
    assert mileage["is_estimate"] is False
    assert mileage["distance_m"] == pytest.approx(field.route["distance_m"], rel=0.06)
    assert mileage["off_route_m"] < 0.02 * mileage["distance_m"]
    total = field.period().json()["total"]
    assert total["mileage_m"] == mileage["distance_m"]
    assert total["traced_days"] == 1


def test_what_a_trace_does_not_tell_is_told_in_metres(field: Field, engines: Engines) -> None:
    points = _ridden(field, engines.network("car"))
    lost = len(points) // 3
    silent = [*points[:lost], *(_later(one, 400) for one in points[lost + 12 :])]
    wild = {**_later(points[5], 5), "location": [25.9, 60.9]}

    assert field.send([*silent, wild]).json()["kept"] == len(silent) + 1

    mileage = field.actual()["mileage"]
    assert mileage["unmatched_m"] > 0
    assert mileage["outlier_count"] >= 1
    assert mileage["distance_m"] < 0.95 * field.route["distance_m"]


def test_a_detour_is_off_the_route(field: Field, engines: Engines) -> None:
    path = engines.network("car").path([LonLat(24.951, 60.170), LonLat(24.955, 60.176)])

    field.send(_told(field, path))

    mileage = field.actual()["mileage"]
    assert mileage["off_route_m"] > 0.9 * mileage["distance_m"] > 0
    assert mileage["off_route_minutes"] == pytest.approx(path.duration_s / 60, abs=1)


def test_the_morning_of_a_day_planned_anew_at_noon_is_on_the_route(
    field: Field, engines: Engines
) -> None:
    points = _ridden(field, engines.network("car"))
    for index in range(3):
        field.visit(index)
    third = [LonLat(*one["location"]) for one in field.stops[:3]]
    start = LonLat(*points[0]["location"])
    whole = field.town.api.client.post(
        f"/v1/routes/{field.route['id']}/replan",
        headers=field.town.api.as_(field.town.org.rep),
        json={"at": "13:30:00", "had_lunch": True},
    )
    assert whole.status_code == 201, whole.text
    began = decode_polyline(field.route["line"])[:2]
    field.route = whole.json()
    assert decode_polyline(field.route["line"])[:2] == began

    field.send(_told(field, engines.network("car").path([start, *third])))

    mileage = field.actual()["mileage"]
    assert mileage["distance_m"] > 0
    assert mileage["off_route_m"] < 0.02 * mileage["distance_m"]


def test_the_trace_times_a_visit_that_was_reported_in_one_go(field: Field) -> None:
    field.visit(0, late=20, stay=0)
    assert field.actual()["visits"][0]["stay_minutes"] is None
    stop = field.stops[0]
    came = datetime.fromisoformat(stop["start_at"]) + timedelta(minutes=3)
    field.send(
        [
            {"at": (came + timedelta(minutes=one)).isoformat(), "location": stop["location"]}
            for one in range(19)
        ]
    )

    visit = field.actual()["visits"][0]

    assert (visit["stay_minutes"], visit["late_minutes"]) == (18.0, 3.0)
    total = field.period().json()["total"]
    assert (total["timed_visits"], total["visit_ratio"]) == (1, 1.2)
    # A shop that was put elsewhere on the map is not where the rep stayed.
    execute(
        field.town.url,
        "UPDATE account SET location = ST_Translate(location, 0.05, 0) WHERE id = %s",
        stop["account_id"],
    )
    assert field.actual()["visits"][0]["stay_minutes"] is None


def test_pieces_of_a_trace_meet_in_any_order(field: Field, engines: Engines) -> None:
    points = _ridden(field, engines.network("car"))
    middle = len(points) // 2

    field.send(points[middle:])
    second = field.send(points[: middle + 5]).json()

    assert (second["added"], second["repeated"]) == (middle, 5)
    assert second["kept"] == len(points)
    again = field.send(points).json()
    assert again["added"] == 0
    assert field.actual()["mileage"] == field.actual()["mileage"]


def test_a_gpx_file_is_taken_as_a_trace(field: Field, engines: Engines) -> None:
    points = _ridden(field, engines.network("car"))
    rows = "".join(
        f'<trkpt lat="{one["location"][1]}" lon="{one["location"][0]}"><time>{one["at"]}</time>'
        "</trkpt>"
        for one in points
    )
    gpx = f'<gpx version="1.1" creator="x"><trk><trkseg>{rows}</trkseg></trk></gpx>'

    answer = _send_gpx(field, gpx.encode())

    assert answer.status_code == 200, answer.text
    assert answer.json()["kept"] == len(points)
    assert field.send(points).json()["added"] == 0


def _send_gpx(field: Field, content: bytes) -> httpx.Response:
    return field.town.api.client.post(
        "/v1/traces/gpx",
        headers=field.town.api.as_(field.town.org.manager),
        files={"file": ("day.gpx", content, "application/gpx+xml")},
        data={"on_date": PAST, "rep_id": str(field.town.org.rep.user_id)},
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"name,lon,lat", "gpx_unreadable"),
        (b"", "gpx_unreadable"),
        (b'<gpx version="1.1"><trk><trkseg><trkpt lat="a" lon="1"/></trkseg></trk></gpx>',
         "gpx_unreadable"),
        (b'<gpx version="1.1"><trk><trkseg><trkpt lat="60" lon="24"/></trkseg></trk></gpx>',
         "trace_without_times"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><gpx version="1.1"></gpx>', "gpx_unreadable"),
        (b"<!--" + b" " * 5000 + b"--><!DOCTYPE x [<!ENTITY a 'a'>]><gpx version='1.1'></gpx>",
         "gpx_unreadable"),
        (b"\xff\xfe\x00\x01", "gpx_unreadable"),
    ],
    ids=[
        "a table", "nothing", "no number", "no times", "entities", "late entities", "no text",
    ],
)  # fmt: skip
def test_a_file_that_is_no_trace_is_told(field: Field, content: bytes, code: str) -> None:
    answer = _send_gpx(field, content)

    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == code


_NOON = f"{PAST}T10:00:00+00:00"
_HERE = [24.93, 60.17]


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ([], "malformed"),
        ([{"at": _NOON, "location": [10.77, 106.7]}], "location_swapped"),
        ([{"at": _NOON, "location": [60.17, 24.93]}] * 3, "location_swapped"),
        ([{"at": _NOON, "location": [400, 60]}], "location_outside_world"),
        ([{"at": _NOON, "location": [24.9]}], "malformed"),
        ([{"at": f"{PAST}T10:00:00", "location": _HERE}], "malformed"),
        ([{"at": "2026-11-15T10:00:00Z", "location": _HERE}], "trace_empty"),
        ([{"at": "2096-11-16T10:00:00Z", "location": _HERE}], "trace_empty"),
        ([{"at": "0001-01-01T00:00:00+14:00", "location": _HERE}], "trace_empty"),
        ([{"at": "9999-12-31T23:59:59-14:00", "location": _HERE}], "trace_empty"),
        ([{"at": _NOON, "location": [0, 0]}], "trace_empty"),
        ([{"at": _NOON, "location": _HERE, "accuracy_m": -1}], "malformed"),
    ],
    ids=[
        "none", "swapped", "swapped in Finland", "off the world", "half", "no zone", "other day",
        "future", "first year", "last year", "nowhere", "negative accuracy",
    ],
)  # fmt: skip
def test_positions_that_cannot_be_kept_are_told(
    field: Field, points: list[dict[str, Any]], code: str
) -> None:
    answer = field.send(points)

    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == code
    assert execute(field.town.url, "SELECT 1 FROM trace WHERE fixes <> '[]'") == []


def test_stray_positions_are_left_out_and_counted(field: Field) -> None:
    answer = field.send(
        [
            {"at": _NOON, "location": _HERE},
            {"at": _NOON, "location": _HERE},
            {"at": "2026-11-14T10:00:00Z", "location": _HERE},
            {"at": "2096-11-16T10:00:00Z", "location": _HERE},
            {"at": f"{PAST}T11:00:00Z", "location": [0, 0]},
        ]
    ).json()

    counts = {name: answer[name] for name in ("received", "added", "repeated", "kept")}
    assert counts == {"received": 5, "added": 1, "repeated": 1, "kept": 1}
    assert (answer["other_day"], answer["in_future"], answer["nowhere"]) == (1, 1, 1)


def test_a_day_of_too_many_positions_is_refused_whole(field: Field) -> None:
    began = datetime.fromisoformat(f"{PAST}T00:00:00+02:00")

    def points(first: int, count: int) -> list[dict[str, Any]]:
        times = (began + timedelta(seconds=3 * (first + index)) for index in range(count))
        return [{"at": at.isoformat(), "location": _HERE} for at in times]

    assert field.send(points(0, 20_001)).json()["code"] == "malformed"
    assert field.send(points(0, 15_000)).json()["kept"] == 15_000
    assert field.send(points(15_000, 6_000)).json()["code"] == "trace_too_long"
    assert field.send(points(0, 10)).json()["kept"] == 15_000


def test_days_that_take_too_long_are_settled_by_a_job(
    field: Field, database: Database, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    field.visit(0)
    field.visit(1)
    monkeypatch.setattr(service, "_SETTLE_S", 0.0)

    first, second = field.period().json(), field.period().json()

    assert first["unsettled_days"] == second["unsettled_days"] == 1
    assert first["total"]["mileage_m"] == 0
    ((name, args, priority),) = execute(
        field.town.url, "SELECT task_name, args, priority FROM jobs.procrastinate_jobs"
    )
    assert (name, priority < 0) == ("routes.settle", True)
    task = next(one for one in TASKS if one.name == name)
    task.call(Work(database, SystemClock(), {Engines: engines}), args)
    settled = field.period().json()
    assert settled["unsettled_days"] == 0
    assert settled["total"]["mileage_m"] > 0


def test_a_period_is_the_sum_of_its_weeks(field: Field) -> None:
    field.visit(0)
    field.visit(1, late=24 * 60)
    one_week = field.period().json()

    quarter = field.period(from_date="2026-09-20", to_date="2026-12-20").json()
    split = field.period(from_date="2026-11-10", to_date="2026-11-22").json()

    assert quarter["total"] == split["total"] == one_week["total"]
    assert one_week["total"]["extra"] == 1


def test_a_rep_sees_the_own_figures_only(field: Field) -> None:
    field.visit(0)
    org = field.town.org
    own = field.period(org.rep).json()
    assert [one["rep_id"] for one in own["reps"]] == [str(org.rep.user_id)]
    assert own["total"]["done"] == 1
    assert field.actual(org.rep)["rep_id"] == str(org.rep.user_id)
    assert field.actual(org.analyst) == field.actual(org.rep)

    assert field.period(org.other_rep).json()["reps"] == []
    path = f"/v1/routes/{field.route['id']}/actual"
    day = {"rep_id": str(org.rep.user_id), "on_date": PAST}
    for answer in (
        field.period(org.other_rep, rep_id=org.rep.user_id),
        field.town.get(org.other_rep, path),
        field.town.get(org.other_rep, "/v1/followup/day", **day),
        field.town.get(org.other_rep, "/v1/followup/alarms", rep_id=org.rep.user_id),
        field.town.get(org.other_rep, "/v1/followup/objections", rep_id=org.rep.user_id),
        field.period(rep_id=new_id()),
        field.town.get(org.manager, "/v1/followup/day", rep_id=new_id(), on_date=PAST),
    ):
        assert answer.status_code == 404, answer.text


def test_another_organisation_sees_nothing(field: Field, other_org: Org) -> None:
    field.visit(0)
    manager = other_org.manager

    assert field.period(manager).json()["reps"] == []
    assert field.period(manager, rep_id=field.town.org.rep.user_id).status_code == 404
    path = f"/v1/routes/{field.route['id']}/actual"
    assert field.town.get(manager, path).status_code == 404


def test_only_oneself_and_planners_send_a_trace(field: Field) -> None:
    org = field.town.org
    points = [{"at": _NOON, "location": _HERE}]
    of_rep = {"rep_id": str(org.rep.user_id)}

    assert field.send(points, org.other_rep, **of_rep).status_code == 403
    assert field.send(points, org.analyst).status_code == 403
    assert field.send(points, org.manager, rep_id=str(new_id())).status_code == 404
    assert field.send(points, org.manager, **of_rep).status_code == 200


def test_older_traces_come_from_planners_only_and_are_written_down(field: Field) -> None:
    org, url = field.town.org, field.town.url
    now = SystemClock().now()
    old = (now - timedelta(days=20)).date().isoformat()
    points = [{"at": f"{old}T10:00:00Z", "location": _HERE}]
    latest = [{"at": now.isoformat(), "location": _HERE}]
    today = now.astimezone(ZoneInfo("Europe/Helsinki")).date().isoformat()

    assert field.send(latest, org.rep, on_date=today).status_code == 200
    assert field.send(points, org.rep, on_date=old).json()["code"] == "trace_too_old"
    audit = (
        "SELECT actor_id::text, subject_id::text FROM audit_entry WHERE action = 'trace.send_old'"
    )
    assert execute(url, audit) == []

    assert field.send(points, on_date=old).status_code == 200
    assert field.send(points, on_date=old).json()["added"] == 0
    assert execute(url, audit) == [(str(org.manager.user_id), str(org.rep.user_id))]
    assert field.send(points, on_date="1999-12-31").status_code == 422


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ({"from_date": "2026-11-22", "to_date": "2026-11-16"}, "dates_reversed"),
        ({"from_date": "2026-01-01", "to_date": "2026-11-16"}, "period_too_long"),
        ({"from_date": "yesterday"}, "malformed"),
    ],
    ids=["reversed", "too long", "no date"],
)
def test_bad_periods_are_told(field: Field, period: dict[str, str], code: str) -> None:
    answer = field.period(**period)

    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["code"] == code


def test_a_ghost_is_told_until_the_objection_is_accepted(field: Field) -> None:
    field.visit(0, away=0.02)
    field.visit(1, is_mock=True)
    org, client = field.town.org, field.town.api.client
    ghosts = [one["ghost"] for one in field.actual()["visits"][:2]]
    assert ghosts == [["far_away"], ["mock_position"]]
    body = {"on_date": PAST, "visit_id": field.stops[0]["visit_id"], "body": "Đã dời cửa hàng."}

    def call(who: Actor, path: str, body: dict[str, Any]) -> httpx.Response:
        return client.post(
            f"/v1/followup/objections{path}", headers=field.town.api.as_(who), json=body
        )

    assert call(org.other_rep, "", body).status_code == 422
    objection = call(org.rep, "", body).json()
    answer = f"/{objection['id']}/answer"
    assert call(org.rep, answer, {"is_accepted": True}).status_code == 403
    assert call(org.analyst, answer, {"is_accepted": True}).status_code == 403
    listed = field.town.get(org.manager, "/v1/followup/objections", only_open=True).json()
    assert [one["id"] for one in listed["items"]] == [objection["id"]]
    assert field.town.get(org.other_rep, "/v1/followup/objections").json()["items"] == []

    accepted = call(org.manager, answer, {"is_accepted": True, "answer": "Đúng."})

    assert accepted.json()["state"] == "accepted"
    assert call(org.manager, answer, {"is_accepted": False}).status_code == 409
    day = field.actual()
    assert [one["ghost"] for one in day["visits"][:2]] == [[], ["mock_position"]]
    assert day["visits"][0]["is_excused"] is True
    assert day["objections"][0]["answer"] == "Đúng."


def _object(field: Field, who: Actor, **body: Any) -> httpx.Response:
    return field.town.api.client.post(
        "/v1/followup/objections",
        headers=field.town.api.as_(who),
        json={"on_date": PAST, "body": "Không đúng.", **body},
    )


def test_analysts_do_not_object_and_nobody_answers_oneself(field: Field) -> None:
    org = field.town.org
    assert _object(field, org.analyst).status_code == 403
    objection = _object(field, org.manager).json()

    answers = [
        field.town.api.client.post(
            f"/v1/followup/objections/{objection['id']}/answer",
            headers=field.town.api.as_(who),
            json={"is_accepted": True},
        ).status_code
        for who in (org.manager, org.admin)
    ]

    assert answers == [403, 200]


def test_coverage_counts_accounts_that_are_held_over(field: Field) -> None:
    org, url = field.town.org, field.town.url
    field.visit(0)
    due = field.period().json()["total"]["due"]
    account_id = new_id()
    execute(
        url,
        "INSERT INTO account (org_id, id, name, location, location_source, owner_id)"
        " VALUES (%s, %s, 'Lent', ST_SetSRID(ST_MakePoint(25.2, 60.3), 4326), 'manual', %s)",
        org.id, account_id, org.other_rep.user_id,
    )  # fmt: skip
    assert field.period().json()["total"]["due"] == due
    execute(
        url,
        "INSERT INTO account_holdover (org_id, user_id, account_id, until_on)"
        " VALUES (%s, %s, %s, '2199-01-01')",
        org.id, org.rep.user_id, account_id,
    )  # fmt: skip

    assert field.period().json()["total"]["due"] == due + 1


def test_the_day_of_a_visit_is_the_one_in_the_organisations_time_zone(field: Field) -> None:
    field.visit(0)
    due = field.period().json()["total"]["due"]
    # Sunday evening in UTC is Monday in Helsinki: within the period, and no visit before it.
    execute(
        field.town.url,
        "UPDATE account SET last_visit_at = '2026-11-15T22:30Z' WHERE id = %s",
        field.stops[-1]["account_id"],
    )

    assert field.period().json()["total"]["due"] == due


def test_coverage_counts_due_accounts_and_those_visited(field: Field) -> None:
    due = len(field.town.shops)
    field.visit(0)
    field.visit(1, outcome="ordered")
    # One was visited the week before, and is not due again.
    execute(
        field.town.url,
        "UPDATE account SET last_visit_at = '2026-11-09' WHERE id = %s",
        field.stops[-1]["account_id"],
    )

    measures = field.period().json()["reps"][0]["measures"]

    assert (measures["due"], measures["covered"]) == (due - 1, 2)
    assert measures["coverage"] == round(2 / (due - 1), 3)


def test_a_visit_made_the_day_after_is_missed_on_one_and_extra_on_the_other(
    field: Field,
) -> None:
    field.visit(0, late=24 * 60)

    monday = field.actual()["visits"][0]
    day = {"rep_id": str(field.town.org.rep.user_id), "on_date": "2026-11-17"}
    tuesday = field.town.get(field.town.org.manager, "/v1/followup/day", **day).json()

    assert (monday["verdict"], monday["reason"]) == ("missed", "another_day")
    assert [one["verdict"] for one in tuesday["visits"]] == ["extra"]
    total = field.period().json()["total"]
    assert (total["done"], total["extra"]) == (0, 1)
    objections = [
        _object(field, field.town.org.rep, visit_id=field.stops[0]["visit_id"], on_date=on_date)
        for on_date in ("2026-11-16", "2026-11-17", "2026-11-18")
    ]
    assert [one.status_code for one in objections] == [201, 201, 422]


def test_visits_without_times_and_positions_are_taken_as_they_are(field: Field) -> None:
    execute(
        field.town.url,
        "UPDATE visit SET status = 'done', outcome = 'met', done_at = %s WHERE id = %s",
        _NOON, field.stops[0]["visit_id"],
    )  # fmt: skip

    day = field.actual()

    assert day["visits"][0]["verdict"] == "done"
    assert day["visits"][0]["late_minutes"] is None
    assert day["measures"]["unproven"] == 1
    assert day["measures"]["late_median_minutes"] is None
    assert day["mileage"]["distance_m"] == 0


def test_a_day_that_nobody_planned_is_told_too(field: Field) -> None:
    org = field.town.org
    answer = field.town.get(org.rep, "/v1/followup/day", on_date="2026-11-18")

    assert answer.status_code == 200, answer.text
    assert answer.json()["visits"] == []
    assert answer.json()["mileage"] is None


def test_drifts_are_listed_for_the_weeks_asked(field: Field) -> None:
    answer = field.town.get(field.town.org.manager, "/v1/followup/alarms", weeks=6)

    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == []
    assert field.town.get(field.town.org.rep, "/v1/followup/alarms", weeks=99).status_code in {
        400, 422,
    }  # fmt: skip
