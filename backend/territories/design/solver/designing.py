"""The way from a problem to its scenarios: relax, grow, search, tell; each with its proof."""

from collections.abc import Callable, Sequence

from backend.territories.design.feasible import impossible_rules
from backend.territories.design.ground import Ground
from backend.territories.design.growth import grow
from backend.territories.design.objective import Objective
from backend.territories.design.plan import Assignment, BrokenRule, Design, Effort, Scenario
from backend.territories.design.problem import MAX_UNITS, DesignProblem
from backend.territories.design.scenarios import efforts, with_dominance
from backend.territories.design.search import Pace, Search
from backend.territories.design.solver.exact import solve_exactly
from backend.territories.design.solver.relaxation import relax
from backend.territories.design.telling import (
    broken_rules,
    figures_of,
    splits_of,
    told_splits,
)

type OnStep = Callable[[float], None]

_PACES = ((1_000, Pace(300, 1.0), 2), (MAX_UNITS, Pace(60, 1.0), 2))
"""Up to so many units: steps for each, heat, and how often from the start."""

_MAX_EXACT = 8_000
"""So many pairs of unit and territory at most are looked at exactly."""

_JOINING, _PROVING = 2.0, 0.15
"""CP-SAT's effort to find any design in one piece each, and to better and prove one."""


class InfeasibleError(ValueError):
    """Rules that cannot hold together, each with its proof."""

    def __init__(self, rules: tuple[BrokenRule, ...]) -> None:
        super().__init__(" ".join(rule.detail for rule in rules))
        self.rules = rules


def design(problem: DesignProblem, *, on_step: OnStep | None = None) -> Design:
    """Return the scenarios of a problem; the same problem has the same ones.

    Raises InfeasibleError when no assignment can keep the rules. `on_step` hears which share of
    the work is done.
    """
    impossible = impossible_rules(problem)
    if impossible:
        raise InfeasibleError(impossible)
    ground = Ground(problem)
    asked = efforts(ground)
    scenarios: list[Scenario] = []
    for done, (name, effort) in enumerate(asked):
        if on_step is not None:
            on_step(done / len(asked))
        before = [one.assignment for one in scenarios]
        scenarios.append(_scenario(ground, name, effort, before))
    return Design(
        scenarios=with_dominance(scenarios),
        apart=ground.apart,
        heaviest_unit=float(ground.base.max() / ground.targets.mean()),
    )


def _scenario(ground: Ground, name: str, effort: Effort, before: Sequence[Assignment]) -> Scenario:
    objective = Objective(ground, effort)
    labels, prices, bound = relax(objective)
    start = grow(objective, labels)
    is_impossible = False
    if splits_of(ground, start) and ground.count * ground.size <= _MAX_EXACT:
        joined = solve_exactly(objective, prices, None, effort=_JOINING)
        start = start if joined.assignment is None else list(joined.assignment)
        is_impossible = joined.is_impossible
    found = _best(objective, start, before)
    splits = splits_of(ground, found)
    if not splits and ground.count * ground.size <= _MAX_EXACT:
        exact = solve_exactly(objective, prices, found, effort=_PROVING)
        found, bound = list(exact.assignment or found), max(bound, exact.bound)
    figures = figures_of(objective, found)
    return Scenario(
        name=name,
        effort=effort,
        assignment=tuple(found),
        figures=figures,
        bound=bound,
        gap=max(figures.cost - bound, 0.0) / abs(bound) if bound else 0.0,
        prices=prices,
        splits=told_splits(splits, is_proven=is_impossible),
        broken=broken_rules(objective, found),
    )


def _best(objective: Objective, start: list[int], before: Sequence[Assignment]) -> list[int]:
    """Return the best of the start, the scenarios before, and what searches from it find.

    Pieces count first: a design in fewer is better whatever it costs.
    """
    ground = objective.ground
    pace, times = next((pace, times) for most, pace, times in _PACES if ground.count <= most)
    seed = ground.problem.seed
    found = [start, *(list(one) for one in before)]
    steps = Pace(pace.steps * ground.count, pace.heat)
    starts = [start] * times
    # With a price on changes, what hardly changes is near; the relaxed start knows no contiguity.
    if objective.effort.change_price > 0 and before:
        starts[-1:] = [list(before[-1])]
    found += [Search(objective, one).run(steps, seed + turn) for turn, one in enumerate(starts)]
    return min(found, key=lambda one: (len(splits_of(ground, one)), objective.value(one)))
