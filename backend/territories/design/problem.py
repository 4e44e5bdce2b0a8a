"""Territories to design as a problem: units, borders, measures, rules; checked on creation."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Never

import msgspec

MAX_UNITS = 20_000
MAX_TERRITORIES = 200
MAX_MEASURES = 8
MAX_SEED = 2**31 - 1


class DesignError(ValueError):
    """A problem that contradicts itself; says which field, and what to do."""

    def __init__(self, detail: str, *, field: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """Something that territories shall have equally much of, such as hours of work or revenue.

    `weight` is how much an imbalance of it counts beside the others; with 0 it is only told.
    `tolerance` is the share of its target by which a territory may differ for nothing.
    """

    name: str
    weight: float = 1.0
    tolerance: float = 0.03


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the map that belongs to one territory as a whole, with its load in each measure.

    `x_m`, `y_m` is its middle in metres of a plane, `perimeter_m` all of its outline.
    """

    key: str
    loads: tuple[float, ...]
    x_m: float
    y_m: float
    area_m2: float
    perimeter_m: float


class Border(msgspec.Struct, frozen=True, kw_only=True):
    """Two units that touch, or that a bridge or ferry joins (`length_m` 0 then).

    `travel` is what the way between their middles costs, in any unit of time or distance, the same
    for all; None where there is no way, as across a river: such a border joins nothing.
    """

    first: int
    second: int
    length_m: float
    travel: float | None


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """What a territory must have at least, and may have at most, of the measure of this index."""

    measure: int
    least: float = 0.0
    most: float | None = None


class Territory(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be filled with units; `share` is its part of every measure beside the others'.

    The travel of a territory with `home`, a unit, counts from there, and the unit belongs to it.
    `locked` units belong to it, `forbidden` ones never.
    """

    key: str
    share: float = 1.0
    home: int | None = None
    locked: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    limits: tuple[Limit, ...] = ()


class DesignProblem(msgspec.Struct, frozen=True, kw_only=True):
    """All of a design; raises DesignError when it contradicts itself.

    The first measure weighs travel and changes. `former` is each unit's territory until now, None
    for a unit that had none, all of it None where nothing was before.
    """

    units: tuple[Unit, ...]
    borders: tuple[Border, ...]
    measures: tuple[Measure, ...]
    territories: tuple[Territory, ...]
    former: tuple[int | None, ...] | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        _check_sizes(self)
        _check_measures(self)
        _check_units(self)
        _check_borders(self)
        for index, territory in enumerate(self.territories):
            _check_territory(self, index, territory)
        _check_claims(self)
        _check_former(self)

    def anchors(self, territory: int) -> tuple[int, ...]:
        """Return the units that must belong to a territory: its home and what is locked."""
        one = self.territories[territory]
        home = () if one.home is None else (one.home,)
        return tuple(sorted({*home, *one.locked}))

    def total(self, measure: int) -> float:
        """Return what all units have of a measure."""
        return math.fsum(unit.loads[measure] for unit in self.units)

    def targets(self, measure: int) -> tuple[float, ...]:
        """Return what each territory shall have of a measure."""
        total, shares = self.total(measure), math.fsum(one.share for one in self.territories)
        return tuple(total * one.share / shares for one in self.territories)


def _fail(detail: str, field: str) -> Never:
    raise DesignError(detail, field=field)


def _check_sizes(problem: DesignProblem) -> None:
    sizes: Sequence[tuple[str, int, int]] = (
        ("units", len(problem.units), MAX_UNITS),
        ("territories", len(problem.territories), MAX_TERRITORIES),
        ("measures", len(problem.measures), MAX_MEASURES),
    )
    for field, size, most in sizes:
        if not 1 <= size <= most:
            _fail(f"There are {size} {field}; give 1 to {most}.", field)
    if len(problem.territories) > len(problem.units):
        _fail(
            f"{len(problem.territories)} territories cannot share {len(problem.units)} units: "
            "each needs one; give smaller units or fewer territories.",
            "territories",
        )
    if not 0 <= problem.seed <= MAX_SEED:
        _fail(f"The seed is {problem.seed}; give 0 to {MAX_SEED}.", "seed")


def _check_measures(problem: DesignProblem) -> None:
    for index, one in enumerate(problem.measures):
        field = f"measures[{index}]"
        if not (math.isfinite(one.weight) and 0 <= one.weight <= 1000):  # noqa: PLR2004  said below
            _fail(f"The weight of {one.name} is {one.weight}; give 0 to 1000.", f"{field}.weight")
        if not 0 < one.tolerance <= 1:
            _fail(
                f"The tolerance of {one.name} is {one.tolerance}; give a share above 0, at most 1.",
                f"{field}.tolerance",
            )
    if not any(one.weight > 0 for one in problem.measures):
        _fail("No measure has a weight: give one that is to be balanced.", "measures")
    if len({one.name for one in problem.measures}) < len(problem.measures):
        _fail("Two measures have the same name.", "measures")


def _check_units(problem: DesignProblem) -> None:
    keys = Counter(unit.key for unit in problem.units)
    for index, unit in enumerate(problem.units):
        field = f"units[{index}]"
        if keys[unit.key] > 1:
            _fail(f"The unit {unit.key} is given twice.", f"{field}.key")
        if len(unit.loads) != len(problem.measures):
            _fail(
                f"The unit {unit.key} has {len(unit.loads)} loads for {len(problem.measures)} "
                "measures.",
                f"{field}.loads",
            )
        if not all(math.isfinite(load) and load >= 0 for load in unit.loads):
            _fail(f"A load of the unit {unit.key} is below nothing.", f"{field}.loads")
        if not (math.isfinite(unit.x_m) and math.isfinite(unit.y_m)):
            _fail(f"The unit {unit.key} lies nowhere.", f"{field}.x_m")
        if not (0 < unit.area_m2 < math.inf and 0 < unit.perimeter_m < math.inf):
            _fail(f"The unit {unit.key} has no area or no outline.", f"{field}.area_m2")


def _check_borders(problem: DesignProblem) -> None:
    count, seen = len(problem.units), set[tuple[int, int]]()
    for index, border in enumerate(problem.borders):
        field = f"borders[{index}]"
        pair = (min(border.first, border.second), max(border.first, border.second))
        if not 0 <= pair[0] < pair[1] < count:
            _fail(f"The border joins {border.first} and {border.second}: name two units.", field)
        if pair in seen:
            _fail(f"The units {pair[0]} and {pair[1]} have two borders: give one.", field)
        seen.add(pair)
        if not 0 <= border.length_m < math.inf:
            _fail(f"The border's length is {border.length_m} metres.", f"{field}.length_m")
        if border.travel is not None and not 0 < border.travel < math.inf:
            _fail(
                f"The way across the border costs {border.travel}; give more than 0, or None for "
                "a barrier.",
                f"{field}.travel",
            )


def _check_territory(problem: DesignProblem, index: int, territory: Territory) -> None:
    field = f"territories[{index}]"
    if not 0 < territory.share < math.inf:
        _fail(f"The share of {territory.key} is {territory.share}: give more than 0.", field)
    homes = () if territory.home is None else (territory.home,)
    _check_indexes(problem, f"{field}.home", homes)
    _check_indexes(problem, f"{field}.locked", territory.locked)
    _check_indexes(problem, f"{field}.forbidden", territory.forbidden)
    for unit in problem.anchors(index):
        if unit in territory.forbidden:
            _fail(
                f"The unit {problem.units[unit].key} is locked to {territory.key} and forbidden to "
                "it: take one back.",
                f"{field}.forbidden",
            )
    for limit in territory.limits:
        if not 0 <= limit.measure < len(problem.measures):
            _fail(f"There is no measure {limit.measure}.", f"{field}.limits")
        if limit.least < 0 or (limit.most is not None and limit.most < limit.least):
            _fail(
                f"{limit.least} at least and {limit.most} at most for {territory.key}: no load is "
                "both.",
                f"{field}.limits",
            )


def _check_indexes(problem: DesignProblem, field: str, units: Iterable[int]) -> None:
    for unit in units:
        if not 0 <= unit < len(problem.units):
            _fail(f"There is no unit {unit}.", field)


def _check_claims(problem: DesignProblem) -> None:
    """Refuse a unit that two territories must have, or that none may have."""
    holders: dict[int, int] = {}
    for index, territory in enumerate(problem.territories):
        for unit in problem.anchors(index):
            if unit in holders:
                _fail(
                    f"The unit {problem.units[unit].key} is locked to "
                    f"{problem.territories[holders[unit]].key} and to {territory.key}, or the home "
                    "of both: leave it to one.",
                    f"territories[{index}].locked",
                )
            holders[unit] = index
    refusals = Counter(unit for one in problem.territories for unit in set(one.forbidden))
    for unit, times in sorted(refusals.items()):
        if times == len(problem.territories):
            _fail(
                f"The unit {problem.units[unit].key} is forbidden to every territory: allow one.",
                "territories",
            )


def _check_former(problem: DesignProblem) -> None:
    if problem.former is None:
        return
    if len(problem.former) != len(problem.units):
        _fail("The former territories are not one for each unit.", "former")
    for one in problem.former:
        if one is not None and not 0 <= one < len(problem.territories):
            _fail(f"There is no territory {one}.", "former")
