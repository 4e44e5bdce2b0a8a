"""A route as GPX 1.1, for navigation devices and offline maps: waypoints and a track."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from gpxpy.gpx import GPX, GPXTrack, GPXTrackPoint, GPXTrackSegment, GPXWaypoint

from backend.geo.polyline import decode_polyline
from backend.press.plain_text import plain
from backend.routes.handout.schemas import Handout, HandoutStop
from backend.routes.handout.words import Words, clock
from backend.routes.schemas import RouteRead

_SYMBOL = "Flag, Blue"
_LUNCH_SYMBOL = "Restaurant"
"""Names that Garmin's devices and those who follow them know."""


def write_gpx(handout: Handout, words: Words) -> bytes:
    """Return the file; stops that were cancelled are left out, an estimate is called one."""
    route, zone = handout.route, ZoneInfo(handout.time_zone)
    title = f"{words.route} · {plain(route.rep_name)} · {words.day(route.on_date)}"
    remarks = [words.replaced] if route.status == "replaced" else []
    remarks += [words.estimate] if route.is_estimate else []
    gpx = GPX()
    gpx.creator = "Tuyen"
    gpx.name = title
    gpx.description = " ".join(remarks) or None
    gpx.waypoints = [
        *_lunch_at(route, words, zone, after=0),
        *(point for stop in handout.stops for point in _points_of(stop, route, words, zone)),
    ]
    if route.line is not None:
        track = GPXTrack(name=title, description=gpx.description)
        points = [GPXTrackPoint(lat, lon) for lon, lat in decode_polyline(route.line)]
        track.segments.append(GPXTrackSegment(points))
        gpx.tracks.append(track)
    return gpx.to_xml(version="1.1").encode()


def _points_of(
    stop: HandoutStop, route: RouteRead, words: Words, zone: ZoneInfo
) -> Iterator[GPXWaypoint]:
    """Yield the stop where it is still driven to, and a lunch with a place that comes after it."""
    if stop.is_open:
        yield _waypoint(stop, words, zone, is_estimate=route.is_estimate)
    yield from _lunch_at(route, words, zone, after=stop.plan.sequence)


def _lunch_at(
    route: RouteRead, words: Words, zone: ZoneInfo, *, after: int
) -> Iterator[GPXWaypoint]:
    lunch = route.lunch
    if lunch is None or lunch.location is None or lunch.after_sequence != after:
        return
    lon, lat = lunch.location
    leg = words.leg(lunch.leg_distance_m, lunch.leg_seconds, is_estimate=route.is_estimate)
    text = f"{_span(lunch.starts_at, lunch.ends_at, zone)}. {words.way}: {leg}"
    yield GPXWaypoint(
        lat, lon, name=words.lunch, comment=text, description=text, symbol=_LUNCH_SYMBOL
    )


def _waypoint(stop: HandoutStop, words: Words, zone: ZoneInfo, *, is_estimate: bool) -> GPXWaypoint:
    lon, lat = stop.plan.location
    lines = [
        _span(stop.plan.start_at, stop.plan.leave_at, zone),
        f"{words.way}: "
        + words.leg(stop.plan.leg_distance_m, stop.plan.leg_seconds, is_estimate=is_estimate),
    ]
    details = stop.details
    if details is not None:
        phones = [details.phone, *(one.phone for one in details.contacts)]
        lines += [plain(one) for one in (details.address, *phones) if one]
    text = ". ".join(dict.fromkeys(lines))
    name = f"{stop.plan.sequence}. {plain(stop.name)}"
    return GPXWaypoint(lat, lon, name=name, comment=text, description=text, symbol=_SYMBOL)


def _span(start_at: datetime, leave_at: datetime, zone: ZoneInfo) -> str:
    return f"{clock(start_at.astimezone(zone))}–{clock(leave_at.astimezone(zone))}"
