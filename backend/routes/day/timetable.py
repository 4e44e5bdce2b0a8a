"""Exact arithmetic on one day: how early each visit can be made, how late it may be.

An order is made of options, ways to make a visit: option `n` is stop `n` at any time it is open,
further options are stops at the time they prefer, and lunch where it has a place of its own. An
order holds one option of a stop at most.

A rep's time at a place is a pair: the earliest with lunch still to come, and the earliest with
lunch behind. Being earlier never hurts, so the pair says all there is to know about a prefix, and
one more stop is tried between two others without looking at the rest of the day.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from backend.routes.day.problem import (
    DayProblem,
    Matrix,
    ProblemError,
    Stop,
    price_of_leaving_out,
    required_price_s,
)
from backend.routes.day.windows import Window, intersect_windows, start_ranges

NEVER = 1 << 40
"""Beyond any time of a day: too late to happen, or (negative) no time is early enough."""

NO_STOP = -1
"""The stop of the option that is lunch at its place."""

type Times = tuple[int, int]
"""Seconds with lunch still to come, and with lunch behind."""


class Timetable:
    """A problem compiled for arithmetic; options go by their index, then START and END.

    Raises ProblemError when lunch cannot be taken at its place.
    """

    def __init__(self, problem: DayProblem) -> None:
        self.problem = problem
        options = [*enumerate(problem.stops), *_preferred(problem)]
        self.wishes = [wish for _, wish in options]
        self.stop_of = [stop for stop, _ in options]
        self.price_s = [price_of_leaving_out(problem, stop) for stop in problem.stops]
        self.gain_s = [self.price_s[stop] for stop in self.stop_of]
        for stop, wish in enumerate(problem.stops):
            self.gain_s[stop] -= wish.preference_s if wish.preferred else 0
        self.sibling: list[int | None] = [None] * len(options)
        for option in range(len(problem.stops), len(options)):
            stop = self.stop_of[option]
            self.sibling[stop], self.sibling[option] = option, stop
        self.meal = self._add_meal()
        self.start = len(self.wishes)
        self.end = self.start + 1
        nodes = [wish.node for wish in self.wishes] + [problem.start, problem.end]
        self.leg_s = _legs(problem.durations_s, nodes)
        self.leg_m = _legs(problem.distances_m, nodes)
        self.service_s = [wish.service_s for wish in self.wishes]
        self.starts = [start_ranges(wish.windows, wish.service_s) for wish in self.wishes]
        self.nothing = () if self.meal is None else (self.meal,)
        if not self.is_possible(self.nothing):
            raise ProblemError(
                "Lunch cannot be taken at its place within the shift; change its time or place.",
                field="lunch.node",
            )

    def _add_meal(self) -> int | None:
        """Make a lunch with a place one more option, and any other one part of the arithmetic."""
        lunch = self.problem.lunch
        if lunch is not None and lunch.latest_s < self.problem.shift_start_s:
            lunch = None
        self.lunch, self._lunch = lunch, None
        if lunch is None:
            return None
        if lunch.node is None:
            self._lunch = (lunch.earliest_s, lunch.latest_s, lunch.duration_s)
            return None
        self.lunch = None
        window = Window(start_s=lunch.earliest_s, end_s=lunch.latest_s + lunch.duration_s)
        self.wishes.append(
            Stop(key="", node=lunch.node, service_s=lunch.duration_s, windows=(window,))
        )
        self.stop_of.append(NO_STOP)
        self.sibling.append(None)
        self.gain_s.append(2 * required_price_s(self.problem))  # no visit is worth it
        return len(self.wishes) - 1

    def options(self, stops: Iterable[int]) -> list[int]:
        """Return the ways to visit some stops."""
        chosen = set(stops)
        return [option for option, stop in enumerate(self.stop_of) if stop in chosen]

    def depart(self) -> Times:
        """Return the earliest times to leave the day's start."""
        start_s = self.problem.shift_start_s
        return (NEVER, start_s) if self._lunch is None else (start_s, self.lunch_over(start_s))

    def lunch_over(self, free_s: int) -> int:
        """Return when lunch ends for a rep who is free from a time on."""
        if self._lunch is None:
            return NEVER
        earliest_s, latest_s, duration_s = self._lunch
        begin_s = max(free_s, earliest_s)
        return begin_s + duration_s if begin_s <= latest_s else NEVER

    def free_for_lunch(self, over_s: int) -> int:
        """Return the last time to be free, so that lunch ends by a time."""
        if self._lunch is None:
            return -NEVER
        earliest_s, latest_s, duration_s = self._lunch
        begin_s = min(latest_s, over_s - duration_s)
        return begin_s if begin_s >= earliest_s else -NEVER

    def first_start(self, stop: int, from_s: int) -> int:
        """Return the first time from `from_s` on at which the whole visit fits a window."""
        for first_s, last_s in self.starts[stop]:
            if from_s <= last_s:
                return max(from_s, first_s)
        return NEVER

    def last_start(self, stop: int, until_s: int) -> int:
        """Return the last time up to `until_s` at which the whole visit fits a window."""
        for first_s, last_s in reversed(self.starts[stop]):
            if until_s >= first_s:
                return min(until_s, last_s)
        return -NEVER

    def serve(self, stop: int, arrive: Times) -> Times:
        """Return the earliest times to leave a stop that is reached at `arrive`."""
        service_s = self.service_s[stop]
        fed_s = min(arrive[1], self.lunch_over(arrive[0]))
        leave_s = self.first_start(stop, arrive[0]) + service_s
        fed_leave_s = self.first_start(stop, fed_s) + service_s
        return leave_s, min(fed_leave_s, self.lunch_over(leave_s))

    def must_arrive(self, stop: int, leave: Times) -> Times:
        """Return the last times to reach a stop that must be left by `leave`."""
        service_s = self.service_s[stop]
        fed_s = self.last_start(stop, leave[1] - service_s)
        hungry_leave_s = max(leave[0], self.free_for_lunch(leave[1]))
        hungry_s = self.last_start(stop, hungry_leave_s - service_s)
        return max(hungry_s, self.free_for_lunch(fed_s)), fed_s

    def day_over(self, reached: Times) -> int:
        """Return when the day is over for a rep who reaches its end, with or without lunch."""
        no_break_s = reached[0] if self.lunch and reached[0] <= self.lunch.latest_s else NEVER
        return min(reached[1], no_break_s)

    def must_finish(self) -> Times:
        """Return the last times to reach the day's end."""
        end_s = self.problem.shift_end_s
        return min(self.lunch.latest_s, end_s) if self.lunch else -NEVER, end_s

    def finish(self, order: Sequence[int], leave: Times, origin: int) -> int:
        """Return when the day is over after `order`, whatever the shift says."""
        for stop in order:
            leave = self.serve(stop, shift(leave, self.leg_s[origin][stop]))
            origin = stop
        return self.day_over(shift(leave, self.leg_s[origin][self.end]))

    def is_possible(self, order: Sequence[int]) -> bool:
        """Return whether the visits can be made in this order, with lunch, in the shift."""
        return not order or (
            self.finish(order, self.depart(), self.start) <= self.problem.shift_end_s
            and self.is_near(self.travel_s(order), self.distance_m(order))
        )

    def is_near(self, travel_s: int, distance_m: int) -> bool:
        """Return whether so much travel is within the day's limits."""
        most_s, most_m = self.problem.max_travel_s, self.problem.max_distance_m
        return (most_s is None or travel_s <= most_s) and (most_m is None or distance_m <= most_m)

    def travel_s(self, order: Sequence[int]) -> int:
        """Return the seconds on the road; none for a day without stops."""
        return self._total(self.leg_s, order)

    def distance_m(self, order: Sequence[int]) -> int:
        """Return the metres on the road; none for a day without stops."""
        return self._total(self.leg_m, order)

    def _total(self, legs: list[list[int]], order: Sequence[int]) -> int:
        if not order:
            return 0
        places = [self.start, *order, self.end]
        return sum(legs[origin][target] for origin, target in pairwise(places))

    def cost(self, order: Sequence[int]) -> int:
        """Return the objective: travel, and the price of what is left out or not as preferred.

        An order that visits somebody without the lunch that has a place is dearer than any other.
        """
        meal_s = self.gain_s[self.meal] if self.meal is not None and order else 0
        gained_s = sum(self.gain_s[option] for option in order)
        return self.travel_s(order) + sum(self.price_s) + meal_s - gained_s


class Slack(msgspec.Struct, frozen=True):
    """An order with the earliest times to leave and the last times to reach each of its places.

    `leave[i]` belongs to `places[i]` and `reach[i]` to `places[i + 1]`: the gap between them is
    where one more visit may go.
    """

    places: tuple[int, ...]
    leave: tuple[Times, ...]
    reach: tuple[Times, ...]
    travel_s: int
    distance_m: int


def slack_of(table: Timetable, order: Sequence[int]) -> Slack:
    """Return the room there is in every gap of an order."""
    places = (table.start, *order, table.end)
    leave = [table.depart()]
    for origin, stop in zip(places, order, strict=False):
        leave.append(table.serve(stop, shift(leave[-1], table.leg_s[origin][stop])))
    reach = [table.must_finish()]
    for target, stop in zip(reversed(places), reversed(order), strict=False):
        reach.append(table.must_arrive(stop, shift(reach[-1], -table.leg_s[stop][target])))
    return Slack(
        places=places,
        leave=tuple(leave),
        reach=tuple(reversed(reach)),
        travel_s=table.travel_s(order),
        distance_m=table.distance_m(order),
    )


def fits_gap(table: Timetable, slack: Slack, gap: int, stop: int) -> bool:
    """Return whether a stop can be visited in a gap with all others kept."""
    legs, before, after = table.leg_s, slack.places[gap], slack.places[gap + 1]
    least_s = legs[before][stop] + table.service_s[stop] + legs[stop][after]
    if min(slack.leave[gap]) + least_s > max(slack.reach[gap]):
        return False  # not even with its door always open, and no lunch
    return missing_s(table, slack, gap, stop) <= 0 and is_near_gap(table, slack, gap, stop)


def is_near_gap(table: Timetable, slack: Slack, gap: int, stop: int) -> bool:
    """Return whether the day's travel stays within its limits with a stop in a gap."""
    travel_s = slack.travel_s + detour_s(table, slack, gap, stop)
    return table.is_near(travel_s, slack.distance_m + detour_m(table, slack, gap, stop))


def detour_s(table: Timetable, slack: Slack, gap: int, stop: int) -> int:
    """Return the seconds of travel that a stop adds in a gap."""
    return _detour(table.leg_s, slack, gap, stop)


def detour_m(table: Timetable, slack: Slack, gap: int, stop: int) -> int:
    """Return the metres of travel that a stop adds in a gap."""
    return _detour(table.leg_m, slack, gap, stop)


def _detour(legs: list[list[int]], slack: Slack, gap: int, stop: int) -> int:
    before, after = slack.places[gap], slack.places[gap + 1]
    direct = legs[before][after] if len(slack.places) > 2 else 0  # noqa: PLR2004
    return legs[before][stop] + legs[stop][after] - direct


def missing_s(table: Timetable, slack: Slack, gap: int, stop: int) -> int:
    """Return the seconds by which a stop comes too late for what follows the gap."""
    before_s = table.leg_s[slack.places[gap]][stop]
    after_s = table.leg_s[stop][slack.places[gap + 1]]
    leave = table.serve(stop, shift(slack.leave[gap], before_s))
    reach = slack.reach[gap]
    return min(leave[0] - reach[0], leave[1] - reach[1]) + after_s


def shift(times: Times, seconds: int) -> Times:
    """Return both times moved by the same seconds."""
    return times[0] + seconds, times[1] + seconds


def _preferred(problem: DayProblem) -> Iterator[tuple[int, Stop]]:
    """Yield each stop that has a preference, open only when it prefers."""
    for number, stop in enumerate(problem.stops):
        if stop.preferred:
            windows = intersect_windows(stop.windows, stop.preferred)
            yield number, msgspec.structs.replace(stop, windows=windows)


def _legs(matrix: Matrix, nodes: Sequence[int | None]) -> list[list[int]]:
    return [[_leg(matrix, origin, target) for target in nodes] for origin in nodes]


def _leg(matrix: Matrix, origin: int | None, target: int | None) -> int:
    entry = None if origin is None or target is None else matrix[origin][target]
    return NEVER if entry is None else entry
