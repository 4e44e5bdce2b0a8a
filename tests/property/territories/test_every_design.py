"""Laws of every design, whatever the graph and the rules."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from backend.territories.design.check import check_design
from backend.territories.design.ground import Ground
from backend.territories.design.objective import Objective
from backend.territories.design.plan import Design
from backend.territories.design.problem import DesignProblem
from backend.territories.design.solver.designing import InfeasibleError, design
from backend.territories.design.telling import splits_of
from tests.property.territories.random_designs import designs

_SLOW = settings(deadline=None, max_examples=50)


def _solved(problem: DesignProblem) -> Design | None:
    try:
        return design(problem)
    except InfeasibleError:
        return None


def _every_assignment(problem: DesignProblem) -> Iterator[tuple[int, ...]]:
    """All assignments that keep homes, locks and forbidden pairs, and leave nobody empty."""
    size = len(problem.territories)
    anchors = {unit: index for index in range(size) for unit in problem.anchors(index)}
    choices = [
        [anchors[unit]]
        if unit in anchors
        else [one for one in range(size) if unit not in problem.territories[one].forbidden]
        for unit in range(len(problem.units))
    ]
    for one in itertools.product(*choices):
        if len(set(one)) == size:
            yield one


@_SLOW
@given(designs())
def test_an_independent_check_finds_nothing_wrong(problem: DesignProblem) -> None:
    found = _solved(problem)
    if found is not None:
        assert check_design(problem, found) == []


@settings(_SLOW, max_examples=30)
@given(designs())
def test_the_same_problem_has_the_same_design(problem: DesignProblem) -> None:
    assert _solved(problem) == _solved(problem)


@_SLOW
@given(designs())
def test_territories_hang_together_wherever_any_design_does(problem: DesignProblem) -> None:
    found = _solved(problem)
    if found is None:
        return
    ground = Ground(problem)
    can_hang = any(not splits_of(ground, one) for one in _every_assignment(problem))
    for scenario in found.scenarios:
        assert bool(scenario.splits) != can_hang
        assert all(split.is_proven for split in scenario.splits)


@_SLOW
@given(designs())
def test_nothing_is_cheaper_than_the_bound_and_small_designs_are_the_best(
    problem: DesignProblem,
) -> None:
    found = _solved(problem)
    if found is None:
        return
    ground = Ground(problem)
    whole = [one for one in _every_assignment(problem) if not splits_of(ground, one)]
    for scenario in found.scenarios:
        objective = Objective(ground, scenario.effort)
        if whole:
            best = min(objective.value(one) for one in whole)
            assert scenario.bound <= best + 1e-6
            assert scenario.figures.cost == pytest.approx(best, rel=1e-5, abs=1e-5)


@_SLOW
@given(designs())
def test_what_is_called_impossible_is_impossible(problem: DesignProblem) -> None:
    for one in _every_assignment(problem) if _solved(problem) is None else ():
        assert any(
            _load(problem, one, index, limit.measure) > (limit.most or 0.0) + 1e-9
            for index, territory in enumerate(problem.territories)
            for limit in territory.limits
        )


def _load(
    problem: DesignProblem, assignment: tuple[int, ...], territory: int, measure: int
) -> float:
    return sum(
        unit.loads[measure]
        for unit, one in zip(problem.units, assignment, strict=True)
        if one == territory
    )
