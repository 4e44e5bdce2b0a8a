"""One rep's weeks from problem to plan: assign days, search, route each day, bound, explain."""

from collections.abc import Callable
from enum import StrEnum

import msgspec
import numpy as np

from backend.routes.coverage.account import WEEK
from backend.routes.coverage.plan import CoveragePlan, DroppedVisit, PlannedDay, Rule
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.day.plan import DayPlan
from backend.routes.solver.budget import Budget, Iterations
from backend.routes.solver.coverage_assign import Evenness, Trust, assign
from backend.routes.solver.coverage_bound import travel_bound
from backend.routes.solver.coverage_days import Routed
from backend.routes.solver.coverage_search import Found, Search
from backend.routes.solver.coverage_weeks import Choice, Weeks
from backend.routes.solver.coverage_zones import assign_zones
from backend.routes.solver.pyvrp_engine import Effort

ENGINE = "cp-sat+annealing+pyvrp"

_ZONES_EFFORT = 0.02
_RACES_UNTIL = (0.22, 0.4, 0.58, 0.76)
"""Hot searches from other zones each: what zones are worth shows late, so the best of several."""

_COOL_UNTIL = 0.92
"""From here on CP-SAT looks for changes that only pay together, and what it finds is settled."""

_TRUST = Trust(accounts=14, changes_a_day=2)
_TRUST_EFFORT = 0.01
_FIRST = Effort(no_improvement=25)

_STEPS_AN_ACCOUNT, _FEWEST_STEPS = 350, 2000
_STEPS_A_SECOND = 2500
"""A month of 200 accounts is searched for about 28 seconds, and is done in 35."""


class Phase(StrEnum):
    """What a planning is busy with."""

    ASSIGN = "assign"
    FIRST_ROUTES = "first_routes"
    SEARCH = "search"
    ROUTES = "routes"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """How far a planning is: the share of its phase, and the travel of the best weeks so far.

    `plan` comes once, with the first full plan, which is sound but has no bound yet.
    """

    phase: Phase
    share: float
    travel_s: int | None
    plan: CoveragePlan | None = None


type OnStep = Callable[[Step], None]


def usual_budget(problem: CoverageProblem) -> Budget:
    """Return what is spent on weeks of this size: counted, so that the same plan comes again."""
    count = max(_STEPS_AN_ACCOUNT * len(problem.accounts), _FEWEST_STEPS)
    return Iterations(count, seconds=count / _STEPS_A_SECOND)


def plan_coverage(
    problem: CoverageProblem,
    *,
    budget: Budget,
    progress: OnStep = lambda _: None,
) -> CoveragePlan:
    """Return the weeks' plan; every account is in it as its rules say, or named with the rule.

    Loads that cannot be as even as asked for are as even as was found, with a note. Same problem
    and same counted budget, same plan.
    """
    return _Planning(problem, budget, progress).run()


class _Planning:
    """One planning, from phase to phase."""

    def __init__(self, problem: CoverageProblem, budget: Budget, progress: OnStep) -> None:
        self._problem, self._budget = problem, budget
        self._progress = progress
        self._best_s: int | None = None

    def run(self) -> CoveragePlan:
        """Go through all phases."""
        weeks = Weeks(self._problem)
        if not weeks.accounts:
            return self._plan(weeks, Found([], [[] for _ in weeks.days], 0, 0.0), Effort())
        search = Search(weeks, weeks.as_before(self._zones(weeks, 0)))
        self._best_s = search.best.travel_s
        first = self._plan(weeks, search.best, _FIRST)
        self._tell(Phase.FIRST_ROUTES, 1.0, plan=first)
        self._search(weeks, search)
        return self._plan(weeks, search.best, Effort(), is_final=True)

    def _search(self, weeks: Weeks, search: Search) -> None:
        start = search.best
        for race, until in enumerate(_RACES_UNTIL):
            if race:
                start = search.start_from(self._zones(weeks, race))
            self._anneal(search, start, until, heat=1.0)
        self._anneal(search, search.best, _COOL_UNTIL, heat=0.4)
        self._exchange(weeks, search)
        self._anneal(search, search.best, 1.0, heat=0.2)

    def _zones(self, weeks: Weeks, race: int) -> Choice:
        phase = Phase.SEARCH if race else Phase.ASSIGN
        return assign_zones(
            weeks,
            seed=weeks.problem.seed + race,
            effort=self._budget.effort(_ZONES_EFFORT),
            check=lambda share: self._tell(phase, self._budget.used() if race else share),
        )

    def _anneal(self, search: Search, start: Found, until: float, *, heat: float) -> None:
        budget = self._budget
        begin = budget.used()

        def share() -> float:
            budget.step(search.best.travel_s)
            used = budget.used()
            return 1.0 if used >= until else (used - begin) / (until - begin)

        def check() -> None:
            self._best_s = search.best.travel_s
            self._tell(Phase.SEARCH, budget.used())

        search.anneal(start, heat=heat, progress=share, check=check)

    def _exchange(self, weeks: Weeks, search: Search) -> None:
        """Let CP-SAT change some accounts at once, with the costs of the tours as they are."""
        visits = sum(len(route) for route in search.best.routes)
        evenness = Evenness(search.best.travel_s / max(visits, 1), self._problem.balance_percent)
        choice = assign(
            weeks,
            search.costs(),
            evenness,
            before=search.best.choice,
            trust=_TRUST,
            effort=self._budget.effort(_TRUST_EFFORT),
        )
        if choice is not None:
            search.try_choice(choice)

    def _plan(
        self, weeks: Weeks, found: Found, effort: Effort, *, is_final: bool = False
    ) -> CoveragePlan:
        phase = Phase.ROUTES if is_final else Phase.FIRST_ROUTES
        routed = Routed(weeks, effort)
        plans = routed.plans(found.choice, found.routes, lambda share: self._tell(phase, share))
        choice = routed.repair(found.choice, plans, lambda share: self._tell(phase, share))
        return _coverage_plan(weeks, choice, plans, has_bound=is_final)

    def _tell(self, phase: Phase, share: float, plan: CoveragePlan | None = None) -> None:
        travel_s = plan.travel_s if plan else self._best_s
        self._progress(Step(phase=phase, share=min(share, 1.0), travel_s=travel_s, plan=plan))


def _coverage_plan(
    weeks: Weeks, choice: list[int], plans: list[DayPlan], *, has_bound: bool
) -> CoveragePlan:
    problem = weeks.problem
    loads = np.array(
        [plan.travel_s + sum(stop.leave_s - stop.start_s for stop in plan.stops) for plan in plans],
        dtype=np.int64,
    )
    shares = np.floor(weeks.shares(loads)).astype(np.int64)
    days = [
        PlannedDay(
            day=one.day, on=problem.on(one.day), load_s=int(load), share_s=int(share), plan=plan
        )
        for one, plan, load, share in zip(weeks.days, plans, loads, shares, strict=True)
    ]
    spread, note = _spread(weeks, days)
    travel_s = sum(plan.travel_s for plan in plans)
    return CoveragePlan(
        days=tuple(days),
        unplaced=tuple(weeks.unplaced),
        dropped=tuple(_dropped(weeks, choice, days)),
        changed=tuple(account.key for account in weeks.changed(choice)),
        travel_s=travel_s,
        distance_m=sum(plan.distance_m for plan in plans),
        spread_percent=spread,
        balance_note=note,
        bound_s=travel_bound(weeks, days) if has_bound else 0,
        engine=ENGINE,
        seed=problem.seed,
        is_estimate=problem.is_estimate,
    )


def _spread(weeks: Weeks, days: list[PlannedDay]) -> tuple[float, str | None]:
    even = [day for day in days if day.share_s]
    if not even:
        return 0.0, None
    worst = max(even, key=lambda day: abs(day.load_s / day.share_s - 1))
    percent = round(abs(100 * worst.load_s / worst.share_s - 100), 1)
    asked = weeks.problem.balance_percent
    if percent <= asked:
        return percent, None
    more = "more" if worst.load_s > worst.share_s else "less"
    return percent, (
        f"Days that differ by {asked} % at most were not found: {worst.on} has {percent} % {more} "
        "work than its share. Fewer fixed weekdays, or other days of work, leave more choice."
    )


def _dropped(weeks: Weeks, choice: list[int], days: list[PlannedDay]) -> list[DroppedVisit]:
    dropped = [
        DroppedVisit(
            key=account.key,
            week=week,
            day=None,
            rule=Rule.NO_DAY_IN_WEEK,
            detail=f"{account.name} has too few possible days in the week of "
            f"{weeks.problem.on(WEEK * week)}; a visit is left out.",
        )
        for account, patterns, pattern in zip(weeks.accounts, weeks.patterns, choice, strict=True)
        for week in patterns[pattern].dropped
    ]
    dropped += [
        DroppedVisit(
            key=one.key,
            week=day.day // WEEK,
            day=day.day,
            rule=Rule.DAY_IS_FULL,
            detail=f"On {day.on}, {one.detail}",
        )
        for day in days
        for one in day.plan.dropped
    ]
    return dropped
