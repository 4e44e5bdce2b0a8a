"""One rep's day as PyVRP states it.

PyVRP knows neither lunch nor several windows a day, but it knows groups of which one member is
visited: a stop becomes one client for each of its windows, and lunch becomes a group of clients,
one at each place of the day, of which one is visited without a detour. A client is in one group
at most, which holds here since lunch has clients of its own. After PyVRP's documentation.
"""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
import numpy as np
from pyvrp import (
    Client,
    ClientGroup,
    Depot,
    Location,
    ProblemData,
    Route,
    Solution,
    VehicleType,
)

from backend.routes.day.schedule import Proof, find_lunch, lay_out
from backend.routes.day.timetable import NEVER, Timetable

_NO_PROOF = Proof(engine="pyvrp")


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


class DayModel:
    """Some stops of a day as PyVRP's problem, with the ways from an order to its plans and back.

    `lunch_at` are the places where lunch may be taken: options, the day's start or its end. With
    none of them the day is shorter by its lunch. With `must_keep` every required stop is in each
    possible plan; without, it only counts for its price.
    """

    def __init__(
        self,
        table: Timetable,
        stops: Sequence[int],
        *,
        lunch_at: Sequence[int],
        must_keep: bool,
        max_travel_s: int | None,
    ) -> None:
        self._table = table
        self._options = [*table.options(stops), *table.nothing]
        places = [table.start, table.end, *self._options]
        self._place_of = {option: place for place, option in enumerate(places)}
        self._clients = _Clients()
        for stop in stops:
            self._add_visit(stop, is_must=must_keep and table.problem.stops[stop].is_required)
        if table.meal is not None:
            times = _starts_in_shift(table, table.meal)
            choices = [_Choice(table.meal, self._place_of[table.meal], one) for one in times]
            self._clients.add(choices, service_s=table.service_s[table.meal], is_must=True)
        self._lunch_client: dict[int, int] = {}
        self.data = self._state(self._add_lunch(lunch_at), max_travel_s)

    def order_of(self, plan: Solution) -> list[int]:
        """Return the options that a plan visits, in their order."""
        visits = [
            self._clients.options[activity.idx]
            for route in plan.routes()
            for activity in route
            if activity.is_client()
        ]
        return [option for option in visits if option is not None]

    def plan_of(self, order: Sequence[int]) -> Solution | None:
        """Return a possible order as a plan; without lunch where lunch is at another place.

        None where it makes a visit that is possible only past another one: the leg that leads there
        is longer than that way, and no client stands for it.
        """
        if not set(order) <= set(self._clients.options):
            return None
        table, lunch = self._table, find_lunch(self._table, order)
        starts = {stop.key: stop.start_s for stop in lay_out(table, order, (), _NO_PROOF).stops}
        visits = [self._client(option, starts.get(table.wishes[option].key)) for option in order]
        if lunch is not None:
            places = [table.start, *order]
            at = places[lunch.visits_before + lunch.on_arrival]
            if at in self._lunch_client:
                visits.insert(lunch.visits_before, self._lunch_client[at])
        return Solution(self.data, [Route(self.data, visits, 0)] if visits else [])

    def _client(self, option: int, start_s: int | None) -> int:
        """Return the client of an option that is open at a time."""
        same = [client for client, one in enumerate(self._clients.options) if one == option]
        for client in same:
            one = self._clients.clients[client]
            if start_s is not None and one.tw_early <= start_s <= one.tw_late:
                return client
        return same[0]

    def _add_visit(self, stop: int, *, is_must: bool) -> None:
        table = self._table
        ways = [stop, *filter(None, [table.sibling[stop]])]
        choices = [
            _Choice(option, self._place_of[option], times, table.gain_s[option])
            for option in ways
            for times in _starts_in_shift(table, option)
        ]
        self._clients.add(choices, service_s=table.service_s[stop], is_must=is_must)

    def _add_lunch(self, lunch_at: Sequence[int]) -> int:
        """Add lunch at some places; return the seconds by which the day is shorter instead."""
        problem, lunch = self._table.problem, self._table.lunch
        if lunch is None:
            return 0
        first_s = max(lunch.earliest_s, problem.shift_start_s)
        last_s = min(lunch.latest_s, problem.shift_end_s - lunch.duration_s)
        can_be_over_before = problem.shift_end_s <= lunch.latest_s
        if first_s > last_s or can_be_over_before:
            return 0
        if not lunch_at:
            return lunch.duration_s
        begin = len(self._clients.clients)
        self._lunch_client = {place: client for client, place in enumerate(lunch_at, start=begin)}
        choices = [_Choice(None, self._place_of[place], (first_s, last_s)) for place in lunch_at]
        self._clients.add(choices, service_s=lunch.duration_s, is_must=True)
        return 0

    def _state(self, shorter_s: int, max_travel_s: int | None) -> ProblemData:
        table = self._table
        start_s, end_s = table.problem.shift_start_s, table.problem.shift_end_s - shorter_s
        blocked_s = end_s - start_s + 1  # no shift has time for it
        most_s = end_s - start_s if max_travel_s is None else max_travel_s
        places = list(self._place_of)
        legs = np.array([[table.leg_s[origin][to] for to in places] for origin in places])
        # PyVRP's stubs say ndarray[int] where they mean a matrix of integers.
        matrix = cast("Any", np.where(legs >= NEVER, blocked_s, legs))
        vehicle = VehicleType(
            start_depot=0, end_depot=1, tw_early=start_s, tw_late=end_s, max_distance=most_s
        )
        return ProblemData(
            locations=[Location(0, 0)] * len(places),
            clients=self._clients.clients,
            depots=[Depot(0, tw_early=start_s, tw_late=end_s), Depot(1, start_s, end_s)],
            vehicle_types=[vehicle],
            distance_matrices=[matrix],  # distance is what PyVRP pays for: here, seconds of travel
            duration_matrices=[matrix],
            groups=self._clients.groups,
        )


def _starts_in_shift(table: Timetable, option: int) -> list[tuple[int, int]]:
    earliest_s = table.problem.shift_start_s + table.leg_s[table.start][option]
    after_s = table.service_s[option] + table.leg_s[option][table.end]
    latest_s = table.problem.shift_end_s - after_s
    ranges = ((max(first, earliest_s), min(last, latest_s)) for first, last in table.starts[option])
    return [(first, last) for first, last in ranges if first <= last]
