"""One rep's day from problem to plan: search, prove where it is small, improve, explain."""

from collections.abc import Sequence

from backend.routes.day.explain import explain_dropped, find_hopeless
from backend.routes.day.improve import improve, make_possible, room_in
from backend.routes.day.plan import DayPlan, Optimality
from backend.routes.day.problem import DayProblem
from backend.routes.day.schedule import Proof, lay_out
from backend.routes.day.timetable import Timetable
from backend.routes.solver.ortools_engine import prove_order
from backend.routes.solver.pyvrp_engine import Effort, search_order

PROVE_UP_TO = 8
"""Days of so many stops are proven by default, which costs tens of milliseconds."""

PROOF_EFFORT = 0.5
"""CP-SAT's deterministic seconds; beyond them a plan stays as good as it was found."""


def solve_day(
    problem: DayProblem,
    *,
    effort: Effort | None = None,
    prove_up_to: int = PROVE_UP_TO,
    proof_effort: float = PROOF_EFFORT,
) -> DayPlan:
    """Return the day's plan; every stop is in it or is dropped with a reason that is true.

    Required stops that cannot all be kept are dropped like others. Same problem, same plan.
    """
    table = Timetable(problem)
    hopeless = {stop: find_hopeless(table, stop) for stop in range(len(problem.stops))}
    candidates = [stop for stop, dropped in hopeless.items() if dropped is None]
    order = _search(table, candidates, effort or Effort())
    proof = Proof(engine="pyvrp")
    if len(candidates) <= prove_up_to:
        order, proof = _prove(table, candidates, order, proof_effort)
    left_out = [stop for stop in candidates if stop not in order]
    dropped = [one for one in hopeless.values() if one is not None]
    room = room_in(table, order)
    dropped += [explain_dropped(table, room, stop) for stop in left_out]
    return lay_out(table, order, dropped, proof)


def _search(table: Timetable, candidates: Sequence[int], effort: Effort) -> list[int]:
    if not candidates:
        return []
    has_required = any(table.problem.stops[stop].is_required for stop in candidates)
    order = None
    if has_required:
        order = search_order(table, candidates, must_keep_required=True, effort=effort)
    if order is None:
        order = search_order(table, candidates, must_keep_required=False, effort=effort)
    # A lunch place can be a short cut where travel times break the triangle's law.
    order = improve(table, make_possible(table, order or []), candidates)
    if table.cost(order) <= table.cost([]):
        return order
    return improve(table, [], candidates)


def _prove(
    table: Timetable, candidates: Sequence[int], order: list[int], effort: float
) -> tuple[list[int], Proof]:
    known = lay_out(table, order, [], Proof(engine="pyvrp"))
    answer = prove_order(table, candidates, known, effort=effort)
    if answer is None:
        return order, Proof(engine="pyvrp")
    best = min(order, answer.order, key=table.cost)
    order = improve(table, best, candidates)  # a visit that costs nothing is worth making
    if table.cost(order) > answer.bound:
        return order, Proof(engine="pyvrp", bound=answer.bound)
    proof = Proof(engine="pyvrp+cp-sat", optimality=Optimality.PROVEN, bound=answer.bound)
    return order, proof
