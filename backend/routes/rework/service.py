"""What a rep made of a planned day: kept whatever became of the plan, followed where it stands."""

from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.api.problems import NotFound, malformed_field
from backend.identity.actor import Actor
from backend.routes.rework import repository
from backend.routes.rework.repository import HeldRoute
from backend.routes.rework.schemas import (
    ReworkCreate,
    ReworkPlan,
    ReworkState,
    RouteReworks,
)
from backend.routes.service import get_route
from backend.visits.standing import check_writer

_DAY = timedelta(hours=48)
"""A day's times may run past midnight, but not past the end of the next day."""
_SHOWN = 100
"""More than anybody makes in a day."""


def keep_rework(
    connection: sa.Connection,
    actor: Actor,
    data: ReworkCreate,
    *,
    rework_id: UUID,
    made_at: datetime,
) -> None:
    """Keep a rework of the actor's own route; the day's open visits follow it where they can.

    They do not where the route was replaced meanwhile, or a later rework is followed already: then
    it is kept as what the rep did. Visits that it leaves out stay planned, without a time. Raises
    NotFound for a route or visit that is not the actor's, Malformed for times out of the day.
    """
    check_writer(actor)
    route = repository.lock_route(connection, actor.org_id, data.route_id)
    if route is None or route.rep_id != actor.user_id:
        raise NotFound(f"There is no route {data.route_id} of yours.", code="route_unknown")
    _check_times(data.plan, route)
    _check_visits(connection, actor, data.plan, route)
    state = _state(connection, actor, data, route, made_at)
    repository.insert_rework(
        connection,
        actor.org_id,
        {
            "id": rework_id,
            "route_id": data.route_id,
            "rep_id": actor.user_id,
            "made_at": made_at,
            "reason": data.reason.value,
            "plan": msgspec.json.encode(data.plan).decode(),
            "state": state.value,
        },
    )
    if state is ReworkState.APPLIED:
        repository.order_visits(connection, actor.org_id, _places(data.plan))


def get_reworks(connection: sa.Connection, actor: Actor, route_id: UUID) -> RouteReworks:
    """Return a route beside the reworks of its day; raise NotFound as `get_route` does.

    So what a rep made of a plan that was replaced is seen beside the plan that took its place.
    """
    route = get_route(connection, actor, route_id)
    reworks = repository.select_reworks(
        connection, actor.org_id, route.rep_id, route.on_date, _SHOWN
    )
    visit_ids = {stop.visit_id for stop in route.stops}
    for rework in reworks:
        visit_ids |= set(_visit_ids(rework.plan))
    visits = repository.select_visits(connection, actor.org_id, sorted(visit_ids))
    return RouteReworks(route=route, reworks=reworks, visits=visits)


def _visit_ids(plan: ReworkPlan) -> list[UUID]:
    stops = [stop.visit_id for stop in plan.stops]
    return [*stops, *(one.visit_id for one in plan.dropped)]


def _check_times(plan: ReworkPlan, route: HeldRoute) -> None:
    """Raise Malformed for a time that is not of the route's day, or an order that goes back."""
    lunch = [] if plan.lunch is None else [plan.lunch.starts_at]
    ends = [cost.ends_at for cost in (plan.before, plan.after) if cost is not None]
    stops = [
        at
        for stop in plan.stops
        for at in (stop.arrive_at, stop.start_at, stop.leave_at)
        if at is not None
    ]
    for at in (*stops, *lunch, *ends):
        if at is not None and not route.midnight <= at <= route.midnight + _DAY:
            raise malformed_field("plan", f"{at.isoformat()} is no time of {route.on_date}.")
    if any(after < before for before, after in pairwise(stops)):
        raise malformed_field("plan", "The stops are not in the order of their times.")


def _check_visits(
    connection: sa.Connection, actor: Actor, plan: ReworkPlan, route: HeldRoute
) -> None:
    named = _visit_ids(plan)
    if len(set(named)) < len(named):
        raise malformed_field("plan", "A visit is named twice: name each once.")
    own = repository.lock_day_visits(connection, actor.org_id, actor.user_id, route.on_date, named)
    for visit_id in named:
        if visit_id not in own:
            sentence = f"There is no visit {visit_id} of yours on {route.on_date}."
            raise NotFound(sentence, code="visit_unknown")


def _state(
    connection: sa.Connection,
    actor: Actor,
    data: ReworkCreate,
    route: HeldRoute,
    made_at: datetime,
) -> ReworkState:
    if route.status != "planned":
        return ReworkState.ROUTE_REPLACED
    if repository.has_later(connection, actor.org_id, data.route_id, made_at):
        return ReworkState.OUTDATED
    return ReworkState.APPLIED


def _places(plan: ReworkPlan) -> list[dict[str, object]]:
    """Return place and time of each visit; those left out have neither."""
    rows: list[dict[str, object]] = [
        {"id": stop.visit_id, "sequence": place, "planned_at": stop.start_at}
        for place, stop in enumerate(plan.stops, start=1)
    ]
    rows += [{"id": one.visit_id, "sequence": None, "planned_at": None} for one in plan.dropped]
    return rows
