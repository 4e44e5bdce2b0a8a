"""The calendar file keeps its times in every zone, and parses in two readers."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from icalendar import Calendar, Event

from backend.ids import new_id
from backend.routes.handout.calendar import window, write_calendar
from backend.routes.handout.feed_schemas import Feed, FeedVisit
from backend.routes.handout.words import words_of
from backend.routes.schemas import RouteStop

TODAY = date(2026, 3, 20)
"""Clocks in Europe change nine days later."""


def a_feed(time_zone: str) -> Feed:
    return Feed(new_id(), new_id(), "rep", "Lê Văn Ứng", "vi", "Sông Hàn", time_zone)


def a_visit(at: datetime, *, lunch_after: int | None = None, sequence: int = 1) -> FeedVisit:
    end = at + timedelta(minutes=20)
    visit_id = new_id()
    place = (106.7, 10.77)
    stop = RouteStop(visit_id, new_id(), "Ánh", place, sequence, at, at, end, 1240, 420)
    lunch_at = at + timedelta(hours=3)
    return FeedVisit(
        id=visit_id, rv=3, updated_at=datetime(2026, 3, 1, tzinfo=UTC), planned_on=at.date(),
        planned_at=at, visit_minutes=15, name="Ánh", address=None, location=place, stop=stop,
        profile="car", is_estimate=False, lunch_at=lunch_at, lunch_minutes=45,
        lunch_after=lunch_after,
    )  # fmt: skip


def events_of(feed: Feed, visits: list[FeedVisit]) -> list[Event]:
    text = write_calendar(feed, visits, [], window(TODAY), words_of("vi")).decode()
    (second,) = vobject.readComponents(text)
    assert len(getattr(second, "vevent_list", [])) == len(visits)
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return list(Calendar.from_ical(text).walk("VEVENT"))


@pytest.mark.parametrize(
    "time_zone", ["Asia/Ho_Chi_Minh", "Europe/Helsinki", "UTC", "America/St_Johns", "Asia/Kolkata"]
)
def test_an_hour_stays_that_hour_before_and_after_clocks_change(time_zone: str) -> None:
    zone = ZoneInfo(time_zone)
    times = [datetime(2026, 3, day, 9, 30, tzinfo=zone) for day in (27, 31)]
    events = events_of(a_feed(time_zone), [a_visit(at) for at in times])
    assert [event.start for event in events] == times
    assert [event.end - event.start for event in events] == [timedelta(minutes=20)] * 2
    assert {event.start.utcoffset() for event in events} == {at.utcoffset() for at in times}


@pytest.mark.parametrize(
    ("lunch_after", "sequence", "told"),
    [
        (0, 1, "Nghỉ trưa trước lượt này: 12:30–13:15"),
        (0, 2, None),
        (2, 2, "Nghỉ trưa sau lượt này: 12:30–13:15"),
        (2, 3, None),
        (None, 1, None),
    ],
)
def test_lunch_is_told_where_it_falls(
    lunch_after: int | None, sequence: int, told: str | None
) -> None:
    at = datetime(2026, 3, 27, 9, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    visit = a_visit(at, lunch_after=lunch_after, sequence=sequence)
    (event,) = events_of(a_feed("Asia/Ho_Chi_Minh"), [visit])
    lines = str(event["description"]).splitlines()
    assert [line for line in lines if "Nghỉ trưa" in line] == ([told] if told else [])


def test_a_calendar_without_visits_is_one_all_the_same() -> None:
    assert events_of(a_feed("Asia/Ho_Chi_Minh"), []) == []
