"""What would let a stop into a day: a longer shift, longer opening hours, and by how much."""

from collections.abc import Sequence

from backend.routes.day.room import Room
from backend.routes.day.timetable import NEVER, Slack, Timetable, shift
from backend.routes.day.windows import LATEST_S, whole_minutes

type Facts = dict[str, int | str]

_OPENING = ("opens_earlier_s", "closes_later_s")
_OWN_HOURS = ("visited_earlier_s", "visited_later_s")
_LONGER = {
    "opens_earlier_s": "opens {} minutes earlier",
    "closes_later_s": "closes {} minutes later",
    "visited_earlier_s": "can be visited {} minutes earlier",
    "visited_later_s": "can be visited {} minutes later",
}
"""What would let a stop in, by the fact that says how much of it."""


def stops_before(table: Timetable, order: Sequence[int], gap: int) -> int:
    """Return a gap's number among the visits: lunch at a place of its own is none of them."""
    return gap - (table.meal in order[:gap])


def longer_shift(
    table: Timetable, room: Room, stop: int, gaps: Sequence[int], facts: Facts
) -> list[tuple[int, str]]:
    """Return by how much longer a shift would let a stop in; note it in the facts."""
    slack = room.slack
    finish_s, gap = NEVER, 0
    for one in gaps:
        # The day is not over before all that is left is driven to and served without waiting.
        before, after = slack.places[one], slack.places[one + 1]
        way_s = table.leg_s[before][stop] + table.service_s[stop] + table.leg_s[stop][after]
        if min(slack.leave[one]) + way_s + room.rest_s[one] < finish_s:
            order = [stop, *room.order[one:]]
            finish_s, gap = min(
                (finish_s, gap), (table.finish(order, slack.leave[one], before), one)
            )
    if finish_s > LATEST_S:
        return []
    facts["shift_later_s"] = later_s = finish_s - table.problem.shift_end_s
    facts["shift_later_position"] = stops_before(table, room.order, gap)
    return [(later_s, f"the shift ends {whole_minutes(later_s)} minutes later")]


def longer_opening(
    table: Timetable, room: Room, stop: int, gaps: Sequence[int], facts: Facts
) -> list[tuple[int, str]]:
    """Return by how much longer opening hours would let a stop in; note it in the facts."""
    slack = room.slack
    earlier, later = _OWN_HOURS if table.wishes[stop].has_own_hours else _OPENING
    found: tuple[int, str, int] | None = None
    for gap in gaps:
        for first_s, last_s in _free_starts(table, slack, gap, stop):
            for open_s, close_s in table.starts[stop]:
                before = (open_s - last_s, earlier, gap)
                after = (first_s - close_s, later, gap)
                wanted = max(before, after)
                if first_s <= last_s and (found is None or wanted < found):
                    found = wanted
    if found is None:
        return []
    seconds, fact, gap = found
    facts[fact] = seconds
    facts["opening_position"] = stops_before(table, room.order, gap)
    return [(seconds, f"it {_LONGER[fact].format(whole_minutes(seconds))}")]


def _free_starts(
    table: Timetable, slack: Slack, gap: int, stop: int
) -> tuple[tuple[int, int], ...]:
    """Return when a visit could start in a gap if it were open: once per place of lunch."""
    hungry_s, fed_s = shift(slack.leave[gap], table.leg_s[slack.places[gap]][stop])
    after_s = table.leg_s[stop][slack.places[gap + 1]]
    hungry_by_s, fed_by_s = shift(slack.reach[gap], -after_s)
    service_s = table.service_s[stop]
    return (
        (hungry_s, hungry_by_s - service_s),
        (fed_s, fed_by_s - service_s),
        (table.lunch_over(hungry_s), fed_by_s - service_s),
        (hungry_s, table.free_for_lunch(fed_by_s) - service_s),
    )
