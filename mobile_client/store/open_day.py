"""How a day stands that is under way: what is to come, what was done, where the rep was last."""

import sqlite3
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

import msgspec

from backend.sync.protocol.messages import Value
from mobile_client.proposals import OpenDay, OpenStop, ProposedDrop
from mobile_client.store.day import (
    StopOfDay,
    find_route,
    moment,
    planned_stops,
    stop_state,
)
from mobile_client.store.overlay import Record, read_record
from mobile_client.store.reworks import KeptRework, latest_rework

_SHORT_VISIT_MINUTES = 15
"""Where nobody said how long a visit takes."""


class _Dropped(msgspec.Struct, frozen=True):
    """One element of a route's `dropped`, as far as it is needed here."""

    account_id: str


def read_open_day(
    db: sqlite3.Connection,
    user_id: str,
    on: date,
    *,
    begins_at: datetime,
    asked: Collection[str] = (),
) -> OpenDay | None:
    """Return the rest of the user's day, None without a route.

    `begins_at` is when the day begins; the accounts `asked` for may come in besides those that
    were due and did not fit.
    """
    route = find_route(db, user_id, on)
    if route is None:
        return None
    rework = latest_rework(db, route["id"])
    stops = planned_stops(db, route, rework)
    states = {stop.account_id: _status(db, stop.visit_id) for stop in stops}
    done = {key for key, status in states.items() if stop_state(status) != "planned"}
    visited = _visited(db, user_id, on)
    done |= set(visited)
    left = {} if rework is None else {one.visit_id: one for one in rework.dropped}
    open_stops = [
        _open_stop(db, stop)
        for stop in stops
        if states[stop.account_id] in {"planned", None}
        and stop.visit_id not in left
        and stop.account_id not in done
    ]
    away = [
        ProposedDrop(
            stop.account_id,
            stop.visit_id,
            stop.name,
            left[stop.visit_id].reason,
            left[stop.visit_id].facts,
        )
        for stop in stops
        if stop.visit_id in left and stop.account_id not in done
    ]
    dropped = msgspec.json.decode(route["dropped"] or "[]", type=list[_Dropped])
    others = {}
    for key in dict.fromkeys(
        [*(one.account_id for one in away), *(one.account_id for one in dropped), *asked]
    ):
        other = _other(db, user_id, on, key)
        if other is not None and key not in done | {stop.account_id for stop in open_stops}:
            others[key] = other
    return OpenDay(
        route_id=route["id"],
        pack=route["pack"],
        stops=tuple(open_stops),
        done=frozenset(done),
        visited=visited,
        left=tuple(away),
        others=others,
        place=_last_place(db, user_id, begins_at, stops, done),
        lunch_over_at=_lunch_over(rework),
    )


def _status(db: sqlite3.Connection, visit_id: str) -> str | None:
    row = db.execute("SELECT status FROM visit WHERE id = ?", (visit_id,)).fetchone()
    return None if row is None else row["status"] or "planned"


def _open_stop(db: sqlite3.Connection, stop: StopOfDay) -> OpenStop:
    held = read_record(db, "account", stop.account_id)
    account = {} if held is None else held[0]
    return OpenStop(
        account_id=stop.account_id,
        visit_id=stop.visit_id,
        name=str(account.get("name") or stop.name),
        lon=stop.location[0] if stop.location else None,
        lat=stop.location[1] if stop.location else None,
        start_at=stop.start_at or stop.arrive_at,
        minutes=_minutes(account),
    )


def _visited(db: sqlite3.Connection, user_id: str, on: date) -> tuple[str, ...]:
    """Return the accounts where the user was today, also without a plan, the first visited first.

    Visits whose check-ins are not on this phone come first, in no particular order.
    """
    rows = db.execute(
        "SELECT v.account_id, c.captured_at FROM visit v LEFT JOIN check_in c ON c.visit_id = v.id"
        " WHERE v.planned_on = ? AND v.rep_id = ? AND v.status IN ('checked_in', 'done')"
        " ORDER BY v.id",
        (on.isoformat(), user_id),
    )
    begun: dict[str, datetime] = {}
    for row in rows:
        at = moment(row["captured_at"]) or datetime.min.replace(tzinfo=UTC)
        begun[row["account_id"]] = min(at, begun.get(row["account_id"], at))
    return tuple(sorted(begun, key=lambda key: begun[key]))


def _other(db: sqlite3.Connection, user_id: str, on: date, account_id: str) -> OpenStop | None:
    """Return an account as a visit that may come in, None when it is not on this phone."""
    held = read_record(db, "account", account_id)
    if held is None:
        return None
    visit = db.execute(
        "SELECT id FROM visit WHERE account_id = ? AND planned_on = ? AND rep_id = ?"
        " AND COALESCE(status, 'planned') = 'planned' ORDER BY id LIMIT 1",
        (account_id, on.isoformat(), user_id),
    ).fetchone()
    account = held[0]
    place = _point_of(account.get("location"))
    return OpenStop(
        account_id=account_id,
        visit_id="" if visit is None else visit["id"],
        name=str(account.get("name") or ""),
        lon=place[0] if place else None,
        lat=place[1] if place else None,
        start_at=None,
        minutes=_minutes(account),
    )


def _minutes(account: Record) -> int:
    minutes = account.get("visit_minutes")
    return minutes if isinstance(minutes, int) and minutes > 0 else _SHORT_VISIT_MINUTES


def _last_place(
    db: sqlite3.Connection,
    user_id: str,
    begins_at: datetime,
    stops: list[StopOfDay],
    done: set[str],
) -> tuple[float, float] | None:
    """Return where the rep stood at the last check-in of the day, or the last visit's own place."""
    rows = db.execute(
        "SELECT captured_at, location FROM check_in WHERE rep_id = ? AND location IS NOT NULL"
        " AND captured_at >= ?",
        (user_id, (begins_at.astimezone(UTC) - timedelta(days=1)).date().isoformat()),
    )
    found = [(at, row["location"]) for row in rows if (at := moment(row["captured_at"]))]
    today = [one for one in found if begins_at <= one[0] < begins_at + timedelta(days=1)]
    if today:
        return _point_of(msgspec.json.decode(max(today)[1]))
    visited = [stop.location for stop in stops if stop.account_id in done and stop.location]
    return visited[-1] if visited else None


def _point_of(value: Value) -> tuple[float, float] | None:
    """Return a point of the wire, None where there is none."""
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  # longitude and latitude
        return None
    lon, lat = value
    is_point = isinstance(lon, int | float) and isinstance(lat, int | float)
    return (float(lon), float(lat)) if is_point else None  # type: ignore[arg-type]  # see above


def _lunch_over(rework: KeptRework | None) -> datetime | None:
    if rework is None or rework.lunch is None:
        return None
    return rework.lunch.starts_at + timedelta(minutes=rework.lunch.minutes)
