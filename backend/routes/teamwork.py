"""Plan a day that several reps share: near visits change hands, an absent rep's are dealt out."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.api.problems import malformed_field
from backend.db.tenancy import Database
from backend.geo.network.provider import NetworkError, StreetNetwork
from backend.geo.vocabulary import GeoError, LonLat, check_lonlat
from backend.identity.actor import Actor
from backend.ids import UserId
from backend.routes import repository, survey
from backend.routes.absence import prepare_absent, read_absences, write_absence
from backend.routes.day.problem import ProblemError
from backend.routes.day.rest import slower
from backend.routes.drafts import Draft, Frozen, write_route
from backend.routes.engines import Engines
from backend.routes.pool import SolverCrash, SolverTimeout
from backend.routes.schemas import (
    DroppedVisit,
    PlanRequest,
    TeamRead,
    TeamRequest,
)
from backend.routes.service import Prepared, check_planner, get_route, prepare, solver_failed
from backend.routes.team.plan import TeamPlan
from backend.routes.team.problem import Begun, Done, Member, TeamProblem, day_of
from backend.routes.team_pool import (
    MOST_OF_ONE,
    Pool,
    kinds_of,
    pool_of,
    together,
    with_kinds,
    with_open,
)
from backend.routes.team_standing import (
    Present,
    check_begun_as_read,
    check_same_plan,
    read_present,
)

_SOLVE_SECONDS = 60.0


def plan_team_day(
    db: Database, actor: Actor, request: TeamRequest, engines: Engines, *, now: datetime
) -> TeamRead:
    """Plan everybody's day and put all in place of the present plans, or none of them.

    Visits begun stay with who began them: a member goes on from there, an absent rep's day ends
    there. Raises as `plan_day` does for each member, Malformed for a team that cannot be, and
    Conflict for a day that went on while it was planned.
    """
    _check_team(actor, request)
    days = read_present(db, actor, request, now=now)
    absences = read_absences(db, actor, request)
    kept = [one.rest for one in absences.values() if one.rest is not None]
    kinds = kinds_of(request, [*(one.rest for one in days), *kept])
    present = [
        with_open(
            db, actor, prepare(db, actor, one.rep_id, with_kinds(one.rest, kinds)), one.open_ids
        )
        for one in days
    ]
    absent = {
        one.rep_id: prepare_absent(db, actor, request, one, kinds) for one in absences.values()
    }
    pool = pool_of(request, [*present, *absent.values()])
    wishes = together(present, list(absent.values()))
    network = engines.network(request.profile)
    stated = _state(request, days, present, pool, wishes, network)
    try:
        plan = engines.solvers.solve_team(stated.problem, _SOLVE_SECONDS)
    except (SolverTimeout, SolverCrash) as error:
        raise solver_failed(error) from error
    drafts = [
        _draft(number, day, one, stated, plan, network)
        for number, (day, one) in enumerate(zip(days, present, strict=True))
    ]
    with db.for_org(actor.org_id) as connection:
        for rep_id in sorted([*absent, *(draft.rep_id for draft in drafts)]):
            repository.lock_day(connection, actor.org_id, rep_id)
        for day, one in zip(days, present, strict=True):
            check_same_plan(connection, actor, one.rep.full_name, day.replaces)
        for rep_id, prepared in absent.items():
            write_absence(connection, actor, request, absences[rep_id], prepared)
        ids = [write_route(connection, actor, draft) for draft in drafts]
        for day, one in zip(days, present, strict=True):
            name = one.rep.full_name
            check_begun_as_read(connection, actor, day.rep_id, name, request, day.begun_ids)
        routes = [get_route(connection, actor, one) for one in ids]
    return TeamRead(routes, _nobody_can(pool, plan))


def _check_team(actor: Actor, request: TeamRequest) -> None:
    ids = [*(one.rep_id for one in request.members), *request.absent_ids]
    for rep_id in ids:
        check_planner(actor, UserId(rep_id))
    if len(set(ids)) < len(ids):
        raise malformed_field("members", "A rep is named twice: each works or is absent.")
    for one in request.members:
        if one.position is not None:
            _check_position(one.position)


def _check_position(place: Sequence[float]) -> None:
    try:
        check_lonlat(place[0], place[1], field="position")
    except GeoError as error:
        raise malformed_field("position", error.message) from error


class _Stated(msgspec.Struct, frozen=True):
    """A team's day as a problem, and what it is about; its points are ends first, then accounts."""

    pool: Pool
    wishes: PlanRequest
    points: tuple[LonLat, ...]
    problem: TeamProblem


def _state(
    request: TeamRequest,
    days: Sequence[Present],
    present: Sequence[Prepared],
    pool: Pool,
    wishes: PlanRequest,
    network: StreetNetwork,
) -> _Stated:
    """Measure the ways and state the team's day; raise Malformed for one that cannot be."""
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
        wishes, present[0].rep.country, pool.candidates, first_node=len(ends), off=off
    )
    try:
        problem = TeamProblem(
            stops=stops,
            members=tuple(
                _member(request, number, day, one, pool)
                for number, (day, one) in enumerate(zip(days, present, strict=True))
            ),
            durations_s=slower(matrix.duration_rows(), wishes.traffic_percent or 100),
            distances_m=matrix.distance_rows(),
            balance_percent=request.balance_percent,
            is_estimate=matrix.is_estimate,
            seed=request.seed,
        )
    except ProblemError as error:
        raise malformed_field("members", error.detail) from error
    return _Stated(pool, wishes, points, problem)


def _member(request: TeamRequest, number: int, day: Present, one: Prepared, pool: Pool) -> Member:
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
    asked, from_s = one.request, survey.seconds_of(one.request.shift_start)
    return Member(
        key=str(asked.rep_id),
        start=2 * number,
        end=2 * number + 1,
        shift_start_s=from_s,
        shift_end_s=survey.seconds_of(asked.shift_end),
        lunch=survey.lunch_of(asked, None),
        prices_s=tuple(prices),
        label=one.rep.full_name,
        begun=_begun(day.frozen, one.midnight, from_s) if day.frozen else None,
        max_travel_s=survey.seconds_in(asked.max_travel_minutes),
        max_distance_m=asked.max_distance_m,
    )


def _begun(frozen: Frozen, midnight: datetime, free_s: int) -> Begun:
    """Return what stays of a member's day; it began when its plan did, or by now."""
    stops, lunch = frozen.stops, frozen.lunch
    since_s = _seconds(frozen.starts_at, midnight)
    return Begun(
        visits=tuple(
            Done(
                key=str(stop.account_id),
                start_s=_seconds(stop.start_at, midnight),
                leave_s=_seconds(stop.leave_at, midnight),
            )
            for stop in stops
        ),
        since_s=min(max(since_s, 0), free_s),
        travel_s=frozen.way.travel_s,
        distance_m=frozen.way.distance_m,
        ate_s=lunch.minutes * 60 if lunch else 0,
    )


def _seconds(moment: datetime, midnight: datetime) -> int:
    return int((moment - midnight).total_seconds())


def _draft(
    number: int,
    at: Present,
    one: Prepared,
    stated: _Stated,
    plan: TeamPlan,
    network: StreetNetwork,
) -> Draft:
    problem, wishes, points = stated.problem, stated.wishes, stated.points
    day = plan.days[number].plan
    visited = [UUID(stop.key) for stop in day.stops]
    hand = {*visited, *(UUID(stop.key) for stop in day.dropped)}
    chosen = [index for index, it in enumerate(stated.pool.candidates) if it.id in hand]
    nodes = {stop.key: stop.node for stop in problem.stops}
    way = [2 * number, *(nodes[stop.key] for stop in day.stops), 2 * number + 1]
    wanted, own = set(wishes.account_ids), {candidate.id for candidate in one.candidates}
    # What the day is asked for when it is planned again: what was given stays given, and what was
    # agreed with an account goes with its visit.
    asked = msgspec.structs.replace(
        one.request,
        account_ids=[key for key in visited if key in wanted],
        appointments=[wish for wish in wishes.appointments if wish.account_id in hand],
        visit_lengths=[wish for wish in wishes.visit_lengths if wish.account_id in hand],
        visit_kinds=[wish for wish in wishes.visit_kinds if wish.account_id in hand],
        given_ids=[*one.request.given_ids, *sorted(own - hand)],
        max_candidates=min(max(len(own & hand | {*visited}), 1), MOST_OF_ONE),
    )
    return Draft(
        request=asked,
        rep_id=UserId(UUID(plan.days[number].key)),
        midnight=one.midnight,
        candidates=tuple(stated.pool.candidates[index] for index in chosen),
        excluded=one.excluded,
        problem=day_of(problem, number, chosen),
        plan=day,
        line=_line(network, [points[node] for node in way if node is not None]),
        points=tuple(points[node] for node in _rows(number, problem, chosen)),
        frozen=at.frozen,
        replaces=at.replaces,
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
