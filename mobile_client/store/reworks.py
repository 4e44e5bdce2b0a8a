"""Reworks on the phone: the newest one of a route, and how one is kept and queued."""

import sqlite3
from datetime import datetime

import msgspec

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import Op, Value
from mobile_client.facade import EditError
from mobile_client.proposals import Cost, Proposal, ProposedStop
from mobile_client.store.outbox import Stamp, Wish, enqueue

_LOOKED_AT = 10
"""More orders than anybody makes in a day."""


class KeptStop(msgspec.Struct, frozen=True):
    """A visit in the rep's order."""

    visit_id: str
    arrive_at: datetime | None = None
    start_at: datetime | None = None
    leg_distance_m: int | None = None


class KeptDrop(msgspec.Struct, frozen=True):
    """A visit that was left out."""

    visit_id: str
    reason: str
    facts: dict[str, int | str] = {}


class KeptLunch(msgspec.Struct, frozen=True):
    """The break that was to come."""

    starts_at: datetime
    minutes: int


class KeptCost(msgspec.Struct, frozen=True):
    """What the rest of the day takes."""

    distance_m: int | None = None
    travel_seconds: int | None = None
    ends_at: datetime | None = None


class KeptRework(msgspec.Struct, frozen=True):
    """The plan of a rework, as far as the phone shows it."""

    stops: tuple[KeptStop, ...]
    dropped: tuple[KeptDrop, ...] = ()
    lunch: KeptLunch | None = None
    after: KeptCost | None = None


def latest_rework(db: sqlite3.Connection, route_id: str) -> KeptRework | None:
    """Return the plan that the person made of a route last, None when it stands as planned."""
    # What the server has not told of yet is the newest; of the others it knows the times better.
    row = db.execute(
        "SELECT plan FROM rework WHERE route_id = ? AND COALESCE(state, 'applied') = 'applied'"
        " ORDER BY state IS NOT NULL, iif(state IS NULL, id, made_at) DESC, id DESC LIMIT 1",
        (route_id,),
    ).fetchone()
    return None if row is None else msgspec.json.decode(row["plan"], type=KeptRework)


def was_set_aside(db: sqlite3.Connection, route_id: str, visit_ids: list[str]) -> bool:
    """Tell whether an order of these visits is not followed, since this route took its place."""
    rows = db.execute(
        "SELECT plan FROM rework WHERE state = 'route_replaced' AND route_id < ?"
        " ORDER BY id DESC LIMIT ?",
        (route_id, _LOOKED_AT),
    )
    known = set(visit_ids)
    plans = (msgspec.json.decode(row["plan"], type=KeptRework) for row in rows)
    return any(stop.visit_id in known for plan in plans for stop in plan.stops)


def save_rework(db: sqlite3.Connection, proposal: Proposal, stamp: Stamp, *, on: str) -> str:
    """Keep and queue an accepted proposal with the visits that it adds; return the unit's key.

    `on` is the ISO day. Raises EditError(gone) when the day has another plan by now.
    """
    row = db.execute("SELECT on_date FROM route WHERE id = ?", (proposal.route_id,)).fetchone()
    if row is None or row["on_date"] != on:
        raise EditError("gone", "route", "The day was planned anew meanwhile: look again.")
    stops = [(stop, stop.visit_id or new_id()) for stop in proposal.stops]
    wishes = [
        Wish(
            Op.CREATE,
            "visit",
            visit_id,
            set={"account_id": stop.account_id, "rep_id": stamp.user_id, "planned_on": on},
        )
        for stop, visit_id in stops
        if stop.visit_id is None
    ]
    values: dict[str, Value] = {
        "route_id": proposal.route_id,
        "rep_id": stamp.user_id,
        "made_at": stamp.at.isoformat(),
        "reason": proposal.reason,
        "plan": _document(proposal, stops),
    }
    rework = Wish(Op.CREATE, "rework", new_id(), set=values)
    return enqueue(db, stamp, [*wishes, rework], account_id="", is_held=True)


def _document(proposal: Proposal, stops: list[tuple[ProposedStop, str]]) -> dict[str, object]:
    lunch = None
    if proposal.lunch_at is not None:
        lunch = {"starts_at": proposal.lunch_at.isoformat(), "minutes": proposal.lunch_minutes}
    return {
        "stops": [_stop(stop, visit_id) for stop, visit_id in stops],
        "dropped": [
            {"visit_id": one.visit_id, "reason": one.reason, "facts": dict(one.facts)}
            for one in proposal.dropped
        ],
        "lunch": lunch,
        "before": _cost(proposal.before),
        "after": _cost(proposal.after),
        "is_estimate": proposal.is_estimate,
        "is_by_hand": proposal.is_by_hand,
    }


def _stop(stop: ProposedStop, visit_id: str) -> dict[str, object]:
    return {
        "visit_id": visit_id,
        "arrive_at": _text(stop.arrive_at),
        "start_at": _text(stop.start_at),
        "leave_at": _text(stop.leave_at),
        "leg_distance_m": stop.leg_m,
        "leg_seconds": stop.leg_s,
        "is_estimate": stop.is_estimate,
    }


def _cost(cost: Cost) -> dict[str, object]:
    return {
        "stops": cost.stops,
        "distance_m": cost.distance_m,
        "travel_seconds": cost.travel_s,
        "ends_at": _text(cost.ends_at),
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
