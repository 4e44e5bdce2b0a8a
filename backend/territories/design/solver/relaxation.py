"""The best design whose units may be divided: a linear program that ends in a start and prices.

It knows no contiguity. At most a few units are divided (no more than bands bind), so that rounding
is near; its duals charge the loads, and prove the bound of `Objective`.
"""

import math

import numpy as np
from ortools.linear_solver import pywraplp

from backend.territories.design.ground import Whole
from backend.territories.design.objective import Objective
from backend.territories.design.plan import Prices

_NEAR = 6
"""Each unit is first offered to so many territories; others join where they are worth it."""

_ROUNDS = 4
_WORTH = 1e-9


def relax(objective: Objective) -> tuple[Whole, Prices, float]:
    """Return the territory that has most of each unit, the prices, and the bound they prove."""
    costs = objective.costs
    offered = np.zeros(costs.shape, dtype=bool)
    near = np.argsort(costs, axis=1)[:, : min(_NEAR, costs.shape[1])]
    np.put_along_axis(offered, near, values=True, axis=1)
    former = objective.ground.problem.former
    for unit, had in enumerate(former or ()):
        if had is not None:
            offered[unit, had] = True
    offered &= np.isfinite(costs)
    labels, prices = _solve(objective, offered)
    for _ in range(_ROUNDS):
        charged = costs + objective.ground.shares @ np.array(prices.charges)
        now = np.where(offered, charged, np.inf).min(axis=1)
        is_worth = ~offered & np.isfinite(charged) & (charged < now[:, None] - _WORTH)
        if not is_worth.any():
            break
        offered |= is_worth
        labels, prices = _solve(objective, offered)
    return labels, prices, objective.bound(prices)


def _solve(objective: Objective, offered: np.ndarray) -> tuple[Whole, Prices]:
    ground, costs = objective.ground, objective.costs
    solver = pywraplp.Solver.CreateSolver("GLOP")
    rows = [solver.Constraint(1.0, 1.0) for _ in range(ground.count)]
    bands = []
    for band in objective.bands:
        row = solver.Constraint(ground.size * band.least, _finite(ground.size * band.most))
        for sign, edge in ((1.0, band.least), (-1.0, band.most)):
            if math.isfinite(edge) and (sign < 0 or edge > 0):
                slack = solver.NumVar(0.0, solver.infinity(), "")
                row.SetCoefficient(slack, sign)
                solver.Objective().SetCoefficient(slack, band.price / ground.size)
        bands.append(row)
    by_territory = [
        [
            (row, band.measure)
            for row, band in zip(bands, objective.bands, strict=True)
            if band.territory == territory
        ]
        for territory in range(ground.size)
    ]
    variables = []
    goal = solver.Objective()
    for unit, territory in np.argwhere(offered).tolist():
        one = solver.NumVar(0.0, solver.infinity(), "")
        goal.SetCoefficient(one, float(costs[unit, territory]))
        rows[unit].SetCoefficient(one, 1.0)
        for row, measure in by_territory[territory]:
            row.SetCoefficient(one, ground.size * float(ground.shares[unit, measure]))
        variables.append((unit, territory, one))
    goal.SetMinimization()
    solver.Solve()
    parts = np.full(offered.shape, -1.0)
    for unit, territory, one in variables:
        parts[unit, territory] = one.solution_value()
    charges = np.zeros((ground.shares.shape[1], ground.size))
    for row, band in zip(bands, objective.bands, strict=True):
        charges[band.measure, band.territory] -= ground.size * row.dual_value()
    return parts.argmax(axis=1), Prices(tuple(tuple(line) for line in charges.tolist()))


def _finite(most: float) -> float:
    return most if math.isfinite(most) else pywraplp.Solver.infinity()
