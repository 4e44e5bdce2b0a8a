"""What no plan of a day can cost less than: the same day with most of its rules left out.

The relaxed day keeps the tour, the way past a lunch place, the prices of what is left out, the
hours in the shift that lunch leaves for visits and ways, and of the windows only which visit can
never follow which. CP-SAT bounds it in some hundredths of a second for thirty visits.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ortools.sat.python import cp_model

from backend.routes.day.problem import Lunch
from backend.routes.day.timetable import NEVER, Timetable

_HOME = 0
"""The circuit's node for start and end; stops follow in the given order."""


def lower_bound(
    table: Timetable, stops: Sequence[int], order: Sequence[int], *, effort: float
) -> int:
    """Return a cost that no plan of these stops, each possible alone, goes below.

    `order` is a possible one to begin from. Effort is CP-SAT's deterministic time, roughly
    seconds of an idle core; the answer does not depend on load.
    """
    model = _Relaxed(table, stops)
    model.add_hint([table.stop_of[option] for option in order if option != table.meal])
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = table.problem.seed
    solver.parameters.linearization_level = 2
    # Most of a second would go into finding out what the linear relaxation says as well.
    solver.parameters.cp_model_presolve = False
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.symmetry_level = 0
    solver.parameters.max_deterministic_time = effort
    solver.solve(model.cp)
    outside_s = sum(table.price_s) - sum(table.price_s[stop] for stop in stops)
    return max(math.ceil(solver.best_objective_bound - 1e-6), 0) + outside_s


class _Relaxed:
    """The relaxed day as constraints."""

    def __init__(self, table: Timetable, stops: Sequence[int]) -> None:
        self._table, self._stops = table, stops
        self.cp = cp_model.CpModel()
        self._legs_s = _past_a_meal(table, stops)
        self._is_out = [self.cp.new_bool_var("") for _ in (_HOME, *stops)]
        for out in self._is_out[1:]:  # who stays at home makes no round elsewhere
            self.cp.add_implication(self._is_out[_HOME], out)
        self._arcs = {ends: self.cp.new_bool_var("") for ends in self._possible()}
        loops = [(node, node, out) for node, out in enumerate(self._is_out)]
        self.cp.add_circuit([*loops, *((*ends, arc) for ends, arc in self._arcs.items())])
        legs_s = [self._legs_s[origin][target] for origin, target in self._arcs]
        self._travel = cp_model.LinearExpr.weighted_sum([*self._arcs.values()], legs_s)
        left_out = self._weighed(table.price_s)
        self.cp.minimize(self._travel + left_out)
        self._add_hours()

    def _weighed(self, weights: Sequence[int]) -> cp_model.LinearExpr:
        """Return the sum of what the stops that are left out weigh."""
        of_stops = [weights[stop] for stop in self._stops]
        return cp_model.LinearExpr.weighted_sum(self._is_out[1:], of_stops)

    def _add_hours(self) -> None:
        table, travel = self._table, self._travel
        all_visits_s = sum(table.service_s[stop] for stop in self._stops)
        busy = travel + all_visits_s - self._weighed(table.service_s)
        shift_s = table.problem.shift_end_s - table.problem.shift_start_s
        if table.problem.max_travel_s is not None:
            self.cp.add(travel <= table.problem.max_travel_s)
        self.cp.add(busy <= shift_s)
        lunch: Lunch | None = table.lunch
        if lunch is not None:
            is_over_before = self.cp.new_bool_var("")
            morning_s = lunch.latest_s - table.problem.shift_start_s
            self.cp.add(busy <= morning_s).only_enforce_if(is_over_before)
            self.cp.add(busy <= shift_s - lunch.duration_s).only_enforce_if(~is_over_before)

    def _possible(self) -> Iterator[tuple[int, int]]:
        """Yield which node another can follow: by a way, and between the hours of both."""
        left_s, latest_s = self._left_s(), self._latest_s()
        for origin, legs_s in enumerate(self._legs_s):
            for target, leg_s in enumerate(legs_s):
                if origin == target or leg_s >= NEVER:
                    continue
                if _HOME in {origin, target} or left_s[origin] + leg_s <= latest_s[target]:
                    yield origin, target

    def _left_s(self) -> list[int]:
        """Return when each node can be left at the earliest."""
        table, shift_start_s = self._table, self._table.problem.shift_start_s
        ways_s = _shortest(self._legs_s)
        return [shift_start_s] + [
            table.first_start(stop, shift_start_s + way_s) + table.service_s[stop]
            for stop, way_s in zip(self._stops, ways_s[1:], strict=True)
        ]

    def _latest_s(self) -> list[int]:
        """Return when the visit at each node may begin at the latest."""
        table, shift_end_s = self._table, self._table.problem.shift_end_s
        ways_s = _shortest([list(column) for column in zip(*self._legs_s, strict=True)])
        return [shift_end_s] + [
            table.last_start(stop, shift_end_s - way_s - table.service_s[stop])
            for stop, way_s in zip(self._stops, ways_s[1:], strict=True)
        ]

    def add_hint(self, order: Sequence[int]) -> None:
        """Start from an order of stops that is possible."""
        node_of = {stop: node for node, stop in enumerate(self._stops, start=1)}
        nodes = [node_of[stop] for stop in order]
        used = set(pairwise([_HOME, *nodes, _HOME])) if nodes else set()
        for ends, arc in self._arcs.items():
            self.cp.add_hint(arc, ends in used)
        for node, out in enumerate(self._is_out):
            self.cp.add_hint(out, node not in nodes if node else not nodes)


def _past_a_meal(table: Timetable, stops: Sequence[int]) -> list[list[int]]:
    """Return the seconds between nodes, or past a lunch that has a place where that is shorter."""
    origins, targets = [table.start, *stops], [table.end, *stops]
    legs_s, meal = table.leg_s, table.meal
    if meal is None:
        return [[legs_s[origin][target] for target in targets] for origin in origins]
    return [
        [min(legs_s[one][two], legs_s[one][meal] + legs_s[meal][two]) for two in targets]
        for one in origins
    ]


def _shortest(legs_s: Sequence[Sequence[int]]) -> list[int]:
    """Return the shortest way from home to each node; a leg may be longer than it."""
    ways_s = [NEVER] * len(legs_s)
    ways_s[_HOME] = 0
    left = set(range(len(legs_s)))
    while left:
        near = min(left, key=lambda node: (ways_s[node], node))
        left.remove(near)
        for node in left:
            ways_s[node] = min(ways_s[node], ways_s[near] + legs_s[near][node])
    return ways_s
