"""Several reps' day: PyVRP deals out the visits, then everybody's day is planned like any other."""

from typing import Any, cast

import msgspec
import numpy as np
from pyvrp import Client, ClientGroup, Depot, Location, ProblemData, Solution, VehicleType

from backend.routes.day.problem import Matrix
from backend.routes.day.windows import start_ranges
from backend.routes.solver.budget import Patience
from backend.routes.solver.day import solve_day
from backend.routes.solver.search import search
from backend.routes.team.plan import MemberDay, TeamPlan
from backend.routes.team.problem import Member, TeamProblem, day_of, home_of

_MOST_ITERATIONS = 4000
_SECONDS_A_VISIT = 0.02
"""What the search takes about; partitions may take their share of it."""
_BALANCE_TRIES = 5
"""So often the limit of everybody's work is halved towards one that is just long enough."""

_NO_LIMIT = int(np.iinfo(np.int64).max)


def plan_team(problem: TeamProblem) -> TeamPlan:
    """Return everybody's day; the same for the same problem.

    A visit goes to another rep where that saves more travel than its price. What was begun stays.
    """
    dealt = _balanced(problem, _deal(problem, None)).to
    days = []
    for number, member in enumerate(problem.members):
        hand = [stop for stop, who in enumerate(dealt) if who == number]
        begun = member.begun.visits if member.begun else ()
        days.append(MemberDay(member.key, solve_day(day_of(problem, number, hand)), begun))
    forbidden = [problem.stops[stop].key for stop, who in enumerate(dealt) if who is None]
    return TeamPlan(tuple(days), tuple(forbidden))


def _balanced(problem: TeamProblem, dealt: "_Deal") -> "_Deal":
    """Return a deal in which nobody works much more than the mean, as far as it drops no more.

    Who has begun and is given nothing more works as long as that took: no deal changes it.
    """
    if problem.balance_percent is None:
        return dealt
    too_short_s, best = sum(dealt.work_s) // len(dealt.work_s), dealt
    for _ in range(_BALANCE_TRIES):
        works = zip(problem.members, best.work_s, strict=True)
        longest_s = max((work_s for one, work_s in works if work_s > one.worked_s), default=0)
        mean_s = sum(best.work_s) / len(best.work_s)
        if longest_s <= mean_s * (1 + problem.balance_percent / 100):
            break
        most_s = (too_short_s + longest_s) // 2
        fairer = _deal(problem, most_s)
        if fairer.dropped_s > dealt.dropped_s:
            too_short_s = most_s
        else:
            best = fairer
    return best


type _Dealt = list[int | None]
"""Who makes each visit or, where it fits into no day, should have; None where nobody may."""


class _Deal(msgspec.Struct, frozen=True):
    """Who makes which visit, how long everybody works, and what the dropped visits are worth."""

    to: _Dealt
    work_s: list[int]
    dropped_s: int


def _deal(problem: TeamProblem, most_s: int | None) -> _Deal:
    """Deal the visits out; with `most_s` nobody works longer, lunch not counted."""
    model = _Model(problem, most_s)
    if not model.clients:
        to = [home_of(problem, stop) for stop in range(len(problem.stops))]
        return _Deal(to, [one.worked_s for one in problem.members], 0)
    plan = search(
        model.state(),
        seed=problem.seed,
        budget=Patience(
            20 + 5 * len(model.clients),
            most=_MOST_ITERATIONS,
            seconds=_SECONDS_A_VISIT * len(model.clients),
        ),
    )
    return model.read(plan)


class _Model:
    """The team as PyVRP's problem: a vehicle and a profile for each rep."""

    def __init__(self, problem: TeamProblem, most_s: int | None) -> None:
        self._problem, self._most_s = problem, most_s
        self.clients: list[Client] = []
        self._stops: list[int] = []
        self._groups: list[ClientGroup] = []
        wishes_s = sum(stop.preference_s for stop in problem.stops)
        optional_s = sum(stop.value_s for stop in problem.stops if not stop.is_required)
        shifts_s = sum(one.shift_end_s - one.shift_start_s for one in problem.members)
        self._required_s = optional_s + wishes_s + shifts_s + 1
        for number in range(len(problem.stops)):
            self._add(number)

    def _add(self, number: int) -> None:
        stop = self._problem.stops[number]
        ranges = start_ranges(stop.windows, stop.service_s)
        if stop.node is None or not ranges or home_of(self._problem, number) is None:
            return
        group = len(self._groups) if len(ranges) > 1 else None
        if group is not None:
            members = range(len(self.clients), len(self.clients) + len(ranges))
            self._groups.append(ClientGroup(list(members), required=False))
        for first_s, last_s in ranges:
            self._stops.append(number)
            self.clients.append(
                Client(
                    stop.node,
                    service_duration=stop.service_s,
                    tw_early=first_s,
                    tw_late=last_s,
                    required=False,
                    prize=self._price_s(number),
                    group=group,
                )
            )

    def _price_s(self, number: int) -> int:
        """Return what it costs to leave a visit out: a required one outweighs all others."""
        stop = self._problem.stops[number]
        return self._required_s if stop.is_required else stop.value_s

    def state(self) -> ProblemData:
        """Return the problem."""
        problem = self._problem
        matrices = [self._matrices(member) for member in problem.members]
        depots = [
            Depot(place, tw_early=one.shift_start_s, tw_late=one.shift_end_s)
            for one in problem.members
            for place in (one.start, one.end)
        ]
        return ProblemData(
            locations=[Location(0, 0)] * len(problem.durations_s),
            clients=self.clients,
            depots=depots,
            vehicle_types=[self._vehicle(number) for number in range(len(problem.members))],
            distance_matrices=[paid for paid, _ in matrices],
            duration_matrices=[legs for _, legs in matrices],
            groups=self._groups,
        )

    def _vehicle(self, number: int) -> VehicleType:
        one = self._problem.members[number]
        longest_s = one.shift_end_s - one.shift_start_s - _lunch_s(one)
        if self._most_s is not None:
            longest_s = min(longest_s, self._most_s - one.worked_s)
        return VehicleType(
            start_depot=2 * number,
            end_depot=2 * number + 1,
            tw_early=one.shift_start_s,
            tw_late=one.shift_end_s,
            shift_duration=max(longest_s, 0),
            max_distance=self._most_paid_s(one),
            profile=number,
        )

    def _most_paid_s(self, member: Member) -> int:
        """Return what a rep's ways may cost, prices included, to stay within the day's limits.

        It is about who has room for a visit, with metres as fast as they are on the whole; the
        rep's own day is planned to the metre.
        """
        limits = [_NO_LIMIT]
        if member.travel_left_s is not None:
            limits.append(member.travel_left_s)
        all_s, all_m = _total(self._problem.durations_s), _total(self._problem.distances_m)
        if member.distance_left_m is not None and all_m:
            limits.append(member.distance_left_m * all_s // all_m)
        return min(limits)

    def _matrices(self, member: Member) -> tuple[Any, Any]:
        """Return what the rep's ways cost, prices included, and how long they take."""
        blocked_s = member.shift_end_s - member.shift_start_s + 1  # no shift has time for it
        legs = np.array(
            [
                [blocked_s if leg is None else leg for leg in row]
                for row in self._problem.durations_s
            ]
        )
        prices, closed = np.zeros(len(legs), dtype=np.int64), np.zeros(len(legs), dtype=bool)
        for stop, price in zip(self._problem.stops, member.prices_s, strict=True):
            if stop.node is not None:
                prices[stop.node], closed[stop.node] = price or 0, price is None
        legs = np.where(closed[None, :], blocked_s, legs)
        paid = legs + prices[None, :]
        for matrix in (legs, paid):
            np.fill_diagonal(matrix, 0)
        # PyVRP's stubs say ndarray[int] where they mean a matrix of integers.
        return cast("Any", paid), cast("Any", legs)

    def read(self, plan: Solution) -> _Deal:
        """Return who makes which visit; what is left out goes to whose it is."""
        to = [home_of(self._problem, stop) for stop in range(len(self._problem.stops))]
        work_s = [one.worked_s for one in self._problem.members]
        visited: set[int] = set()
        for route in plan.routes() if plan.is_feasible() else ():
            member = route.vehicle_type()
            work_s[member] += route.duration()
            for activity in route:
                if activity.is_client():
                    stop = self._stops[activity.idx]
                    visited.add(stop)
                    to[stop] = member
        left_out = set(self._stops) - visited
        return _Deal(to, work_s, sum(self._price_s(stop) for stop in left_out))


def _total(matrix: Matrix) -> int:
    return sum(leg or 0 for row in matrix for leg in row)


def _lunch_s(member: Member) -> int:
    """Return how much of a shift lunch takes that is not over before its time."""
    lunch = member.lunch
    if lunch is None or not member.shift_start_s <= lunch.latest_s < member.shift_end_s:
        return 0
    return lunch.duration_s
