"""From a solved problem to what people read: days by date, accounts by name, figures."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, time, timedelta
from uuid import UUID

from backend.accounts.frequency import Frequency
from backend.routes.coverage.plan import CoveragePlan, PlannedDay
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.weeks.ground_repository import Held
from backend.routes.weeks.schemas import (
    CoverageRequest,
    DroppedVisit,
    FrequencyKept,
    NamedAccount,
    WeekDay,
    WeeksResult,
    WeeksSummary,
    WeekStop,
)
from backend.visits.kinds import VisitKind

_NO_PLACE = "no_place"
_DAY_S = 24 * 3600


type Kinds = Mapping[UUID, VisitKind]
"""What the visits of accounts are for, of those that have another purpose than the usual one."""


def standing_kinds(request: CoverageRequest) -> Kinds:
    """Return what the request says visits are for."""
    return {rule.account_id: rule.kind for rule in request.rules if rule.kind is not None}


def make_result(
    problem: CoverageProblem, plan: CoveragePlan, placeless: list[Held], kinds: Kinds
) -> WeeksResult:
    """Return the days of a plan; accounts without a place on the map are told as dropped."""
    firsts = _firsts(problem, plan)
    names = {account.key: account.name for account in problem.accounts}
    lunch_s = problem.lunch.duration_s if problem.lunch else 0
    capacity_s = {
        one.day: max(one.shift_end_s - one.shift_start_s - lunch_s, 0) for one in problem.workdays
    }
    dropped = [
        DroppedVisit(
            account_id=UUID(one.key),
            name=names[one.key],
            week=one.week + 1,
            on_date=None if one.day is None else problem.on(one.day),
            rule=one.rule.value,
            detail=one.detail,
        )
        for one in plan.dropped
    ]
    unplaced = [
        DroppedVisit(UUID(one.key), names[one.key], None, None, one.rule.value, one.detail)
        for one in plan.unplaced
    ]
    return WeeksResult(
        days=[
            _day(
                one,
                names,
                capacity_s[one.day],
                {**kinds, **dict.fromkeys(firsts[one.day], VisitKind.FIRST)},
            )
            for one in plan.days
        ],
        dropped=[*(_placeless(one) for one in placeless), *unplaced, *dropped],
        changed=[NamedAccount(UUID(key), names[key]) for key in plan.changed],
    )


def make_summary(
    problem: CoverageProblem, plan: CoveragePlan, result: WeeksResult, *, is_same: bool | None
) -> WeeksSummary:
    """Return a plan in figures."""
    faulty = {str(one.account_id) for one in result.dropped}
    asked = Counter(account.frequency for account in problem.accounts)
    short = Counter(
        account.frequency for account in problem.accounts if account.key in faulty
    )  # fmt: skip
    return WeeksSummary(
        visits=sum(len(day.stops) for day in result.days),
        travel_seconds=plan.travel_s,
        distance_m=plan.distance_m,
        bound_seconds=plan.bound_s,
        gap_percent=round(plan.gap_percent, 1),
        spread_percent=plan.spread_percent,
        balance_note=plan.balance_note,
        dropped=len(result.dropped),
        changed=len(result.changed),
        compared=sum(account.previous_days is not None for account in problem.accounts),
        frequencies=[
            FrequencyKept(str(frequency), count, count - short[frequency])
            for frequency, count in sorted(asked.items(), key=lambda item: _rank(item[0]))
        ],
        engine=plan.engine,
        seed=plan.seed,
        is_estimate=plan.is_estimate,
        is_same=is_same,
    )


def days_from(result: WeeksResult, from_on: date, last_on: date) -> list[tuple[date, list[UUID]]]:
    """Return every day between two dates, both included, with its accounts in their order."""
    planned = {day.on_date: [stop.account_id for stop in day.stops] for day in result.days}
    length = (last_on - from_on).days + 1
    dates = [from_on + timedelta(day) for day in range(length)]
    return [(on, planned.get(on, [])) for on in dates]


def _rank(frequency: Frequency) -> tuple[int, int, int]:
    """Return a key that puts the most frequent first, and any week before a certain one."""
    return (
        frequency.every_weeks, -frequency.visits, -1 if frequency.week is None else frequency.week,
    )  # fmt: skip


def _firsts(problem: CoverageProblem, plan: CoveragePlan) -> dict[int, set[UUID]]:
    """Return who has their first visit on each day, dropped or not."""
    unseen = {one.key for one in problem.accounts if one.first_service_s is not None}
    found = {}
    for day in plan.days:
        stops, dropped = day.plan.stops, day.plan.dropped
        here = unseen & {*(one.key for one in stops), *(one.key for one in dropped)}
        found[day.day] = {UUID(key) for key in here}
        unseen -= here
    return found


def _day(day: PlannedDay, names: dict[str, str], capacity_s: int, kinds: Kinds) -> WeekDay:
    return WeekDay(
        on_date=day.on,
        load_seconds=day.load_s,
        share_seconds=day.share_s,
        capacity_seconds=capacity_s,
        travel_seconds=day.plan.travel_s,
        distance_m=day.plan.distance_m,
        stops=[
            WeekStop(
                UUID(stop.key),
                names[stop.key],
                _clock(stop.start_s),
                stop.is_preferred,
                kinds.get(UUID(stop.key), VisitKind.ROUTINE),
            )
            for stop in day.plan.stops
        ],
    )


def _clock(seconds: int) -> time:
    minutes = seconds % _DAY_S // 60
    return time(minutes // 60, minutes % 60)


def _placeless(one: Held) -> DroppedVisit:
    return DroppedVisit(
        account_id=one.id,
        name=one.name,
        week=None,
        on_date=None,
        rule=_NO_PLACE,
        detail=f"{one.name} has no place on the map: set its location.",
    )
