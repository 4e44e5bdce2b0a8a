"""A travel time that no plan of the weeks can go below: a linear relaxation with cuts.

All days' tours together leave and reach each account once a visit. What lies in a cluster is
reached on at least as many days as its most frequent account has visits, and as its work needs.
The clusters are those of a single-linkage tree. The bound holds whatever the solver answers: it is
computed from the duals alone, missing ways priced at their reduced cost.
"""

import msgspec
import numpy as np
import numpy.typing as npt
from ortools.linear_solver import pywraplp

from backend.routes.coverage.plan import PlannedDay
from backend.routes.solver.coverage_weeks import Weeks

type Floats = npt.NDArray[np.float64]

_NEAREST = 12
"""Ways of each account in the linear program; the others are priced by its duals."""

_MAX_ROUNDS = 12
_SLACK = 1e-6


def travel_bound(weeks: Weeks, days: list[PlannedDay]) -> int:
    """Return a lower bound in seconds for plans with these days' visits that are as even."""
    counts = _fewest_visits(weeks, days)
    kept = [account for account, count in enumerate(counts) if count]
    if not kept:
        return 0
    flow = _Flow(weeks, kept, [counts[account] for account in kept], _most_s(weeks, days))
    return min(max(flow.bound(), 0), sum(day.plan.travel_s for day in days))


def _fewest_visits(weeks: Weeks, days: list[PlannedDay]) -> list[int]:
    planned = {account.key: 0 for account in weeks.accounts}
    for day in days:
        for stop in day.plan.stops:
            planned[stop.key] += 1
    return [
        min(planned[account.key], *(len(one) for one in visits))
        for account, visits in zip(weeks.accounts, weeks.visits, strict=True)
    ]


def _most_s(weeks: Weeks, days: list[PlannedDay]) -> int:
    """Return the longest that a day can be in a plan with no more travel and no more unevenness."""
    room_s = int(weeks.must_hold_s.max())
    asked = weeks.problem.balance_percent
    uneven = max(abs(100 * day.load_s / max(day.share_s, 1) - 100) for day in days)
    visits = [max(len(one) for one in patterns) for patterns in weeks.visits]
    work_s = int((np.array(visits) * weeks.service_s + np.maximum(weeks.first_extra_s, 0)).sum())
    whole_s = work_s + sum(day.plan.travel_s for day in days)
    longest_s = whole_s * room_s / int(weeks.must_hold_s.sum())
    return min(room_s, int(longest_s * (1 + max(asked, uneven) / 100)) + 1)


class _Flow:
    """The linear program: how often each way is used in all the weeks.

    Places are the accounts that count, then one for the days' start and end.
    """

    def __init__(self, weeks: Weeks, kept: list[int], counts: list[int], most_s: int) -> None:
        self.home = len(kept)
        self.counts = np.array(counts, dtype=np.int64)
        self.days = len(weeks.days)
        self.leg_s = np.zeros((self.home + 1, self.home + 1))
        self.leg_s[:-1, :-1] = weeks.leg_s[np.ix_(kept, kept)]
        self.leg_s[-1, :-1] = weeks.leg_s[weeks.start, kept]
        self.leg_s[:-1, -1] = weeks.leg_s[kept, weeks.end]
        self.limit = np.full_like(self.leg_s, float(self.counts.max()))
        self.limit[:-1, :-1] = np.minimum(self.counts[:, None], self.counts[None, :])
        self.limit[-1, :-1] = self.limit[:-1, -1] = self.counts
        np.fill_diagonal(self.limit, 0.0)
        # The visit that a day had no room for may be the first one, where that is longer.
        shorter_s = np.minimum(weeks.first_extra_s[kept], 0)
        self._work_s = self.counts * weeks.service_s[kept] + shorter_s
        self._most_s = most_s
        self._cuts: dict[frozenset[int], int] = {}
        self._inside = np.zeros((0, self.home + 1), dtype=bool)

    def bound(self) -> int:
        """Solve, cut and price until nothing changes; return the best bound met."""
        clusters = [(one, self._entries(one)) for one in _clusters(self.leg_s[:-1, :-1])]
        self._add_cuts(clusters)
        arcs = self._near_arcs()
        best = 0.0
        for _ in range(_MAX_ROUNDS):
            answer = _solve(self, arcs)
            if answer is None:
                break
            flows, duals = answer
            reduced = self._reduced(duals)
            best = max(best, self._value(duals, reduced))
            pairs = self._violated_pairs(arcs, flows)
            missing = [(int(i), int(j)) for i, j in np.argwhere(reduced < -_SLACK)]
            fresh = [arc for arc in missing if arc not in arcs]
            if not pairs and not fresh:
                break
            self._add_cuts(pairs)
            arcs |= dict.fromkeys(fresh)
        return int(best + _SLACK)

    @property
    def least_days(self) -> int:
        """Return on how many days somebody must be visited."""
        return min(self._entries(frozenset(range(self.home))), self.days)

    @property
    def cuts(self) -> list[tuple[frozenset[int], int]]:
        """Return clusters with the number of times that they are entered at least."""
        return list(self._cuts.items())

    def _entries(self, cluster: frozenset[int]) -> int:
        members = list(cluster)
        way_s = self.leg_s[-1, members].min() + self.leg_s[members, -1].min()
        room_s = max(self._most_s - way_s, 1.0)
        return max(
            int(self.counts[members].max()),
            int(np.ceil(self._work_s[members].sum() / room_s - _SLACK)),
        )

    def _add_cuts(self, cuts: list[tuple[frozenset[int], int]]) -> None:
        self._cuts |= dict(cuts)
        self._inside = np.zeros((len(self._cuts), self.home + 1), dtype=bool)
        for row, cluster in enumerate(self._cuts):
            self._inside[row, list(cluster)] = True

    def _near_arcs(self) -> dict[tuple[int, int], None]:
        """Return the ways to begin with, in a fixed order."""
        arcs: dict[tuple[int, int], None] = {}
        for place in range(self.home):
            legs = np.where(np.arange(self.home + 1) == place, np.inf, self.leg_s[place])
            for other in np.argsort(legs, kind="stable")[:_NEAREST].tolist():
                if other != place:
                    arcs[place, other] = arcs[other, place] = None
            arcs[place, self.home] = arcs[self.home, place] = None
        return arcs

    def _reduced(self, duals: "_Duals") -> Floats:
        """Return each way's cost less what the duals pay for it."""
        reduced = self.leg_s - duals.leave[:, None] - duals.reach[None, :]
        for weight, inside in zip(duals.cuts, self._inside, strict=True):
            if weight > 0:
                reduced -= weight * np.outer(~inside, inside)
        np.fill_diagonal(reduced, 0.0)
        return reduced

    def _value(self, duals: "_Duals", reduced: Floats) -> float:
        """Return the bound that the duals prove, whether or not they are the best."""
        fixed = (duals.leave[:-1] + duals.reach[:-1]) @ self.counts
        entries = duals.cuts @ np.array(list(self._cuts.values()), dtype=np.float64)
        a_day = duals.leave[-1] + duals.reach[-1]
        days = min(a_day * self.least_days, a_day * self.days)
        return float(fixed + entries + days + (self.limit * np.minimum(reduced, 0.0)).sum())

    def _violated_pairs(
        self, arcs: dict[tuple[int, int], None], flows: Floats
    ) -> list[tuple[frozenset[int], int]]:
        """Return pairs of accounts that are used as a round trip of their own."""
        used = dict(zip(arcs, flows.tolist(), strict=True))
        found = []
        for (one, other), flow in used.items():
            if one < other < self.home:
                both = flow + used.get((other, one), 0.0)
                if both > min(self.counts[one], self.counts[other]) + _SLACK:
                    pair = frozenset((one, other))
                    found.append((pair, self._entries(pair)))
        return [cut for cut in found if cut[0] not in self._cuts]


class _Duals(msgspec.Struct, frozen=True):
    """What the program pays for leaving and reaching a place once less, and for its cuts."""

    leave: Floats
    reach: Floats
    cuts: Floats


def _solve(flow: _Flow, arcs: dict[tuple[int, int], None]) -> tuple[Floats, _Duals] | None:
    """Return the use of each way and the duals."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    places = range(flow.home + 1)
    least, most = flow.least_days, flow.days
    counts = flow.counts.tolist()
    leave = [solver.Constraint(one, one) for one in counts] + [solver.Constraint(0, 0)]
    reach = [solver.Constraint(one, one) for one in counts] + [solver.Constraint(0, 0)]
    days = solver.NumVar(least, most, "")
    leave[-1].SetCoefficient(days, -1)
    reach[-1].SetCoefficient(days, -1)
    cuts = [
        (cluster, solver.Constraint(least_in, most * flow.home)) for cluster, least_in in flow.cuts
    ]
    containing = [[cut for cut in cuts if place in cut[0]] for place in places]
    variables = []
    for origin, target in arcs:
        way = solver.NumVar(0, float(flow.limit[origin, target]), "")
        variables.append(way)
        solver.Objective().SetCoefficient(way, float(flow.leg_s[origin, target]))
        leave[origin].SetCoefficient(way, 1)
        reach[target].SetCoefficient(way, 1)
        for cluster, entered in containing[target]:
            if origin not in cluster:
                entered.SetCoefficient(way, 1)
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return None
    duals = _Duals(
        leave=np.array([one.dual_value() for one in leave]),
        reach=np.array([one.dual_value() for one in reach]),
        cuts=np.array([max(one.dual_value(), 0.0) for _, one in cuts]),
    )
    return np.array([one.solution_value() for one in variables]), duals


def _clusters(leg_s: Floats) -> list[frozenset[int]]:
    """Return the clusters in which a single-linkage tree joins the accounts, one by one."""
    count = len(leg_s)
    near = np.minimum(leg_s, leg_s.T)
    first, second = np.triu_indices(count, 1)
    owner = [frozenset((one,)) for one in range(count)]
    found = []
    for edge in np.argsort(near[first, second], kind="stable").tolist():
        one, other = owner[first[edge]], owner[second[edge]]
        if one != other:
            joined = one | other
            found.append(joined)
            for member in joined:
                owner[member] = joined
    return found
