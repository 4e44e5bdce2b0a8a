"""Keeping a solved day: the route in place of the present one, and the visits it is made of."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.api.problems import Conflict
from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.ids import UserId, new_id
from backend.routes import repository, survey
from backend.routes.candidate_repository import Candidate
from backend.routes.day.pack import pack_day
from backend.routes.day.plan import DayPlan, Optimality, PlannedLunch
from backend.routes.day.problem import DayProblem
from backend.routes.schemas import DroppedVisit, Lunch, PlanRequest, RouteStop
from backend.territories.holdover_repository import lend

_LENT_AFTERWARDS = timedelta(days=8)
"""A rep who visits another's account sees it so long: a phone may report late by a week."""


class Frozen(msgspec.Struct, frozen=True):
    """What of a day under way is not planned anew: the visits begun, and what was found closed."""

    starts_at: datetime
    stops: tuple[RouteStop, ...]
    closed: tuple[DroppedVisit, ...]
    line: tuple[LonLat, ...] = ()
    """The planned way up to the last of the visits begun."""
    lunch: Lunch | None = None
    """The lunch that was had."""

    @property
    def way(self) -> survey.Way:
        """Return the way so far, as it was planned."""
        travel_s = sum(stop.leg_seconds for stop in self.stops)
        distance_m = sum(stop.leg_distance_m for stop in self.stops)
        if self.lunch is None:
            return survey.Way(travel_s, distance_m)
        return survey.Way(travel_s + self.lunch.leg_seconds, distance_m + self.lunch.leg_distance_m)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A solved day before it is written."""

    request: PlanRequest
    rep_id: UserId
    midnight: datetime
    candidates: tuple[Candidate, ...]
    excluded: dict[UUID, str]
    problem: DayProblem
    plan: DayPlan
    line: tuple[LonLat, ...]
    frozen: Frozen | None = None
    replaces: UUID | None = None
    """The plan that it must take the place of; by default whichever there is."""
    points: tuple[LonLat, ...] = ()
    """Where the rows of the problem's matrices are."""


def write_route(connection: sa.Connection, actor: Actor, draft: Draft) -> UUID:
    """Write a day and return the route's id; visits that stay keep theirs.

    Accounts of others that a planner sends a rep to are lent, or the phone would not know them.

    Raises Conflict when the plan that it was made from was replaced meanwhile.
    """
    org_id, plan, on_date = actor.org_id, draft.plan, draft.request.on_date
    repository.lock_day(connection, org_id, draft.rep_id)
    if draft.replaces and not repository.is_in_use(connection, org_id, draft.replaces):
        raise Conflict("This plan was replaced by another: go on from that one.")
    known = repository.retire_route(connection, org_id, draft.rep_id, on_date)
    route_id = new_id()
    # A visit that began while the day was solved comes last here: the new route shows that one.
    ranked = sorted(known, key=lambda one: one.is_begun)
    stops = _stops(draft, {one.account_id: one.id for one in ranked})
    done = draft.frozen.stops if draft.frozen else ()
    starts_at = survey.moment(draft.midnight, plan.start_s)
    repository.insert_route(
        connection,
        org_id,
        {
            "id": route_id,
            "rep_id": draft.rep_id,
            "on_date": on_date,
            "profile": draft.request.profile,
            "engine": plan.engine,
            "seed": plan.seed,
            "is_estimate": plan.is_estimate,
            "distance_m": plan.distance_m + sum(stop.leg_distance_m for stop in done),
            "travel_seconds": plan.travel_s + sum(stop.leg_seconds for stop in done),
            "wait_seconds": plan.wait_s + sum(_waited_s(stop) for stop in done),
            "starts_at": draft.frozen.starts_at if draft.frozen and done else starts_at,
            "ends_at": survey.moment(draft.midnight, plan.end_s),
            "line": _line_text((*(draft.frozen.line if draft.frozen else ()), *draft.line)),
            "stops": _json([*done, *stops]),
            "dropped": _json(_dropped(draft)),
            "lunch": _json(_lunch(draft, plan.lunch)),
            "inputs": _json(
                {"request": draft.request, "problem": draft.problem, "frozen_count": len(done)}
            ),
            "objective": plan.objective,
            "bound": plan.objective if plan.optimality is Optimality.PROVEN else plan.bound,
            "pack": pack_day(draft.problem, plan, draft.points, draft.midnight),
        },
    )
    repository.upsert_visits(
        connection,
        org_id,
        [
            {
                "id": stop.visit_id,
                "account_id": stop.account_id,
                "rep_id": draft.rep_id,
                "route_id": route_id,
                "planned_on": on_date,
                "planned_at": stop.start_at,
                "sequence": stop.sequence,
                "kind": stop.kind,
            }
            for stop in stops
        ],
    )
    if actor.is_planner:
        visited = [stop.account_id for stop in stops]
        lend(connection, org_id, draft.rep_id, visited, on_date + _LENT_AFTERWARDS)
    used = {stop.visit_id for stop in stops}
    repository.cancel_visits(
        connection, org_id, [one.id for one in known if one.is_open and one.id not in used]
    )
    return route_id


def _waited_s(stop: RouteStop) -> int:
    return round((stop.start_at - stop.arrive_at).total_seconds())


def _stops(draft: Draft, kept: dict[UUID, UUID]) -> list[RouteStop]:
    first = len(draft.frozen.stops) + 1 if draft.frozen else 1
    accounts = {str(one.id): one for one in draft.candidates}
    return [
        RouteStop(
            visit_id=kept.get(accounts[stop.key].id) or new_id(),
            account_id=accounts[stop.key].id,
            name=accounts[stop.key].name,
            location=accounts[stop.key].location,
            sequence=sequence,
            arrive_at=survey.moment(draft.midnight, stop.arrive_s),
            start_at=survey.moment(draft.midnight, stop.start_s),
            leave_at=survey.moment(draft.midnight, stop.leave_s),
            leg_distance_m=stop.leg_distance_m,
            leg_seconds=stop.leg_duration_s,
            is_preferred=stop.is_preferred,
            detour_seconds=stop.detour_s,
            detour_m=stop.detour_m,
            spare_seconds=stop.spare_s,
            is_learned=accounts[stop.key].is_learned,
            kind=accounts[stop.key].kind,
        )
        for sequence, stop in enumerate(draft.plan.stops, start=first)
    ]


def _dropped(draft: Draft) -> list[DroppedVisit]:
    accounts = {str(one.id): one for one in draft.candidates}
    closed = draft.frozen.closed if draft.frozen else ()
    told = {one.account_id for one in closed}
    excluded = [
        DroppedVisit(account, name, "excluded", f"{name} was left out by hand.", {})
        for account, name in draft.excluded.items()
        if account not in told
    ]
    return [*closed, *excluded] + [
        DroppedVisit(
            account_id=accounts[one.key].id,
            name=accounts[one.key].name,
            reason=one.reason.value,
            detail=one.detail,
            facts=one.facts,
        )
        for one in draft.plan.dropped
    ]


def _lunch(draft: Draft, lunch: PlannedLunch | None) -> Lunch | None:
    if lunch is None:
        return draft.frozen.lunch if draft.frozen else None
    order = [stop.key for stop in draft.plan.stops]
    place = draft.request.lunch_place
    done = len(draft.frozen.stops) if draft.frozen else 0
    return Lunch(
        starts_at=survey.moment(draft.midnight, lunch.start_s),
        minutes=(lunch.end_s - lunch.start_s) // 60,
        after_sequence=done + (order.index(lunch.after) + 1 if lunch.after is not None else 0),
        location=None if place is None else (place[0], place[1]),
        leg_distance_m=lunch.leg_distance_m,
        leg_seconds=lunch.leg_duration_s,
    )


def _line_text(line: tuple[LonLat, ...]) -> str | None:
    if len(line) < 2:  # noqa: PLR2004  # a line has two ends
        return None
    return f"LINESTRING({', '.join(f'{lon} {lat}' for lon, lat in line)})"


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
