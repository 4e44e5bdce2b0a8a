"""CP-SAT on what a proof leaves open: whole units, and territories that hang together.

A unit that would cost more in a territory than the whole gap is worth is not considered there: the
prices prove it. Contiguity comes by cuts, as answers break it, so that every bound on the way
holds.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from ortools.sat.python import cp_model

from backend.territories.design.objective import Objective
from backend.territories.design.plan import Prices
from backend.territories.design.telling import splits_of

_SCALE = 10**9
"""Costs and loads become whole numbers: shares in billionths."""

_CLOSE = 1e-9
_ROUNDS = 40
_CUTS_A_PIECE = 12


class Exact(msgspec.Struct, frozen=True):
    """The best assignment found (None for none), the bound, and whether there is none at all."""

    assignment: tuple[int, ...] | None
    bound: float
    is_impossible: bool


class _Model:
    """The problem in whole numbers over the pairs of unit and territory that are open."""

    def __init__(self, objective: Objective, is_open: np.ndarray) -> None:
        self.objective = objective
        self.cp = cp_model.CpModel()
        ground, costs = objective.ground, objective.costs
        self.pairs = {
            (unit, territory): self.cp.new_bool_var("")
            for unit, territory in np.argwhere(is_open).tolist()
        }
        by_unit: list[list[cp_model.IntVar]] = [[] for _ in range(ground.count)]
        self.by_territory: list[list[tuple[int, cp_model.IntVar]]] = [
            [] for _ in range(ground.size)
        ]
        for (unit, territory), one in self.pairs.items():
            by_unit[unit].append(one)
            self.by_territory[territory].append((unit, one))
        for ones in by_unit:
            self.cp.add_exactly_one(ones)
        for members in self.by_territory:
            self.cp.add_bool_or([one for _, one in members])
        goal = [one * math.floor(costs[pair] * _SCALE) for pair, one in self.pairs.items()]
        self.cp.minimize(sum(goal) + sum(self._uneven()))

    def _uneven(self) -> list[cp_model.LinearExprT]:
        """Return what bands cost. Loads are rounded, and the bands as much wider."""
        ground = self.objective.ground
        loads = np.rint(ground.shares * _SCALE).astype(np.int64)
        wider = ground.count
        told: list[cp_model.LinearExprT] = []
        for band in self.objective.bands:
            members = self.by_territory[band.territory]
            held = sum(int(loads[unit, band.measure]) * one for unit, one in members)
            beyond = self.cp.new_int_var(0, 2 * _SCALE, "")
            if math.isfinite(band.most):
                self.cp.add(held - beyond <= math.ceil(band.most * _SCALE) + wider)
            if band.least > 0:
                self.cp.add(held + beyond >= math.floor(band.least * _SCALE) - wider)
            told.append(beyond * math.floor(band.price))
        return told

    def hint(self, assignment: Sequence[int]) -> None:
        """Begin with an assignment."""
        for (unit, territory), one in self.pairs.items():
            self.cp.add_hint(one, assignment[unit] == territory)

    def assignment(self, solver: cp_model.CpSolver) -> list[int]:
        """Return what a solver found."""
        found = [0] * self.objective.ground.count
        for (unit, territory), one in self.pairs.items():
            if solver.boolean_value(one):
                found[unit] = territory
        return found

    def cut(self, assignment: Sequence[int]) -> bool:
        """Forbid the pieces of an assignment; False when it has none."""
        ground = self.objective.ground
        splits = splits_of(ground, assignment)
        for territory, piece in splits:
            inside = set(piece)
            around = sorted({other for unit in piece for other in ground.ways[unit]} - inside)
            links = [
                self.pairs[unit, territory] for unit in around if (unit, territory) in self.pairs
            ]
            home = self._main(assignment, territory, inside)
            for unit in sorted(piece, key=lambda one: -ground.weights[one])[:_CUTS_A_PIECE]:
                self.cp.add_bool_or(
                    [~self.pairs[unit, territory], ~self.pairs[home, territory], *links]
                )
        return bool(splits)

    def _main(self, assignment: Sequence[int], territory: int, piece: set[int]) -> int:
        """Return a unit of the territory outside a piece, an anchor if there is one."""
        ground = self.objective.ground
        others = [
            unit for unit, one in enumerate(assignment) if one == territory and unit not in piece
        ]
        anchors = set(ground.problem.anchors(territory))
        return max(others, key=lambda one: (one in anchors, ground.weights[one], -one))


def solve_exactly(
    objective: Objective,
    prices: Prices,
    incumbent: Sequence[int] | None,
    *,
    effort: float,
) -> Exact:
    """Return the best assignment in one piece each, as far as the effort goes, and a bound.

    `incumbent` is an assignment that is allowed; without one, everything is open. `effort` is in
    CP-SAT's deterministic seconds, so that the same comes again.
    """
    bound = objective.bound(prices)
    ceiling = math.inf if incumbent is None else objective.value(incumbent)
    model = _Model(objective, _open_pairs(objective, prices, ceiling - bound))
    if incumbent is not None:
        model.hint(incumbent)
    left = effort
    for _ in range(_ROUNDS):
        solver = _solver(left, objective.ground.problem.seed)
        status = solver.solve(model.cp)
        left -= solver.response_proto.deterministic_time
        if status == cp_model.INFEASIBLE:
            return Exact(_tupled(incumbent), bound, incumbent is None)
        bound = max(bound, solver.best_objective_bound / _SCALE - _rounding(objective))
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            break
        found = model.assignment(solver)
        if not model.cut(found):
            value = objective.value(found)
            best = found if value < ceiling else incumbent
            return Exact(_tupled(best), min(bound, value, ceiling), is_impossible=False)
        if left <= 0:
            break
    return Exact(_tupled(incumbent), min(bound, ceiling), is_impossible=False)


def _open_pairs(objective: Objective, prices: Prices, gap: float) -> np.ndarray:
    charged = objective.costs + objective.ground.shares @ np.array(prices.charges)
    cheapest = charged.min(axis=1)
    is_open: np.ndarray = np.isfinite(charged) & (charged - cheapest[:, None] <= gap + _CLOSE)
    return is_open


def _rounding(objective: Objective) -> float:
    """Return by how much rounding can have raised the bound: costs go down, bands are wider."""
    return objective.ground.count / _SCALE


def _solver(effort: float, seed: int) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.max_deterministic_time = max(effort, 0.01)
    return solver


def _tupled(assignment: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if assignment is None else tuple(assignment)
