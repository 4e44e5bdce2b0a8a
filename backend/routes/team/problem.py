"""Several reps' day as one problem: shared visits, and who may make which at what price."""

from collections.abc import Sequence

import msgspec

from backend.routes.day.problem import DayProblem, Lunch, Matrix, ProblemError, Stop

MAX_MEMBERS = 40
"""More reps than any manager plans at once; a team with more is a mistake of the caller."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One rep of the team; `start` and `end` are rows of the matrices.

    `prices_s` has for every stop what it costs, in seconds of travel, that this rep makes the
    visit instead of the one whose account it is: 0 for own ones, None where the rep may not.
    """

    key: str
    start: int
    end: int
    shift_start_s: int
    shift_end_s: int
    lunch: Lunch | None
    prices_s: tuple[int | None, ...]
    label: str = ""


class TeamProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A team's day; raises ProblemError when it contradicts itself.

    Every stop that has a street has a row of the matrices to itself.

    With `balance_percent` nobody works longer than the team's mean by more than that, as long as
    this drops no visit that fits otherwise.
    """

    stops: tuple[Stop, ...]
    members: tuple[Member, ...]
    durations_s: Matrix
    distances_m: Matrix
    balance_percent: int | None = None
    is_estimate: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        if not 1 <= len(self.members) <= MAX_MEMBERS:
            raise ProblemError(f"A team has 1 to {MAX_MEMBERS} reps.", field="members")
        if len({one.key for one in self.members}) < len(self.members):
            raise ProblemError("A rep is in the team twice.", field="members")
        for one in self.members:
            if len(one.prices_s) != len(self.stops):
                raise ProblemError("Every stop has a price for every rep.", field="prices_s")
        nodes = [stop.node for stop in self.stops if stop.node is not None]
        nodes += {place for one in self.members for place in (one.start, one.end)}
        if len(set(nodes)) < len(nodes):
            raise ProblemError("Two places have one row of the matrices.", field="stops")
        for number in range(len(self.members)):
            day_of(self, number, ())


def day_of(problem: TeamProblem, member: int, stops: Sequence[int]) -> DayProblem:
    """Return one rep's day with some of the stops, and of the matrices what it needs.

    Raises ProblemError where the day contradicts itself.
    """
    one = problem.members[member]
    chosen = [problem.stops[stop] for stop in stops]
    rows = [one.start, one.end, *(stop.node for stop in chosen if stop.node is not None)]
    if not all(0 <= row < len(problem.durations_s) for row in rows):
        raise ProblemError("A place of the day has no row in the matrices.", field="members")
    row_of = {row: number for number, row in reversed([*enumerate(rows)])}
    return DayProblem(
        stops=tuple(
            stop if stop.node is None else msgspec.structs.replace(stop, node=row_of[stop.node])
            for stop in chosen
        ),
        start=0,
        end=1,
        durations_s=_part(problem.durations_s, rows),
        distances_m=_part(problem.distances_m, rows),
        shift_start_s=one.shift_start_s,
        shift_end_s=one.shift_end_s,
        lunch=one.lunch,
        is_estimate=problem.is_estimate,
        seed=problem.seed,
    )


def _part(matrix: Matrix, rows: Sequence[int]) -> Matrix:
    return tuple(tuple(matrix[row][column] for column in rows) for row in rows)


def home_of(problem: TeamProblem, stop: int) -> int | None:
    """Return who of the team makes a visit at the lowest price; None when nobody may."""
    prices = [
        (price, number)
        for number, one in enumerate(problem.members)
        if (price := one.prices_s[stop]) is not None
    ]
    return min(prices)[1] if prices else None
