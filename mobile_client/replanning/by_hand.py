"""The rep's own order of a day: all there is without a day pack."""

from collections.abc import Sequence
from datetime import datetime

from mobile_client.proposals import (
    LEFT_OUT,
    Cost,
    OpenDay,
    Proposal,
    ProposedDrop,
    ProposedStop,
    Wish,
)


def order_by_hand(day: OpenDay, wish: Wish, now: datetime) -> Proposal:
    """Return the rep's own order: urgent ones first, later ones last, the others as they were."""
    urgent = [key for key, mark in wish.marks.items() if mark == "urgent" and key not in day.done]
    open_keys = [stop.account_id for stop in day.stops]
    kept = [key for key in open_keys if wish.marks.get(key) not in {*LEFT_OUT, "urgent", "later"}]
    later = [key for key in open_keys if wish.marks.get(key) == "later"]
    known = {*open_keys, *day.others}
    way = [*(key for key in urgent if key in known), *kept, *later]
    dropped = [
        ProposedDrop(stop.account_id, stop.visit_id, stop.name, wish.marks[stop.account_id])
        for stop in day.stops
        if wish.marks.get(stop.account_id) in LEFT_OUT
    ]
    return Proposal(
        route_id=day.route_id,
        made_at=now,
        reason=wish.reason,
        stops=tuple(proposed_stop(day, wish, key) for key in way),
        dropped=(*dropped, *still_left(day, way)),
        before=Cost(len(day.stops)),
        after=Cost(len(way)),
        is_by_hand=True,
    )


def still_left(day: OpenDay, way: Sequence[str]) -> tuple[ProposedDrop, ...]:
    """Return what an earlier rework left out and this order does not visit either."""
    gone = {*way, *day.done, *(stop.account_id for stop in day.stops)}
    return tuple(one for one in day.left if one.account_id not in gone)


def proposed_stop(
    day: OpenDay,
    wish: Wish,
    key: str,
    *,
    arrive_at: datetime | None = None,
    start_at: datetime | None = None,
    leave_at: datetime | None = None,
    leg_m: int | None = None,
    leg_s: int | None = None,
    is_estimate: bool = False,
) -> ProposedStop:
    """Return a visit to come with what the store knows of it."""
    places = {stop.account_id: place for place, stop in enumerate(day.stops, start=1)}
    held = day.stops[places[key] - 1] if key in places else day.others[key]
    return ProposedStop(
        account_id=key,
        visit_id=held.visit_id or None,
        name=held.name,
        was=places.get(key),
        arrive_at=arrive_at,
        start_at=start_at,
        leave_at=leave_at,
        leg_m=leg_m,
        leg_s=leg_s,
        mark=wish.marks.get(key),
        is_estimate=is_estimate,
    )
