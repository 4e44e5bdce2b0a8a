"""What is left of a day that is under way: here and now, with what is done frozen."""

from collections.abc import Sequence

import msgspec

from backend.routes.day.problem import DayProblem, Lunch, Matrix, ProblemError, limit_left
from backend.routes.day.windows import LATEST_S

MIN_TRAFFIC, MAX_TRAFFIC = 50, 400
"""Per cent of the usual travel time that somebody may tell."""


_WITHIN_S = 3600


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """How a day stands: the time, the row of the matrices where the rep is, and what is known.

    `done` were visited or begun and are over by `at_s`. `closed` were found closed, or nobody was
    in: they are told as such and not tried again. `traffic` is per cent of the usual travel time.
    The way so far took `travel_s` and measured `distance_m`; the day's limits count it.
    """

    at_s: int
    node: int
    done: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    had_lunch: bool = False
    traffic: int = 100
    travel_s: int = 0
    distance_m: int = 0


def rest_of_day(problem: DayProblem, now: Now) -> DayProblem:
    """Return the day from now on; raise ProblemError for a moment that is none of this day.

    A rep who is still on the way after the shift goes home: the rest has no time for any visit.
    """
    _check(problem, now)
    stops = tuple(
        msgspec.structs.replace(stop, windows=()) if stop.key in now.closed else stop
        for stop in problem.stops
        if stop.key not in now.done
    )
    today = msgspec.structs.replace(
        problem,
        durations_s=slower(problem.durations_s, now.traffic),
        max_travel_s=limit_left(problem.max_travel_s, now.travel_s),
        max_distance_m=limit_left(problem.max_distance_m, now.distance_m),
    )
    return msgspec.structs.replace(
        today,
        stops=stops,
        start=now.node,
        shift_start_s=now.at_s,
        shift_end_s=max(problem.shift_end_s, now.at_s + 1),
        lunch=_lunch(today, now),
    )


def with_place(problem: DayProblem, legs: Sequence[tuple[int | None, int | None]]) -> DayProblem:
    """Return the day with one more row in its matrices: a place to be at, and to leave for good.

    `legs` are the seconds and metres from there to each present row. Nobody comes back to it, so
    the ways into it do not exist.
    """
    if len(legs) != len(problem.durations_s):
        raise ProblemError(
            f"{len(legs)} legs for {len(problem.durations_s)} places; give one for each.",
            field="legs",
        )
    return msgspec.structs.replace(
        problem,
        durations_s=_longer(problem.durations_s, [leg_s for leg_s, _ in legs]),
        distances_m=_longer(problem.distances_m, [leg_m for _, leg_m in legs]),
    )


def _longer(matrix: Matrix, legs: Sequence[int | None]) -> Matrix:
    return (*((*row, None) for row in matrix), (*legs, 0))


def slower(matrix: Matrix, traffic: int) -> Matrix:
    """Return travel times at so many per cent of the usual ones, rounded up."""
    if traffic == 100:  # noqa: PLR2004  # per cent
        return matrix
    return tuple(
        tuple(None if leg is None else -(-leg * traffic // 100) for leg in row) for row in matrix
    )


def _lunch(problem: DayProblem, now: Now) -> Lunch | None:
    """Keep lunch as it was; too far off it is taken on the way, and a late one within the hour."""
    lunch = problem.lunch
    if lunch is None or now.had_lunch:
        return None
    if now.at_s <= lunch.latest_s and _can_be_kept(problem, lunch, now):
        return lunch
    return Lunch(
        earliest_s=max(lunch.earliest_s, now.at_s),
        latest_s=max(lunch.latest_s, now.at_s + _WITHIN_S),
        duration_s=lunch.duration_s,
    )


def _can_be_kept(problem: DayProblem, lunch: Lunch, now: Now) -> bool:
    if lunch.node is None:
        return True
    there_s, home_s, way_m = _way_past(problem, lunch.node, now)
    if there_s is None or home_s is None:
        return False
    begin_s = max(now.at_s + there_s, lunch.earliest_s)
    return (
        begin_s <= lunch.latest_s
        and begin_s + lunch.duration_s + home_s <= problem.shift_end_s
        and (problem.max_travel_s is None or there_s + home_s <= problem.max_travel_s)
        and (problem.max_distance_m is None or way_m <= problem.max_distance_m)
    )


def _way_past(problem: DayProblem, node: int, now: Now) -> tuple[int | None, int | None, int]:
    """Return the seconds from here to a place and home from there, and the metres of both."""
    legs = (now.node, node), (node, problem.end)
    there_s, home_s = (problem.durations_s[one][two] for one, two in legs)
    return there_s, home_s, sum(problem.distances_m[one][two] or 0 for one, two in legs)


def _check(problem: DayProblem, now: Now) -> None:
    if not 0 <= now.at_s < LATEST_S:
        raise ProblemError(f"It is {now.at_s} seconds past midnight; give 0 to {LATEST_S - 1}.",
                           field="at_s")  # fmt: skip
    if not 0 <= now.node < len(problem.durations_s):
        raise ProblemError(f"Row {now.node} is no row of the matrices.", field="node")
    if not MIN_TRAFFIC <= now.traffic <= MAX_TRAFFIC:
        raise ProblemError(
            f"Traffic is {now.traffic} per cent of the usual time; give {MIN_TRAFFIC} to "
            f"{MAX_TRAFFIC}.",
            field="traffic",
        )
    known = {stop.key for stop in problem.stops}
    for field, keys in (("done", now.done), ("closed", now.closed)):
        for key in keys:
            if key not in known:
                raise ProblemError(f"The day has no stop {key}.", field=field, stop=key)
