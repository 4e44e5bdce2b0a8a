"""Plan the rest of a day that is under way: what was begun stays, the rest goes on from here."""

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec

from backend.api.problems import Conflict, malformed_field
from backend.db.tenancy import Database
from backend.geo.polyline import decode_polyline
from backend.geo.vocabulary import LonLat, great_circle_m
from backend.identity.actor import Actor
from backend.ids import UserId
from backend.routes import candidate_repository, repository, survey
from backend.routes.begun import stops_of_begun, when_over
from backend.routes.day.plan import Reason
from backend.routes.drafts import Frozen
from backend.routes.engines import Engines
from backend.routes.schemas import (
    DroppedVisit,
    Lunch,
    PlanRequest,
    ReplanRequest,
    RouteRead,
    RouteStop,
)
from backend.routes.service import check_planner, get_route, plan_rest

_DAY_S = 86_400
_CLOSED = Reason.CLOSED_TODAY.value
_LATE_LUNCH = timedelta(hours=1)
"""A lunch whose time is over is taken within so long."""
_AT_DOOR_M = 20.0
"""Two places of a line that differ by less are as near to a stop as each other."""


class Standing(msgspec.Struct, frozen=True):
    """How a day stands: its plan, what was asked for it, and the visits that were begun.

    `done` are in the order in which they were made, those that no plan had included.
    """

    route: RouteRead
    former: PlanRequest
    base: tuple[float, float] | None
    midnight: datetime
    done: tuple[RouteStop, ...]
    reworked: tuple[repository.ReworkedVisit, ...]
    """What the rep made of the plan on the phone; an office plan goes on from there."""
    busy_until: datetime | None
    """When the visit in hand is to be over; None when there is none."""


def replan_day(
    db: Database,
    actor: Actor,
    route_id: UUID,
    data: ReplanRequest,
    engines: Engines,
    *,
    now: datetime,
) -> RouteRead:
    """Plan the rest of a route's day in its place; raise as `plan_day` does, and Conflict.

    Visits that were begun stay as they were planned. Accounts that were found closed are told as
    such and not tried again.
    """
    stands = how_it_stands(db, actor, route_id)
    request, frozen = go_on(stands, data, now)
    rep_id = UserId(stands.route.rep_id)
    return plan_rest(db, actor, rep_id, request, engines, frozen=frozen, replaces=route_id)


def how_it_stands(db: Database, actor: Actor, route_id: UUID) -> Standing:
    """Return how a route's day stands; raise NotFound, Forbidden, or Conflict for a former plan."""
    with db.for_org(actor.org_id, snapshot=True) as connection:
        route = get_route(connection, actor, route_id)
        check_planner(actor, UserId(route.rep_id))
        if route.status != "planned":
            raise Conflict("This plan was replaced by another: go on from that one.")
        former = repository.find_request(connection, actor.org_id, route_id)
        rep = candidate_repository.find_rep(connection, actor.org_id, UserId(route.rep_id))
        zone = rep.time_zone if rep else "UTC"
        midnight = repository.midnight_utc(connection, route.on_date, zone)
        begun = repository.select_begun(connection, actor.org_id, route.rep_id, route.on_date)
        reworked = repository.select_reworked(connection, actor.org_id, route_id)
    base = rep.base if rep else None
    done = stops_of_begun(route.stops, begun)
    busy_until = when_over(route.stops, begun)
    return Standing(route, former, base, midnight, done, tuple(reworked), busy_until)


def go_on(stands: Standing, data: ReplanRequest, now: datetime) -> tuple[PlanRequest, Frozen]:
    """Return the rest of a day as a day to plan, and what is not planned anew."""
    route, former, done = stands.route, stands.former, stands.done
    data, skipped = _as_reworked(stands, data)
    at = time_of_day(data.at, now - stands.midnight)
    gone, urgent = _ids(done) | set(data.closed_ids), set(data.urgent_ids)
    known = closed_before(route, former)
    told = {one.account_id for one in known}
    fresh = _closed(route, data.closed_ids, done)
    closed = [*known, *(one for one in fresh if one.account_id not in told)]
    base = former.start or stands.base
    moment = moment_of(stands.midnight, at)
    lunch = _lunch(former, route, data, moment, at)
    frozen = Frozen(
        route.starts_at,
        done,
        tuple(closed),
        line_so_far(route, {stop.visit_id for stop in done}),
        _lunch_had(route, done, moment) if lunch.get("lunch_minutes") == 0 else None,
    )
    request = msgspec.structs.replace(
        former,
        rep_id=route.rep_id,
        start=data.position or (done[-1].location if done else base),
        end=former.end or base,
        shift_start=at,
        account_ids=_still_wanted(former, data, done),
        appointments=[one for one in former.appointments if one.account_id not in gone],
        excluded_ids=list(
            dict.fromkeys([*_without([*former.excluded_ids, *skipped], urgent), *data.closed_ids])
        ),
        given_ids=_without(former.given_ids, urgent),
        order=[],
        traffic_percent=data.traffic_percent,
        **lunch,
    )
    return request, frozen


def _as_reworked(stands: Standing, data: ReplanRequest) -> tuple[ReplanRequest, list[UUID]]:
    """Return what is asked for with what the rep found closed and added, and what was skipped."""
    known = {stop.account_id for stop in stands.route.stops} - _ids(stands.done)
    urgent, rework = set(data.urgent_ids), stands.reworked
    closed = [
        one.account_id for one in rework if one.reason == "closed" and one.account_id in known
    ]
    skipped = [one.account_id for one in rework if one.reason == "skipped"]
    added = [one.account_id for one in rework if one.reason is None and one.account_id not in known]
    asked = msgspec.structs.replace(
        data,
        closed_ids=_once([*data.closed_ids, *_without(closed, urgent)]),
        urgent_ids=_once([*data.urgent_ids, *_without(added, data.closed_ids)]),
    )
    return asked, skipped


def _once(ids: Sequence[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


def _without(ids: Sequence[UUID], others: Collection[UUID]) -> list[UUID]:
    return [one for one in ids if one not in others]


def closed_before(route: RouteRead, asked: PlanRequest) -> tuple[DroppedVisit, ...]:
    """Return what was found closed earlier in the day and is still not to be tried."""
    excluded = set(asked.excluded_ids)
    return tuple(
        one for one in route.dropped if one.reason == _CLOSED and one.account_id in excluded
    )


def line_so_far(route: RouteRead, begun: Collection[UUID]) -> tuple[LonLat, ...]:
    """Return the route's line up to the last stop that was begun; nothing where none was.

    A line may pass a door more than once: stops are looked for one after the other, each where the
    line first comes about as near to it as it ever does from there on.
    """
    count = max((i for i, one in enumerate(route.stops, 1) if one.visit_id in begun), default=0)
    if route.line is None or not count:
        return ()
    line, reached = decode_polyline(route.line), 0
    for stop in route.stops[:count]:
        away = [great_circle_m(place, LonLat(*stop.location)) for place in line[reached:]]
        nearest = min(away)
        reached += next(i for i, metres in enumerate(away) if metres <= nearest + _AT_DOOR_M)
    return line[: reached + 1]


def _lunch_had(route: RouteRead, done: tuple[RouteStop, ...], moment: datetime) -> Lunch | None:
    """Return the planned lunch as one that was had by now, after a visit that was made."""
    planned = route.lunch
    if planned is None:
        return None
    latest = moment - timedelta(minutes=planned.minutes)
    made = [stop.sequence for stop in done if stop.sequence <= planned.after_sequence]
    return msgspec.structs.replace(
        planned,
        starts_at=min(planned.starts_at, latest),
        after_sequence=max(made, default=0),
    )


def time_of_day(asked: time | None, since_midnight: timedelta) -> time:
    """Return the time asked for, else what time it is; raise Malformed when the day is not now."""
    if asked is not None:
        return asked
    if not timedelta() <= since_midnight < timedelta(days=1):
        raise malformed_field("at", "This route's day is not today: say from when to go on.")
    return clock_of(since_midnight)


def moment_of(midnight: datetime, at: time) -> datetime:
    """Return a time of the local day as an aware time."""
    return survey.moment(midnight, survey.seconds_of(at))


def clock_of(since_midnight: timedelta) -> time:
    """Return a time of day to the second; the day's last one for what lies beyond it."""
    seconds = min(int(since_midnight.total_seconds()), _DAY_S - 1)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _ids(stops: tuple[RouteStop, ...]) -> set[UUID]:
    return {stop.account_id for stop in stops}


def _closed(
    route: RouteRead, closed_ids: list[UUID], done: tuple[RouteStop, ...]
) -> tuple[DroppedVisit, ...]:
    """Return what was found closed; raise Malformed for an account that the day does not have."""
    names = {stop.account_id: stop.name for stop in route.stops}
    names |= {one.account_id: one.name for one in route.dropped}
    for account_id in closed_ids:
        if account_id not in names or account_id in _ids(done):
            raise malformed_field("closed_ids", f"The day has no visit left at {account_id}.")
    return tuple(
        DroppedVisit(
            account_id=account_id,
            name=names[account_id],
            reason=_CLOSED,
            detail=f"{names[account_id]} was found closed.",
            facts={},
        )
        for account_id in dict.fromkeys(closed_ids)
    )


def _still_wanted(
    former: PlanRequest, data: ReplanRequest, done: tuple[RouteStop, ...]
) -> list[UUID]:
    gone = _ids(done) | set(data.closed_ids)
    wanted = [one for one in former.account_ids if one not in gone]
    return _once([*wanted, *data.urgent_ids])


def _lunch(
    former: PlanRequest, route: RouteRead, data: ReplanRequest, moment: datetime, at: time
) -> dict[str, object]:
    """Return the lunch still to come: none when it was had, within the hour when it is late."""
    planned = route.lunch
    is_over = planned is not None and (
        planned.starts_at + timedelta(minutes=planned.minutes) <= moment
    )
    was_had = planned is not None and former.lunch_minutes == 0
    if was_had or (is_over if data.had_lunch is None else data.had_lunch):
        return {"lunch_minutes": 0}
    if at <= former.lunch_latest:
        return {}
    since_midnight = timedelta(seconds=survey.seconds_of(at))
    return {
        "lunch_earliest": at,
        "lunch_latest": clock_of(since_midnight + _LATE_LUNCH),
        "lunch_place": None,
    }
