"""Where plans and days drift apart: what a manager should look at on Monday. Pure.

An alarm needs a median outside the band, and a confidence interval of it that agrees: the median of
a handful of odd days proves nothing. The interval is by order statistics, so it needs no bell
curve, and counts only observations.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from statistics import median
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from backend.routes.followup.measures import DayResult
from backend.routes.followup.statistics import grouped

BAND = (0.8, 1.25)
"""A median of actual by planned time outside of this is a drift."""
MIN_TIMES = 20
MIN_VISITS = 40
"""Planned visits in each half of the period, before a fall of what is kept is told."""
FALL = 0.15
_SURE = 2.58
"""Standard errors: one chance in a hundred to be wrong, each time one looks."""

type Kind = Literal[
    "visits_longer", "visits_shorter", "ways_slower", "ways_faster", "plan_kept_less"
]


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A drift: of one rep, or of one hour of the day for everybody.

    `figure` is the median of actual by planned time, or the share of planned visits that were made
    in the later half; `expected` is 1, or that share in the earlier half. `low` and `high` hold the
    true figure in 99 cases of 100.
    """

    kind: Kind
    rep_id: UUID | None
    hour: int | None
    figure: float
    expected: float
    low: float
    high: float
    observations: int


def find_alarms(
    days: Sequence[DayResult], *, zone: ZoneInfo, is_everybody: bool = True
) -> list[Alarm]:
    """Return the drifts of a period, the largest first; none where too little is known.

    Hours of the day have alarms only where the days are everybody's.
    """
    by_rep = grouped(days, lambda day: day.rep_id)
    found: list[Alarm | None] = []
    for rep_id, own in by_rep.items():
        stays = [one.actual_s / one.planned_s for day in own for one in day.stays if one.planned_s]
        legs = [one.actual_s / one.planned_s for day in own for one in day.legs]
        found += [
            _drift(stays, ("visits_longer", "visits_shorter"), rep_id=rep_id),
            _drift(legs, ("ways_slower", "ways_faster"), rep_id=rep_id),
            _kept_less(own, rep_id),
        ]
    legs_of_all = [
        (one.at.astimezone(zone).hour, one) for day in days for one in day.legs if is_everybody
    ]
    for hour, group in grouped(legs_of_all, lambda pair: pair[0]).items():
        ratios = [leg.actual_s / leg.planned_s for _, leg in group]
        found.append(_drift(ratios, ("ways_slower", "ways_faster"), hour=hour))
    alarms = [one for one in found if one is not None]
    return sorted(alarms, key=_size, reverse=True)


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return what holds the true median in 99 cases of 100, by the binomial of ranks."""
    ranked = sorted(values)
    count = len(ranked)
    half = _SURE * math.sqrt(count) / 2
    low = max(math.floor((count - 1) / 2 - half), 0)
    high = min(math.ceil((count - 1) / 2 + half), count - 1)
    return ranked[low], ranked[high]


def _drift(
    ratios: Sequence[float],
    kinds: tuple[Kind, Kind],
    *,
    rep_id: UUID | None = None,
    hour: int | None = None,
) -> Alarm | None:
    """Return the alarm of ratios that lie outside the band, and surely not around 1."""
    if len(ratios) < MIN_TIMES:
        return None
    middle = median(ratios)
    low, high = median_interval(ratios)
    least, most = BAND
    # The nearer end must be beyond half of the band too: sure that it drifted, not by how much.
    if middle > most and low > math.sqrt(most):
        kind = kinds[0]
    elif middle < least and high < math.sqrt(least):
        kind = kinds[1]
    else:
        return None
    return Alarm(
        kind=kind,
        rep_id=rep_id,
        hour=hour,
        figure=round(middle, 2),
        expected=1.0,
        low=round(low, 2),
        high=round(high, 2),
        observations=len(ratios),
    )


def _kept_less(days: Sequence[DayResult], rep_id: UUID) -> Alarm | None:
    """Return the alarm of a rep who makes a smaller share of planned visits than before.

    Days are taken as wholes, for a day that falls out takes all its visits along: the spread is
    that between days, and not of so many single visits.
    """
    dates = sorted({day.plan.on_date for day in days if day.plan is not None})
    if len(dates) < 2:  # noqa: PLR2004  # two halves
        return None
    middle = dates[len(dates) // 2]
    before = _shares(days, lambda on: on < middle)
    after = _shares(days, lambda on: on >= middle)
    if min(sum(n for _, n in before), sum(n for _, n in after)) < MIN_VISITS:
        return None
    was, is_now = _mean(before), _mean(after)
    spread = _SURE * math.hypot(_error(before, was), _error(after, is_now))
    if was - is_now < FALL or was - is_now < spread:
        return None
    return Alarm(
        kind="plan_kept_less",
        rep_id=rep_id,
        hour=None,
        figure=round(is_now, 3),
        expected=round(was, 3),
        low=round(max(is_now - spread, 0.0), 3),
        high=round(min(is_now + spread, 1.0), 3),
        observations=sum(n for _, n in after),
    )


type _Shares = list[tuple[int, int]]
"""Of each day: visits made, and visits that were to be made."""


def _shares(days: Iterable[DayResult], is_in: Callable[[date], bool]) -> _Shares:
    tallies = [day.tally for day in days if day.plan is not None and is_in(day.plan.on_date)]
    return [(one.done, one.done + one.missed) for one in tallies if one.done + one.missed]


def _mean(shares: _Shares) -> float:
    return sum(done for done, _ in shares) / sum(count for _, count in shares)


def _error(shares: _Shares, mean: float) -> float:
    """Return the standard error of a share over days of unequal size (ratio estimator)."""
    days, total = len(shares), sum(count for _, count in shares)
    squares = sum((done - mean * count) ** 2 for done, count in shares)
    return math.sqrt(squares * days / max(days - 1, 1)) / total


def _size(alarm: Alarm) -> float:
    return abs(math.log(max(alarm.figure, 0.01) / alarm.expected))
