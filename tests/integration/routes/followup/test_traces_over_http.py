"""Positions of a receiver: taken, cleaned, told, and what of the day they say."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from backend.clock import SystemClock
from backend.geo.polyline import decode_polyline
from backend.geo.vocabulary import LonLat
from backend.ids import new_id
from backend.routes.engines import Engines
from tests.integration.routes.followup.conftest import NOON, PAST, Field, ridden, told
from tests.support.ground import execute

pytestmark = pytest.mark.integration


def _later(point: dict[str, Any], seconds: int) -> dict[str, Any]:
    at = datetime.fromisoformat(point["at"]) + timedelta(seconds=seconds)
    return {**point, "at": at.isoformat()}


def test_a_trace_along_the_plan_gives_its_kilometres(field: Field, engines: Engines) -> None:
    field.visit(0)
    points = ridden(field, engines.network("car"))

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
    points = ridden(field, engines.network("car"))
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

    field.send(told(field, path))

    mileage = field.actual()["mileage"]
    assert mileage["off_route_m"] > 0.9 * mileage["distance_m"] > 0
    assert mileage["off_route_minutes"] == pytest.approx(path.duration_s / 60, abs=1)


def test_the_morning_of_a_day_planned_anew_at_noon_is_on_the_route(
    field: Field, engines: Engines
) -> None:
    points = ridden(field, engines.network("car"))
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

    field.send(told(field, engines.network("car").path([start, *third])))

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
    points = ridden(field, engines.network("car"))
    middle = len(points) // 2

    field.send(points[middle:])
    second = field.send(points[: middle + 5]).json()

    assert (second["added"], second["repeated"]) == (middle, 5)
    assert second["kept"] == len(points)
    again = field.send(points).json()
    assert again["added"] == 0
    assert field.actual()["mileage"] == field.actual()["mileage"]


def test_a_gpx_file_is_taken_as_a_trace(field: Field, engines: Engines) -> None:
    points = ridden(field, engines.network("car"))
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


_HERE = [24.93, 60.17]


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ([], "malformed"),
        ([{"at": NOON, "location": [10.77, 106.7]}], "location_swapped"),
        ([{"at": NOON, "location": [60.17, 24.93]}] * 3, "location_swapped"),
        ([{"at": NOON, "location": [400, 60]}], "location_outside_world"),
        ([{"at": NOON, "location": [24.9]}], "malformed"),
        ([{"at": f"{PAST}T10:00:00", "location": _HERE}], "malformed"),
        ([{"at": "2026-11-15T10:00:00Z", "location": _HERE}], "trace_empty"),
        ([{"at": "2096-11-16T10:00:00Z", "location": _HERE}], "trace_empty"),
        ([{"at": "0001-01-01T00:00:00+14:00", "location": _HERE}], "trace_empty"),
        ([{"at": "9999-12-31T23:59:59-14:00", "location": _HERE}], "trace_empty"),
        ([{"at": NOON, "location": [0, 0]}], "trace_empty"),
        ([{"at": NOON, "location": _HERE, "accuracy_m": -1}], "malformed"),
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
            {"at": NOON, "location": _HERE},
            {"at": NOON, "location": _HERE},
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


def test_only_oneself_and_planners_send_a_trace(field: Field) -> None:
    org = field.town.org
    points = [{"at": NOON, "location": _HERE}]
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
