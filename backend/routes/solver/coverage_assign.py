"""OR-Tools' CP-SAT gives every account its days: the cheapest choice whose loads are even."""

import math
from collections import defaultdict
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
from ortools.sat.python import cp_model

from backend.routes.solver.coverage_weeks import Choice, Weeks

type Costs = npt.NDArray[np.float64]
"""What an account costs on a day: a row an account, a column a day."""


class Trust(msgspec.Struct, frozen=True):
    """How far an assignment may go from the one before it, whose costs alone are exact."""

    accounts: int
    changes_a_day: int


class Evenness(msgspec.Struct, frozen=True):
    """What a day may hold: its share more or less so many per cent, infinite for any load.

    A visit counts its way too.
    """

    visit_way_s: float
    percent: float


def assign(
    weeks: Weeks,
    costs: Costs,
    evenness: Evenness,
    *,
    before: Choice | None = None,
    trust: Trust | None = None,
    effort: float,
) -> Choice | None:
    """Return the best choice of patterns found; None when none keeps the loads.

    Effort is CP-SAT's deterministic time, roughly seconds of an idle core.
    """
    model = cp_model.CpModel()
    chosen = [[model.new_bool_var("") for _ in patterns] for patterns in weeks.visits]
    for options in chosen:
        model.add_exactly_one(options)
    if math.isfinite(evenness.percent):
        _keep_even(model, weeks, chosen, evenness)
    _keep_what_was(model, weeks, chosen)
    if before is not None:
        for options, known in zip(chosen, before, strict=True):
            for pattern, option in enumerate(options):
                model.add_hint(option, pattern == known)
        if trust is not None:
            _stay_near(model, weeks, chosen, before, trust)
    model.minimize(_price(weeks, chosen, costs))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = weeks.problem.seed
    solver.parameters.max_deterministic_time = effort
    solver.parameters.relative_gap_limit = 0.002
    if solver.solve(model) not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return None
    return [
        next(pattern for pattern, one in enumerate(options) if solver.boolean_value(one))
        for options in chosen
    ]


type _Options = list[list[cp_model.IntVar]]


def _price(weeks: Weeks, chosen: _Options, costs: Costs) -> cp_model.LinearExprT:
    terms = []
    for account, options in enumerate(chosen):
        prices = weeks.has_visit[account] @ costs[account] + weeks.pattern_price_s(account)
        terms += [round(float(price)) * one for price, one in zip(prices, options, strict=True)]
    return sum(terms)


def _keep_even(model: cp_model.CpModel, weeks: Weeks, chosen: _Options, evenness: Evenness) -> None:
    """Bound each day's load; a way is guessed here, since tours come later."""
    loads: dict[int, list[cp_model.LinearExpr]] = defaultdict(list)
    least = np.zeros(len(weeks.days))
    for account, options in enumerate(chosen):
        load_s = int(weeks.service_s[account] + evenness.visit_way_s)
        extra_s = int(weeks.first_extra_s[account])
        for pattern, option in enumerate(options):
            for number, day in enumerate(weeks.visits[account][pattern]):
                loads[day].append((load_s if number else load_s + extra_s) * option)
        # Patterns may differ in their number of visits: the shares follow the fewest.
        fewest = int(weeks.has_visit[account].sum(axis=1).argmin())
        least += load_s * weeks.has_visit[account][fewest]
        if extra_s:
            least += extra_s * weeks.has_first[account][fewest]
    shares = weeks.shares(least)
    for day, share_s in enumerate(shares):
        low_s, high_s = (share_s * (1 + sign * evenness.percent / 100) for sign in (-1, 1))
        model.add_linear_constraint(sum(loads[day]), max(int(low_s), 0), int(high_s) + 1)


def _keep_what_was(model: cp_model.CpModel, weeks: Weeks, chosen: _Options) -> None:
    most = weeks.max_changes()
    if most is None:
        return
    known = [(index, one) for index, one in enumerate(weeks.previous) if one is not None]
    forced = most - (weeks.problem.max_changes or 0)
    kept = [chosen[account][pattern] for account, pattern in known]
    if kept:
        model.add(sum(kept) >= len(kept) - (most - forced))


def _stay_near(
    model: cp_model.CpModel, weeks: Weeks, chosen: _Options, before: Sequence[int], trust: Trust
) -> None:
    same = [options[known] for options, known in zip(chosen, before, strict=True)]
    model.add(sum(same) >= len(same) - trust.accounts)
    changes: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    for account, (options, known) in enumerate(zip(chosen, before, strict=True)):
        was = set(weeks.visits[account][known])
        for pattern, option in enumerate(options):
            for day in was.symmetric_difference(weeks.visits[account][pattern]):
                changes[day].append(option)
    for day in sorted(changes):
        model.add(sum(changes[day]) <= trust.changes_a_day)
