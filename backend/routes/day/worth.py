"""What each visit of an order costs on the road, and how much longer it may take."""

from collections.abc import Sequence

import msgspec

from backend.routes.day.timetable import NEVER, Timetable, shift, slack_of


class Effect(msgspec.Struct, frozen=True):
    """What of a day hangs on one visit.

    Without it the day has `detour_s` less travel and is `detour_m` shorter. The rep may leave it
    `spare_s` later and still keep all that comes after. No street past it counts as no detour.
    """

    detour_s: int
    detour_m: int
    spare_s: int


def effects_of(
    table: Timetable, order: Sequence[int], leaves: Sequence[tuple[int, bool]]
) -> list[Effect]:
    """Return the effect of each option of an order that is possible.

    `leaves` says for each when the rep can go on, and whether lunch is behind by then.
    """
    slack = slack_of(table, order)
    is_alone = len(order) - (table.meal in order) == 1
    effects = []
    for place, (option, (leave_s, is_fed)) in enumerate(zip(order, leaves, strict=True)):
        before, after = slack.places[place], slack.places[place + 2]
        hungry_by_s, fed_by_s = shift(slack.reach[place + 1], -table.leg_s[option][after])
        by_s = fed_by_s if is_fed else max(hungry_by_s, table.free_for_lunch(fed_by_s))
        effects.append(
            Effect(
                detour_s=slack.travel_s if is_alone else _extra(table.leg_s, before, option, after),
                detour_m=slack.distance_m
                if is_alone
                else _extra(table.leg_m, before, option, after),
                spare_s=by_s - leave_s,
            )
        )
    return effects


def _extra(legs: Sequence[Sequence[int]], before: int, option: int, after: int) -> int:
    direct = legs[before][after]
    return 0 if direct >= NEVER else legs[before][option] + legs[option][after] - direct
