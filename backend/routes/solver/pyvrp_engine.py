"""PyVRP as the engine of one rep's day.

A short day is searched as it stands, from the order that a plain descent ends at. A long one has
lunch at any of a hundred places and more candidates than it can visit, which makes the search slow:
there the first round leaves lunch out, and each further one looks only at lunch around noon, at
what is visited, and at what nearly is.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from backend.routes.day.improve import improve, make_possible
from backend.routes.day.reorder import settle
from backend.routes.day.schedule import find_lunch
from backend.routes.day.timetable import Timetable, slack_of
from backend.routes.solver.budget import Patience
from backend.routes.solver.pyvrp_day import DayModel
from backend.routes.solver.search import Phase, Tuning, search

_AROUND_NOON_S = 3600
"""Lunch may move to a visit that ends so long before or after its time."""


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """When to stop searching: counted, not timed, so that a busy machine gives the same answer."""

    short_day: int = 40
    """Up to so many candidates are searched as they stand."""
    no_improvement: int = 60
    """A short day is over after so many iterations without a better plan."""
    max_iterations: int = 20_000
    first_round: int = 50
    """As `no_improvement`, for a long day without its lunch, and then for each further round."""
    further_round: int = 200
    rounds: int = 3
    runners_up: int = 20
    """How many candidates that are not visited a round looks at."""


class Search:
    """One search for the order of a day; the same answer for the same arguments."""

    def __init__(
        self,
        table: Timetable,
        stops: Sequence[int],
        *,
        must_keep: bool,
        max_travel_s: int | None,
        effort: Effort,
    ) -> None:
        self._table = table
        self._stops = stops
        self._must_keep = must_keep
        self._max_travel_s = max_travel_s
        self._effort = effort

    def run(self) -> list[int] | None:
        """Return a good order of options of some or all of the stops, each possible alone.

        With `must_keep` the answer has every required stop, or is None when no such order was
        found. The day's own limits of travel are not looked at, only the one given here.
        """
        table, effort = self._table, self._effort
        if len(self._stops) <= effort.short_day:
            everywhere = [table.start, table.end, *table.options(self._stops)]
            return self._search(self._stops, everywhere, self._plain(), effort.no_improvement)
        order = self._search(self._stops, [], None, effort.first_round)
        if order is None:
            return None
        order = self._settle(order)
        for _ in range(effort.rounds):
            found = self._search(
                self._nearly_visited(order), self._around_noon(order), order, effort.further_round
            )
            better = order if found is None else self._settle(found)
            if table.cost(better) >= table.cost(order):
                break
            order = better
        return self._if_whole(order)

    def _plain(self) -> list[int] | None:
        """Return the order that single moves lead to, if it keeps what must be kept."""
        return self._if_whole(settle(self._table, self._table.nothing, self._stops))

    def _if_whole(self, order: list[int]) -> list[int] | None:
        """Return an order; None where it lacks a required stop and must keep them."""
        visited = {self._table.stop_of[option] for option in order}
        stops = self._table.problem.stops
        is_whole = all(stop in visited for stop in self._stops if stops[stop].is_required)
        return order if is_whole or not self._must_keep else None

    def _search(
        self, stops: Sequence[int], lunch_at: Sequence[int], begin: list[int] | None, patience: int
    ) -> list[int] | None:
        model = DayModel(
            self._table,
            stops,
            lunch_at=lunch_at,
            must_keep=self._must_keep,
            max_travel_s=self._max_travel_s,
        )
        plan = search(
            model.data,
            seed=self._table.problem.seed,
            budget=Patience(patience, most=self._effort.max_iterations),
            start=None if begin is None else model.plan_of(begin),
            tuning=_TUNING,
        )
        return model.order_of(plan) if plan.is_feasible() else None

    def _settle(self, order: list[int]) -> list[int]:
        return improve(self._table, make_possible(self._table, order), self._stops)

    def _nearly_visited(self, order: Sequence[int]) -> list[int]:
        """Return what is visited and, of the rest, what would add least for its worth."""
        table = self._table
        visited = {table.stop_of[option] for option in order}
        legs = list(pairwise([table.start, *order, table.end]))

        def dearness(stop: int) -> int:
            detour_s = min(
                table.leg_s[one][stop] + table.leg_s[stop][two] - table.leg_s[one][two]
                for one, two in legs
            )
            return detour_s - table.price_s[stop]

        rest = sorted((stop for stop in self._stops if stop not in visited), key=dearness)
        return sorted([*visited & set(self._stops), *rest[: self._effort.runners_up]])

    def _around_noon(self, order: Sequence[int]) -> list[int]:
        """Return where lunch may be: at the visits that end about its time."""
        table, lunch = self._table, self._table.lunch
        if lunch is None:
            return []
        first_s, last_s = lunch.earliest_s - _AROUND_NOON_S, lunch.latest_s + _AROUND_NOON_S
        places = [table.start, *order]
        ends = [hungry_s for hungry_s, _ in slack_of(table, order).leave]
        near = {
            place for place, end_s in zip(places, ends, strict=True) if first_s <= end_s <= last_s
        }
        now = find_lunch(table, order)
        if now is not None:
            near.add(places[now.visits_before + now.on_arrival])
        return sorted(near) or [table.start]


_TUNING = Tuning(phases=(Phase(until=1.0, neighbours=30),), perturbations=20)
