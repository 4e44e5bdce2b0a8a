"""Visits in people's own calendars: whole, stable, behind a secret, and gone with their person."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import vobject
from icalendar import Calendar, Event
from litestar.testing import TestClient

from backend.app import create_app
from backend.db.tenancy import Database
from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.routes.handout.feeds import MAX_FEEDS
from backend.settings import Settings
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api
from tests.support.people import Org
from tests.support.planned_days import ZONE, PlannedDay, add_day

pytestmark = pytest.mark.integration

MONDAY = date(2026, 11, 23)
SHOPS = [
    (name, LonLat(106.7 + index / 100, 10.77))
    for index, name in enumerate(["Tạp hoá Ánh", "Quán Bưởi", "Chợ Cúc", "Đại lý Đào"])
]
NOBODY = "A" * 43


class SetClock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 3, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Calendars:
    """Makes calendars and reads them as a phone does, without a token."""

    def __init__(self, api: Api, url: str, clock: SetClock) -> None:
        self.api, self.org, self.url, self.clock = api, api.org, url, clock

    def make(self, who: Actor, **body: Any) -> httpx.Response:
        headers = self.api.as_(who)
        return self.api.client.post("/v1/calendar-feeds", headers=headers, json=body)

    def path(self, who: Actor, **body: Any) -> str:
        answer = self.make(who, **body)
        assert answer.status_code == 201, answer.text
        path: str = answer.json()["path"]
        return path

    def read(self, path: str, **headers: str) -> httpx.Response:
        self.clock.at += timedelta(minutes=1)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.api.client.get(path, headers=named)

    def events(self, path: str) -> dict[str, Event]:
        answer = self.read(path)
        assert answer.status_code == 200, answer.text
        (second,) = vobject.readComponents(answer.text)
        calendar = Calendar.from_ical(answer.text)
        events = {str(one["uid"]): one for one in calendar.walk("VEVENT")}
        assert len(getattr(second, "vevent_list", [])) == len(events)
        return events

    def plan(self, on_date: date = MONDAY, **how: Any) -> PlannedDay:
        return add_day(self.url, self.org, self.org.rep, on_date, SHOPS, **how)


@pytest.fixture
def calendars(
    settings: Settings, database: Database, org: Org, test_database: TestDatabase
) -> Iterator[Calendars]:
    url, clock = test_database.owner_url, SetClock()
    execute(url, "UPDATE organisation SET time_zone = 'Asia/Ho_Chi_Minh' WHERE id = %s", org.id)
    with TestClient(create_app(settings, database, clock=clock)) as client:
        yield Calendars(Api(client, org), url, clock)


def test_a_phone_reads_the_day_without_signing_in(calendars: Calendars) -> None:
    day = calendars.plan()
    execute(
        calendars.url,
        "UPDATE account SET address = %s WHERE id = %s",
        "12 Lê Lợi; Q1, TP. HCM",
        day.account_ids[0],
    )
    path = calendars.path(calendars.org.rep, label="Điện thoại")
    answer = calendars.read(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert "BEGIN:VTIMEZONE\r\nTZID:Asia/Ho_Chi_Minh" in answer.text
    events = calendars.events(path)
    assert set(events) == {str(one) for one in day.visit_ids}
    first, third = events[str(day.visit_ids[0])], events[str(day.visit_ids[2])]
    assert str(first["summary"]) == "Tạp hoá Ánh"
    assert str(first["location"]) == "12 Lê Lợi; Q1, TP. HCM"
    assert first.start == datetime(2026, 11, 23, 8, 5, tzinfo=ZONE)
    assert first.end == datetime(2026, 11, 23, 8, 20, tzinfo=ZONE)
    assert first["dtstart"].params["TZID"] == "Asia/Ho_Chi_Minh"
    way, link = str(first["description"]).splitlines()
    assert way == "Chặng đến đây: 1,2 km · 5 phút"
    assert link == f"Chỉ đường: {first['url']}"
    assert "travelmode=two-wheeler" in link
    assert "Nghỉ trưa sau lượt này: 12:00–12:45" in str(third["description"])
    assert str(third["location"]) == "10.77000, 106.72000"


def test_a_visit_that_moves_is_moved_and_one_that_is_cancelled_leaves(
    calendars: Calendars,
) -> None:
    day = calendars.plan()
    path = calendars.path(calendars.org.rep)
    before = calendars.events(path)
    moved, gone = str(day.visit_ids[0]), str(day.visit_ids[1])
    execute(
        calendars.url,
        "UPDATE visit SET planned_on = planned_on + 1, planned_at = planned_at + interval '1 day',"
        " route_id = NULL WHERE id = %s",
        moved,
    )
    execute(calendars.url, "UPDATE visit SET status = 'cancelled' WHERE id = %s", gone)
    after = calendars.events(path)
    assert set(after) == set(before) - {gone}
    old, new = before[moved], after[moved]
    assert new.start - old.start == timedelta(days=1)
    assert new.end - new.start == timedelta(minutes=15)
    assert new["sequence"] > old["sequence"]
    assert new["last-modified"].dt >= old["last-modified"].dt
    assert "Chặng" not in str(new["description"]), "it is in no route any more"


def test_a_visit_without_an_hour_is_a_day_that_leaves_its_person_free(
    calendars: Calendars,
) -> None:
    day = calendars.plan()
    execute(
        calendars.url,
        "UPDATE visit SET planned_at = NULL, route_id = NULL WHERE id = %s",
        day.visit_ids[0],
    )
    event = calendars.events(calendars.path(calendars.org.rep))[str(day.visit_ids[0])]
    assert (event.start, event.end) == (MONDAY, MONDAY + timedelta(days=1))
    assert event["transp"] == "TRANSPARENT"


def test_only_these_weeks_and_only_the_own_scope_are_shown(calendars: Calendars) -> None:
    today = date(2026, 11, 20)
    for offset in (-15, -14, 60, 61):
        calendars.plan(today + timedelta(days=offset))
    path = calendars.path(calendars.org.rep)
    days = {event.start.date() for event in calendars.events(path).values()}
    assert days == {today - timedelta(days=14), today + timedelta(days=60)}
    execute(
        calendars.url,
        "UPDATE account SET owner_id = %s WHERE name = 'Chợ Cúc'",
        calendars.org.other_rep.user_id,
    )
    names = {str(event["summary"]) for event in calendars.events(path).values()}
    assert names == {"Tạp hoá Ánh", "Quán Bưởi", "Đại lý Đào"}


def test_the_same_visits_are_sent_once(calendars: Calendars) -> None:
    day = calendars.plan()
    path = calendars.path(calendars.org.rep)
    first, again = calendars.read(path), calendars.read(path)
    assert first.content == again.content
    tag = first.headers["etag"]
    assert calendars.read(path, if_none_match=tag).status_code == 304
    execute(calendars.url, "UPDATE account SET name = 'Mới' WHERE id = %s", day.account_ids[0])
    assert calendars.read(path, if_none_match=tag).status_code == 200


def test_an_estimated_day_says_so_in_every_event(calendars: Calendars) -> None:
    calendars.plan(is_estimate=True)
    events = calendars.events(calendars.path(calendars.org.rep)).values()
    assert all("Ước tính" in str(event["description"]) for event in events)


def test_names_cannot_break_out_of_their_line(calendars: Calendars) -> None:
    day = calendars.plan()
    evil = "Ánh\r\nEND:VEVENT\nBEGIN:VEVENT\x0b\u202e\\n;," + "dài " * 200
    execute(calendars.url, "UPDATE account SET name = %s WHERE id = %s", evil, day.account_ids[0])
    events = calendars.events(calendars.path(calendars.org.rep))
    assert set(events) == {str(one) for one in day.visit_ids}
    name = str(events[str(day.visit_ids[0])]["summary"])
    assert name.startswith("Ánh END:VEVENT BEGIN:VEVENT \\n;,dài dài")
    assert len(name) <= 200


def test_who_may_share_whose_visits(calendars: Calendars, other_org: Org) -> None:
    org = calendars.org
    assert calendars.make(org.rep, rep_id=str(org.other_rep.user_id)).status_code == 403
    assert calendars.make(org.analyst, rep_id=str(org.rep.user_id)).status_code == 403
    assert calendars.make(org.manager, rep_id=str(org.rep.user_id)).status_code == 201
    assert calendars.make(org.manager, rep_id=str(other_org.rep.user_id)).status_code == 404
    assert calendars.make(org.analyst).status_code == 201
    assert calendars.make(org.rep, label="x" * 501).status_code == 422
    execute(calendars.url, "UPDATE app_user SET is_active = false WHERE id = %s", org.agent.user_id)
    refused = calendars.make(org.manager, rep_id=str(org.agent.user_id))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "rep_id"


def _listed(calendars: Calendars, who: Actor) -> list[dict[str, Any]]:
    answer = calendars.api.client.get("/v1/calendar-feeds", headers=calendars.api.as_(who))
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _revoke(calendars: Calendars, who: Actor, feed_id: str | UUID) -> int:
    headers = calendars.api.as_(who)
    return calendars.api.client.delete(f"/v1/calendar-feeds/{feed_id}", headers=headers).status_code


def test_both_the_person_and_the_maker_see_a_calendar_and_may_end_it(
    calendars: Calendars,
) -> None:
    org = calendars.org
    made = calendars.make(org.manager, rep_id=str(org.rep.user_id), label=" Màn hình ").json()
    feed = made["feed"]
    assert (feed["label"], feed["rep_id"]) == ("Màn hình", str(org.rep.user_id))
    assert _listed(calendars, org.rep) == _listed(calendars, org.manager) == [feed]
    assert made["url"].endswith(made["path"])
    assert _listed(calendars, org.other_rep) == _listed(calendars, org.admin) == []
    assert _revoke(calendars, org.other_rep, feed["id"]) == 404
    assert calendars.read(made["path"]).status_code == 200
    assert _revoke(calendars, org.rep, feed["id"]) == 204
    assert _revoke(calendars, org.rep, feed["id"]) == 404
    assert calendars.read(made["path"]).status_code == 404
    assert _listed(calendars, org.manager) == []
    actions = execute(calendars.url, "SELECT action FROM audit_entry ORDER BY at, id")
    assert actions == [("calendar_feed.added",), ("calendar_feed.revoked",)]


def test_wrong_old_and_misspelt_addresses_are_told_apart_by_nobody(calendars: Calendars) -> None:
    old = calendars.path(calendars.org.rep)
    assert _revoke(calendars, calendars.org.rep, _listed(calendars, calendars.org.rep)[0]["id"])
    good = calendars.path(calendars.org.rep)
    wrong = [
        old, f"/v1/calendar/{NOBODY}.ics", "/v1/calendar/x.ics", good.removesuffix(".ics"),
        f"{good}x", f"/v1/calendar/{new_id()}.ics", "/v1/calendar/%00.ics", "/v1/calendar/é.ics",
    ]  # fmt: skip
    answers = [calendars.read(path) for path in wrong]
    assert {one.status_code for one in answers} == {404}
    assert {one.text for one in answers} == {answers[0].text}
    assert {one.headers["x-robots-tag"] for one in answers} == {"noindex, nofollow, noarchive"}
    assert calendars.read(good).status_code == 200


def test_the_secret_is_nowhere_in_the_database(calendars: Calendars) -> None:
    path = calendars.path(calendars.org.rep)
    secret = path.rpartition("/")[2].removesuffix(".ics")
    rows = execute(
        calendars.url,
        "SELECT f::text || coalesce((SELECT string_agg(e::text, ' ') FROM audit_entry e), '')"
        " FROM calendar_feed f",
    )
    assert len(rows) == 1
    assert secret not in str(rows)
    assert secret.encode().hex() not in str(rows)


def test_a_failure_is_logged_without_the_secret(
    calendars: Calendars, caplog: pytest.LogCaptureFixture
) -> None:
    path = calendars.path(calendars.org.rep)
    execute(calendars.url, "UPDATE organisation SET time_zone = 'No/Where'")
    assert calendars.read(path).status_code == 500
    assert "GET /v1/calendar/{file_name} failed" in caplog.text
    assert path.rpartition("/")[2].removesuffix(".ics") not in caplog.text


def test_a_calendar_ends_with_its_person_and_with_who_made_it(calendars: Calendars) -> None:
    org, url = calendars.org, calendars.url
    own = calendars.path(org.rep)
    by_manager = calendars.path(org.manager, rep_id=str(org.rep.user_id))
    by_admin = calendars.path(org.admin, rep_id=str(org.rep.user_id))
    admins_own = calendars.path(org.admin)
    execute(url, "UPDATE app_user SET is_active = false WHERE id = %s", org.manager.user_id)
    execute(url, "UPDATE app_user SET role = 'analyst' WHERE id = %s", org.admin.user_id)
    paths = (own, by_manager, by_admin, admins_own)
    assert [calendars.read(path).status_code for path in paths] == [200, 404, 404, 200]
    execute(url, "UPDATE app_user SET is_active = false WHERE id = %s", org.rep.user_id)
    execute(url, "UPDATE app_user SET is_active = true WHERE id = %s", org.rep.user_id)
    assert calendars.read(own).status_code == 404, "ended for good, also when they come back"


def test_a_person_has_ten_calendars_at_most(calendars: Calendars) -> None:
    rep, manager = calendars.org.rep, calendars.org.manager
    for _ in range(MAX_FEEDS):
        calendars.path(rep)
    refused = calendars.make(manager, rep_id=str(rep.user_id))
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_feeds")
    assert _revoke(calendars, rep, _listed(calendars, rep)[0]["id"]) == 204
    calendars.path(rep)


def test_a_flood_of_reads_waits_and_other_calendars_do_not(calendars: Calendars) -> None:
    one, other = calendars.path(calendars.org.rep), calendars.path(calendars.org.rep)
    client = calendars.api.client
    statuses = [client.get(one).status_code for _ in range(12)]
    assert statuses == [200] * 10 + [429] * 2
    refused = client.get(one)
    assert refused.json()["code"] == "too_many_reads"
    assert int(refused.headers["retry-after"]) <= 60
    assert client.get(other).status_code == 200
    calendars.clock.at += timedelta(minutes=1)
    assert client.get(one).status_code == 200


def test_another_organisations_visits_never_come(
    calendars: Calendars, other_org: Org, test_database: TestDatabase
) -> None:
    path = calendars.path(calendars.org.rep)
    add_day(test_database.owner_url, other_org, other_org.rep, MONDAY, SHOPS)
    assert calendars.events(path) == {}
