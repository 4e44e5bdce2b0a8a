"""Two plans side by side, or a plan beside what really happened, over the same days."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec

from backend.routes.weeks.calendar import CYCLE_DAYS
from backend.routes.weeks.schemas import NamedAccount, Side, WeeksResult, WeekStop


class Day(msgspec.Struct, frozen=True):
    """A day's visits and way; `has_route` says whether the way is known.

    `is_driven` says that the distance is what was driven, not what was planned.
    """

    account_ids: tuple[UUID, ...]
    travel_seconds: int
    distance_m: int
    has_route: bool = True
    is_driven: bool = False


type Days = Mapping[date, Day]


def days_of(result: WeeksResult, *, shift_days: int = 0) -> dict[date, Day]:
    """Return a plan's days by date, moved by so many days."""
    return {
        day.on_date + timedelta(shift_days): Day(
            tuple(stop.account_id for stop in day.stops), day.travel_seconds, day.distance_m
        )
        for day in result.days
    }


def as_merged(result: WeeksResult, became: Mapping[UUID, NamedAccount]) -> WeeksResult:
    """Return a plan with accounts that were merged since as what they became, once a day."""
    days = []
    for day in result.days:
        stops: dict[UUID, WeekStop] = {}
        for stop in day.stops:
            now = became.get(stop.account_id)
            if now is not None:
                stop = msgspec.structs.replace(  # noqa: PLW2901
                    stop, account_id=now.account_id, name=now.name
                )
            stops.setdefault(stop.account_id, stop)
        days.append(msgspec.structs.replace(day, stops=list(stops.values())))
    return msgspec.structs.replace(result, days=days)


def cycles_apart(first_on: date, other_on: date, length: int) -> int:
    """Return by how many days another plan is moved to lie beside one: whole cycles, or none.

    Plans that share days, of which the other begins at most `length` days earlier, stay.
    """
    apart = (first_on - other_on).days
    return 0 if -length < apart < length else round(apart / CYCLE_DAYS) * CYCLE_DAYS


def side_of(days: Days, from_on: date, to_on: date, *, missing: int) -> Side:
    """Return one side's sums between two dates, both included."""
    counted = _between(days, from_on, to_on)
    return Side(
        visits=sum(len(day.account_ids) for day in counted.values()),
        missing=missing,
        travel_seconds=sum(day.travel_seconds for day in counted.values()),
        distance_m=sum(day.distance_m for day in counted.values()),
        days_without_route=sum(bool(day.account_ids) and not day.has_route
                               for day in counted.values()),
        days_driven=sum(day.is_driven for day in counted.values()),
    )  # fmt: skip


def count_missing(days: Days, other: Days, from_on: date, to_on: date) -> int:
    """Return how many visits one side has more than the other, account by account."""
    counts = _visits(days, from_on, to_on)
    counts.subtract(_visits(other, from_on, to_on))
    return sum(max(more, 0) for more in counts.values())


def moved_accounts(
    days: Days, other: Days, from_on: date, to_on: date, names: Mapping[UUID, str]
) -> list[NamedAccount]:
    """Return the accounts of both sides that are visited on other days, by name."""
    one_side, other_side = (_dates(side, from_on, to_on) for side in (days, other))
    moved = [
        NamedAccount(account_id, names[account_id])
        for account_id in one_side.keys() & other_side.keys()
        if one_side[account_id] != other_side[account_id]
    ]
    return sorted(moved, key=lambda one: (one.name, one.account_id))


def names_of(results: Sequence[WeeksResult]) -> dict[UUID, str]:
    """Return the names of all accounts with a visit."""
    return {
        stop.account_id: stop.name
        for result in results
        for day in result.days
        for stop in day.stops
    }


def _between(days: Days, from_on: date, to_on: date) -> dict[date, Day]:
    return {on: day for on, day in days.items() if from_on <= on <= to_on}


def _visits(days: Days, from_on: date, to_on: date) -> Counter[UUID]:
    return Counter(
        account_id
        for day in _between(days, from_on, to_on).values()
        for account_id in day.account_ids
    )


def _dates(days: Days, from_on: date, to_on: date) -> dict[UUID, set[date]]:
    found: dict[UUID, set[date]] = {}
    for on, day in _between(days, from_on, to_on).items():
        for account_id in day.account_ids:
            found.setdefault(account_id, set()).add(on)
    return found
