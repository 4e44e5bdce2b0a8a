"""From due accounts and a street network to a day problem, and from its plan to a route."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from backend.api.problems import Unavailable, malformed_field
from backend.geo.hours import windows_on
from backend.geo.network.provider import Matrix, NetworkError, StreetNetwork
from backend.geo.vocabulary import LonLat
from backend.routes.day import problem as days
from backend.routes.day.plan import DayPlan
from backend.routes.day.problem import DayProblem, Stop
from backend.routes.day.windows import Window, merge_windows
from backend.routes.repository import Candidate, Rep
from backend.routes.schemas import PlanRequest

_VALUE_S = {1: 8 * 1800, 2: 4 * 1800, 3: 2 * 1800, 4: 1800, 5: 900}
"""What a visit is worth in seconds of travel, by priority; overdue ones are worth up to twice."""
_OVERDUE_FULL_DAYS = 28
_PASSING = frozenset({"network_busy", "network_timeout", "network_crashed"})
_LATER = {"Retry-After": "5"}
_FIRST_STOP = 2
"""Points 0 and 1 are where the day starts and ends."""


class Ground(msgspec.Struct, frozen=True):
    """The points of a day and the travel between them."""

    points: tuple[LonLat, ...]
    matrix: Matrix


def measure(
    network: StreetNetwork,
    start: Sequence[float],
    end: Sequence[float],
    candidates: Sequence[Candidate],
) -> Ground:
    """Measure the ways; raise Malformed when the day's start or end lies off every street."""
    places = [start, end, *(one.location for one in candidates)]
    points = tuple(LonLat(lon, lat) for lon, lat in places)
    try:
        matrix = network.matrix(points)
    except NetworkError as error:
        if error.code in _PASSING:
            raise Unavailable(
                error.message, code=error.code, headers={"Retry-After": "5"}
            ) from error
        raise malformed_field("start", error.message, code=error.code) from error
    for off in matrix.off_network:
        if off.index < _FIRST_STOP:
            field = "start" if off.index == 0 else "end"
            raise malformed_field(field, f"The day's {field} is off every street: {off.reason}")
    return Ground(points, matrix)


def make_problem(
    request: PlanRequest, rep: Rep, candidates: Sequence[Candidate], ground: Ground
) -> DayProblem:
    """State the day; raise Malformed when the request contradicts itself."""
    off = {one.index for one in ground.matrix.off_network}
    stops = tuple(
        Stop(
            key=str(one.id),
            node=None if index in off else index,
            service_s=one.visit_minutes * 60,
            windows=_windows(one, request.on_date, rep.country, request),
            is_required=one.is_required,
            value_s=_value(one),
            label=one.name,
        )
        for index, one in enumerate(candidates, start=_FIRST_STOP)
    )
    lunch = None
    if request.lunch_minutes:
        lunch = days.Lunch(
            earliest_s=_seconds(request.lunch_earliest),
            latest_s=_seconds(request.lunch_latest),
            duration_s=request.lunch_minutes * 60,
        )
    try:
        return DayProblem(
            stops=stops,
            start=0,
            end=1,
            durations_s=ground.matrix.durations_s,
            distances_m=ground.matrix.distances_m,
            shift_start_s=_seconds(request.shift_start),
            shift_end_s=_seconds(request.shift_end),
            lunch=lunch,
            is_estimate=ground.matrix.is_estimate,
            seed=request.seed,
        )
    except days.ProblemError as error:
        raise malformed_field(error.field, error.detail) from error


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
    """Return the points of the plan's stops in their order."""
    nodes = {stop.key: stop.node for stop in problem.stops}
    return [node for stop in plan.stops if (node := nodes[stop.key]) is not None]


def moment(midnight: datetime, seconds: int) -> datetime:
    """Return a time of the local day as an aware time."""
    return midnight + timedelta(seconds=seconds)


def _windows(
    one: Candidate, on_date: date, country: str, request: PlanRequest
) -> tuple[Window, ...]:
    """Return when it is open; the whole shift when nobody knows."""
    found = windows_on(one.opening_hours, on_date, country=country, location=LonLat(*one.location))
    if found is None:
        return (Window(_seconds(request.shift_start), _seconds(request.shift_end)),)
    return merge_windows(Window(w.start_minute * 60, w.end_minute * 60) for w in found)


def _value(one: Candidate) -> int:
    urgency = min(one.overdue_days, _OVERDUE_FULL_DAYS) / _OVERDUE_FULL_DAYS
    return round(_VALUE_S[one.priority] * (1 + urgency))


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
