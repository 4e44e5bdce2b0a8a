"""The visits of a day that were begun: as stops of a route, and until when one is in hand."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from backend.routes.repository import BegunVisit
from backend.routes.schemas import RouteStop


def when_over(stops: Sequence[RouteStop], begun: Sequence[BegunVisit]) -> datetime | None:
    """Return when the visit in hand is to be over: as long after its beginning as was planned.

    A visit after which another was begun is in hand no longer, whoever forgot to say so.
    """
    if not begun or begun[-1].is_over:
        return None
    last = begun[-1]
    planned = {stop.visit_id: stop.leave_at - stop.start_at for stop in stops}
    return last.begun_at + planned.get(last.id, timedelta(minutes=last.minutes))


def stops_of_begun(
    stops: Sequence[RouteStop], begun: Sequence[BegunVisit]
) -> tuple[RouteStop, ...]:
    """Return the visits that were begun as stops, numbered in the order in which they were made.

    Those that the plan's `stops` have keep their planned times; what has no place is left out.
    """
    planned = {stop.visit_id: stop for stop in stops}
    made = [
        planned.get(one.id) or _unplanned(one, one.location)
        for one in begun
        if one.id in planned or one.location is not None
    ]
    return tuple(
        msgspec.structs.replace(stop, sequence=number) for number, stop in enumerate(made, start=1)
    )


def _unplanned(one: BegunVisit, location: tuple[float, float] | None) -> RouteStop:
    """Return a visit that the plan did not have as a stop of which nobody knows the way."""
    assert location is not None  # noqa: S101  # what has no place is no stop
    return RouteStop(
        visit_id=one.id,
        account_id=one.account_id,
        name=one.name,
        location=location,
        sequence=0,
        arrive_at=one.begun_at,
        start_at=one.begun_at,
        leave_at=max(one.left_at, one.begun_at),
        leg_distance_m=0,
        leg_seconds=0,
        kind=one.kind,
    )
