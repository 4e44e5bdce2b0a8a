"""What no plan of a day can cost less than: the same day with most of its rules left out.

The relaxed day keeps the tour, the way past a lunch place, the prices of what is left out, the
hours in the shift that lunch leaves for visits and ways, and of the windows only which visit can
never follow which. CP-SAT bounds it in some hundredths of a second for thirty visits.
"""

import math
from collections.abc import Callable, Sequence
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
        self._from_home_s = self._ways_s(self._leg_s)
        self._to_home_s = self._ways_s(lambda near, far: self._leg_s(far, near))
        self._is_out = [self.cp.new_bool_var("") for _ in (_HOME, *stops)]
        self._arcs = {
            (origin, target): self.cp.new_bool_var("")
            for origin in range(len(stops) + 1)
            for target in range(len(stops) + 1)
            if origin != target and self._can_follow(origin, target)
        }
        loops = [(node, node, out) for node, out in enumerate(self._is_out)]
        self.cp.add_circuit([*loops, *((*ends, arc) for ends, arc in self._arcs.items())])
        legs_s = [self._leg_s(*ends) for ends in self._arcs]
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

    def _leg_s(self, origin: int, target: int) -> int:
        legs, meal = self._table.leg_s, self._table.meal
        start = self._table.start if origin == _HOME else self._stops[origin - 1]
        end = self._table.end if target == _HOME else self._stops[target - 1]
        if meal is None:
            return legs[start][end]
        return min(legs[start][end], legs[start][meal] + legs[meal][end])

    def _ways_s(self, leg_s: Callable[[int, int], int]) -> list[int]:
        """Return the shortest way from home to each node, or back; legs may be longer than it."""
        ways_s = [NEVER] * (len(self._stops) + 1)
        ways_s[_HOME] = 0
        left = set(range(len(ways_s)))
        while left:
            near = min(left, key=lambda node: (ways_s[node], node))
            left.remove(near)
            for node in left:
                ways_s[node] = min(ways_s[node], ways_s[near] + leg_s(near, node))
        return ways_s

    def _can_follow(self, origin: int, target: int) -> bool:
        table, leg_s = self._table, self._leg_s(origin, target)
        if leg_s >= NEVER or _HOME in {origin, target}:
            return leg_s < NEVER
        before, after = self._stops[origin - 1], self._stops[target - 1]
        reached_s = table.problem.shift_start_s + self._from_home_s[origin]
        left_s = table.first_start(before, reached_s) + table.service_s[before]
        home_s = table.problem.shift_end_s - self._to_home_s[target]
        latest_s = table.last_start(after, home_s - table.service_s[after])
        return left_s + leg_s <= latest_s

    def add_hint(self, order: Sequence[int]) -> None:
        """Start from an order of stops that is possible."""
        nodes = [self._stops.index(stop) + 1 for stop in order]
        used = set(pairwise([_HOME, *nodes, _HOME])) if nodes else set()
        for ends, arc in self._arcs.items():
            self.cp.add_hint(arc, ends in used)
        for node, out in enumerate(self._is_out):
            self.cp.add_hint(out, node not in nodes if node else not nodes)
