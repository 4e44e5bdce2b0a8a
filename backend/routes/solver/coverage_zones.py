"""The first assignment: a centre for every day, the nearest accounts to it, and centres anew."""

import math
from collections.abc import Callable

import numpy as np

from backend.accounts.frequency import CYCLE_WEEKS
from backend.routes.coverage.account import WEEK
from backend.routes.solver.coverage_assign import Costs, Evenness, assign
from backend.routes.solver.coverage_weeks import Choice, Vector, Weeks

_ROUNDS = 2
_WIDER = (0.8, 1.0, 1.5, 2.5, 5.0, math.inf)
"""Loads are kept as even as was asked, with some reserve; then wider and wider, or as they come."""


def assign_zones(
    weeks: Weeks, *, seed: int, effort: float, check: Callable[[float], None]
) -> Choice:
    """Return a choice of patterns whose days are compact and as even as can be.

    Another seed draws other zones.
    `check` is told the share that is done, after each round. Effort is CP-SAT's deterministic time.
    """
    near = (weeks.leg_s + weeks.leg_s.T) // 2
    centres = _first_centres(weeks, near, seed)
    best: tuple[float, Choice] | None = None
    choice: Choice | None = None
    width = 0
    for number in range(_ROUNDS):
        costs = near[: len(weeks.accounts)][:, centres].astype(np.float64)
        found: Choice | None = None
        while found is None and width < len(_WIDER):
            percent = weeks.problem.balance_percent * _WIDER[width]
            evenness = Evenness(_visit_way_s(weeks, near), percent)
            found = assign(weeks, costs, evenness, before=choice, effort=effort / _ROUNDS)
            width += found is None
        choice = found or _nearest(weeks, costs)
        cost = _cost(weeks, costs, choice)
        if best is None or cost < best[0]:
            best = (cost, choice)
        check((number + 1) / _ROUNDS)
        moved = _centres(weeks, near, choice, centres)
        if moved == centres:
            break
        centres = moved
    return best[1] if best else []


def _nearest(weeks: Weeks, costs: Costs) -> Choice:
    """Return what there is without CP-SAT: the earlier days where few may change, or near ones."""
    is_tied = weeks.problem.max_changes is not None
    return [
        known if is_tied and known is not None else int((has @ costs[account]).argmin())
        for account, (known, has) in enumerate(zip(weeks.previous, weeks.has_visit, strict=True))
    ]


def _cost(weeks: Weeks, costs: Costs, choice: Choice) -> float:
    return sum(
        float(weeks.has_visit[account][pattern] @ costs[account])
        for account, pattern in enumerate(choice)
    )


def _visit_way_s(weeks: Weeks, near: Vector) -> float:
    """Return the travel that a visit is likely to bring: to its third nearest neighbour."""
    count = len(weeks.accounts)
    others = np.sort(near[:count, :count], axis=1)
    return float(np.median(others[:, min(3, count - 1)])) if count else 0.0


def _first_centres(weeks: Weeks, near: Vector, seed: int) -> list[int]:
    """Return an account for each day: zones for weekdays, in each of them one for each week."""
    accounts = list(range(len(weeks.accounts)))
    weekdays = sorted({one.day % WEEK for one in weeks.days})
    zones = _cluster(near, accounts, len(weekdays), seed)
    rare = [one for one in accounts if weeks.accounts[one].frequency.every_weeks > 1]
    parts = [
        _cluster(near, [one for one in zone if one in set(rare)] or zone, CYCLE_WEEKS, number)
        for number, zone in enumerate(zones)
    ]
    centres = []
    for one in weeks.days:
        part = parts[weekdays.index(one.day % WEEK) % len(parts)]
        members = part[(one.day // WEEK + weeks.problem.cycle_week) % len(part)]
        centres.append(_medoid(near, members))
    return centres


def _cluster(near: Vector, members: list[int], count: int, seed: int) -> list[list[int]]:
    """Part accounts into up to `count` groups around their most central ones."""
    count = min(count, len(members))
    rng = np.random.default_rng(seed)
    medoids = [members[int(rng.integers(len(members)))]]
    while len(medoids) < count:
        apart = near[members][:, medoids].min(axis=1).astype(np.float64)
        weights = apart / apart.sum() if apart.sum() > 0 else None
        medoids.append(members[int(rng.choice(len(members), p=weights))])
    groups: list[list[int]] = []
    for _ in range(20):
        nearest = near[members][:, medoids].argmin(axis=1)
        groups = [
            [one for one, group in zip(members, nearest, strict=True) if group == number]
            for number in range(count)
        ]
        groups = [group for group in groups if group]
        moved = [_medoid(near, group) for group in groups]
        if moved == medoids:
            break
        medoids, count = moved, len(moved)
    return groups


def _medoid(near: Vector, members: list[int]) -> int:
    return members[int(near[np.ix_(members, members)].sum(axis=1).argmin())]


def _centres(weeks: Weeks, near: Vector, choice: Choice, before: list[int]) -> list[int]:
    return [
        _medoid(near, members) if members else centre
        for members, centre in zip(weeks.accounts_on(choice), before, strict=True)
    ]
