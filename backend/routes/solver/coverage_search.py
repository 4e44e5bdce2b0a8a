"""Local search over all weeks: an account at a time chooses its days anew, by their true costs.

One look prices every pattern of an account with exact insertions and removals. The choice is
random with a temperature: the cheaper, the likelier, and in the end the cheapest. What makes days
uneven is paid for, the dearer the later. After heat-bath (Gibbs) sampling and annealing.
"""

from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt

from backend.routes.solver.coverage_tours import Tours
from backend.routes.solver.coverage_weeks import Choice, Vector, Weeks

_BLOCK = 1024
"""Steps between two looks at temperature, loads and the caller."""

_RESERVE = 0.9
"""The part of the allowed unevenness that is used, since windows may still lengthen a day."""

_HOT, _COLD = 0.3, 0.03
"""First and last temperature, as parts of the travel that a visit brings on average."""

_FULL_PRICE = 4.0
"""Seconds paid for each second over a day's bounds in the end."""


class Found(msgspec.Struct, frozen=True):
    """A choice of patterns with the tours of its days; `price_s` is travel and what rules cost."""

    choice: Choice
    routes: list[list[int]]
    travel_s: int
    price_s: float


class Search:
    """A plan in work; `anneal` makes it better, `best` is the best seen."""

    def __init__(self, weeks: Weeks, choice: Choice) -> None:
        self.weeks = weeks
        self.tours = Tours(weeks)
        self.choice: Choice = []
        self._rng = np.random.default_rng(weeks.problem.seed)
        self._pattern_price = [weeks.pattern_price_s(one) for one in range(len(choice))]
        self._changed: set[int] = set()
        self._may_change = 0
        # An account with more visits has dearer moves: so all freeze at about the same time.
        visits = np.array([has[0].sum() for has in weeks.has_visit])
        self._weight = np.maximum(visits, 1.0)
        self._widest = max((len(patterns) for patterns in weeks.visits), default=1)
        self._service = np.zeros(len(weeks.days))
        self._low = self._high = np.zeros(len(weeks.days))
        self._full_price = 1.0
        self.best = self.start_from(choice)

    def start_from(self, choice: Choice) -> Found:
        """Return a plan of a choice of patterns, with tours that are built anew."""
        for day in range(len(self.weeks.days)):
            self.tours.set_route(day, [])
        self._take(choice)
        self._may_change = self._most_changes()
        self._build()
        self._bound_loads()
        return self._snapshot()

    def anneal(
        self,
        start: Found,
        *,
        heat: float,
        progress: Callable[[], float],
        check: Callable[[], None],
    ) -> None:
        """Search from a plan until `progress`, which is called before each step, gives 1.

        `heat` scales the temperature at the beginning. `check` is called now and then.
        """
        if not self.choice:
            return
        self.restore(start)
        way_s = max(self.tours.travel_s.sum() / max(self._visits(), 1), 1.0)
        share = progress()
        while share < 1:
            check()
            warmth = _HOT * heat * way_s * (_COLD / (_HOT * heat)) ** share
            self._full_price = 1.0 + (_FULL_PRICE - 1.0) * share
            self._bound_loads()
            noise = warmth * self._rng.gumbel(size=(_BLOCK, self._widest))
            order = self._rng.integers(len(self.choice), size=_BLOCK)
            for account, row in zip(order.tolist(), noise, strict=True):
                share = progress()
                if share >= 1:
                    break
                self._choose(account, row * self._weight[account])
            self._straighten()
            self._keep_best()
        self.restore(self.best)

    def costs(self) -> npt.NDArray[np.float64]:
        """Return what each account costs on each day as the tours are: exact for one change."""
        costs = np.empty((len(self.choice), len(self.weeks.days)))
        for account, pattern in enumerate(self.choice):
            costs[account] = self.tours.insertion(account)[0]
            for day in self.weeks.visits[account][pattern]:
                costs[account, day] = self.tours.saving(day, account)
        return costs

    def restore(self, found: Found) -> None:
        """Go on from a plan."""
        self._take(found.choice)
        for day, route in enumerate(found.routes):
            self.tours.set_route(day, route)
        self._measure_service()
        self._bound_loads()

    def try_choice(self, choice: Choice) -> bool:
        """Change to another choice of patterns if that is better; return whether it was."""
        before = self._snapshot()
        for account, pattern in enumerate(choice):
            if pattern != self.choice[account]:
                self._move(account, pattern, self.tours.insertion(account)[1], {})
        self._straighten()
        after = self._snapshot()
        if after.price_s < before.price_s:
            self._keep_best()
            return True
        self.restore(before)
        return False

    def loads(self) -> npt.NDArray[np.float64]:
        """Return each day's service and travel."""
        loads: npt.NDArray[np.float64] = self._service + self.tours.travel_s
        return loads

    def _build(self) -> None:
        """Insert all visits, the far accounts first, each at its cheapest gap."""
        far = self.weeks.leg_s[self.weeks.start, : len(self.choice)]
        for account in np.argsort(-far, kind="stable").tolist():
            gaps = self.tours.insertion(account)[1]
            for day in self.weeks.visits[account][self.choice[account]]:
                self.tours.insert(day, account, int(gaps[day]))
        self._measure_service()
        self._straighten()

    def _choose(self, account: int, noise: npt.NDArray[np.float64]) -> None:
        weeks, tours = self.weeks, self.tours
        known = self.choice[account]
        extra, gaps = tours.insertion(account)
        cost = extra.astype(np.float64)
        service_s = weeks.service_s[account]
        without = self.loads()
        elsewhere: dict[int, int] = {}
        if account in weeks.has_first:
            without[list(weeks.visits[account][known][:1])] -= weeks.first_extra_s[account]
        for day in weeks.visits[account][known]:
            saved_s = tours.saving(day, account)
            without[day] -= service_s + saved_s
            if cost[day] < saved_s:
                elsewhere[day] = int(gaps[day])
            else:
                cost[day] = saved_s
        usual = without + service_s + cost
        cost += self._full_price * (self._excess(usual) - self._excess(without))
        prices = weeks.has_visit[account] @ cost
        prices += self._pattern_price[account]
        if account in weeks.has_first:
            prices += self._first_price_s(account, usual)
        if not self._is_free(account):
            prices[[one for one in range(len(prices)) if self._is_changed(account, one)]] = np.inf
        pattern = int((prices - noise[: len(prices)]).argmin())
        if pattern != known or elsewhere:
            self._move(account, pattern, gaps, elsewhere)

    def _first_price_s(
        self, account: int, usual: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Return what each pattern pays for the unevenness that its first visit's length brings.

        `usual` are the loads of days on which the account has a visit as long as its others.
        """
        more = self._excess(usual + self.weeks.first_extra_s[account]) - self._excess(usual)
        prices: npt.NDArray[np.float64] = self._full_price * (self.weeks.has_first[account] @ more)
        return prices

    def _move(self, account: int, pattern: int, gaps: Vector, elsewhere: dict[int, int]) -> None:
        weeks = self.weeks
        old = weeks.visits[account][self.choice[account]]
        new = weeks.visits[account][pattern]
        for day in old:
            if day not in new:
                self.tours.remove(day, account)
                self._service[day] -= weeks.service_s[account]
            elif day in elsewhere:
                self.tours.relocate(day, account, elsewhere[day])
        for day in new:
            if day not in old:
                self.tours.insert(day, account, int(gaps[day]))
                self._service[day] += weeks.service_s[account]
        extra_s = weeks.first_extra_s[account]
        self._service[list(old[:1])] -= extra_s
        self._service[list(new[:1])] += extra_s
        self.choice[account] = pattern
        if self._is_changed(account, pattern):
            self._changed.add(account)
        else:
            self._changed.discard(account)

    def _take(self, choice: Choice) -> None:
        self.choice = list(choice)
        self._changed = {
            one for one, pattern in enumerate(choice) if self._is_changed(one, pattern)
        }

    def _is_changed(self, account: int, pattern: int) -> bool:
        has_earlier = self.weeks.accounts[account].previous_days is not None
        return has_earlier and pattern != self.weeks.previous[account]

    def _is_free(self, account: int) -> bool:
        """Return whether an account may get other days than before, or has done so already."""
        return len(self._changed) < self._may_change or account in self._changed

    def _most_changes(self) -> int:
        most = self.weeks.max_changes()
        # A start that has more changes than it may is no reason to make still more.
        return len(self.choice) + 1 if most is None else max(most, len(self._changed))

    def _excess(self, loads: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        over = np.maximum(loads - self._high, 0.0)
        over += np.maximum(self._low - loads, 0.0)
        return over

    def _bound_loads(self) -> None:
        weeks = self.weeks
        shares = weeks.shares(self.loads())
        part = _RESERVE * weeks.problem.balance_percent / 100
        self._low = shares * (1 - part)
        room = weeks.must_hold_s.astype(np.float64)
        self._high = np.minimum(shares * (1 + part), room)

    def _straighten(self) -> None:
        for day in range(len(self.weeks.days)):
            self.tours.straighten(day)

    def _measure_service(self) -> None:
        weeks = self.weeks
        members_on, firsts_on = weeks.accounts_on(self.choice), weeks.firsts_on(self.choice)
        for day, (members, firsts) in enumerate(zip(members_on, firsts_on, strict=True)):
            extra_s = weeks.first_extra_s[list(firsts)].sum()
            self._service[day] = weeks.service_s[members].sum() + extra_s

    def _visits(self) -> int:
        return sum(len(route) for route in self.tours.routes)

    def _snapshot(self) -> Found:
        travel_s = self.tours.travel_s.sum()
        changes = sum(
            prices[pattern]
            for prices, pattern in zip(self._pattern_price, self.choice, strict=True)
        )
        excess = self._excess(self.loads()).sum()
        return Found(
            choice=list(self.choice),
            routes=[list(route) for route in self.tours.routes],
            travel_s=int(travel_s),
            price_s=float(travel_s + changes + _FULL_PRICE * excess),
        )

    def _keep_best(self) -> None:
        now = self._snapshot()
        if now.price_s < self.best.price_s:
            self.best = now
