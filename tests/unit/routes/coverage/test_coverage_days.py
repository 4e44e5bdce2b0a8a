"""The days of planned weeks: what has no room goes elsewhere, and first visits take their time."""

import pytest

from backend.routes.coverage.account import Account
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.day.windows import Window
from backend.routes.solver.budget import Iterations
from backend.routes.solver.coverage import plan_coverage
from backend.routes.solver.coverage_days import Routed
from backend.routes.solver.coverage_weeks import Weeks
from backend.routes.solver.pyvrp_engine import Effort
from tests.unit.routes.coverage.month import MONDAY, OPEN, THURSDAY, month, shop
from tests.unit.routes.days import HOUR, MINUTE

EARLY = ((Window(start_s=8 * HOUR, end_s=9 * HOUR),),) * 7
WISH = tuple(OPEN[0] if day == THURSDAY else () for day in range(7))


def _repaired(problem: CoverageProblem, day: int) -> tuple[int, ...]:
    """Return the last account's days after all were put on one day, and the days were repaired."""
    weeks = Weeks(problem)
    choice = [
        next(index for index, one in enumerate(patterns) if one.days == (day,))
        for patterns in weeks.patterns
    ]
    routed = Routed(weeks, Effort())
    plans = routed.plans(choice, weeks.accounts_on(choice), lambda _: None)
    assert [one.key for plan in plans for one in plan.dropped] == [weeks.accounts[-1].key]
    repaired = routed.repair(choice, plans, lambda _: None)
    assert [one for plan in plans for one in plan.dropped] == []
    return weeks.patterns[-1][repaired[-1]].days


def _near() -> Account:
    return shop(
        "near", 1, "1.1", service_s=50 * MINUTE, windows=EARLY, weekdays=(THURSDAY,)
    )  # fmt: skip


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_visit_without_room_goes_where_its_account_would_rather_have_it(
    *, is_changed: bool
) -> None:
    own = {"previous_days": (10,)} if is_changed else {"preferred": WISH, "preference_s": 900}
    far = shop("far", 5, "1", service_s=50 * MINUTE, windows=EARLY, **own)
    days = _repaired(month(_near(), far, change_price_s=600), THURSDAY)
    assert days == (10,)


def test_a_visit_without_room_goes_anywhere_rather_than_nowhere() -> None:
    far = shop(
        "far", 5, "1.1", service_s=50 * MINUTE, windows=EARLY, preferred=WISH, preference_s=900
    )
    assert _repaired(month(_near(), far), THURSDAY) == (MONDAY,)


def test_long_first_visits_are_spread_and_the_others_are_as_long_as_usual() -> None:
    new = [shop(f"new {one}", 1 + one, "4", first_service_s=4 * HOUR) for one in range(5)]
    plan = plan_coverage(month(*new), budget=Iterations(1500, seconds=2.0))
    lengths = [sorted(stop.leave_s - stop.start_s for stop in day.plan.stops) for day in plan.days]
    assert sum(map(sum, lengths)) == 5 * 4 * HOUR + 15 * 10 * MINUTE
    assert max(one.count(4 * HOUR) for one in lengths) == 1
    assert plan.dropped == ()
