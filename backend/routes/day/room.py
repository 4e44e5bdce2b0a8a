"""An order and the room in it: for one more stop, or when one of its stops is left out."""

from collections.abc import Sequence
from functools import cached_property

from backend.routes.day.timetable import Slack, Times, Timetable, detour_s, shift, slack_of


class Room:
    """An order with the slack in its gaps; what else is known of it is found when asked for."""

    def __init__(self, table: Timetable, order: Sequence[int]) -> None:
        self.order = tuple(order)
        self.slack = slack_of(table, self.order)
        self._table = table
        self._detours: dict[int, list[tuple[int, int]]] = {}
        self._without: dict[int, Slack] = {}

    def detours(self, stop: int) -> list[tuple[int, int]]:
        """Return the seconds of travel that a stop adds in each gap, and the gap; least first."""
        if stop not in self._detours:
            gaps = range(len(self.slack.leave))
            self._detours[stop] = sorted(
                (detour_s(self._table, self.slack, gap, stop), gap) for gap in gaps
            )
        return self._detours[stop]

    def without(self, place: int) -> Slack:
        """Return the slack of the order that leaves out the stop at a place."""
        if place not in self._without:
            self._without[place] = _slack_without(self._table, self.slack, place)
        return self._without[place]

    @cached_property
    def changes(self) -> list[tuple[int, int]]:
        """What leaving out a stop alone changes in the objective, and its place; least first."""
        places = range(len(self.order))
        return sorted((change_without(self._table, self.slack, place), place) for place in places)

    @cached_property
    def rest_s(self) -> list[int]:
        """The seconds of visits and ways from the place after each gap to the day's end."""
        table, rest = self._table, [0]
        places = self.slack.places
        for place in range(len(places) - 2, 0, -1):
            stop, target = places[place], places[place + 1]
            rest.append(rest[-1] + table.service_s[stop] + table.leg_s[stop][target])
        return rest[::-1]

    @cached_property
    def fasting(self) -> "Room | None":
        """The visits without the lunch that has a place; None where they have none between them."""
        table = self._table
        if table.meal not in self.order or self.order == table.nothing:
            return None
        return Room(table, [one for one in self.order if one != table.meal])

    @cached_property
    def lunches(self) -> list[Slack]:
        """The same visits with lunch at its place in each of their gaps."""
        table, visits = self._table, self.fasting.order if self.fasting else ()
        return [
            slack_of(table, (*visits[:gap], *table.nothing, *visits[gap:]))
            for gap in range(len(visits) + 1 if visits else 0)
        ]

    @cached_property
    def busy_s(self) -> int:
        """The seconds that all visits take, and lunch where it has a place."""
        return sum(self._table.service_s[one] for one in self.order)

    @cached_property
    def loose(self) -> "Room | None":
        """The order with every visit at any time it is open; None where all of them are."""
        table = self._table
        order = tuple(one if one == table.meal else table.stop_of[one] for one in self.order)
        return None if order == self.order else Room(table, order)


def is_kept(table: Timetable, slack: Slack) -> bool:
    """Return whether an order of which the slack is told is possible itself."""
    if len(slack.places) == 2:  # noqa: PLR2004  # nobody is visited
        return True
    leave, last = slack.leave[-1], slack.places[-2]
    over_s = table.day_over(shift(leave, table.leg_s[last][table.end]))
    return over_s <= table.problem.shift_end_s and table.is_near(slack.travel_s, slack.distance_m)


def change_without(table: Timetable, slack: Slack, place: int) -> int:
    """Return what leaving out the stop at a place changes in the objective."""
    before, stop, after = slack.places[place : place + 3]
    legs = table.leg_s
    direct_s = legs[before][after] if len(slack.places) > 3 else 0  # noqa: PLR2004
    return direct_s - legs[before][stop] - legs[stop][after] + table.gain_s[stop]


def is_possible_without(table: Timetable, slack: Slack, place: int) -> bool:
    """Return whether an order, possible or not, is possible without the stop at a place."""
    before, stop, after = slack.places[place : place + 3]
    if len(slack.places) == 3:  # noqa: PLR2004  # nobody is visited then
        return True
    legs, metres = table.leg_s, table.leg_m
    leave, reach = slack.leave[place], slack.reach[place + 1]
    leg_s = legs[before][after]
    if leave[0] + leg_s > reach[0] and leave[1] + leg_s > reach[1]:
        return False
    return table.is_near(
        slack.travel_s + leg_s - legs[before][stop] - legs[stop][after],
        slack.distance_m + metres[before][after] - metres[before][stop] - metres[stop][after],
    )


def _slack_without(table: Timetable, slack: Slack, place: int) -> Slack:
    """Return the slack of an order without a stop: what lies before and after is taken over."""
    places = (*slack.places[: place + 1], *slack.places[place + 2 :])
    order = places[1:-1]
    before, stop, after = slack.places[place : place + 3]
    saved_s, saved_m = (
        legs[before][stop] + legs[stop][after] - (legs[before][after] if order else 0)
        for legs in (table.leg_s, table.leg_m)
    )
    return Slack(
        places=places,
        leave=_leave_after(table, slack, places, place),
        reach=_reach_before(table, slack, places, place),
        travel_s=slack.travel_s - saved_s,
        distance_m=slack.distance_m - saved_m,
    )


def _leave_after(
    table: Timetable, slack: Slack, places: Sequence[int], place: int
) -> tuple[Times, ...]:
    """Return the earliest times to leave; once as late as with the stop, they stay so."""
    leave = list(slack.leave[: place + 1])
    for number in range(place + 1, len(places) - 1):
        origin, stop = places[number - 1], places[number]
        times = table.serve(stop, shift(leave[-1], table.leg_s[origin][stop]))
        if times == slack.leave[number + 1]:
            return (*leave, *slack.leave[number + 1 :])
        leave.append(times)
    return tuple(leave)


def _reach_before(
    table: Timetable, slack: Slack, places: Sequence[int], place: int
) -> tuple[Times, ...]:
    """Return the last times to reach each place; once as early as with the stop, they stay so."""
    found = list(slack.reach[place + 1 :])[::-1]
    for number in range(place, 0, -1):
        stop, target = places[number], places[number + 1]
        times = table.must_arrive(stop, shift(found[-1], -table.leg_s[stop][target]))
        if times == slack.reach[number - 1]:
            return (*slack.reach[:number], *reversed(found))
        found.append(times)
    return tuple(reversed(found))
