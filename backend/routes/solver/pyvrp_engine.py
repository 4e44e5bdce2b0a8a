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

_FIRST_PLACE = 2
"""Places 0 and 1 are the day's start and end."""


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """When to stop searching: counted, not timed, so that a busy machine gives the same answer."""

    no_improvement: int = 200
    max_iterations: int = 20_000


class _Choice(msgspec.Struct, frozen=True):
    """One way to make a visit: at a place, starting between two times, for a prize."""

    option: int | None
    place: int
    times: tuple[int, int]
    prize: int = 0


class _Clients:
    """Clients and groups as they grow; remembers which option each client stands for."""

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self.groups: list[ClientGroup] = []
        self.options: list[int | None] = []

    def add(self, choices: Sequence[_Choice], *, service_s: int, is_must: bool) -> None:
        """Add one visit with the ways to make it, of which one is chosen."""
        group = len(self.groups) if len(choices) > 1 else None
        if group is not None:
            members = range(len(self.clients), len(self.clients) + len(choices))
            self.groups.append(ClientGroup(list(members), required=is_must))
        for choice in choices:
            self.options.append(choice.option)
            self.clients.append(
                Client(
                    choice.place,
                    service_duration=service_s,
                    tw_early=choice.times[0],
                    tw_late=choice.times[1],
                    required=group is None and is_must,
                    prize=0 if group is None and is_must else choice.prize,
                    group=group,
                )
            )


def search_order(
    table: Timetable,
    stops: Sequence[int],
    *,
    must_keep_required: bool,
    max_travel_s: int | None,
    effort: Effort,
) -> list[int] | None:
    """Return a good order of options of some or all of the stops, each possible alone.

    With `must_keep_required` the answer has every required stop, or is None when no such order was
    found; without, they only count for their price. The day's own limits of travel are not looked
    at, only the one given here. Same problem and effort, same answer.
    """
    options = [*table.options(stops), *table.nothing]
    place_of = {option: place for place, option in enumerate(options, start=_FIRST_PLACE)}
    clients = _Clients()
    for stop in stops:
        ways = [option for option in options if table.stop_of[option] == stop]
        clients.add(
            [
                _Choice(option, place_of[option], times, table.gain_s[option])
                for option in ways
                for times in _starts_in_shift(table, option)
            ],
            service_s=table.service_s[stop],
            is_must=must_keep_required and table.problem.stops[stop].is_required,
        )
    if table.meal is not None:
        times = _starts_in_shift(table, table.meal)
        choices = [_Choice(table.meal, place_of[table.meal], one) for one in times]
        clients.add(choices, service_s=table.service_s[table.meal], is_must=True)
    if table.lunch is not None:
        _add_lunch(clients, table, table.lunch, places=len(options) + _FIRST_PLACE)
    data = _problem_data(table, options, clients, max_travel_s)
    stop_when = MultipleCriteria(
        [NoImprovement(effort.no_improvement), MaxIterations(effort.max_iterations)]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)  # a full day is no fault of ours
        result = solve(data, stop_when, seed=table.problem.seed, collect_stats=False)
    if not result.is_feasible():
        return None
    visits = [
        clients.options[activity.idx]
        for route in result.best.routes()
        for activity in route
        if activity.is_client()
    ]
    return [option for option in visits if option is not None]


def _starts_in_shift(table: Timetable, option: int) -> list[tuple[int, int]]:
    earliest_s = table.problem.shift_start_s + table.leg_s[table.start][option]
    after_s = table.service_s[option] + table.leg_s[option][table.end]
    latest_s = table.problem.shift_end_s - after_s
    ranges = ((max(first, earliest_s), min(last, latest_s)) for first, last in table.starts[option])
    return [(first, last) for first, last in ranges if first <= last]


def _add_lunch(clients: _Clients, table: Timetable, lunch: Lunch, *, places: int) -> None:
    first_s = max(lunch.earliest_s, table.problem.shift_start_s)
    last_s = min(lunch.latest_s, table.problem.shift_end_s - lunch.duration_s)
    can_be_over_before = table.problem.shift_end_s <= lunch.latest_s
    if first_s <= last_s and not can_be_over_before:
        choices = [_Choice(None, place, (first_s, last_s)) for place in range(places)]
        clients.add(choices, service_s=lunch.duration_s, is_must=True)


def _problem_data(
    table: Timetable, options: Sequence[int], clients: _Clients, max_travel_s: int | None
) -> ProblemData:
    start_s, end_s = table.problem.shift_start_s, table.problem.shift_end_s
    blocked_s = end_s - start_s + 1  # no shift has time for it
    most_s = end_s - start_s if max_travel_s is None else max_travel_s
    places = [table.start, table.end, *options]
    legs = np.array([[table.leg_s[origin][to] for to in places] for origin in places])
    # PyVRP's stubs say ndarray[int] where they mean a matrix of integers.
    matrix = cast("Any", np.where(legs >= NEVER, blocked_s, legs))
    return ProblemData(
        locations=[Location(0, 0)] * len(places),
        clients=clients.clients,
        depots=[Depot(0, tw_early=start_s, tw_late=end_s), Depot(1, start_s, end_s)],
        vehicle_types=[
            VehicleType(
                start_depot=0, end_depot=1, tw_early=start_s, tw_late=end_s, max_distance=most_s
            )
        ],
        distance_matrices=[matrix],  # distance is what PyVRP pays for: here, seconds of travel
        duration_matrices=[matrix],
        groups=clients.groups,
    )
