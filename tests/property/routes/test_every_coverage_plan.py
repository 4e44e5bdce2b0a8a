"""Laws of every plan of weeks, on random and adversarial ones."""

import math
from itertools import pairwise, permutations, product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.routes.coverage.account import Account
from backend.routes.coverage.check import check_coverage
from backend.routes.coverage.days import available_days
from backend.routes.coverage.patterns import Choices, choices_of
from backend.routes.coverage.plan import CoveragePlan, Rule, Unplaced
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.day.problem import Matrix
from backend.routes.solver.budget import Iterations
from backend.routes.solver.coverage import plan_coverage
from tests.property.routes.random_days import matrices
from tests.property.routes.random_weeks import weeks
from tests.unit.routes.coverage.month import month, shop

LITTLE = 300


def planned(problem: CoverageProblem) -> CoveragePlan:
    return plan_coverage(problem, budget=Iterations(LITTLE, seconds=0.5))


@settings(max_examples=60, deadline=None)
@given(weeks())
def test_every_plan_of_weeks_keeps_every_rule(problem: CoverageProblem) -> None:
    plan = planned(problem)

    assert check_coverage(problem, plan) == []
    assert msgspec.json.decode(msgspec.json.encode(plan), type=CoveragePlan) == plan


@settings(max_examples=300, deadline=None)
@given(weeks(max_accounts=3))
def test_the_rule_that_cannot_hold_is_the_one_that_is_named(problem: CoverageProblem) -> None:
    for account in problem.accounts:
        found = choices_of(problem, account)
        if isinstance(found, Unplaced):
            check_rule(problem, account, found)


def check_rule(problem: CoverageProblem, account: Account, unplaced: Unplaced) -> None:
    """Assert that an account without the named rule could be planned."""
    gaps = {"min_gap_days": None, "max_gap_days": None}
    match unplaced.rule:
        case Rule.NO_POSSIBLE_DAY:
            assert available_days(problem, account).days == ()
        case Rule.FREQUENCY:
            weekdays = {day % 7 for day in available_days(problem, account).days}
            assert len(weekdays) < account.frequency.visits
        case Rule.MIN_GAP | Rule.MAX_GAP as rule:
            assert is_placed(problem, account, {f"{rule}_days": None})
        case Rule.BOTH_GAPS:
            assert is_placed(problem, account, gaps)
            for gap in gaps:
                assert not is_placed(problem, account, {gap: None})
        case _:
            pytest.fail(f"{unplaced.rule} is no rule for an account.")


def is_placed(problem: CoverageProblem, account: Account, fields: dict[str, None]) -> bool:
    relaxed = msgspec.structs.replace(account, **fields)
    return isinstance(choices_of(problem, relaxed), Choices)


@settings(max_examples=8, deadline=None)
@given(weeks())
def test_the_same_weeks_have_the_same_plan(problem: CoverageProblem) -> None:
    assert planned(problem) == planned(problem)


@settings(max_examples=40, deadline=None)
@given(
    matrices(3),
    st.lists(st.sampled_from(["1.1", "2", "4", "8"]), min_size=2, max_size=2),
    st.integers(0, 60),
    st.sampled_from([10, 50, 100]),
)
def test_no_choice_of_days_travels_less_than_the_bound(
    durations_s: Matrix, frequencies: list[str], service_s: int, balance_percent: int
) -> None:
    problem = month(
        *(
            shop(f"a{one}", one + 1, text, service_s=service_s)
            for one, text in enumerate(frequencies)
        ),
        durations_s=durations_s,
        distances_m=durations_s,
        balance_percent=balance_percent,
    )
    plan = planned(problem)
    if plan.unplaced:
        return

    allowed = max(float(balance_percent), plan.spread_percent + 0.1)
    found = [choices_of(problem, account) for account in problem.accounts]
    patterns = [one.patterns for one in found if isinstance(one, Choices)]
    for choice in product(*patterns):
        days = [
            [account for account, pattern in enumerate(choice) if day.day in pattern.days]
            for day in problem.workdays
        ]
        travel_s = [shortest_s(durations_s, members) for members in days]
        loads = [
            way_s + service_s * len(members) for way_s, members in zip(travel_s, days, strict=True)
        ]
        share = sum(loads) / len(loads)
        if share and all(abs(100 * load / share - 100) <= allowed for load in loads):
            assert plan.bound_s <= sum(travel_s)


def shortest_s(durations_s: Matrix, members: list[int]) -> float:
    """Return the shortest round trip to some accounts, which are one row later in the matrix."""
    return min(
        sum(
            math.inf if (leg := durations_s[one][other]) is None else leg
            for one, other in pairwise([0, *(member + 1 for member in order), 0])
        )
        for order in permutations(members)
    )
