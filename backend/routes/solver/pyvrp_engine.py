"""PyVRP as the engine of one rep's day.

PyVRP knows neither lunch nor several windows a day, but it knows groups of which one member is
visited: a stop becomes one client for each of its windows, and lunch becomes a group of clients,
one at each place of the day, of which one is visited without a detour. A client is in one group
at most, which holds here since lunch has clients of its own. After PyVRP's documentation.
"""

import warnings
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import numpy as np
from pyvrp import Client, ClientGroup, Depot, Location, ProblemData, VehicleType, solve
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.stop import MaxIterations, MultipleCriteria, NoImprovement

from backend.routes.day.problem import Lunch
from backend.routes.day.timetable import NEVER, Timetable

_FIRST_STOP_PLACE = 2
"""Places 0 and 1 are the day's start and end."""


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """When to stop searching: counted, not timed, so that a busy machine gives the same answer."""

    no_improvement: int = 200
    max_iterations: int = 20_000


class _Clients:
    """Clients and groups as they grow; remembers which stop each client stands for."""

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self.groups: list[ClientGroup] = []
        self.stops: list[int | None] = []

    def add(
        self,
        stop: int | None,
        options: Sequence[tuple[int, tuple[int, int]]],
        *,
        service_s: int,
        prize: int | None,
    ) -> None:
        """Add one visit with its possible (place, first and last start); no prize is a must."""
        group = len(self.groups) if len(options) > 1 else None
        if group is not None:
            members = range(len(self.clients), len(self.clients) + len(options))
            self.groups.append(ClientGroup(list(members), required=prize is None))
        for place, (first_s, last_s) in options:
            self.stops.append(stop)
            self.clients.append(
                Client(
                    place,
                    service_duration=service_s,
                    tw_early=first_s,
                    tw_late=last_s,
                    required=group is None and prize is None,
                    prize=prize or 0,
                    group=group,
                )
            )


def search_order(
    table: Timetable, stops: Sequence[int], *, must_keep_required: bool, effort: Effort
) -> list[int] | None:
    """Return a good order of some or all of the stops, each of which can be visited alone.

    With `must_keep_required` the answer has every required stop, or is None when no such order was
    found; without, they only count for their price. Same problem and effort, same answer.
    """
    clients = _Clients()
    for place, stop in enumerate(stops, start=_FIRST_STOP_PLACE):
        is_must = must_keep_required and table.problem.stops[stop].is_required
        clients.add(
            stop,
            [(place, times) for times in _starts_in_shift(table, stop)],
            service_s=table.service_s[stop],
            prize=None if is_must else table.price_s[stop],
        )
    if table.lunch is not None:
        _add_lunch(clients, table, table.lunch, places=len(stops) + _FIRST_STOP_PLACE)
    data = _problem_data(table, stops, clients)
    stop_when = MultipleCriteria(
        [NoImprovement(effort.no_improvement), MaxIterations(effort.max_iterations)]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)  # a full day is no fault of ours
        result = solve(data, stop_when, seed=table.problem.seed, collect_stats=False)
    if not result.is_feasible():
        return None
    visits = [
        clients.stops[activity.idx]
        for route in result.best.routes()
        for activity in route
        if activity.is_client()
    ]
    return [stop for stop in visits if stop is not None]


def _starts_in_shift(table: Timetable, stop: int) -> list[tuple[int, int]]:
    earliest_s = table.problem.shift_start_s + table.leg_s[table.start][stop]
    after_s = table.service_s[stop] + table.leg_s[stop][table.end]
    latest_s = table.problem.shift_end_s - after_s
    ranges = ((max(first, earliest_s), min(last, latest_s)) for first, last in table.starts[stop])
    return [(first, last) for first, last in ranges if first <= last]


def _add_lunch(clients: _Clients, table: Timetable, lunch: Lunch, *, places: int) -> None:
    first_s = max(lunch.earliest_s, table.problem.shift_start_s)
    last_s = min(lunch.latest_s, table.problem.shift_end_s - lunch.duration_s)
    can_be_over_before = table.problem.shift_end_s <= lunch.latest_s
    if first_s <= last_s and not can_be_over_before:
        options = [(place, (first_s, last_s)) for place in range(places)]
        clients.add(None, options, service_s=lunch.duration_s, prize=None)


def _problem_data(table: Timetable, stops: Sequence[int], clients: _Clients) -> ProblemData:
    start_s, end_s = table.problem.shift_start_s, table.problem.shift_end_s
    blocked_s = end_s - start_s + 1  # no shift has time for it
    places = [table.start, table.end, *stops]
    legs = np.array([[table.leg_s[origin][to] for to in places] for origin in places])
    # PyVRP's stubs say ndarray[int] where they mean a matrix of integers.
    matrix = cast("Any", np.where(legs >= NEVER, blocked_s, legs))
    return ProblemData(
        locations=[Location(0, 0)] * len(places),
        clients=clients.clients,
        depots=[Depot(0, tw_early=start_s, tw_late=end_s), Depot(1, start_s, end_s)],
        vehicle_types=[VehicleType(start_depot=0, end_depot=1, tw_early=start_s, tw_late=end_s)],
        distance_matrices=[matrix],  # distance is what PyVRP pays for: here, seconds of travel
        duration_matrices=[matrix],
        groups=clients.groups,
    )
