"""The independent check sees each thing that a design may say wrongly."""

from collections.abc import Callable

import msgspec
import pytest

from backend.territories.design.check import check_design
from backend.territories.design.plan import Design, Scenario
from backend.territories.design.solver.designing import design
from tests.unit.territories.design.grids import problem, with_territory

_COUNTRY = with_territory(problem("2113", "1111", "1141", "1111"), 0, home=0, forbidden=(3,))
_DESIGN = design(msgspec.structs.replace(_COUNTRY, former=(0, 1) * 8))
_FORMER = msgspec.structs.replace(_COUNTRY, former=(0, 1) * 8)


def _with_figures(one: Scenario, **changes: object) -> Scenario:
    return msgspec.structs.replace(one, figures=msgspec.structs.replace(one.figures, **changes))


def _assigned(one: Scenario, unit: int, territory: int) -> Scenario:
    assignment = list(one.assignment)
    assignment[unit] = territory
    return msgspec.structs.replace(one, assignment=tuple(assignment))


def _first(one: Scenario, **changes: object) -> Scenario:
    first, *others = one.figures.territories
    return _with_figures(one, territories=(msgspec.structs.replace(first, **changes), *others))


def test_a_sound_design_is_sound() -> None:
    assert check_design(_FORMER, _DESIGN) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one: msgspec.structs.replace(one, assignment=one.assignment[1:]), "not every unit"),
        (lambda one: msgspec.structs.replace(one, assignment=(1,) * 16), "has no unit"),
        (lambda one: _assigned(one, 0, 1), "locked to 0"),
        (lambda one: _assigned(one, 3, 0), "forbidden to 0"),
        (lambda one: _assigned(one, 15, 1 - one.assignment[15]), "pieces"),
        (lambda one: _with_figures(one, deviation=0.5), "worst deviation"),
        (lambda one: _with_figures(one, moved=(0.9,)), "is moved, not 0.9"),
        (lambda one: _with_figures(one, compactness=0.1), "the compactness is"),
        (lambda one: _with_figures(one, cost=0.1), "it costs"),
        (lambda one: _first(one, loads=(99.0,)), "not 99.0"),
        (lambda one: _first(one, deviations=(0.7,)), "deviates by"),
        (lambda one: _first(one, compactness=0.7), "not as compact"),
        (lambda one: _first(one, pieces=3), "does not have the pieces"),
        (lambda one: msgspec.structs.replace(one, bound=99.0), "above the cost"),
        (lambda one: msgspec.structs.replace(one, bound=-99.0), "more than the bound"),
    ],
)
def test_what_is_told_wrongly_is_found(change: Callable[[Scenario], Scenario], words: str) -> None:
    *others, last = _DESIGN.scenarios
    wrong = msgspec.structs.replace(_DESIGN, scenarios=(*others, change(last)))
    assert words in " ".join(check_design(_FORMER, wrong))


def test_a_ferry_that_nothing_needs_is_found() -> None:
    island = problem("111", "   ", "1  ")
    found: Design = design(island)
    assert check_design(island, found) == []
    assert check_design(problem("111", "1  "), found) != []
