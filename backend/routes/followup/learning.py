"""What visits and ways really take: medians, pulled towards what was planned while little is known.

Pure: samples in, values out. The median is what half of all days stay below, so a flat tyre or an
hour's chat moves it little; the pull (`PRIOR_WEIGHT` made-up observations of the plan) keeps five
odd visits from turning a plan over.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from statistics import median
from uuid import UUID

import msgspec

from backend.routes.followup.statistics import grouped
from backend.visits.kinds import SPECIAL_KINDS, VisitKind

MIN_VISITS = 5
"""Visits of an account before its own value is believed."""
MIN_CATEGORY_VISITS, MIN_CATEGORY_ACCOUNTS = 20, 5
MIN_KIND_VISITS, MIN_KIND_ACCOUNTS = 12, 4
"""Visits of a kind, and the accounts they were at, before all of its kind take as long."""
MIN_LEGS = 15
"""Ways begun in an hour of the day."""
PRIOR_WEIGHT = 4
LEAST_MINUTES, MOST_MINUTES = 1, 480
LEAST_PERCENT, MOST_PERCENT = 50, 400


class VisitSample(msgspec.Struct, frozen=True):
    """A visit that was timed at both ends; minutes planned are those of the account."""

    account_id: UUID
    category: str | None
    planned_minutes: int
    actual_minutes: float
    at: datetime
    kind: VisitKind = VisitKind.ROUTINE


class LegSample(msgspec.Struct, frozen=True):
    """A way that was driven as planned: its begin, local hour, and seconds at usual traffic."""

    profile: str
    hour: int
    usual_s: float
    actual_s: float
    at: datetime


class Learned(msgspec.Struct, frozen=True):
    """A value of a key: minutes of an `account` or `kind`, per cent of the plan for the others."""

    subject: str
    key: str
    value: int
    observations: int
    median: float


type Since = Mapping[tuple[str, str], datetime]
"""From when on observations count, for subjects and keys that somebody made forget."""


def learn_visits(samples: Iterable[VisitSample], since: Since) -> list[Learned]:
    """Return the minutes of accounts, and the per cent of categories, that are known well enough.

    An account's value is pulled towards its own planned minutes at its category's per cent. Both
    are of routine visits; other kinds have minutes of their own, whatever the account.
    """
    everything = list(samples)
    kept = [one for one in everything if one.kind is VisitKind.ROUTINE]
    categories = _learn_categories(kept, since)
    percents = {one.key: one.value for one in categories}
    found = list(categories)
    for account_id, group in grouped(kept, lambda one: one.account_id).items():
        recent = _since(group, ("account", str(account_id)), since)
        if len(recent) < MIN_VISITS:
            continue
        newest = max(recent, key=lambda one: one.at)
        planned = newest.planned_minutes * percents.get(newest.category or "", 100) / 100
        middle = median(one.actual_minutes for one in recent)
        value = _pulled(middle, len(recent), towards=planned)
        found.append(
            Learned(
                "account",
                str(account_id),
                _within(value, LEAST_MINUTES, MOST_MINUTES),
                len(recent),
                round(middle, 2),
            )
        )
    return [*found, *_learn_kinds(everything, since)]


def learn_hours(samples: Iterable[LegSample], since: Since) -> list[Learned]:
    """Return the per cent of usual travel time of each profile and hour that is known enough."""
    found = []
    for key, group in grouped(samples, lambda one: hour_key(one.profile, one.hour)).items():
        recent = _since(group, ("hour", key), since)
        if len(recent) >= MIN_LEGS:
            middle = median(one.actual_s / one.usual_s for one in recent)
            found.append(_percent("hour", key, middle, len(recent)))
    return found


def hour_key(profile: str, hour: int) -> str:
    """Return the key of an hour of the day: such as car-17."""
    return f"{profile}-{hour}"


def _learn_categories(samples: Iterable[VisitSample], since: Since) -> list[Learned]:
    found = []
    for category, group in grouped(samples, lambda one: one.category).items():
        if category is None:
            continue
        recent = _since(group, ("category", category), since)
        accounts = {one.account_id for one in recent}
        if len(recent) >= MIN_CATEGORY_VISITS and len(accounts) >= MIN_CATEGORY_ACCOUNTS:
            middle = median(one.actual_minutes / one.planned_minutes for one in recent)
            found.append(_percent("category", category, middle, len(recent)))
    return found


def _learn_kinds(samples: Iterable[VisitSample], since: Since) -> list[Learned]:
    found = []
    for kind, group in grouped(samples, lambda one: one.kind).items():
        recent = _since(group, ("kind", kind), since)
        accounts = {one.account_id for one in recent}
        is_known = len(recent) >= MIN_KIND_VISITS and len(accounts) >= MIN_KIND_ACCOUNTS
        if is_known and kind in SPECIAL_KINDS:
            middle = median(one.actual_minutes for one in recent)
            value = _within(middle, LEAST_MINUTES, MOST_MINUTES)
            found.append(Learned("kind", kind, value, len(recent), round(middle, 2)))
    return found


def _percent(subject: str, key: str, ratio: float, count: int) -> Learned:
    value = _within(100 * _pulled(ratio, count, towards=1.0), LEAST_PERCENT, MOST_PERCENT)
    return Learned(subject, key, value, count, round(ratio, 3))


def _pulled(middle: float, count: int, *, towards: float) -> float:
    return (count * middle + PRIOR_WEIGHT * towards) / (count + PRIOR_WEIGHT)


def _within(value: float, least: int, most: int) -> int:
    return min(max(round(value), least), most)


def _since[S: (VisitSample, LegSample)](
    group: list[S], key: tuple[str, str], since: Since
) -> list[S]:
    begin = since.get(key)
    return [one for one in group if begin is None or one.at >= begin]
