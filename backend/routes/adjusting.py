"""Change a plan by hand and see what that costs, before or after it is kept."""

from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec

from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import UserId
from backend.routes.changes import change_of_route
from backend.routes.drafts import Frozen
from backend.routes.engines import Engines
from backend.routes.replanning import Standing, closed_before, go_on, how_it_stands
from backend.routes.schemas import (
    AdjustedRoute,
    AdjustRequest,
    PlanRequest,
    ReplanRequest,
)
from backend.routes.service import plan_rest
from backend.routes.survey import seconds_of


def adjust_day(
    db: Database,
    actor: Actor,
    route_id: UUID,
    data: AdjustRequest,
    engines: Engines,
    *,
    now: datetime,
) -> AdjustedRoute:
    """Plan a route's day anew with changed choices; raise as `replan_day` does.

    Visits that were begun stay as they were planned, whatever is chosen. Of a trial nothing is
    kept.
    """
    stands = how_it_stands(db, actor, route_id)
    request, frozen = as_it_stands(stands, _chosen(stands.former, data), data.at, now)
    route = plan_rest(
        db,
        actor,
        UserId(stands.route.rep_id),
        request,
        engines,
        frozen=frozen,
        replaces=route_id,
        is_trial=data.is_trial,
    )
    return AdjustedRoute(route, change_of_route(stands.route, route), data.is_trial)


def as_it_stands(
    stands: Standing, asked: PlanRequest, at: time | None, now: datetime
) -> tuple[PlanRequest, Frozen]:
    """Return what is left to plan of a day so asked for; all of it before the shift begins."""
    if not _is_under_way(stands, asked, at, now):
        request = msgspec.structs.replace(asked, rep_id=stands.route.rep_id)
        return request, Frozen(stands.route.starts_at, (), closed_before(stands.route, request))
    done = {stop.account_id for stop in stands.done}
    left = [one for one in asked.order if one not in done]
    stands = msgspec.structs.replace(stands, former=asked)
    request, frozen = go_on(stands, ReplanRequest(at=at), now)
    return msgspec.structs.replace(request, order=left), frozen


def _is_under_way(stands: Standing, asked: PlanRequest, at: time | None, now: datetime) -> bool:
    begins = stands.midnight + timedelta(seconds=seconds_of(asked.shift_start))
    ends = stands.midnight + timedelta(seconds=seconds_of(asked.shift_end))
    return bool(stands.done) or at is not None or begins < now < ends


def _chosen(former: PlanRequest, data: AdjustRequest) -> PlanRequest:
    """Return what was asked for, with the choices that are named in place of the former ones."""
    named = (
        "account_ids", "appointments", "excluded_ids", "visit_lengths", "visit_kinds", "order",
    )  # fmt: skip
    return msgspec.structs.replace(
        former, **{name: getattr(data, name) for name in named if getattr(data, name) is not None}
    )
