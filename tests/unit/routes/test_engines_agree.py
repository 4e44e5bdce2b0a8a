"""PyVRP and CP-SAT order the same small days: two engines, one optimum."""

import random

import pytest

from backend.routes.day.check import check_plan
from backend.routes.day.plan import Optimality
from backend.routes.day.problem import DayProblem, Lunch
from backend.routes.solver.day import solve_day
from tests.unit.routes.days import HOUR, MINUTE, OPEN_ALL_DAY, between, visit

LUNCH = Lunch(earliest_s=11 * HOUR, latest_s=14 * HOUR, duration_s=45 * MINUTE)
HOURS = (OPEN_ALL_DAY, OPEN_ALL_DAY, between(8, 12, 14, 18), between(9, 11.5), between(13, 16))


def town_day(seed: int, count: int) -> DayProblem:
    """Return a day in a town of 20 by 20 minutes that some of the visits do not fit into."""
    dice = random.Random(seed)
    places = [(dice.randrange(1200), dice.randrange(1200)) for _ in range(count + 1)]
    legs = tuple(
        tuple(abs(x - other_x) + abs(y - other_y) for other_x, other_y in places) for x, y in places
    )
    stops = tuple(
        visit(
            f"s{number}",
            number,
            minutes=dice.randrange(20, 110),
            windows=dice.choice(HOURS),
            is_required=dice.random() < 0.2,
            value_minutes=dice.choice([10, 30, 60]),
        )
        for number in range(1, count + 1)
    )
    return DayProblem(
        stops=stops,
        start=0,
        end=0,
        durations_s=legs,
        distances_m=legs,
        shift_start_s=8 * HOUR,
        shift_end_s=16 * HOUR,
        lunch=LUNCH if seed % 3 else None,
    )


@pytest.mark.parametrize("seed", range(24))
def test_what_pyvrp_finds_is_what_cp_sat_proves(seed: int) -> None:
    day = town_day(seed, count=4 + seed % 5)

    found = solve_day(day, prove_up_to=0, bound_effort=0)
    proven = solve_day(day, prove_up_to=8, proof_effort=30.0)

    assert check_plan(day, found) == check_plan(day, proven) == []
    assert found.optimality is Optimality.HEURISTIC
    assert proven.optimality is Optimality.PROVEN
    assert found.objective == proven.objective == proven.bound
