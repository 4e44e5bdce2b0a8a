"""The day's route as the screens show it."""

import sqlite3
from datetime import UTC, date, datetime

import msgspec

from mobile_client.views import DayView, LonLat, MapPoint, Outcome, StopRow, StopState

EPOCH = datetime.fromtimestamp(0, UTC)
"""Stands for a time that is not known."""

_PRECISION = 1e6
_OFFSET = 63
_CHUNK_BITS = 5
_CHUNK = 0x1F
_MORE = 0x20


class _Stop(msgspec.Struct, frozen=True):
    """One element of a route's `stops`, as far as the phone shows it."""

    visit_id: str
    account_id: str
    name: str
    location: tuple[float, float]
    sequence: int
    arrive_at: datetime | None = None
    leg_distance_m: float | None = None


_STATES: dict[str, StopState] = {"checked_in": "checked_in", "done": "done"}
_OUTCOMES: dict[str, Outcome] = {
    "met": "met",
    "ordered": "ordered",
    "not_in": "not_in",
    "refused": "refused",
}


def stop_state(status: str | None) -> StopState:
    """Return a visit's state for the screens; what is not begun is planned."""
    return _STATES.get(status or "", "planned")


def outcome_of(code: str | None) -> Outcome | None:
    """Return a visit's outcome, None when there is none or this version does not know it."""
    return _OUTCOMES.get(code or "")


def read_day(db: sqlite3.Connection, user_id: str, on: date) -> DayView:
    """Return the user's newest route of the day, with what the phone knows of each visit."""
    route = _route(db, user_id, on)
    if route is None:
        return DayView(on=on)
    stops = sorted(_stops(route), key=lambda stop: stop.sequence)
    return DayView(
        on=on,
        stops=tuple(_stop_row(db, stop, place) for place, stop in enumerate(stops, start=1)),
        distance_m=route["distance_m"],
        drive_seconds=route["travel_seconds"],
        starts_at=moment(route["starts_at"]),
        ends_at=moment(route["ends_at"]),
    )


def _route(db: sqlite3.Connection, user_id: str, on: date) -> sqlite3.Row | None:
    # Ids grow with time: the last one is the plan that replaced the others.
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM route WHERE on_date = ? AND rep_id = ?"
        " AND COALESCE(status, '') NOT IN ('cancelled', 'replaced') ORDER BY id DESC LIMIT 1",
        (on.isoformat(), user_id),
    ).fetchone()
    return row


def _stops(route: sqlite3.Row) -> list[_Stop]:
    return msgspec.json.decode(route["stops"] or "[]", type=list[_Stop])


def _stop_row(db: sqlite3.Connection, stop: _Stop, position: int) -> StopRow:
    visit = db.execute("SELECT * FROM visit WHERE id = ?", (stop.visit_id,)).fetchone()
    account = db.execute("SELECT * FROM account WHERE id = ?", (stop.account_id,)).fetchone()
    return StopRow(
        visit_id=stop.visit_id,
        account_id=stop.account_id,
        position=position,
        name=stop.name if account is None else account["name"] or "",
        address="" if account is None else account["address"] or "",
        lon=stop.location[0],
        lat=stop.location[1],
        arrival_at=stop.arrive_at,
        leg_m=stop.leg_distance_m,
        state="planned" if visit is None else stop_state(visit["status"]),
        outcome=None if visit is None else outcome_of(visit["outcome"]),
        is_pending=visit is not None and bool(visit["is_pending"]),
    )


def route_line(db: sqlite3.Connection, user_id: str, on: date) -> tuple[LonLat, ...]:
    """Return the way of the day's route, empty without one."""
    route = _route(db, user_id, on)
    return () if route is None else decode_line(route["line"] or "")


def route_points(day: DayView) -> dict[str, MapPoint]:
    """Return the day's stops by account, to be drawn with their places."""
    return {
        stop.account_id: MapPoint(
            account_id=stop.account_id,
            name=stop.name,
            lon=stop.lon,
            lat=stop.lat,
            stage="",
            position=stop.position,
            is_done=stop.state != "planned",
        )
        for stop in day.stops
    }


def moment(text: str | None) -> datetime | None:
    """Return a kept time, None for none."""
    return None if text is None else datetime.fromisoformat(text)


def decode_line(text: str) -> tuple[LonLat, ...]:
    """Decode Google's encoded polyline with precision 6, latitude first inside; stops at damage."""
    numbers: list[int] = []
    value = shift = 0
    for letter in text:
        code = ord(letter) - _OFFSET
        value |= (code & _CHUNK) << shift
        shift += _CHUNK_BITS
        if code < _MORE:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    points: list[LonLat] = []
    lat = lon = 0
    for lat_step, lon_step in zip(numbers[::2], numbers[1::2], strict=False):
        lat, lon = lat + lat_step, lon + lon_step
        points.append((lon / _PRECISION, lat / _PRECISION))
    return tuple(points)
