"""Plan a day that several reps share: near visits change hands, an absent rep's are dealt out."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from backend.api.problems import malformed_field
from backend.db.tenancy import Database
from backend.geo.network.provider import NetworkError, StreetNetwork
from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.ids import UserId
from backend.routes import repository, survey
from backend.routes.absence import read_absences, write_absence
from backend.routes.day.problem import ProblemError
from backend.routes.day.rest import slower
from backend.routes.drafts import Draft, write_route
from backend.routes.engines import Engines
from backend.routes.pool import SolverCrash, SolverTimeout
from backend.routes.schemas import (
    DroppedVisit,
    TeamMember,
    TeamRead,
    TeamRequest,
)
from backend.routes.service import Prepared, check_planner, get_route, prepare, solver_failed
from backend.routes.team.plan import TeamPlan
from backend.routes.team.problem import Member, TeamProblem, day_of
from backend.routes.team_pool import (
    Pool,
    alone,
    check_not_begun,
    former_requests,
    pool_of,
    together,
)

_SOLVE_SECONDS = 60.0


def plan_team_day(db: Database, actor: Actor, request: TeamRequest, engines: Engines) -> TeamRead:
    """Plan everybody's day and put all in place of the present plans, or none of them.

    Visits that an absent rep has begun stay that rep's, with their route. Raises as `plan_day` does
    for each member, Malformed for a team that cannot be, and Conflict for a day that went on.
    """
    _check_team(actor, request)
    former = former_requests(db, actor, request)
    absences = read_absences(db, actor, request)
    former |= {one: it.begun.rest for one, it in absences.items() if it.begun is not None}
    present = [
        prepare(db, actor, UserId(one.rep_id), alone(request, one, former.get(one.rep_id)))
        for one in request.members
    ]
    absent = {
        one: prepare(
            db,
            actor,
            UserId(one),
            alone(request, TeamMember(rep_id=one), former.get(one)),
            is_absent=True,
        )
        for one in request.absent_ids
    }
    pool = pool_of(request, [*present, *absent.values()])
    network = engines.network(request.profile)
    points, problem = _state(request, present, pool, network)
    try:
        plan = engines.solvers.solve_team(problem, _SOLVE_SECONDS)
    except (SolverTimeout, SolverCrash) as error:
        raise solver_failed(error) from error
    drafts = [
        _draft(number, present[number], pool, problem, plan, points, network)
        for number in range(len(present))
    ]
    with db.for_org(actor.org_id) as connection:
        for rep_id in sorted([*absent, *(draft.rep_id for draft in drafts)]):
            repository.lock_day(connection, actor.org_id, UserId(rep_id))
        for draft in drafts:
            check_not_begun(connection, actor, draft.rep_id, request.on_date)
        for one, prepared in absent.items():
            write_absence(connection, actor, request, absences[one], prepared)
        ids = [write_route(connection, actor, draft) for draft in drafts]
        routes = [get_route(connection, actor, one) for one in ids]
    return TeamRead(routes, _nobody_can(pool, plan))


def _check_team(actor: Actor, request: TeamRequest) -> None:
    ids = [*(one.rep_id for one in request.members), *request.absent_ids]
    for rep_id in ids:
        check_planner(actor, UserId(rep_id))
    if len(set(ids)) < len(ids):
        raise malformed_field("members", "A rep is named twice: each works or is absent.")


def _state(
    request: TeamRequest, present: Sequence[Prepared], pool: Pool, network: StreetNetwork
) -> tuple[tuple[LonLat, ...], TeamProblem]:
    """Measure the ways and state the team's day; its points are ends first, then accounts."""
    ends = [place for one in present for place in (one.start, one.request.end or one.start)]
    places = [*ends, *(one.location for one in pool.candidates)]
    points = tuple(LonLat(place[0], place[1]) for place in places)
    matrix = survey.matrix_of(network, points)
    off = {one.index: one.reason for one in matrix.off_network}
    for index, reason in off.items():
        if index < len(ends):
            name = present[index // 2].rep.full_name
            raise malformed_field("members", f"{name}'s day is off every street: {reason}")
    stops = survey.stops_of(
        together(present), present[0].rep.country, pool.candidates, first_node=len(ends), off=off
    )
    try:
        problem = TeamProblem(
            stops=stops,
            members=tuple(
                _member(request, number, one, pool) for number, one in enumerate(present)
            ),
            durations_s=slower(matrix.duration_rows(), together(present).traffic_percent or 100),
            distances_m=matrix.distance_rows(),
            balance_percent=request.balance_percent,
            is_estimate=matrix.is_estimate,
            seed=request.seed,
        )
    except ProblemError as error:
        raise malformed_field("members", error.detail) from error
    return points, problem


def _member(request: TeamRequest, number: int, one: Prepared, pool: Pool) -> Member:
    skills = set(request.members[number].skills)
    needs: dict[UUID, set[str]] = {}
    for need in request.needs:
        needs.setdefault(need.account_id, set()).add(need.skill)
    others_s = None if request.spill_over_minutes is None else request.spill_over_minutes * 60
    prices = [
        None if needs.get(candidate.id, set()) - skills
        else 0 if not owners or one.request.rep_id in owners
        else others_s
        for candidate, owners in zip(pool.candidates, pool.owners, strict=True)
    ]  # fmt: skip
    return Member(
        key=str(one.request.rep_id),
        start=2 * number,
        end=2 * number + 1,
        shift_start_s=survey.seconds_of(one.request.shift_start),
        shift_end_s=survey.seconds_of(one.request.shift_end),
        lunch=survey.lunch_of(one.request, None),
        prices_s=tuple(prices),
        label=one.rep.full_name,
    )


def _draft(
    number: int,
    one: Prepared,
    pool: Pool,
    problem: TeamProblem,
    plan: TeamPlan,
    points: Sequence[LonLat],
    network: StreetNetwork,
) -> Draft:
    day = plan.days[number].plan
    hand = {stop.key for stop in day.stops} | {stop.key for stop in day.dropped}
    chosen = [index for index, stop in enumerate(problem.stops) if stop.key in hand]
    candidates = tuple(pool.candidates[index] for index in chosen)
    nodes = {stop.key: stop.node for stop in problem.stops}
    way = [2 * number, *(nodes[stop.key] for stop in day.stops), 2 * number + 1]
    visited = {stop.key for stop in day.stops}
    wanted, own = set(one.request.account_ids), {candidate.id for candidate in one.candidates}
    kept = own & {candidate.id for candidate in candidates} | {UUID(key) for key in visited}
    # What the day is asked for when it is planned again: what was given stays given.
    asked = msgspec.structs.replace(
        one.request,
        account_ids=[key for key in map(UUID, visited) if key in wanted],
        given_ids=[candidate.id for candidate in one.candidates if str(candidate.id) not in hand],
        max_candidates=max(len(kept), 1),
    )
    return Draft(
        request=asked,
        rep_id=UserId(UUID(plan.days[number].key)),
        midnight=one.midnight,
        candidates=candidates,
        excluded=one.excluded,
        problem=day_of(problem, number, chosen),
        plan=day,
        line=_line(network, [points[node] for node in way if node is not None]),
        points=tuple(points[node] for node in _rows(number, problem, chosen)),
    )


def _rows(number: int, problem: TeamProblem, chosen: Sequence[int]) -> list[int]:
    """Return the points of a member's own day, in the order of its matrices."""
    nodes = (problem.stops[stop].node for stop in chosen)
    return [2 * number, 2 * number + 1, *(node for node in nodes if node is not None)]


def _line(network: StreetNetwork, way: Sequence[LonLat]) -> tuple[LonLat, ...]:
    if len(way) < 3:  # noqa: PLR2004  # nobody is visited between start and end
        return ()
    try:
        return network.path(way).line
    except NetworkError:
        return ()


def _nobody_can(pool: Pool, plan: TeamPlan) -> list[DroppedVisit]:
    names = {str(one.id): one.name for one in pool.candidates}
    return [
        DroppedVisit(
            account_id=UUID(key),
            name=names[key],
            reason="nobody_can",
            detail=f"{names[key]} is not planned: nobody in the team may or can visit it.",
            facts={},
        )
        for key in plan.forbidden
    ]
