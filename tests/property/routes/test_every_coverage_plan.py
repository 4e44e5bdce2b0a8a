"""Laws of every plan of weeks, on random and adversarial ones."""

import msgspec
import pytest
from hypothesis import given, settings

from backend.routes.coverage.account import Account
from backend.routes.coverage.check import check_coverage
from backend.routes.coverage.days import available_days
from backend.routes.coverage.patterns import Choices, choices_of
from backend.routes.coverage.plan import CoveragePlan, Rule, Unplaced
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.solver.budget import Iterations
from backend.routes.solver.coverage import plan_coverage
from tests.property.routes.random_weeks import weeks

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
