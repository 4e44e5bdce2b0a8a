"""Plan a rep's day and keep it."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.api.problems import Forbidden, NotFound, Unavailable, malformed_field
from backend.db.tenancy import Database, send
from backend.geo.network.provider import StreetNetwork
from backend.geo.vocabulary import GeoError, check_lonlat
from backend.identity.actor import Actor, Role
from backend.ids import UserId
from backend.routes import candidate_repository, repository, survey
from backend.routes.candidate_repository import Candidate, Rep
from backend.routes.day.plan import DayPlan
from backend.routes.day.problem import DayProblem
from backend.routes.day.schedule import schedule_in_order
from backend.routes.drafts import Draft, Frozen, write_route
from backend.routes.engines import Engines
from backend.routes.followup.traffic import with_traffic
from backend.routes.pool import SolverCrash, SolverTimeout
from backend.routes.schemas import PlanRequest, RouteRead
from backend.routes.weeks.ground_repository import select_due

_SOLVE_SECONDS = 30.0
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
_ANYWHERE = (0.0, 0.0)
_NAMED = 5
"""How many wrong ids a sentence lists."""


def plan_day(db: Database, actor: Actor, request: PlanRequest, engines: Engines) -> RouteRead:
    """Plan a day and put it in place of the present plan; no transaction is open while solving.

    Visits that stay keep their id, so that a phone that is offline can still report on them;
    those without a place are cancelled. Raises Malformed, Forbidden, NotFound or Unavailable.
    """
    rep_id = UserId(request.rep_id or actor.user_id)
    check_planner(actor, rep_id)
    return plan_rest(db, actor, rep_id, request, engines)


def plan_rest(
    db: Database,
    actor: Actor,
    rep_id: UserId,
    request: PlanRequest,
    engines: Engines,
    *,
    frozen: Frozen | None = None,
    replaces: UUID | None = None,
    is_trial: bool = False,
) -> RouteRead:
    """Plan what is not frozen of a day and keep both, as `plan_day` does.

    Raises Conflict when the plan that it `replaces` is no longer the day's. Of a trial nothing is
    kept: the route is returned as it would be.
    """
    prepared = prepare(db, actor, rep_id, request)
    network = engines.network(request.profile)
    ground = survey_ground(prepared, network)
    problem, plan = solve(prepared, ground, engines, so_far=frozen.way if frozen else survey.Way())
    line = survey.draw_line(network, ground, survey.stop_nodes(problem, plan))
    draft = Draft(
        request=prepared.request,
        rep_id=rep_id,
        midnight=prepared.midnight,
        candidates=prepared.candidates,
        excluded=prepared.excluded,
        problem=problem,
        plan=plan,
        line=line,
        points=ground.points,
        frozen=frozen,
        replaces=replaces,
    )
    with db.for_org(actor.org_id) as connection:
        if is_trial:
            send(connection, "SAVEPOINT trial")
        route = get_route(connection, actor, write_route(connection, actor, draft))
        if is_trial:
            send(connection, "ROLLBACK TO SAVEPOINT trial")
        return route


class Prepared(msgspec.Struct, frozen=True):
    """A day as asked for, with what the organisation knows about it."""

    request: PlanRequest
    rep: Rep
    start: Sequence[float]
    candidates: tuple[Candidate, ...]
    midnight: datetime
    excluded: dict[UUID, str]
    """The names of those accounts left out by hand that the person may see."""


def prepare(
    db: Database,
    actor: Actor,
    rep_id: UserId,
    request: PlanRequest,
    *,
    is_absent: bool = False,
) -> Prepared:
    """Find the day's candidates; raise Malformed or NotFound for a day that cannot be planned.

    Of who is absent only the candidates count: such a rep may have left, and needs no start.
    """
    _check_request(request)
    with db.for_org(actor.org_id, snapshot=True) as connection:
        rep = _find_rep(connection, actor, rep_id, may_have_left=is_absent)
        request = with_traffic(connection, actor.org_id, request)
        required = _required(request)
        _check_required(connection, actor, rep_id, required)
        start = request.start or rep.base or (_ANYWHERE if is_absent else None)
        if start is None:
            raise malformed_field(
                "start", f"{rep.full_name} has neither home nor territory: say where to start."
            )
        planned = select_due(connection, actor.org_id, rep_id, request.on_date)
        candidates = candidate_repository.select_candidates(
            connection,
            actor.org_id,
            rep_id,
            request.on_date,
            near=start,
            required=required,
            excluded=[*request.excluded_ids, *request.given_ids],
            limit=max(request.max_candidates, len(required), len(planned or ())),
            planned=planned,
            kinds={one.account_id: one.kind for one in request.visit_kinds},
        )
        midnight = repository.midnight_utc(connection, request.on_date, rep.time_zone)
        excluded = _names_of_excluded(connection, actor, rep_id, request.excluded_ids)
    if not candidates and not rep.has_territory and not is_absent:
        raise malformed_field(
            "rep_id", f"{rep.full_name} holds no territory today: assign one, or name accounts."
        )
    return Prepared(request, rep, start, tuple(candidates), midnight, excluded)


def survey_ground(prepared: Prepared, network: StreetNetwork) -> survey.Ground:
    """Measure the ways of a prepared day; raise Malformed or Unavailable."""
    request, start = prepared.request, prepared.start
    return survey.measure(
        network, start, request.end or start, prepared.candidates, request.lunch_place
    )


def solve(
    prepared: Prepared, ground: survey.Ground, engines: Engines, *, so_far: survey.Way
) -> tuple[DayProblem, DayPlan]:
    """State the day and plan it: in the order asked for, else in the best one that is found."""
    problem = survey.make_problem(
        prepared.request, prepared.rep, prepared.candidates, ground, so_far=so_far
    )
    if prepared.request.order:
        # Who was visited meanwhile is no candidate any more.
        known = {stop.key for stop in problem.stops}
        asked = [str(one) for one in prepared.request.order]
        return problem, schedule_in_order(problem, [one for one in asked if one in known])
    try:
        return problem, engines.solvers.solve(problem, _SOLVE_SECONDS)
    except (SolverTimeout, SolverCrash) as error:
        raise solver_failed(error) from error


def solver_failed(error: SolverTimeout | SolverCrash) -> Unavailable:
    """Return what a caller is told when the solver could not plan."""
    return Unavailable(
        f"The day could not be planned: {error}. Try again, or with fewer candidates.",
        code="solver_failed",
        headers={"Retry-After": "5"},
    )


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


def check_planner(actor: Actor, rep_id: UserId) -> None:
    """Raise Forbidden for who may not plan this person's day."""
    if actor.role is Role.ANALYST:
        raise Forbidden("Analysts read routes; they do not plan them.")
    if rep_id != actor.user_id and not actor.is_planner:
        raise Forbidden("Only managers plan somebody else's day.")


def _check_request(request: PlanRequest) -> None:
    """Raise Malformed for a day that no calendar of people holds, or a place off the world."""
    if not _FIRST_DAY <= request.on_date <= _LAST_DAY:
        years = f"{_FIRST_DAY.year} to {_LAST_DAY.year}"
        raise malformed_field("on_date", f"The day is not within {years}.")
    for field, place in (
        ("start", request.start),
        ("end", request.end),
        ("lunch_place", request.lunch_place),
    ):
        if place is not None:
            try:
                check_lonlat(place[0], place[1], field=field)
            except GeoError as error:
                raise malformed_field(field, error.message) from error


def _required(request: PlanRequest) -> list[UUID]:
    """Return the accounts that must be visited; raise Malformed for a wish and its opposite."""
    agreed = [one.account_id for one in request.appointments]
    if len(set(agreed)) < len(agreed):
        raise malformed_field("appointments", "An account has two appointments: keep one a day.")
    if len(set(request.order)) < len(request.order):
        raise malformed_field("order", "An account comes twice in the order: keep one visit a day.")
    required = list(dict.fromkeys([*request.account_ids, *agreed, *request.order]))
    both = set(required) & set(request.excluded_ids)
    if both:
        names = ", ".join(sorted(str(one) for one in both)[:_NAMED])
        raise malformed_field("excluded_ids", f"Asked for and excluded at once: {names}.")
    return required


def _find_rep(
    connection: sa.Connection, actor: Actor, rep_id: UserId, *, may_have_left: bool
) -> Rep:
    rep = candidate_repository.find_rep(connection, actor.org_id, rep_id)
    if rep is None:
        raise NotFound("There is no such person in your organisation.")
    if not rep.is_active and not may_have_left:
        raise malformed_field("rep_id", f"{rep.full_name} is not active any more.")
    return rep


def _names_of_excluded(
    connection: sa.Connection, actor: Actor, rep_id: UserId, excluded_ids: Sequence[UUID]
) -> dict[UUID, str]:
    if not excluded_ids:
        return {}
    unseen = _select_unvisitable(connection, actor, rep_id, excluded_ids)
    seen = [one for one in excluded_ids if one not in set(unseen)]
    return candidate_repository.select_names(connection, actor.org_id, seen)


def _select_unvisitable(
    connection: sa.Connection, actor: Actor, rep_id: UserId, account_ids: Sequence[UUID]
) -> list[UUID]:
    """Return the accounts that cannot be visited: reps see only what is theirs."""
    within = None if actor.is_planner else rep_id
    return candidate_repository.select_unvisitable(
        connection, actor.org_id, account_ids, within=within
    )


def _check_required(
    connection: sa.Connection, actor: Actor, rep_id: UserId, account_ids: list[UUID]
) -> None:
    """Raise Malformed for accounts that cannot be visited."""
    unknown = _select_unvisitable(connection, actor, rep_id, account_ids)
    if unknown:
        names = ", ".join(str(one) for one in unknown[:_NAMED])
        raise malformed_field(
            "account_ids", f"Not on the map or not in the rep's territories: {names}."
        )
