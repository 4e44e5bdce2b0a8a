"""A route's files and links over HTTP: who gets them, in which language, under which name."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import gpxpy
import httpx
import pypdfium2
import pytest
from icalendar import Calendar

from backend.clock import SystemClock
from backend.geo.polyline import decode_polyline
from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.ids import new_id
from tests.integration.routes.conftest import Town
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api
from tests.support.people import Org
from tests.support.planned_days import PlannedDay, add_day

pytestmark = pytest.mark.integration

MONDAY = date(2026, 11, 23)
SAIGON = LonLat(106.70098, 10.77653)
SHOPS = [
    (f"Tạp hoá Cô {name}", LonLat(SAIGON.lon + index / 500, SAIGON.lat + index / 700))
    for index, name in enumerate(["Ánh", "Bưởi", "Cúc", "Đào", "Ệt", "Phượng"])
]
FILES = ("links", "route.gpx", "sheet.pdf")


class Handouts:
    """Asks for the handouts of one planned day."""

    def __init__(self, api: Api, url: str) -> None:
        self.api, self.org, self.url = api, api.org, url
        self.day = self.plan(MONDAY)

    def plan(self, on_date: date, **how: bool) -> PlannedDay:
        return add_day(self.url, self.org, self.org.rep, on_date, SHOPS, **how)

    def get(self, file: str, who: Actor | None = None, **headers: str) -> httpx.Response:
        path = f"/v1/routes/{self.day.route_id}/{file}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        signed = self.api.as_(who or self.org.rep)
        return self.api.client.get(path, headers=signed | named)


@pytest.fixture
def handouts(api: Api, test_database: TestDatabase) -> Iterator[Handouts]:
    execute(
        test_database.owner_url,
        "UPDATE organisation SET time_zone = 'Asia/Ho_Chi_Minh' WHERE id = %s",
        api.org.id,
    )
    return Handouts(api, test_database.owner_url)


@pytest.mark.parametrize("file", FILES)
def test_whoever_reads_the_route_gets_its_handouts_and_nobody_else(
    handouts: Handouts, other_org: Org, file: str
) -> None:
    org = handouts.org
    seen = {
        name: handouts.get(file, getattr(org, name)).status_code
        for name in ("rep", "other_rep", "manager", "analyst", "agent", "admin")
    }
    assert seen == {
        "rep": 200, "other_rep": 404, "manager": 200, "analyst": 200, "agent": 200, "admin": 200,
    }  # fmt: skip
    assert handouts.get(file, other_org.admin).status_code == 404
    path = f"/v1/routes/{new_id()}/{file}"
    assert handouts.api.client.get(path, headers=handouts.api.as_(org.admin)).status_code == 404


def test_the_gpx_holds_each_stop_and_the_way(handouts: Handouts) -> None:
    url, day = handouts.url, handouts.day
    execute(
        url,
        "UPDATE account SET address = '12 Lê Lợi <Q1> & Chợ', phone = '+84901234567' WHERE id = %s",
        day.account_ids[0],
    )
    answer = handouts.get("route.gpx")
    assert answer.headers["content-type"] == "application/gpx+xml"
    gpx = gpxpy.parse(answer.text)
    assert [one.name for one in gpx.waypoints] == [
        f"{number}. {name}" for number, (name, _) in enumerate(SHOPS, start=1)
    ]
    first = gpx.waypoints[0]
    assert (first.longitude, first.latitude) == pytest.approx(SHOPS[0][1])
    assert first.comment == (
        "08:05–08:20. Chặng đến đây: 1,2 km · 5 phút. 12 Lê Lợi <Q1> & Chợ. +84901234567"
    )
    track = gpx.tracks[0].segments[0].points
    assert [(one.longitude, one.latitude) for one in track] == [
        (round(place.lon, 6), round(place.lat, 6)) for _, place in SHOPS
    ]
    assert gpx.name == "Tuyến ghé thăm · Rep · Thứ Hai, 23/11/2026"
    root = ET.fromstring(answer.content)  # noqa: S314  # our own answer
    space = "{http://www.topografix.com/GPX/1/1}"
    assert [one.tag.removeprefix(space) for one in root] == ["metadata", *["wpt"] * 6, "trk"]
    assert root.attrib["version"] == "1.1"


def test_the_sheet_is_a_pdf_for_this_day(handouts: Handouts) -> None:
    answer = handouts.get("sheet.pdf", accept_encoding="gzip")
    assert answer.headers["content-type"] == "application/pdf"
    assert "content-encoding" not in answer.headers, "it is compressed by itself"
    assert 'filename="2026-11-23.pdf"' in answer.headers["content-disposition"]
    with pypdfium2.PdfDocument(answer.content) as sheet:
        text = sheet[0].get_textpage()
        words = text.get_text_range()
        text.close()
    assert all(name in words for name, _ in SHOPS)
    tag = answer.headers["etag"]
    assert handouts.get("sheet.pdf", if_none_match=tag).status_code == 304


def test_the_words_follow_the_browser_and_else_the_person(handouts: Handouts) -> None:
    assert "Visit route" in handouts.get("route.gpx", accept_language="en-GB,vi;q=0.5").text
    assert "Tuyến ghé thăm" in handouts.get("route.gpx", accept_language="de").text
    execute(
        handouts.url,
        "UPDATE app_user SET locale = 'en' WHERE id = %s",
        handouts.org.rep.user_id,
    )
    answer = handouts.get("route.gpx", accept_language="de")
    assert answer.headers["content-language"] == "en"
    assert "Monday, 23/11/2026" in answer.text


def test_a_file_is_named_after_day_and_person_and_is_sent_once(handouts: Handouts) -> None:
    hostile = 'Lê "Văn"\r\nSet-Cookie: a=b; Ứng'
    execute(
        handouts.url,
        "UPDATE app_user SET full_name = %s WHERE id = %s",
        hostile,
        handouts.org.rep.user_id,
    )
    answer = handouts.get("route.gpx")
    assert "set-cookie" not in answer.headers
    plain, _, whole = answer.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert plain == 'attachment; filename="2026-11-23.gpx"'
    assert unquote(whole) == '2026-11-23 Lê "Văn" Set-Cookie: a=b; Ứng.gpx'
    tag = answer.headers["etag"]
    again = handouts.get("route.gpx", if_none_match=tag)
    assert (again.status_code, again.content) == (304, b"")
    execute(
        handouts.url,
        "UPDATE account SET address = 'Nơi mới' WHERE id = %s",
        handouts.day.account_ids[2],
    )
    assert handouts.get("route.gpx", if_none_match=tag).status_code == 200


def test_links_lead_to_each_stop_and_through_the_day(handouts: Handouts) -> None:
    links = handouts.get("links").json()
    assert (links["profile"], links["is_estimate"]) == ("scooter", False)
    assert [one["name"] for one in links["stops"]] == [name for name, _ in SHOPS]
    assert links["stops"][0]["links"] == {
        "google": "https://www.google.com/maps/dir/?api=1&destination=10.77653%2C106.70098"
        "&travelmode=two-wheeler&dir_action=navigate",
        "apple": "https://maps.apple.com/?daddr=10.77653%2C106.70098&dirflg=d",
        "waze": "https://waze.com/ul?ll=10.77653%2C106.70098&navigate=yes",
        "osmand": "https://osmand.net/map/?finish=10.77653,106.70098&profile=motorcycle"
        "&pin=10.77653,106.70098",
        "geo": "geo:10.77653,106.70098?q=10.77653,106.70098"
        "(T%E1%BA%A1p%20ho%C3%A1%20C%C3%B4%20%C3%81nh)",
    }
    (piece,) = links["pieces"]
    assert (piece["from_sequence"], piece["to_sequence"]) == (1, 6)
    assert piece["google"].count("%7C") == 4


def test_what_was_cancelled_or_deleted_is_not_driven_to(handouts: Handouts) -> None:
    url, day = handouts.url, handouts.day
    execute(url, "UPDATE visit SET status = 'cancelled' WHERE id = %s", day.visit_ids[1])
    execute(url, "UPDATE visit SET deleted_at = now() WHERE id = %s", day.visit_ids[2])
    execute(url, "UPDATE account SET deleted_at = now() WHERE id = %s", day.account_ids[3])
    links = handouts.get("links").json()
    assert [one["sequence"] for one in links["stops"]] == [1, 4, 5, 6]
    assert links["stops"][1]["name"] == SHOPS[3][0], "as the route says: the account is gone"
    gpx = gpxpy.parse(handouts.get("route.gpx").text)
    assert len(gpx.waypoints) == 4


def test_an_account_that_left_the_reps_scope_shows_no_more_than_the_route(
    handouts: Handouts,
) -> None:
    account = handouts.day.account_ids[0]
    execute(
        handouts.url,
        "UPDATE account SET owner_id = %s, phone = '+84909999999', name = 'Tên mới' WHERE id = %s",
        handouts.org.other_rep.user_id,
        account,
    )
    mine, everything = (
        handouts.get("route.gpx", who).text for who in (handouts.org.rep, handouts.org.manager)
    )
    assert "+84909999999" not in mine
    assert "Tên mới" not in mine
    assert SHOPS[0][0] in mine
    assert "+84909999999" in everything
    assert "Tên mới" in everything


@pytest.mark.parametrize("file", ["route.gpx", "sheet.pdf"])
def test_every_file_of_an_estimate_says_so(handouts: Handouts, file: str) -> None:
    sure = handouts.get(file)
    handouts.day = handouts.plan(date(2026, 11, 24), is_estimate=True)
    guessed = handouts.get(file)
    assert sure.status_code == guessed.status_code == 200
    assert sure.headers["etag"] != guessed.headers["etag"]
    if file == "route.gpx":
        assert "Ước tính" in guessed.text
        assert "Ước tính" not in sure.text
        assert gpxpy.parse(guessed.text).waypoints[0].comment.count("≈") == 2
    assert handouts.get("links").json()["is_estimate"] is True


def _soon() -> str:
    """Return next week's Wednesday: a calendar shows what is near."""
    today = SystemClock().now().date()
    return (today + timedelta(days=9 - today.weekday())).isoformat()


def test_a_day_that_was_really_planned_is_handed_out_whole(town: Town) -> None:
    route = town.planned(on_date=_soon(), max_candidates=12, profile="car")
    rep, path = town.org.rep, f"/v1/routes/{route['id']}"
    gpx = gpxpy.parse(town.get(rep, f"{path}/route.gpx").text)
    assert len(gpx.waypoints) == len(route["stops"])
    line = decode_polyline(route["line"])
    track = gpx.tracks[0].segments[0].points
    assert [(one.longitude, one.latitude) for one in track] == [tuple(one) for one in line]
    assert gpx.length_2d() == pytest.approx(route["distance_m"], rel=0.05)
    links = town.get(rep, f"{path}/links").json()
    assert [one["visit_id"] for one in links["stops"]] == [
        one["visit_id"] for one in route["stops"]
    ]
    with pypdfium2.PdfDocument(town.get(rep, f"{path}/sheet.pdf").content) as sheet:
        assert len(sheet) >= 1
    headers = town.api.as_(rep)
    made = town.api.client.post("/v1/calendar-feeds", headers=headers, json={}).json()
    shown = Calendar.from_ical(town.api.client.get(made["path"]).text).walk("VEVENT")
    assert {str(one["uid"]): one.start for one in shown} == {
        one["visit_id"]: datetime.fromisoformat(one["start_at"]) for one in route["stops"]
    }


def test_a_lunch_that_one_drives_to_is_handed_out_with_its_time_and_place(town: Town) -> None:
    route = town.planned(on_date=_soon(), max_candidates=8, lunch_place=[24.9384, 60.1699])
    rep, path, lunch = town.org.rep, f"/v1/routes/{route['id']}", route["lunch"]
    place = tuple(lunch["location"])
    assert 0 < lunch["after_sequence"] < len(route["stops"])
    starts = datetime.fromisoformat(lunch["starts_at"])
    local = starts.astimezone(ZoneInfo("Europe/Helsinki")).strftime("%H:%M")

    points = gpxpy.parse(town.get(rep, f"{path}/route.gpx").text).waypoints
    assert len(points) == len(route["stops"]) + 1
    meal = points[lunch["after_sequence"]]
    assert (meal.name, (meal.longitude, meal.latitude)) == ("Nghỉ trưa", pytest.approx(place))
    assert meal.comment.startswith(f"{local}–")

    with pypdfium2.PdfDocument(town.get(rep, f"{path}/sheet.pdf").content) as sheet:
        text = sheet[0].get_textpage()
        words = text.get_text_range()
        text.close()
    assert f"{place[1]:.5f}, {place[0]:.5f}" in words
    assert f"{local}–" in words

    made = town.api.client.post("/v1/calendar-feeds", headers=town.api.as_(rep), json={}).json()
    shown = Calendar.from_ical(town.api.client.get(made["path"]).text).walk("VEVENT")
    (event,) = [one for one in shown if str(one["uid"]) == f"{route['id']}-lunch"]
    assert (event.start, event.end) == (starts, starts + timedelta(minutes=lunch["minutes"]))
    assert event["location"] == f"{place[1]:.5f}, {place[0]:.5f}"
    assert len(shown) == len(route["stops"]) + 1
