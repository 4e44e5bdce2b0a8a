from collections import Counter

import msgspec
import pytest

from backend.routes.coverage.check import check_coverage
from backend.routes.coverage.plan import CoveragePlan, Rule
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.day.windows import Window
from backend.routes.solver.budget import CpuSeconds, Iterations
from backend.routes.solver.coverage import Phase, Step, plan_coverage
from tests.unit.routes.coverage.month import MONDAY, month, shop, workdays
from tests.unit.routes.days import HOUR, MINUTE

STREET = month(
    *(shop(f"weekly {one}", one, "4", service_s=HOUR) for one in range(1, 11)),
    *(shop(f"rare {one}", one, "1", service_s=HOUR) for one in range(11, 21)),
)
LITTLE = 1500


def planned(problem: CoverageProblem, steps: int = LITTLE) -> CoveragePlan:
    plan = plan_coverage(problem, budget=Iterations(steps, seconds=2.0))
    assert check_coverage(problem, plan) == []
    return plan


def days_of(plan: CoveragePlan, key: str) -> list[int]:
    return [day.day for day in plan.days if any(stop.key == key for stop in day.plan.stops)]


def test_a_month_keeps_frequencies_and_spreads_the_work() -> None:
    plan = planned(STREET)

    visits = Counter(stop.key for day in plan.days for stop in day.plan.stops)
    assert set(visits.values()) == {1, 4}
    assert plan.dropped == plan.unplaced == ()
    assert {len(day.plan.stops) for day in plan.days} <= {2, 3}
    assert 0 < plan.bound_s <= plan.travel_s


def test_neighbours_are_visited_on_the_same_day() -> None:
    pairs = [shop(f"{side} {one}", 1 if side == "near" else 60, "4") for side in ("near", "far")
             for one in range(5)]  # fmt: skip

    plan = planned(month(*pairs, workdays=workdays([0, 1, 7, 8, 14, 15, 21, 22])))

    sides = [{stop.key.split()[0] for stop in day.plan.stops} for day in plan.days]
    assert all(len(one) == 1 for one in sides) or plan.spread_percent <= 10


def test_progress_brings_the_first_full_plan_and_ends_with_the_last() -> None:
    steps: list[Step] = []

    plan = plan_coverage(STREET, budget=Iterations(LITTLE, seconds=2.0), progress=steps.append)

    phases = list(dict.fromkeys(step.phase for step in steps))
    assert phases == [Phase.ASSIGN, Phase.FIRST_ROUTES, Phase.SEARCH, Phase.ROUTES]
    [first] = [step.plan for step in steps if step.plan is not None]
    assert check_coverage(STREET, first) == []
    assert first.spread_percent >= plan.spread_percent
    assert all(0 <= step.share <= 1 for step in steps)


def test_the_clock_may_be_the_limit() -> None:
    plan = plan_coverage(STREET, budget=CpuSeconds(0.5))

    assert check_coverage(STREET, plan) == []


def test_no_accounts_make_empty_days() -> None:
    plan = planned(month())

    assert plan.travel_s == plan.bound_s == plan.gap_percent == 0
    assert len(plan.days) == 20


def test_days_that_cannot_be_even_are_told() -> None:
    mondays = [
        shop(f"m{one}", one + 1, "4", weekdays=(MONDAY,), service_s=HOUR) for one in range(5)
    ]

    plan = planned(month(*mondays))

    assert plan.spread_percent > STREET.balance_percent
    assert plan.balance_note is not None
    assert "2026-" in plan.balance_note


def test_more_work_than_hours_is_told_visit_by_visit() -> None:
    busy = [shop(f"b{one}", one + 1, "20", service_s=3 * HOUR) for one in range(4)]

    plan = planned(month(*busy), steps=300)

    assert {one.rule for one in plan.dropped} == {Rule.DAY_IS_FULL}
    assert len(plan.dropped) == 2 * 20


def test_a_visit_that_its_day_has_no_room_for_goes_to_another() -> None:
    early = (Window(start_s=8 * HOUR, end_s=9 * HOUR),)
    shops = [
        shop(f"e{one}", one + 1, "1", service_s=50 * MINUTE, windows=(early,) * 7)
        for one in range(8)
    ]

    plan = planned(month(*shops, balance_percent=100, workdays=workdays(range(0, 20, 2))))

    assert plan.dropped == ()
    assert max(len(day.plan.stops) for day in plan.days) == 1


def earlier_days(plan: CoveragePlan, problem: CoverageProblem) -> CoverageProblem:
    accounts = tuple(
        msgspec.structs.replace(one, previous_days=tuple(days_of(plan, one.key)))
        for one in problem.accounts
    )
    return msgspec.structs.replace(problem, accounts=accounts)


@pytest.mark.parametrize("most", [0, 3])
def test_no_more_accounts_change_than_may(most: int) -> None:
    known = earlier_days(planned(STREET, steps=10), STREET)

    plan = planned(msgspec.structs.replace(known, max_changes=most, seed=7))

    assert len(plan.changed) <= most


def test_dear_changes_are_not_made() -> None:
    known = earlier_days(planned(STREET, steps=10), STREET)

    plan = planned(msgspec.structs.replace(known, change_price_s=7 * 24 * HOUR))

    assert plan.changed == ()


def test_the_same_weeks_planned_again_are_never_worse_than_before() -> None:
    shops = [shop(f"s{number}", number * 7 % 23, "421"[number % 3]) for number in range(1, 21)]
    problem = month(*shops)
    before = planned(problem, steps=2000)
    again = planned(earlier_days(before, problem))
    assert again.travel_s <= before.travel_s
    dear = msgspec.structs.replace(earlier_days(before, problem), change_price_s=100_000, seed=9)
    assert planned(dear).changed == ()
