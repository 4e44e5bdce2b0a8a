"""Each day of a choice as a route with windows, shift and lunch; what does not fit is moved."""

from collections.abc import Callable

from backend.routes.coverage.days import day_problem
from backend.routes.day.plan import DayPlan
from backend.routes.day.schedule import schedule_in_order
from backend.routes.solver.coverage_weeks import Choice, Weeks
from backend.routes.solver.day import solve_day
from backend.routes.solver.pyvrp_engine import Effort

_MAX_REPAIRS = 60
"""Days solved anew, at most, to find a better day for visits that do not fit."""

type Check = Callable[[float], None]


class Routed:
    """The routes of a choice of patterns; a day with the same accounts is solved once."""

    def __init__(self, weeks: Weeks, effort: Effort) -> None:
        self._weeks, self._effort = weeks, effort
        self._solved: dict[tuple[int, tuple[int, ...], frozenset[int]], DayPlan] = {}

    def plans(self, choice: Choice, routes: list[list[int]], check: Check) -> list[DayPlan]:
        """Return every day's plan; `routes` are good orders where nothing is closed."""
        weeks, plans = self._weeks, []
        firsts_on = weeks.firsts_on(choice)
        for day, members in enumerate(weeks.accounts_on(choice)):
            plans.append(self.plan(day, members, firsts_on[day], routes[day]))
            check((day + 1) / len(routes))
        return plans

    def plan(
        self, day: int, members: list[int], firsts: frozenset[int], route: list[int]
    ) -> DayPlan:
        """Return one day's plan, the better of the engine's and of the given order."""
        key = day, tuple(sorted(members)), firsts
        known = self._solved.get(key)
        if known is None:
            known = self._solved[key] = self._solve(day, key[1], firsts, route)
        return known

    def repair(self, choice: Choice, plans: list[DayPlan], check: Check) -> Choice:
        """Return a choice that drops fewer visits, where other days have room for them.

        `plans` is brought up to date.
        """
        number = {account.key: one for one, account in enumerate(self._weeks.accounts)}
        choice = list(choice)
        tries = 0
        for account in sorted({number[one.key] for plan in plans for one in plan.dropped}):
            for pattern in self._alternatives(account, choice[account]):
                if tries >= _MAX_REPAIRS:
                    return choice
                other = [*choice[:account], pattern, *choice[account + 1 :]]
                days, firsts = self._weeks.accounts_on(other), self._weeks.firsts_on(other)
                old = self._weeks.visits[account][choice[account]]
                touched = sorted({*old, *self._weeks.visits[account][pattern]})
                tries += len(touched)
                check(tries / _MAX_REPAIRS)
                tried = {day: self.plan(day, days[day], firsts[day], []) for day in touched}
                before = sum(len(plans[day].dropped) for day in touched)
                if sum(len(plan.dropped) for plan in tried.values()) < before:
                    choice = other
                    for day, plan in tried.items():
                        plans[day] = plan
                    break
        return choice

    def _alternatives(self, account: int, known: int) -> list[int]:
        """Return an account's other patterns, those first that change and displease the least."""
        if self._weeks.problem.max_changes is not None:
            return []
        ranked = self._weeks.pattern_price_s(account).argsort(kind="stable").tolist()
        return [one for one in ranked if one != known]

    def _solve(
        self, day: int, members: tuple[int, ...], firsts: frozenset[int], route: list[int]
    ) -> DayPlan:
        weeks = self._weeks
        accounts = [
            weeks.accounts[one].at_first() if one in firsts else weeks.accounts[one]
            for one in members
        ]
        problem = day_problem(weeks.problem, weeks.days[day], accounts)
        plan = solve_day(problem, effort=self._effort, prove_up_to=0)
        if set(route) != set(members):
            return plan
        given = schedule_in_order(problem, [weeks.accounts[one].key for one in route])
        return given if given.objective < plan.objective else plan
