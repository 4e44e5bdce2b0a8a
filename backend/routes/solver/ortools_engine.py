"""OR-Tools' CP-SAT as the exact engine of a small day: finds the best order and proves it.

One circuit runs from the day's start to its end; a stop with a loop of its own is left out. Lunch
is one interval at one of the places, at the start, on arriving at a stop or on leaving it, unless
the day is over by then.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec
from ortools.sat.python import cp_model

from backend.routes.day.plan import DayPlan
from backend.routes.day.problem import Lunch
from backend.routes.day.timetable import NEVER, Timetable

_HOME = 0
"""The circuit's node for start and end; stops follow in the given order."""


class ExactAnswer(msgspec.Struct, frozen=True):
    """The best order found, the lower bound on the objective, and whether the two meet."""

    order: list[int]
    bound: int
    is_proven: bool


class _Model:
    """The day as constraints; every variable is kept to be hinted and read.

    Its nodes are home, the stops at any time they are open, and lunch where it has a place.
    """

    def __init__(self, table: Timetable, stops: Sequence[int]) -> None:
        self.table = table
        self.stops: list[int] = [*stops, *table.nothing]
        self.cp = cp_model.CpModel()
        start_s, end_s = table.problem.shift_start_s, table.problem.shift_end_s
        self.depart = [self.cp.new_int_var(start_s, end_s, "") for _ in [_HOME, *self.stops]]
        self.arrive = [self.cp.new_int_var(start_s, end_s, "") for _ in [_HOME, *self.stops]]
        self.begin = [
            self.cp.new_int_var_from_domain(cp_model.Domain.from_intervals(table.starts[stop]), "")
            for stop in self.stops
        ]
        self.is_out = [self.cp.new_bool_var("") for _ in [_HOME, *self.stops]]
        self.arcs: dict[tuple[int, int], cp_model.IntVar] = {}
        self.busy: list[cp_model.IntervalVar] = []
        self._add_visits()
        self._add_arcs()
        if table.lunch is not None:
            self._add_lunch(table.lunch)
        self.cp.add_no_overlap(self.busy)
        self._add_limits()
        self.is_late = [self._add_preference(node) for node in range(1, len(self.stops) + 1)]
        self._add_objective()

    def _add_visits(self) -> None:
        for node, (stop, begin) in enumerate(zip(self.stops, self.begin, strict=True), start=1):
            is_in = ~self.is_out[node]
            self.cp.add(begin >= self.arrive[node]).only_enforce_if(is_in)
            left = begin + self.table.service_s[stop]
            self.cp.add(self.depart[node] >= left).only_enforce_if(is_in)
            busy = self.cp.new_optional_fixed_size_interval_var(
                begin, self.table.service_s[stop], is_in, ""
            )
            self.busy.append(busy)

    def _leg_s(self, origin: int, target: int) -> int:
        return self._leg(self.table.leg_s, origin, target)

    def _leg(self, legs: list[list[int]], origin: int, target: int) -> int:
        start = self.table.start if origin == _HOME else self.stops[origin - 1]
        end = self.table.end if target == _HOME else self.stops[target - 1]
        return legs[start][end]

    def _can_follow(self, origin: int, target: int, leg_s: int) -> bool:
        if _HOME in {origin, target}:
            return leg_s < NEVER
        before, after = self.stops[origin - 1], self.stops[target - 1]
        earliest_s = self.table.problem.shift_start_s + self.table.leg_s[self.table.start][before]
        served_s = self.table.first_start(before, earliest_s) + self.table.service_s[before]
        return self.table.first_start(after, served_s + leg_s) < NEVER

    def _add_arcs(self) -> None:
        nodes = range(len(self.stops) + 1)
        for origin in nodes:
            for target in nodes:
                leg_s = self._leg_s(origin, target)
                if origin != target and self._can_follow(origin, target, leg_s):
                    arc = self.arcs[origin, target] = self.cp.new_bool_var("")
                    reached = self.arrive[target] >= self.depart[origin] + leg_s
                    self.cp.add(reached).only_enforce_if(arc)
        loops = [(node, node, self.is_out[node]) for node in nodes]
        self.cp.add_circuit([*loops, *((one, two, arc) for (one, two), arc in self.arcs.items())])
        # Visits in one place that take no time could make a round of their own without home.
        for out in self.is_out[1:]:
            self.cp.add_implication(self.is_out[_HOME], out)

    def _add_lunch(self, lunch: Lunch) -> None:
        begin = self.cp.new_int_var(lunch.earliest_s, lunch.latest_s, "")
        over = begin + lunch.duration_s
        is_over = self.cp.new_bool_var("")
        self.cp.add(self.arrive[_HOME] <= lunch.latest_s).only_enforce_if(is_over)
        at_start = self.cp.new_bool_var("")
        self.cp.add(begin >= self.table.problem.shift_start_s).only_enforce_if(at_start)
        self.cp.add(self.depart[_HOME] >= over).only_enforce_if(at_start)
        places = [is_over, at_start]
        for node, (stop, visit) in enumerate(zip(self.stops, self.begin, strict=True), start=1):
            on_arrival, on_leaving = self.cp.new_bool_var(""), self.cp.new_bool_var("")
            self.cp.add(begin >= self.arrive[node]).only_enforce_if(on_arrival)
            self.cp.add(visit >= over).only_enforce_if(on_arrival)
            served = visit + self.table.service_s[stop]
            self.cp.add(begin >= served).only_enforce_if(on_leaving)
            self.cp.add(self.depart[node] >= over).only_enforce_if(on_leaving)
            for place in (on_arrival, on_leaving):
                self.cp.add_implication(place, ~self.is_out[node])
                places.append(place)
        self.cp.add_exactly_one(places)
        self.busy.append(
            self.cp.new_optional_fixed_size_interval_var(begin, lunch.duration_s, ~is_over, "")
        )

    def _add_limits(self) -> None:
        limits = (
            (self.table.problem.max_travel_s, self.table.leg_s),
            (self.table.problem.max_distance_m, self.table.leg_m),
        )
        for most, legs in limits:
            if most is not None:
                travel = [self._leg(legs, *ends) * arc for ends, arc in self.arcs.items()]
                self.cp.add(sum(travel) <= most)

    def _add_preference(self, node: int) -> cp_model.IntVar | None:
        """Return whether a visit misses the time it prefers; None where it prefers none."""
        sibling = self.table.sibling[self.stops[node - 1]]
        if sibling is None:
            return None
        is_late = self.cp.new_bool_var("")
        preferred = cp_model.Domain.from_intervals(self.table.starts[sibling])
        self.cp.add_linear_expression_in_domain(self.begin[node - 1], preferred).only_enforce_if(
            ~is_late
        )
        return is_late

    def _add_objective(self) -> None:
        travel = [self._leg_s(*ends) * arc for ends, arc in self.arcs.items()]
        prices = []
        for stop, out, is_late in zip(self.stops, self.is_out[1:], self.is_late, strict=True):
            if stop == self.table.meal:
                prices.append(self.table.gain_s[stop] * (out - self.is_out[_HOME]))
                continue
            prices.append(self.table.price_s[stop] * out)
            if is_late is not None:
                wish_s = self.table.wishes[stop].preference_s
                missed = self.cp.new_bool_var("")
                self.cp.add_bool_or([missed, ~is_late, out])
                prices.append(wish_s * missed)
        self.cp.minimize(sum(travel) + sum(prices))

    def add_hint(self, plan: DayPlan) -> None:
        """Start from a plan that is known to be possible, unless lunch has a place in it."""
        if self.table.meal is not None:
            return
        keys = [self.table.wishes[stop].key for stop in self.stops]
        route = [_HOME, *(keys.index(stop.key) + 1 for stop in plan.stops), _HOME]
        used = set(pairwise(route))
        for ends, arc in self.arcs.items():
            self.cp.add_hint(arc, ends in used)
        for node, out in enumerate(self.is_out):
            self.cp.add_hint(out, node not in route if plan.stops else True)
        for stop in plan.stops:
            self.cp.add_hint(self.begin[keys.index(stop.key)], stop.start_s)

    def read_order(self, solver: cp_model.CpSolver) -> list[int]:
        """Return the order in a solved model."""
        after = {one: two for (one, two), arc in self.arcs.items() if solver.boolean_value(arc)}
        order: list[int] = []
        node = after.get(_HOME, _HOME)
        while node != _HOME:
            order.append(self._option(solver, node))
            node = after[node]
        return order

    def _option(self, solver: cp_model.CpSolver, node: int) -> int:
        stop, is_late = self.stops[node - 1], self.is_late[node - 1]
        sibling = self.table.sibling[stop]
        if is_late is not None and sibling is not None and not solver.boolean_value(is_late):
            return sibling
        return stop


def prove_order(
    table: Timetable, stops: Sequence[int], known: DayPlan | None, *, effort: float
) -> ExactAnswer | None:
    """Return the best order of options of the stops, each of which can be visited alone.

    Effort is CP-SAT's deterministic time, roughly seconds of an idle core, so that the answer does
    not depend on load. None when not even one order was found in it.
    """
    model = _Model(table, stops)
    if known is not None:
        model.add_hint(known)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = table.problem.seed
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model.cp)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return None
    # What was left out before the search, closed shops and the like, is paid in any plan.
    outside_s = sum(table.price_s) - sum(table.price_s[stop] for stop in stops)
    return ExactAnswer(
        order=model.read_order(solver),
        bound=round(solver.best_objective_bound) + outside_s,
        is_proven=status == cp_model.OPTIMAL,
    )
