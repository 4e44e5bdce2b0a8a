"""The checker finds what is planted: each fault alone, in a plan that is sound without it."""

from collections.abc import Callable

import msgspec
import pytest

from backend.routes.coverage.check import check_coverage
from backend.routes.coverage.plan import CoveragePlan, DroppedVisit, PlannedDay, Rule, Unplaced
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.solver.budget import Iterations
from backend.routes.solver.coverage import plan_coverage
from tests.unit.routes.coverage.month import MONDAY, month, shop

replace = msgspec.structs.replace
MONTH = month(
    shop("weekly", 1, "4", weekdays=(MONDAY,)),
    shop("twice", 2, "2"),
    shop("once", 5, "1.2", previous_days=(7,)),
    shop("nowhere", None, "1"),
    balance_percent=100,
)


@pytest.fixture(scope="module")
def plan() -> CoveragePlan:
    return plan_coverage(MONTH, budget=Iterations(200, seconds=0.5))


def with_day(whole: CoveragePlan, index: int, **fields: object) -> CoveragePlan:
    days = list(whole.days)
    days[index] = replace(days[index], **fields)
    return replace(whole, days=tuple(days))


def swapped_days(plan: CoveragePlan) -> CoveragePlan:
    """Exchange the routes of the first Monday and Tuesday."""
    monday, tuesday = plan.days[:2]
    return with_day(
        with_day(plan, 0, plan=tuesday.plan, load_s=tuesday.load_s),
        1,
        plan=monday.plan,
        load_s=monday.load_s,
    )


def named(plan: CoveragePlan, key: str) -> PlannedDay:
    return next(day for day in plan.days if any(stop.key == key for stop in day.plan.stops))


def test_a_sound_plan_has_no_fault(plan: CoveragePlan) -> None:
    assert check_coverage(MONTH, plan) == []
    assert [one.key for one in plan.unplaced] == ["nowhere"]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda one: replace(one, days=one.days[1:]), "not the workdays"),
        (lambda one: with_day(one, 0, on=one.days[1].on), "another date"),
        (lambda one: with_day(one, 0, load_s=one.days[0].load_s + 1), "load is not"),
        (swapped_days, "weekly cannot be visited on day 1"),
        (lambda one: replace(one, unplaced=()), "nowhere is not visited as 1 says"),
        (
            lambda one: replace(
                one, unplaced=(Unplaced(key="once", rule=Rule.MAX_GAP, detail=""), *one.unplaced)
            ),
            "once is unplaced and visited",
        ),
        (lambda one: replace(one, changed=("twice",)), "changed accounts"),
        (lambda one: replace(one, changed=("nobody",)), "Unknown account nobody"),
        (lambda one: replace(one, travel_s=one.travel_s + 1), "travel time is not the sum"),
        (lambda one: replace(one, distance_m=0), "distance is not the sum"),
        (lambda one: replace(one, bound_s=one.travel_s + 1), "bound is above"),
        (lambda one: replace(one, spread_percent=0.0), "Days differ by"),
        (
            lambda one: replace(
                one,
                dropped=(
                    DroppedVisit(
                        key="weekly", week=0, day=None, rule=Rule.NO_DAY_IN_WEEK, detail=""
                    ),
                ),
            ),
            "weekly is not visited as 4 says",
        ),
        (
            lambda one: replace(
                one,
                dropped=(
                    DroppedVisit(key="weekly", week=0, day=0, rule=Rule.DAY_IS_FULL, detail=""),
                ),
            ),
            "dropped visits are not those",
        ),
    ],
    ids=lambda one: one.replace(" ", "_") if isinstance(one, str) else "",
)
def test_a_planted_fault_is_found(
    plan: CoveragePlan, spoil: Callable[[CoveragePlan], CoveragePlan], fault: str
) -> None:
    assert [found for found in check_coverage(MONTH, spoil(plan)) if fault in found]


def changed_account(key: str, **fields: object) -> CoverageProblem:
    return replace(
        MONTH,
        accounts=tuple(replace(one, **fields) if one.key == key else one for one in MONTH.accounts),
    )


def test_rules_that_the_plan_did_not_know_are_found_broken(plan: CoveragePlan) -> None:
    day = named(plan, "once").day

    for problem, fault in (
        (changed_account("weekly", min_gap_days=8), "too near"),
        (changed_account("twice", max_gap_days=13), "too far apart"),
        (changed_account("once", owed_by=max(day - 1, 0)), "is not visited by day"),
        (changed_account("once", closed_days=(day,)), f"cannot be visited on day {day}"),
        (changed_account("once", fixed_days=(25,)), "misses its fixed day 25"),
    ):
        assert [found for found in check_coverage(problem, plan) if fault in found]
