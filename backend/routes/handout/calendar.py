"""Visits as an iCalendar feed (RFC 5545, 7986) that phones and mail programs subscribe to."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vDuration

from backend.geo.vocabulary import LonLat
from backend.press.plain_text import plain
from backend.routes.handout.feed_schemas import Feed, FeedLunch, FeedVisit
from backend.routes.handout.links import google_link
from backend.routes.handout.words import Words, clock, position

_REFRESH_EVERY = timedelta(hours=1)
_DAY = timedelta(days=1)
_MAX_SEQUENCE = 2**31 - 1


def write_calendar(
    feed: Feed,
    visits: Sequence[FeedVisit],
    lunches: Sequence[FeedLunch],
    days: tuple[date, date],
    words: Words,
) -> bytes:
    """Return the calendar; the same visits give the same bytes.

    A visit's UID is its id, so that one that moves is moved and not doubled. What was cancelled is
    not in `visits` and so leaves the subscriber's calendar.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Tuyen//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    title = f"{words.visits}: {plain(feed.full_name)}"
    for name in ("name", "x-wr-calname"):
        calendar.add(name, title)
    calendar.add("x-wr-timezone", feed.time_zone)
    calendar.add("refresh-interval", _REFRESH_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(_REFRESH_EVERY))
    first, last = days
    zone = ZoneInfo(feed.time_zone)
    calendar.add_component(
        Timezone.from_tzid(feed.time_zone, first_date=first - _DAY, last_date=last + _DAY)
    )
    for visit in visits:
        calendar.add_component(_event(visit, zone, words))
    for lunch in lunches:
        calendar.add_component(_lunch_event(lunch, zone, words))
    content: bytes = calendar.to_ical()
    return content


def _begin(uid: str, rv: int, updated_at: datetime, summary: str) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("sequence", min(rv, _MAX_SEQUENCE))
    # Without a METHOD, both name the last change (RFC 5545, 3.8.7.2).
    event.add("dtstamp", updated_at)
    event.add("last-modified", updated_at)
    event.add("summary", summary)
    event.add("status", "CONFIRMED")
    return event


def _lunch_event(one: FeedLunch, zone: ZoneInfo, words: Words) -> Event:
    """Return a lunch at a place that one drives to; elsewhere it is told with the visit before."""
    event = _begin(f"{one.route_id}-lunch", one.rv, one.updated_at, words.lunch)
    event.add("dtstart", one.lunch.starts_at.astimezone(zone))
    event.add("dtend", one.lunch.ends_at.astimezone(zone))
    event.add("transp", "OPAQUE")
    place = LonLat(*one.location)
    event.add("geo", (place.lat, place.lon))
    event.add("url", google_link([place], one.profile))
    event.add("location", position(one.location))
    leg = words.leg(one.lunch.leg_distance_m, one.lunch.leg_seconds, is_estimate=one.is_estimate)
    lines = [f"{words.way}: {leg}", f"{words.navigate}: {google_link([place], one.profile)}"]
    event.add("description", "\n".join([*lines, *([words.estimate] if one.is_estimate else [])]))
    return event


def _event(visit: FeedVisit, zone: ZoneInfo, words: Words) -> Event:
    event = _begin(str(visit.id), visit.rv, visit.updated_at, plain(visit.name))
    _add_time(event, visit, zone)
    _add_place(event, visit)
    description = _description(visit, zone, words)
    if description:
        event.add("description", description)
    return event


def _add_time(event: Event, visit: FeedVisit, zone: ZoneInfo) -> None:
    """Say when the visit is: a day without an hour is told as one and leaves the person free."""
    if visit.planned_at is None:
        event.add("dtstart", visit.planned_on)
        event.add("dtend", visit.planned_on + _DAY)
        event.add("transp", "TRANSPARENT")
        return
    length = timedelta(minutes=visit.visit_minutes)
    if visit.stop is not None:
        length = visit.stop.leave_at - visit.stop.start_at
    event.add("dtstart", visit.planned_at.astimezone(zone))
    event.add("dtend", (visit.planned_at + length).astimezone(zone))
    event.add("transp", "OPAQUE")


def _add_place(event: Event, visit: FeedVisit) -> None:
    if visit.location is not None:
        place = LonLat(*visit.location)
        event.add("geo", (place.lat, place.lon))
        event.add("url", google_link([place], visit.profile or ""))
    where = plain(visit.address) if visit.address else ""
    if not where and visit.location is not None:
        where = position(visit.location)
    if where:
        event.add("location", where)


def _description(visit: FeedVisit, zone: ZoneInfo, words: Words) -> str:
    lines: list[str] = []
    if visit.stop is not None:
        leg = words.leg(
            visit.stop.leg_distance_m, visit.stop.leg_seconds, is_estimate=bool(visit.is_estimate)
        )
        lines += [f"{words.way}: {leg}", *_lunch(visit, visit.stop.sequence, zone, words)]
    if visit.location is not None:
        link = google_link([LonLat(*visit.location)], visit.profile or "")
        lines.append(f"{words.navigate}: {link}")
    if visit.is_estimate:
        lines.append(words.estimate)
    return "\n".join(lines)


def _lunch(visit: FeedVisit, sequence: int, zone: ZoneInfo, words: Words) -> list[str]:
    if visit.lunch_at is None or visit.lunch_minutes is None:
        return []
    if visit.lunch_after == sequence:
        title = words.lunch_after
    elif visit.lunch_after == 0 and sequence == 1:
        title = words.lunch_first
    else:
        return []
    start = visit.lunch_at.astimezone(zone)
    end = (visit.lunch_at + timedelta(minutes=visit.lunch_minutes)).astimezone(zone)
    return [f"{title}: {clock(start)}–{clock(end)}"]


def window(today: date) -> tuple[date, date]:
    """Return the first and the last day that a calendar shows: 14 days back, 60 ahead."""
    return today - 14 * _DAY, today + 60 * _DAY
