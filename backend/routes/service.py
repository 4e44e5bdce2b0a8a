"""Plan a rep's day and keep it."""

from datetime import date, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.api.problems import Forbidden, NotFound, Unavailable, malformed_field
from backend.db.tenancy import Database
from backend.geo.vocabulary import GeoError, LonLat, check_lonlat
from backend.identity.actor import Actor, Role
from backend.ids import UserId, new_id
from backend.routes import repository, survey
from backend.routes.day.plan import DayPlan, PlannedLunch
from backend.routes.day.problem import DayProblem
from backend.routes.engines import Engines
from backend.routes.pool import SolverCrash, SolverTimeout
from backend.routes.repository import Candidate, Rep
from backend.routes.schemas import DroppedVisit, Lunch, PlanRequest, RouteRead, RouteStop

_SOLVE_SECONDS = 30.0
_PLANNERS = frozenset({Role.MANAGER, Role.ADMIN})
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
_NAMED = 5
"""How many wrong ids a sentence lists."""


class _Draft(msgspec.Struct, frozen=True):
    """A solved day before it is written."""

    request: PlanRequest
    rep_id: UserId
    midnight: datetime
    candidates: tuple[Candidate, ...]
    problem: DayProblem
    plan: DayPlan
    line: tuple[LonLat, ...]


def plan_day(db: Database, actor: Actor, request: PlanRequest, engines: Engines) -> RouteRead:
    """Plan a day and put it in place of the present plan; no transaction is open while solving.

    Visits that stay keep their id, so that a phone that is offline can still report on them;
    those without a place are cancelled. Raises Malformed, Forbidden, NotFound or Unavailable.
    """
    rep_id = UserId(request.rep_id or actor.user_id)
    _check_planner(actor, rep_id)
    _check_request(request)
    with db.for_org(actor.org_id, snapshot=True) as connection:
        rep = _find_rep(connection, actor, rep_id)
        _check_required(connection, actor, rep_id, request.account_ids)
        start = request.start or rep.base
        if start is None:
            raise malformed_field(
                "start", f"{rep.full_name} has neither home nor territory: say where to start."
            )
        candidates = repository.select_candidates(
            connection,
            actor.org_id,
            rep_id,
            request.on_date,
            near=start,
            required=request.account_ids,
            limit=max(request.max_candidates, len(request.account_ids)),
        )
        midnight = repository.midnight_utc(connection, request.on_date, rep.time_zone)
    if not candidates and not rep.has_territory:
        raise malformed_field(
            "rep_id", f"{rep.full_name} holds no territory today: assign one, or name accounts."
        )
    draft = _solve(request, rep, rep_id, start, tuple(candidates), midnight, engines)
    with db.for_org(actor.org_id) as connection:
        route_id = _write(connection, actor, draft)
        return get_route(connection, actor, route_id)


def list_routes(
    connection: sa.Connection, actor: Actor, *, on_date: date | None, rep_id: UUID | None
) -> list[RouteRead]:
    """Return the routes in use; reps see their own."""
    if not actor.sees_everything:
        if rep_id not in {None, actor.user_id}:
            return []
        rep_id = actor.user_id
    return repository.select_routes(connection, actor.org_id, on_date=on_date, rep_id=rep_id)


def get_route(connection: sa.Connection, actor: Actor, route_id: UUID) -> RouteRead:
    """Return a route; raise NotFound when it is not there or somebody else's."""
    found = repository.select_routes(connection, actor.org_id, route_id=route_id)
    if not found or not (actor.sees_everything or found[0].rep_id == actor.user_id):
        raise NotFound(f"There is no route {route_id} that you may see.")
    return found[0]


def _check_planner(actor: Actor, rep_id: UserId) -> None:
    if actor.role is Role.ANALYST:
        raise Forbidden("Analysts read routes; they do not plan them.")
    if rep_id != actor.user_id and actor.role not in _PLANNERS:
        raise Forbidden("Only managers plan somebody else's day.")


def _check_request(request: PlanRequest) -> None:
    """Raise Malformed for a day that no calendar of people holds, or a place off the world."""
    if not _FIRST_DAY <= request.on_date <= _LAST_DAY:
        years = f"{_FIRST_DAY.year} to {_LAST_DAY.year}"
        raise malformed_field("on_date", f"The day is not within {years}.")
    for field, place in (("start", request.start), ("end", request.end)):
        if place is not None:
            try:
                check_lonlat(place[0], place[1], field=field)
            except GeoError as error:
                raise malformed_field(field, error.message) from error


def _find_rep(connection: sa.Connection, actor: Actor, rep_id: UserId) -> Rep:
    rep = repository.find_rep(connection, actor.org_id, rep_id)
    if rep is None:
        raise NotFound("There is no such person in your organisation.")
    if not rep.is_active:
        raise malformed_field("rep_id", f"{rep.full_name} is not active any more.")
    return rep


def _check_required(
    connection: sa.Connection, actor: Actor, rep_id: UserId, account_ids: list[UUID]
) -> None:
    """Raise Malformed for accounts that cannot be visited: reps see only what is theirs."""
    within = None if actor.role in _PLANNERS else rep_id
    unknown = repository.select_unvisitable(connection, actor.org_id, account_ids, within=within)
    if unknown:
        names = ", ".join(str(one) for one in unknown[:_NAMED])
        raise malformed_field(
            "account_ids", f"Not on the map or not in the rep's territories: {names}."
        )


def _solve(
    request: PlanRequest,
    rep: Rep,
    rep_id: UserId,
    start: tuple[float, float] | list[float],
    candidates: tuple[Candidate, ...],
    midnight: datetime,
    engines: Engines,
) -> _Draft:
    network = engines.network(request.profile)
    ground = survey.measure(network, start, request.end or start, candidates)
    problem = survey.make_problem(request, rep, candidates, ground)
    try:
        plan = engines.solvers.solve(problem, _SOLVE_SECONDS)
    except (SolverTimeout, SolverCrash) as error:
        raise Unavailable(
            f"The day could not be planned: {error}. Try again, or with fewer candidates.",
            code="solver_failed",
            headers={"Retry-After": "5"},
        ) from error
    line = survey.draw_line(network, ground, survey.stop_nodes(problem, plan))
    return _Draft(request, rep_id, midnight, candidates, problem, plan, line)


def _write(connection: sa.Connection, actor: Actor, draft: _Draft) -> UUID:
    org_id, plan, on_date = actor.org_id, draft.plan, draft.request.on_date
    repository.lock_day(connection, org_id, draft.rep_id)
    known = repository.retire_route(connection, org_id, draft.rep_id, on_date)
    route_id = new_id()
    # A visit that began while the day was solved comes last here: the new route shows that one.
    ranked = sorted(known, key=lambda one: one.is_begun)
    stops = _stops(draft, {one.account_id: one.id for one in ranked})
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
            "distance_m": plan.distance_m,
            "travel_seconds": plan.travel_s,
            "wait_seconds": plan.wait_s,
            "starts_at": survey.moment(draft.midnight, plan.start_s),
            "ends_at": survey.moment(draft.midnight, plan.end_s),
            "line": _line_text(draft.line),
            "stops": _json(stops),
            "dropped": _json(_dropped(draft)),
            "lunch": _json(_lunch(draft, plan.lunch)),
            "inputs": _json({"request": draft.request, "problem": draft.problem}),
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
            }
            for stop in stops
        ],
    )
    used = {stop.visit_id for stop in stops}
    repository.cancel_visits(
        connection, org_id, [one.id for one in known if one.is_open and one.id not in used]
    )
    return route_id


def _stops(draft: _Draft, kept: dict[UUID, UUID]) -> list[RouteStop]:
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
        )
        for sequence, stop in enumerate(draft.plan.stops, start=1)
    ]


def _dropped(draft: _Draft) -> list[DroppedVisit]:
    accounts = {str(one.id): one for one in draft.candidates}
    return [
        DroppedVisit(
            account_id=accounts[one.key].id,
            name=accounts[one.key].name,
            reason=one.reason.value,
            detail=one.detail,
            facts=one.facts,
        )
        for one in draft.plan.dropped
    ]


def _lunch(draft: _Draft, lunch: PlannedLunch | None) -> Lunch | None:
    if lunch is None:
        return None
    order = [stop.key for stop in draft.plan.stops]
    return Lunch(
        starts_at=survey.moment(draft.midnight, lunch.start_s),
        minutes=(lunch.end_s - lunch.start_s) // 60,
        after_sequence=order.index(lunch.after) + 1 if lunch.after is not None else 0,
    )


def _line_text(line: tuple[LonLat, ...]) -> str | None:
    if len(line) < 2:  # noqa: PLR2004  # a line has two ends
        return None
    return f"LINESTRING({', '.join(f'{lon} {lat}' for lon, lat in line)})"


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
