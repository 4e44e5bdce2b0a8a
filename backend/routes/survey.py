"""From due accounts and a street network to a day problem, and from its plan to a route."""

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta

import msgspec

from backend.api.problems import Unavailable, malformed_field
from backend.geo.network.provider import Matrix, NetworkError, StreetNetwork
from backend.geo.vocabulary import LonLat
from backend.routes.candidate_repository import Candidate, Rep
from backend.routes.day import problem as days
from backend.routes.day.plan import DayPlan
from backend.routes.day.problem import DayProblem, Stop
from backend.routes.day.rest import slower
from backend.routes.day.timetable import Timetable
from backend.routes.day.windows import Window
from backend.routes.schemas import PlanRequest
from backend.routes.visiting_hours import PREFERENCE_S, VisitingHours, visiting_hours

_VALUE_S = {1: 8 * 1800, 2: 4 * 1800, 3: 2 * 1800, 4: 1800, 5: 900}
"""What a visit is worth in seconds of travel, by priority; overdue ones are worth up to twice."""
_OVERDUE_FULL_DAYS = 28
_LATER = {"Retry-After": "5"}
_FIRST_STOP = 2
"""Points 0 and 1 are where the day starts and ends; lunch, where it has a place, comes last."""


_FIELDS = {"lunch.node": "lunch_place", "lunch.latest_s": "lunch_latest"}
"""What the request calls a day's fields."""


class Ground(msgspec.Struct, frozen=True):
    """The points of a day and the travel between them."""

    points: tuple[LonLat, ...]
    matrix: Matrix


def measure(
    network: StreetNetwork,
    start: Sequence[float],
    end: Sequence[float],
    candidates: Sequence[Candidate],
    lunch: Sequence[float] | None = None,
) -> Ground:
    """Measure the ways; raise Malformed when the day's own places lie off every street."""
    places = [start, end, *(one.location for one in candidates)]
    fields = {0: "start", 1: "end"}
    if lunch is not None:
        fields[len(places)] = "lunch_place"
        places.append(lunch)
    points = tuple(LonLat(lon, lat) for lon, lat in places)
    matrix = matrix_of(network, points)
    for off in matrix.off_network:
        field = fields.get(off.index)
        if field is not None:
            raise malformed_field(field, f"This place of the day is off every street: {off.reason}")
    return Ground(points, matrix)


def matrix_of(network: StreetNetwork, points: Sequence[LonLat]) -> Matrix:
    """Return the travel between points; raise Unavailable, or Malformed naming the start."""
    try:
        return network.matrix(points)
    except NetworkError as error:
        if error.is_passing:
            raise Unavailable(error.message, code=error.code, headers=_LATER) from error
        raise malformed_field("start", error.message, code=error.code) from error


class Way(msgspec.Struct, frozen=True):
    """How long somebody was on the road, and how far."""

    travel_s: int = 0
    distance_m: int = 0


def make_problem(
    request: PlanRequest,
    rep: Rep,
    candidates: Sequence[Candidate],
    ground: Ground,
    *,
    so_far: Way,
) -> DayProblem:
    """State the day, or what is left of it; raise Malformed when the request contradicts itself.

    The limits asked for are those of the whole day: the way so far counts.
    """
    off = {one.index for one in ground.matrix.off_network}
    stops = stops_of(request, rep.country, candidates, first_node=_FIRST_STOP, off=off)
    lunch = lunch_of(request, None if request.lunch_place is None else len(ground.points) - 1)
    try:
        problem = DayProblem(
            stops=stops,
            start=0,
            end=1,
            durations_s=slower(ground.matrix.duration_rows(), request.traffic_percent or 100),
            distances_m=ground.matrix.distance_rows(),
            shift_start_s=seconds_of(request.shift_start),
            shift_end_s=seconds_of(request.shift_end),
            lunch=lunch,
            max_travel_s=days.limit_left(seconds_in(request.max_travel_minutes), so_far.travel_s),
            max_distance_m=days.limit_left(request.max_distance_m, so_far.distance_m),
            is_estimate=ground.matrix.is_estimate,
            seed=request.seed,
        )
        if request.lunch_place is not None:
            Timetable(problem)  # which knows whether lunch can be taken there
    except days.ProblemError as error:
        field = _FIELDS.get(error.field, error.field)
        raise malformed_field(field, error.detail) from error
    return problem


def stops_of(
    request: PlanRequest,
    country: str,
    candidates: Sequence[Candidate],
    *,
    first_node: int,
    off: Collection[int],
) -> tuple[Stop, ...]:
    """Return candidates as stops, at consecutive points of which some are `off` every street."""
    agreed = {one.account_id: one.start for one in request.appointments}
    lengths = {one.account_id: one.minutes for one in request.visit_lengths}
    candidates = [
        msgspec.structs.replace(one, visit_minutes=lengths.get(one.id, one.visit_minutes))
        for one in candidates
    ]
    return tuple(
        _stop(
            one,
            None if index in off else index,
            VisitingHours(_agreed(one, agreed[one.id]))
            if one.id in agreed
            else hours_of(one, request, country),
        )
        for index, one in enumerate(candidates, start=first_node)
    )


def _stop(one: Candidate, node: int | None, hours: VisitingHours) -> Stop:
    """Return a candidate as a stop; a day on which it prefers no visit makes one worth less."""
    value_s = _value(one)
    preference_s = PREFERENCE_S if one.is_required else min(PREFERENCE_S, value_s // 2)
    return Stop(
        key=str(one.id),
        node=node,
        service_s=one.visit_minutes * 60,
        windows=hours.windows,
        is_required=one.is_required,
        value_s=value_s - preference_s if hours.is_unwished else value_s,
        preferred=hours.preferred,
        preference_s=preference_s if hours.preferred else 0,
        is_unwished=hours.is_unwished,
        has_own_hours=hours.is_cut,
        label=one.name,
    )


def hours_of(one: Candidate, request: PlanRequest, country: str) -> VisitingHours:
    """Return when a candidate may be visited; the whole shift when nobody knows."""
    shift = Window(seconds_of(request.shift_start), seconds_of(request.shift_end))
    near = LonLat(*one.location)
    return visiting_hours(one.hours, request.on_date, country, near, unknown=shift)


def lunch_of(request: PlanRequest, node: int | None) -> days.Lunch | None:
    """Return the break that was asked for, at a point of the day where it has one."""
    if not request.lunch_minutes:
        return None
    return days.Lunch(
        earliest_s=seconds_of(request.lunch_earliest),
        latest_s=seconds_of(request.lunch_latest),
        duration_s=request.lunch_minutes * 60,
        node=node,
    )


def draw_line(network: StreetNetwork, ground: Ground, order: Sequence[int]) -> tuple[LonLat, ...]:
    """Return the way from start through the stops to the end; empty when it cannot be drawn."""
    if not order:
        return ()
    try:
        return network.path([ground.points[index] for index in (0, *order, 1)]).line
    except NetworkError:
        # The times come from the matrix; without a line the map shows the stops alone.
        return ()


def stop_nodes(problem: DayProblem, plan: DayPlan) -> list[int]:
    """Return the points of the plan's stops in their order, with lunch where it has a place."""
    nodes = {stop.key: stop.node for stop in problem.stops}
    way: list[int | None] = [nodes[stop.key] for stop in plan.stops]
    if plan.lunch is not None and problem.lunch is not None and problem.lunch.node is not None:
        keys = [stop.key for stop in plan.stops]
        after = plan.lunch.after
        way.insert(0 if after is None else keys.index(after) + 1, problem.lunch.node)
    return [node for node in way if node is not None]


def moment(midnight: datetime, seconds: int) -> datetime:
    """Return a time of the local day as an aware time."""
    return midnight + timedelta(seconds=seconds)


def _agreed(one: Candidate, start: time) -> tuple[Window, ...]:
    """Return the time of an appointment; a visit without length is given a minute."""
    start_s = seconds_of(start)
    return (Window(start_s, start_s + max(one.visit_minutes, 1) * 60),)


def seconds_in(minutes: int | None) -> int | None:
    """Return minutes in seconds; None for none."""
    return None if minutes is None else minutes * 60


def _value(one: Candidate) -> int:
    urgency = min(one.overdue_days, _OVERDUE_FULL_DAYS) / _OVERDUE_FULL_DAYS
    return round(_VALUE_S[one.priority] * (1 + urgency))


def seconds_of(at: time) -> int:
    """Return a time of day in seconds since midnight."""
    return at.hour * 3600 + at.minute * 60 + at.second
