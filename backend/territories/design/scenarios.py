"""Which ways of dealing out are worked out: from what is there, step by step, to all anew."""

from collections.abc import Sequence

import msgspec

from backend.territories.design.ground import Ground
from backend.territories.design.plan import Effort, Scenario
from backend.territories.design.seeds import former_centres, new_centres, relabelled

_ANYTHING = 1e6
"""A tolerance that everything keeps."""

_KEEPING, _MOVING = 100.0, 6.0
"""What moving all of the load costs, beside the travel of discs, 1: where it is to be kept, and
where no more is to move than evenness asks for."""


class Step(msgspec.Struct, frozen=True):
    """A scenario to work out: its name, the price of changes, and how far the tolerances widen."""

    name: str
    change_price: float
    widening: float
    is_new: bool = False


AFTER_FORMER = (
    Step("keep", _KEEPING, _ANYTHING),
    Step("mend", _MOVING, 10 / 3),
    Step("shift", _MOVING, 5 / 3),
    Step("even", _MOVING, 1.0),
    Step("fresh", 0.0, 1.0, is_new=True),
)
"""With former territories: evenness against moving."""

FROM_NOTHING = (
    Step("loose", 0.0, 10 / 3, is_new=True),
    Step("roomy", 0.0, 5 / 3, is_new=True),
    Step("even", 0.0, 1.0, is_new=True),
    Step("close", 0.0, 2 / 3, is_new=True),
    Step("strict", 0.0, 1 / 3, is_new=True),
)
"""Without: evenness against travel."""


def efforts(ground: Ground) -> list[tuple[str, Effort]]:
    """Return the scenarios to work out by name, the one with the least change first."""
    former = ground.problem.former
    is_after = former is not None and any(one is not None for one in former)
    new = new_centres(ground)
    if is_after:
        new, old = relabelled(ground, new), former_centres(ground)
    else:
        old = new
    return [
        (
            step.name,
            Effort(
                change_price=step.change_price,
                tolerances=tuple(one.tolerance * step.widening for one in ground.problem.measures),
                centres=new if step.is_new else old,
            ),
        )
        for step in (AFTER_FORMER if is_after else FROM_NOTHING)
    ]


def with_dominance(scenarios: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """Return the scenarios, each with another one that is better in one thing, worse in none.

    The two things are the deviation and the share moved; the travel where nothing was before.
    """
    told: list[Scenario] = []
    for one in scenarios:
        better = next((other.name for other in scenarios if _is_better(other, one)), None)
        told.append(msgspec.structs.replace(one, dominated_by=better))
    return tuple(told)


def _is_better(one: Scenario, other: Scenario) -> bool:
    mine, others = _marks(one), _marks(other)
    return mine != others and all(a <= b for a, b in zip(mine, others, strict=True))


def _marks(one: Scenario) -> tuple[int, float, float, float]:
    """Return what is to be small: pieces too many, deviation, moved, and travel between equals."""
    is_after = one.figures.moved[0] > 0 or one.effort.change_price > 0
    travel = 0.0 if is_after else one.figures.travel
    return len(one.splits), one.figures.deviation, one.figures.moved[0], travel
