"""The day's route as the screens show it."""

import sqlite3
from datetime import UTC, date, datetime

import msgspec

from mobile_client.store.reworks import KeptRework, latest_rework, was_set_aside
from mobile_client.views import DayView, LonLat, MapPoint, Outcome, StopRow, StopState

EPOCH = datetime.fromtimestamp(0, UTC)
"""Stands for a time that is not known."""

_PRECISION = 1e6
_OFFSET = 63
_CHUNK_BITS = 5
_CHUNK = 0x1F
_MORE = 0x20


class StopOfDay(msgspec.Struct, frozen=True):
    """One element of a route's `stops`, as far as the phone shows it."""

    visit_id: str
    account_id: str
    name: str
    location: tuple[float, float] | None
    sequence: int
    arrive_at: datetime | None = None
    start_at: datetime | None = None
    leg_distance_m: float | None = None
    is_preferred: bool = True
    kind: str = "routine"


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
    """Return the user's newest route of the day, with what the phone knows of each visit.

    It is in the order in which the person put it last; what that leaves out stands at the end.
    """
    route = find_route(db, user_id, on)
    if route is None:
        return DayView(on=on)
    rework = latest_rework(db, route["id"])
    stops = planned_stops(db, route, rework)
    left = {} if rework is None else {one.visit_id: one.reason for one in rework.dropped}
    cost = None if rework is None else rework.after
    visit_ids = [stop.visit_id for stop in stops]
    return DayView(
        on=on,
        stops=tuple(
            _stop_row(db, stop, place, left.get(stop.visit_id, ""))
            for place, stop in enumerate(stops, start=1)
        ),
        distance_m=route["distance_m"] if cost is None else cost.distance_m,
        drive_seconds=route["travel_seconds"] if cost is None else cost.travel_seconds,
        starts_at=moment(route["starts_at"]),
        ends_at=moment(route["ends_at"]) if cost is None else cost.ends_at,
        has_route=True,
        is_reworked=rework is not None,
        was_set_aside=was_set_aside(db, route["id"], visit_ids),
    )


def find_route(db: sqlite3.Connection, user_id: str, on: date) -> sqlite3.Row | None:
    """Return the row of the user's route in use on that day, None without one."""
    # Ids grow with time: the last one is the plan that replaced the others.
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM route WHERE on_date = ? AND rep_id = ?"
        " AND COALESCE(status, '') NOT IN ('cancelled', 'replaced') ORDER BY id DESC LIMIT 1",
        (on.isoformat(), user_id),
    ).fetchone()
    return row


def planned_stops(
    db: sqlite3.Connection, route: sqlite3.Row, rework: KeptRework | None
) -> list[StopOfDay]:
    """Return the day's stops as planned, or what was begun, the rep's order, what it leaves out."""
    stops = msgspec.json.decode(route["stops"] or "[]", type=list[StopOfDay])
    planned = sorted(stops, key=lambda stop: stop.sequence)
    if rework is None:
        return planned
    known = {stop.visit_id: stop for stop in planned}
    ordered = [
        msgspec.structs.replace(
            known.get(one.visit_id) or _added_stop(db, one.visit_id),
            arrive_at=one.arrive_at,
            start_at=one.start_at,
            leg_distance_m=one.leg_distance_m,
            is_preferred=True,  # nobody has compared the rep's own times with it
        )
        for one in rework.stops
    ]
    left = [known.get(one.visit_id) or _added_stop(db, one.visit_id) for one in rework.dropped]
    named = {stop.visit_id for stop in (*ordered, *left)}
    return [*(stop for stop in planned if stop.visit_id not in named), *ordered, *left]


def _added_stop(db: sqlite3.Connection, visit_id: str) -> StopOfDay:
    """Return a visit that the rep put into the day."""
    row = db.execute(
        "SELECT v.account_id, a.name, a.location FROM visit v"
        " LEFT JOIN account a ON a.id = v.account_id WHERE v.id = ?",
        (visit_id,),
    ).fetchone()
    location = None if row is None else row["location"]
    return StopOfDay(
        visit_id=visit_id,
        account_id="" if row is None else row["account_id"],
        name="" if row is None else row["name"] or "",
        location=msgspec.json.decode(location or "null", type=tuple[float, float] | None),
        sequence=0,
    )


def _stop_row(db: sqlite3.Connection, stop: StopOfDay, position: int, left_out: str) -> StopRow:
    visit = db.execute("SELECT * FROM visit WHERE id = ?", (stop.visit_id,)).fetchone()
    account = db.execute("SELECT * FROM account WHERE id = ?", (stop.account_id,)).fetchone()
    state = "planned" if visit is None else stop_state(visit["status"])
    lon, lat = stop.location or (None, None)
    return StopRow(
        visit_id=stop.visit_id,
        account_id=stop.account_id,
        position=position,
        name=stop.name if account is None else account["name"] or "",
        address="" if account is None else account["address"] or "",
        lon=lon,
        lat=lat,
        arrival_at=None if left_out else stop.arrive_at,
        leg_m=None if left_out else stop.leg_distance_m,
        state="left_out" if left_out and state == "planned" else state,
        outcome=None if visit is None else outcome_of(visit["outcome"]),
        is_pending=visit is not None and bool(visit["is_pending"]),
        left_out=left_out if state == "planned" else "",
        is_preferred=stop.is_preferred,
        kind=stop.kind,
    )


def route_line(db: sqlite3.Connection, user_id: str, on: date) -> tuple[LonLat, ...]:
    """Return the way of the day's route, empty without one.

    Nobody has drawn the streets of the person's own order: that is straight from stop to stop.
    """
    route = find_route(db, user_id, on)
    if route is None:
        return ()
    rework = latest_rework(db, route["id"])
    if rework is None:
        return decode_line(route["line"] or "")
    left = {one.visit_id for one in rework.dropped}
    stops = planned_stops(db, route, rework)
    return tuple(one.location for one in stops if one.location and one.visit_id not in left)


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
        if stop.lon is not None and stop.lat is not None
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
