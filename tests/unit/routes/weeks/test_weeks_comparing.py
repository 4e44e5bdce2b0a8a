"""Weeks beside weeks, and accounts that two reps hold."""

from datetime import date, time, timedelta
from uuid import UUID

from backend.ids import UserId
from backend.routes.weeks import comparing
from backend.routes.weeks.comparing import Day
from backend.routes.weeks.ground_repository import Held
from backend.routes.weeks.result import days_from
from backend.routes.weeks.schemas import NamedAccount, WeekDay, WeeksResult, WeekStop
from backend.routes.weeks.sharing import share_accounts

MONDAY = date(2026, 2, 2)
A, B, C = (UUID(int=number) for number in (1, 2, 3))
FIRST, SECOND = UserId(UUID(int=11)), UserId(UUID(int=12))


def on(day: int) -> date:
    return MONDAY + timedelta(day)


def result(days: dict[int, list[UUID]]) -> WeeksResult:
    return WeeksResult(
        days=[
            WeekDay(on(day), 900, 900, 30_000, 100, 1000,
                    [WeekStop(one, f"Shop {one.int}", time(9)) for one in stops])
            for day, stops in days.items()
        ],
        dropped=[],
        changed=[],
    )  # fmt: skip


def test_sums_count_the_days_that_both_sides_have() -> None:
    days = comparing.days_of(result({0: [A, B], 7: [A], 20: [C]}))
    side = comparing.side_of(days, on(0), on(7), missing=3)
    assert (side.visits, side.missing, side.travel_seconds, side.distance_m) == (3, 3, 200, 2000)
    unknown = {on(1): Day((A,), 0, 0, has_route=False), on(2): Day((), 0, 0, has_route=False)}
    assert comparing.side_of(unknown, on(0), on(7), missing=0).days_without_route == 1


def test_missing_visits_are_counted_account_by_account() -> None:
    plan = comparing.days_of(result({0: [A, B], 7: [A]}))
    other = comparing.days_of(result({1: [A], 2: [C], 3: [C]}))
    assert comparing.count_missing(plan, other, on(0), on(27)) == 2
    assert comparing.count_missing(other, plan, on(0), on(27)) == 2


def test_moved_are_those_of_both_sides_with_other_days() -> None:
    plan, other = result({0: [A, B], 7: [C]}), result({0: [B], 1: [A]})
    names = comparing.names_of([plan, other])
    sides = comparing.days_of(plan), comparing.days_of(other)
    assert [one.account_id for one in comparing.moved_accounts(*sides, on(0), on(27), names)] == [A]


def test_merged_accounts_count_as_what_they_became_once_a_day() -> None:
    plan = result({0: [A, B], 7: [B, C]})
    merged = comparing.as_merged(plan, {B: NamedAccount(A, "Shop 1, once 2")})
    days = comparing.days_of(merged)
    assert [day.account_ids for day in days.values()] == [(A,), (A, C)]
    assert comparing.names_of([merged])[A] == "Shop 1, once 2"
    assert comparing.as_merged(plan, {}) == plan


def test_plans_of_other_weeks_are_moved_by_whole_cycles() -> None:
    assert comparing.cycles_apart(on(14), on(0), 28) == 0
    assert comparing.cycles_apart(on(28), on(0), 28) == 28
    assert comparing.cycles_apart(on(35), on(0), 28) == 28
    assert comparing.cycles_apart(on(0), on(56), 28) == -56
    shifted = comparing.days_of(result({0: [A]}), shift_days=28)
    assert set(shifted) == {on(28)}


def test_every_day_is_there_also_without_visits() -> None:
    days = days_from(result({0: [A], 2: [B]}), on(1), on(3))
    assert days == [(on(1), []), (on(2), [B]), (on(3), [])]


def held(number: int, lon: float | None) -> Held:
    place = None if lon is None else (lon, 60.0)
    return Held(UUID(int=number), f"Shop {number}", place)


def test_a_shared_account_goes_to_the_nearer_rep() -> None:
    shared = [held(1, 24.0), held(2, 25.0), held(3, None)]
    others = share_accounts(
        {FIRST: (24.0, 60.0), SECOND: (25.0, 60.0)}, {FIRST: shared, SECOND: shared}
    )
    assert others == {FIRST: {B}, SECOND: {A, C}}


def test_reps_who_begin_at_one_place_share_evenly() -> None:
    shared = [held(number, 24.0 + number / 100) for number in range(1, 9)]
    base = (24.0, 60.0)
    others = share_accounts({FIRST: base, SECOND: base}, {FIRST: shared, SECOND: shared})
    assert {len(one) for one in others.values()} == {4}
    only_one = share_accounts({FIRST: base}, {FIRST: shared})
    assert only_one == {FIRST: set()}
