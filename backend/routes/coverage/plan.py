"""A rep's planned weeks: who is visited on which day, how the days are, and what could not be."""

from datetime import date
from enum import StrEnum

import msgspec

from backend.routes.day.plan import DayPlan


class Rule(StrEnum):
    """The rule that keeps an account or a visit out of the plan."""

    NO_POSSIBLE_DAY = "no_possible_day"
    FREQUENCY = "frequency"
    MIN_GAP = "min_gap"
    MAX_GAP = "max_gap"
    BOTH_GAPS = "both_gaps"
    OWED_BY = "owed_by"
    NO_DAY_IN_WEEK = "no_day_in_week"
    DAY_IS_FULL = "day_is_full"


class Unplaced(msgspec.Struct, frozen=True, kw_only=True):
    """An account without any visit in the plan: the rule that cannot hold, and a sentence."""

    key: str
    rule: Rule
    detail: str


class DroppedVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that the frequency asks for and the plan has not.

    `week` counts from 0; `day` is known where the visit had one.
    """

    key: str
    week: int
    day: int | None
    rule: Rule
    detail: str


class PlannedDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day's route; `load_s` is service and travel, `share_s` what balance would give it."""

    day: int
    on: date
    load_s: int
    share_s: int
    plan: DayPlan


class CoveragePlan(msgspec.Struct, frozen=True, kw_only=True):
    """The weeks with their totals.

    `changed` are the accounts that got other days than before. Days differ from their share by up
    to `spread_percent`; `balance_note` says why where that is more than was asked for. No plan
    that keeps the frequencies and has its days as even travels less than `bound_s`.
    """

    days: tuple[PlannedDay, ...]
    unplaced: tuple[Unplaced, ...]
    dropped: tuple[DroppedVisit, ...]
    changed: tuple[str, ...]
    travel_s: int
    distance_m: int
    spread_percent: float
    balance_note: str | None
    bound_s: int
    engine: str
    seed: int
    is_estimate: bool

    @property
    def gap_percent(self) -> float:
        """Return how far the travel may be above the best possible, at most."""
        return 100 * (1 - self.bound_s / self.travel_s) if self.travel_s else 0.0
