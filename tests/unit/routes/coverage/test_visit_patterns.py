from typing import Any

import pytest

from backend.routes.coverage.account import Account
from backend.routes.coverage.patterns import Choices, choices_of
from backend.routes.coverage.plan import Rule, Unplaced
from backend.routes.day.windows import Window
from tests.unit.routes.coverage.month import FRIDAY, MONDAY, OPEN, TUESDAY, month, shop, workdays

WITHOUT_SECOND_WEEK = workdays([day for day in range(28) if day % 7 < 5 and day // 7 != 1])
SIX_DAYS = workdays([day for day in range(28) if day % 7 < 6])
OPEN_SATURDAYS = (*OPEN[:5], OPEN[0], ())


def days_of(account: Account, **others: Any) -> list[tuple[int, ...]]:
    found = choices_of(month(account, **others), account)
    assert isinstance(found, Choices)
    return [pattern.days for pattern in found.patterns]


def refused(account: Account, **others: Any) -> Unplaced:
    found = choices_of(month(account, **others), account)
    assert isinstance(found, Unplaced)
    return found


@pytest.mark.parametrize(
    ("frequency", "patterns", "visits"),
    [("1", 20, 1), ("2", 10, 2), ("4", 5, 4), ("8", 5, 8), ("12", 5, 12), ("20", 1, 20)],
)
def test_each_frequency_has_its_patterns(frequency: str, patterns: int, visits: int) -> None:
    found = days_of(shop("a", 1, frequency))

    assert len(found) == patterns
    assert {len(days) for days in found} == {visits}


def test_two_visits_a_week_lie_half_a_week_apart() -> None:
    account = shop("a", 1, "8", windows=OPEN_SATURDAYS)

    assert [days[:2] for days in days_of(account, workdays=SIX_DAYS)] == [(0, 3), (1, 4), (2, 5)]


@pytest.mark.parametrize(("cycle_week", "week"), [(0, 2), (2, 0), (7, 3)])
def test_the_third_week_is_that_of_the_cycle(cycle_week: int, week: int) -> None:
    found = days_of(shop("a", 1, "1.3"), cycle_week=cycle_week)

    assert [days[0] // 7 for days in found] == [week] * 5


def test_every_three_weeks_goes_on_from_the_last_visit() -> None:
    found = days_of(shop("a", 1, "every 3 weeks", last_visit_day=-7))

    assert min(days[0] for days in found) == 3  # no sooner than half of the three weeks
    assert {later - first for first, *rest in found for later in rest} == {21}


def test_an_account_that_is_long_overdue_comes_in_the_first_week() -> None:
    assert {days[0] // 7 for days in days_of(shop("a", 1, "1", last_visit_day=-90))} == {0}


def test_fixed_weekdays_are_the_only_ones() -> None:
    assert days_of(shop("a", 1, "4", weekdays=(MONDAY, FRIDAY))) == [
        (0, 7, 14, 21),
        (4, 11, 18, 25),
    ]


def test_a_holiday_moves_the_visit_within_its_week() -> None:
    days = [day for day in range(28) if day % 7 < 5 and day != 7]

    assert days_of(shop("a", 1, "4", weekdays=(MONDAY, FRIDAY)), workdays=workdays(days)) == [
        (0, 11, 14, 21),
        (4, 11, 18, 25),
    ]


def test_a_week_without_work_is_told_where_the_visit_cannot_move() -> None:
    account = shop("a", 1, "4")
    found = choices_of(month(account, workdays=WITHOUT_SECOND_WEEK), account)

    assert isinstance(found, Choices)
    assert {pattern.dropped for pattern in found.patterns} == {(1,)}
    assert {len(pattern.days) for pattern in found.patterns} == {3}


def test_a_rare_visit_in_a_week_without_work_moves_to_the_week_beside_it() -> None:
    found = days_of(shop("a", 1, "1.2"), workdays=WITHOUT_SECOND_WEEK)

    assert found == [(4,), (14,)]


def test_a_visit_skipped_before_comes_early() -> None:
    assert {days[0] // 7 for days in days_of(shop("a", 1, "1", owed_by=4))} == {0}


def test_a_visit_skipped_before_is_made_up_for_even_when_its_week_is_fixed() -> None:
    found = days_of(shop("a", 1, "1.3", owed_by=1))

    assert {len(days) for days in found} == {2}
    assert {days[0] for days in found} == {0, 1}


def test_a_visit_skipped_in_these_weeks_re_enters() -> None:
    assert set(days_of(shop("a", 1, "1.1"), open_from=9)) == {(day,) for day in (9, 10, 11, 14, 15)}


def test_promised_visits_stay_and_take_the_place_of_others() -> None:
    found = days_of(shop("a", 1, "4", fixed_days=(9,)))

    assert all(9 in days and len(days) == 4 for days in found)


def test_visits_that_are_done_count() -> None:
    assert days_of(shop("a", 1, "1", fixed_days=(2,)), open_from=7) == [()]


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"node": None}, Rule.NO_POSSIBLE_DAY),
        ({"windows": ((),) * 7}, Rule.NO_POSSIBLE_DAY),
        ({"service_s": 12 * 3600}, Rule.NO_POSSIBLE_DAY),
        ({"windows": ((Window(start_s=0, end_s=3600),),) * 7}, Rule.NO_POSSIBLE_DAY),
        ({"closed_days": tuple(range(28))}, Rule.NO_POSSIBLE_DAY),
        ({"weekdays": (MONDAY, FRIDAY), "frequency": "12"}, Rule.FREQUENCY),
        ({"frequency": "24"}, Rule.FREQUENCY),
        ({"min_gap_days": 8}, Rule.MIN_GAP),
        ({"max_gap_days": 6}, Rule.MAX_GAP),
        (
            {
                "weekdays": (MONDAY, TUESDAY),
                "closed_days": (7, 15),
                "min_gap_days": 7,
                "max_gap_days": 7,
            },
            Rule.BOTH_GAPS,
        ),
    ],
)
def test_what_cannot_hold_is_named(fields: dict[str, Any], rule: Rule) -> None:
    account = shop("a", **{"node": 1, "frequency": "4", **fields})

    found = refused(account)

    assert found.rule is rule
    assert found.detail.startswith("a is not planned: ")
    assert found.detail.endswith(".")
