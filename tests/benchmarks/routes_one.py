"""One solver on one instance: `python -m tests.benchmarks.routes_one SOLVER FAMILY NAME SECONDS`.

All get the same integers and the same CPU seconds, the statement of the problem included and the
loading of libraries not. Every answer is checked by `vrp.cost_of`.
"""

import importlib
import sys
import time

import msgspec

from tests.benchmarks.vrp import cost_of, instances


def main() -> None:
    """Solve and print the cost, None where the plan breaks a rule, and the CPU seconds used."""
    solver, family, name, seconds = sys.argv[1:]
    instance = next(instances(family, name))
    module = importlib.import_module(f"tests.benchmarks.solvers.{solver}")
    started = time.process_time()
    tours = module.solve(instance, float(seconds))
    used = time.process_time() - started
    cost: int | None
    try:
        cost = cost_of(instance, tours)
    except ValueError:
        cost = None
    sys.stdout.write(msgspec.json.encode({"cost": cost, "seconds": round(used, 2)}).decode())


if __name__ == "__main__":
    main()
