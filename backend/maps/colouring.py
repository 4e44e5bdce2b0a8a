"""By what the map can colour and shape accounts, and into which classes their values fall."""

from enum import StrEnum
from typing import NamedTuple

from backend.accounts.filters import LAST_ON, TODAY
from backend.maps.palette import GOOD, NAMES, NONE, STEPS, WARNINGS, Color


class ColourBy(StrEnum):
    """A field or a measure of accounts that has colours and shapes."""

    LIFE_STAGE = "life_stage"
    CATEGORY = "category"
    CHANNEL = "channel"
    PRIORITY = "priority"
    LAST_VISIT = "last_visit"
    OVERDUE = "overdue"
    RFM = "rfm"
    POTENTIAL = "potential"
    TERRITORY = "territory"
    REP = "rep"
    LAST_VISITOR = "last_visitor"


class SizeBy(StrEnum):
    """What the size of a dot tells."""

    ACCOUNTS = "accounts"
    POTENTIAL = "potential"
    OVERDUE = "overdue"
    LAST_VISIT = "last_visit"


class Step(NamedTuple):
    """A class of numbers, from its lower limit up to and without the next one's."""

    key: str
    color: Color
    low: float | None = None
    high: float | None = None


NO_VALUE = ""
"""The class of what has no value; a tile that says nothing of a class has this one."""
OTHERS = "others"
"""All that has no class of its own in a legend."""
NEVER = "never"
"""What was never visited."""

LIFE_STAGES = {
    "prospect": Color("#2563c4", "#6ea8ff"),
    "customer": Color("#0f7f4f", "#3fcf8e"),
    "lapsed": Color("#b45309", "#f5b041"),
    "lost": Color("#6b7280", "#9aa5b1"),
}
RFM_CLASSES = dict(zip(
    ("champion", "loyal", "promising", "new", "at_risk", "asleep"),
    (NAMES[2], NAMES[0], NAMES[5], NAMES[3], NAMES[1], NAMES[4]), strict=True,
))  # fmt: skip
PRIORITIES = dict(zip(("1", "2", "3", "4", "5"), reversed(STEPS), strict=True))
LAST_VISITS = (
    Step("d7", STEPS[4], 0, 8), Step("d28", STEPS[3], 8, 29), Step("d91", STEPS[2], 29, 92),
    Step("d182", STEPS[1], 92, 183), Step("longer", STEPS[0], 183), Step(NEVER, NONE),
)  # fmt: skip
"""Days since the last visit."""
OVERDUE = (
    Step("on_time", GOOD, None, 1), Step("d7", WARNINGS[0], 1, 8), Step("d28", WARNINGS[1], 8, 29),
    Step("d91", WARNINGS[2], 29, 92), Step("longer", WARNINGS[3], 92), Step(NEVER, NONE),
)  # fmt: skip
"""Days beyond the interval."""
_POTENTIAL_LIMITS = (0.0, 1.0, 5.0, 20.0, 100.0)
_UNITS = {"VND": 1e6, "IDR": 1e6, "KRW": 1e5, "JPY": 1e4}
_USUAL_UNIT = 100.0


def unit_of(currency: str) -> float:
    """Return a round sum of money that is neither much nor little for an account in a month."""
    return _UNITS.get(currency, _USUAL_UNIT)


def potential_steps(currency: str) -> tuple[Step, ...]:
    """Return the classes of what an account could buy in a month, in round sums."""
    unit = unit_of(currency)
    limits = [unit * one for one in _POTENTIAL_LIMITS]
    highs = [*limits[1:], None]
    steps = [
        Step(f"p{at}", STEPS[at], low, high)
        for at, (low, high) in enumerate(zip(limits, highs, strict=True))
    ]
    return (*steps, Step(NO_VALUE, NONE))


DAYS_SINCE_VISIT = f"({TODAY} - {LAST_ON})"
KEPT = {ColourBy.LIFE_STAGE: "life_stage", ColourBy.CATEGORY: "category"}
"""What the sums behind tiles far out know, where they are by life stage and category."""
BY_TERRITORY = {ColourBy.TERRITORY, ColourBy.REP}
"""What every sum knows."""
BY_WORTH = {ColourBy.RFM, ColourBy.POTENTIAL}
LOOKED_UP = {ColourBy.LAST_VISITOR}
"""What no index of the map knows: each account is looked up."""


def class_of(colour_by: ColourBy, currency: str) -> str:
    """Return the SQL of an account's class, on a row `m` with the columns of `account_map`."""
    if colour_by is ColourBy.POTENTIAL:
        return _stepped("m.monthly_potential", potential_steps(currency), "NULL")
    return _CLASSES.get(colour_by, f"m.{colour_by}")


def _stepped(number: str, steps: tuple[Step, ...], otherwise: str) -> str:
    """Return the key of the step that a number is in; numbers below all are in the first."""
    limits = [one for one in steps if one.high is not None]
    last = next(one for one in reversed(steps) if one.low is not None and one.high is None)
    cases = " ".join(f"WHEN {number} < {one.high:.0f} THEN '{one.key}'" for one in limits)
    return f"CASE WHEN {number} IS NULL THEN {otherwise} {cases} ELSE '{last.key}' END"


_CLASSES = {
    ColourBy.TERRITORY: "m.territory_id::text",
    ColourBy.REP: "m.territory_id::text",
    ColourBy.PRIORITY: "m.priority::text",
    ColourBy.RFM: "m.rfm_class",
    ColourBy.LAST_VISIT: _stepped(DAYS_SINCE_VISIT, LAST_VISITS, "'never'"),
    ColourBy.OVERDUE: _stepped(f"({TODAY} - {LAST_ON} - m.visit_every_days)", OVERDUE, "'never'"),
    ColourBy.LAST_VISITOR: """CASE WHEN m.last_visit_at IS NOT NULL THEN (
  SELECT v.rep_id::text FROM visit v WHERE v.org_id = m.org_id AND v.account_id = m.account_id
     AND v.status = 'done' AND v.deleted_at IS NULL
   ORDER BY v.done_at DESC NULLS LAST, v.id LIMIT 1) END""",
}
"""Of the others the column has the class's name. Who holds a territory is told afterwards."""


class Lens(NamedTuple):
    """How accounts are looked at: what colours, sizes and shapes them, and what that needs."""

    colour_by: ColourBy | None = None
    size_by: SizeBy = SizeBy.ACCOUNTS
    currency: str = "VND"
    reps: tuple[tuple[str, str], ...] = ()
    """Territories and who holds them today; only to colour or shape by rep."""
    shape_by: ColourBy | None = None
    """Of single accounts; each is looked up, so it changes nothing of how they are counted."""

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to tell of many besides counts."""
        return self.colour_by is None and self.size_by is SizeBy.ACCOUNTS

    @property
    def asks_each(self) -> bool:
        """Whether the sums behind tiles far out cannot answer."""
        is_known = (
            self.colour_by is None or self.colour_by in KEPT or self.colour_by in BY_TERRITORY
        )
        return not is_known or self.size_by is not SizeBy.ACCOUNTS

    @property
    def tells_worth(self) -> bool:
        """Whether what accounts are worth decides how they look."""
        is_told = self.colour_by in BY_WORTH or self.shape_by in BY_WORTH
        return is_told or self.size_by is SizeBy.POTENTIAL
