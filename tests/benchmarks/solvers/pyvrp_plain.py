"""PyVRP's `solve`, as its documentation shows it."""

import time
import warnings

import pyvrp

from tests.benchmarks.solvers.pyvrp_data import problem_data
from tests.benchmarks.vrp import Instance, Tours


def solve(instance: Instance, seconds: float) -> Tours:
    """Return the tours found in so many seconds of this process."""
    started = time.process_time()

    def is_over(best_cost: int) -> bool:
        del best_cost
        return time.process_time() - started >= seconds

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = pyvrp.solve(problem_data(instance), is_over, seed=1, collect_stats=False).best
    return [[one.idx + 1 for one in route if one.is_client()] for route in best.routes()]
