"""Several reps' day as one problem: shared visits, and who may make which at what price."""

from collections.abc import Sequence

import msgspec

from backend.routes.day.problem import DayProblem, Lunch, Matrix, ProblemError, Stop, limit_left

MAX_MEMBERS = 40
"""More reps than any manager plans at once; a team with more is a mistake of the caller."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that a rep has made or has in hand; times are those of its plan."""

    key: str
    start_s: int
    leave_s: int


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What of a rep's day stays as it is: visits in their order, the way so far, and lunch.

    The day began at `since_s`, and `ate_s` seconds of it were lunch.
    """

    visits: tuple[Done, ...]
    since_s: int
    travel_s: int = 0
    distance_m: int = 0
    ate_s: int = 0


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One rep of the team; `start` and `end` are rows of the matrices.

    `prices_s` has for every stop what it costs, in seconds of travel, that this rep makes the
    visit instead of the one whose account it is: 0 for own ones, None where the rep may not.
    A rep who has `begun` is at `start` and free from `shift_start_s` on. The limits are those of
    the whole day, what was begun included.
    """

    key: str
    start: int
    end: int
    shift_start_s: int
    shift_end_s: int
    lunch: Lunch | None
    prices_s: tuple[int | None, ...]
    label: str = ""
    begun: Begun | None = None
    max_travel_s: int | None = None
    max_distance_m: int | None = None

    @property
    def worked_s(self) -> int:
        """Return how long the rep has worked so far, lunch not counted."""
        if self.begun is None:
            return 0
        return max(self.shift_start_s - self.begun.since_s - self.begun.ate_s, 0)

    @property
    def travel_left_s(self) -> int | None:
        """Return the travel time that the rest of the day may have; None without a limit."""
        return limit_left(self.max_travel_s, self.begun.travel_s if self.begun else 0)

    @property
    def distance_left_m(self) -> int | None:
        """Return how long the rest of the day's way may be; None without a limit."""
        return limit_left(self.max_distance_m, self.begun.distance_m if self.begun else 0)


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
            _check_begun(one)
        nodes = [stop.node for stop in self.stops if stop.node is not None]
        nodes += {place for one in self.members for place in (one.start, one.end)}
        if len(set(nodes)) < len(nodes):
            raise ProblemError("Two places have one row of the matrices.", field="stops")
        for number in range(len(self.members)):
            day_of(self, number, ())


def day_of(problem: TeamProblem, member: int, stops: Sequence[int]) -> DayProblem:
    """Return what is to plan of one rep's day with some of the stops, and the ways it needs.

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
        max_travel_s=one.travel_left_s,
        max_distance_m=one.distance_left_m,
        is_estimate=problem.is_estimate,
        seed=problem.seed,
    )


def _check_begun(member: Member) -> None:
    begun = member.begun
    if begun is None:
        return
    if not 0 <= begun.since_s <= member.shift_start_s:
        raise ProblemError("A day goes on before it began.", field="since_s")
    if begun.ate_s and member.lunch is not None:
        raise ProblemError("Lunch was had and is to come.", field="lunch")


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
