"""The product's own search."""

from backend.routes.solver.budget import CpuSeconds
from backend.routes.solver.search import search, tours_of
from tests.benchmarks.solvers.pyvrp_data import problem_data
from tests.benchmarks.vrp import Instance, Tours


def solve(instance: Instance, seconds: float) -> Tours:
    """Return the tours found in so many seconds of this process."""
    budget = CpuSeconds(seconds)
    plan = search(problem_data(instance), seed=1, budget=budget)
    return [[client + 1 for client in tour.clients] for tour in tours_of(plan)]
