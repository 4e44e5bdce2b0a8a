"""What comes of a design: scenarios with their figures, and what could not be kept."""

import msgspec

type Assignment = tuple[int, ...]
"""Each unit's territory, by index."""


class BrokenRule(msgspec.Struct, frozen=True):
    """A rule that does not hold, in a sentence: of a territory and a measure, or of all."""

    territory: int | None
    measure: int | None
    detail: str


class Apart(msgspec.Struct, frozen=True):
    """Units that no way joins with the rest; they count as joined from `landing` to `beside`."""

    units: tuple[int, ...]
    landing: int
    beside: int


class Split(msgspec.Struct, frozen=True):
    """A piece of a territory that does not hang together with its main part.

    `is_proven` where no design within the rules could join everything, else no way was found.
    """

    territory: int
    units: tuple[int, ...]
    is_proven: bool


class Prices(msgspec.Struct, frozen=True):
    """What a unit of load is charged in each territory, by measure: the proof of a bound.

    Whatever they are, the bound made of them holds; better ones make a higher bound.
    """

    charges: tuple[tuple[float, ...], ...]


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """What a scenario goes by: what a moved load costs, which deviation costs nothing.

    `change_price` is in terms of the travel of a design of discs, for all of the load.
    `tolerances` are by measure. `centres` are the units that travel counts from.
    """

    change_price: float
    tolerances: tuple[float, ...]
    centres: tuple[int, ...]


class TerritoryFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One territory: loads and their deviation from the target by measure, compactness.

    `compactness` is Polsby and Popper's: the area by that of a disc of the same outline.
    """

    units: int
    loads: tuple[float, ...]
    deviations: tuple[float, ...]
    compactness: float
    pieces: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A whole design. Shares are of everything there is, 0 to 1.

    `deviation` is the worst of any territory in any measure with a weight, as a share of its
    target. `moved` is the share of each measure that changes territory. `travel` is the mean way
    from a territory's centre, weighed by the first measure. `cost` is the scenario's objective.
    """

    territories: tuple[TerritoryFigures, ...]
    deviation: float
    compactness: float
    least_compactness: float
    moved: tuple[float, ...]
    moved_units: int
    travel: float
    cost: float


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One way to deal the units out; `bound` is what no way of its effort can cost less than.

    `gap` is how much the cost may be above the best. `dominated_by` names a scenario that is at
    least as even and moves no more.
    """

    name: str
    effort: Effort
    assignment: Assignment
    figures: Figures
    bound: float
    gap: float
    prices: Prices
    splits: tuple[Split, ...]
    broken: tuple[BrokenRule, ...]
    dominated_by: str | None = None


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """The scenarios from the least change to the most, and what lies apart in all of them."""

    scenarios: tuple[Scenario, ...]
    apart: tuple[Apart, ...]
    heaviest_unit: float
