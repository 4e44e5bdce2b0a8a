"""One rep's day from problem to plan: search, prove where it is small, improve, explain."""

from collections.abc import Sequence

from backend.routes.day.explain import explain_left_out, find_hopeless
from backend.routes.day.improve import improve, make_possible, worth_going
from backend.routes.day.plan import DayPlan, Optimality
from backend.routes.day.problem import DayProblem
from backend.routes.day.schedule import Proof, lay_out
from backend.routes.day.timetable import Timetable
from backend.routes.solver.bound import lower_bound
from backend.routes.solver.ortools_engine import prove_order
from backend.routes.solver.pyvrp_engine import Effort, Search

PROVE_UP_TO = 8
"""Days of so many stops are proven by default, which costs tens of milliseconds."""

PROOF_EFFORT = 0.5
"""CP-SAT's deterministic seconds; beyond them a plan stays as good as it was found."""

BOUND_UP_TO = 40
"""For days of more stops a bound takes about as long as the plan."""

BOUND_EFFORT = 0.2
"""CP-SAT's deterministic seconds for the bound of a day that is not proven whole."""

_MORE_TRIES = 3
"""The engine limits travel time alone; so often is it given less, for the sake of the way."""


def solve_day(
    problem: DayProblem,
    *,
    effort: Effort | None = None,
    prove_up_to: int = PROVE_UP_TO,
    proof_effort: float = PROOF_EFFORT,
    bound_effort: float = BOUND_EFFORT,
) -> DayPlan:
    """Return the day's plan; every stop is in it or is dropped with a reason that is true.

    Required stops that cannot all be kept are dropped like others. Same problem, same plan. An
    effort of 0 leaves out what it is for.
    """
    table = Timetable(problem)
    hopeless = {stop: find_hopeless(table, stop) for stop in range(len(problem.stops))}
    candidates = [stop for stop, dropped in hopeless.items() if dropped is None]
    order = _search(table, candidates, effort or Effort())
    proof = Proof(engine="pyvrp")
    if len(candidates) <= prove_up_to:
        order, proof = _prove(table, candidates, order, proof_effort)
    elif bound_effort and len(candidates) <= BOUND_UP_TO:
        proof = _bounded(table, lower_bound(table, candidates, order, effort=bound_effort), order)
    return lay_out(table, order, explain_left_out(table, order, hopeless), proof)


def _search(table: Timetable, candidates: Sequence[int], effort: Effort) -> list[int]:
    if not candidates:
        return []
    # A lunch place can be a short cut where travel times break the triangle's law.
    order = improve(
        table, make_possible(table, _within_limits(table, candidates, effort)), candidates
    )
    return worth_going(table, order, candidates)


def _within_limits(table: Timetable, candidates: Sequence[int], effort: Effort) -> list[int]:
    """Search, again with less time on the road while the way is longer than the day may have."""
    most_s, most_m = table.problem.max_travel_s, table.problem.max_distance_m
    order = _order(table, candidates, effort, most_s)
    for _ in range(_MORE_TRIES):
        distance_m = table.distance_m(order)
        if most_m is None or distance_m <= most_m:
            break
        most_s = table.travel_s(order) * most_m // distance_m
        order = _order(table, candidates, effort, most_s)
    return order


def _order(
    table: Timetable, candidates: Sequence[int], effort: Effort, most_s: int | None
) -> list[int]:
    has_required = any(table.problem.stops[stop].is_required for stop in candidates)
    for must_keep in (True, False) if has_required else (False,):
        order = Search(
            table, candidates, must_keep=must_keep, max_travel_s=most_s, effort=effort
        ).run()
        if order is not None:
            return order
    return list(table.nothing)


def _prove(
    table: Timetable, candidates: Sequence[int], order: list[int], effort: float
) -> tuple[list[int], Proof]:
    known = lay_out(table, order, [], Proof(engine="pyvrp"))
    answer = prove_order(table, candidates, known, effort=effort)
    if answer is None:
        return order, Proof(engine="pyvrp")
    best = min(order, answer.order, key=table.cost)
    # A visit that costs nothing is worth making.
    order = worth_going(table, improve(table, best or table.nothing, candidates), candidates)
    return order, _bounded(table, answer.bound, order)


def _bounded(table: Timetable, bound: int, order: Sequence[int]) -> Proof:
    if table.cost(order) > bound:
        return Proof(engine="pyvrp", bound=bound)
    return Proof(engine="pyvrp+cp-sat", optimality=Optimality.PROVEN, bound=bound)
