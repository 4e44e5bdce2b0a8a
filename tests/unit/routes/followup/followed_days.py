"""Days to measure, made by hand: stops an hour apart from eight on, and visits to them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.ids import new_id
from backend.routes.followup.facts import PlanFact, VisitFact
from backend.routes.schemas import RouteStop

DAY = date(2026, 11, 16)
EIGHT = datetime(2026, 11, 16, 8, tzinfo=UTC)
NIGHT = datetime(2026, 11, 16, 22, tzinfo=UTC)
REP = new_id()
HERE = (106.70, 10.77)


def make_plan(count: int, **changes: Any) -> PlanFact:
    """Return a plan of visits of 15 minutes, a quarter of an hour's way before each."""
    stops = tuple(
        RouteStop(
            visit_id=new_id(),
            account_id=new_id(),
            name=f"Tạp hoá {index}",
            location=(HERE[0] + index / 100, HERE[1]),
            sequence=index,
            arrive_at=EIGHT + timedelta(hours=index),
            start_at=EIGHT + timedelta(hours=index),
            leave_at=EIGHT + timedelta(hours=index, minutes=15),
            leg_distance_m=3000,
            leg_seconds=900,
        )
        for index in range(1, count + 1)
    )
    plan = PlanFact(
        id=new_id(),
        rep_id=REP,
        on_date=DAY,
        profile="scooter",
        stops=stops,
        distance_m=3000 * count,
        travel_seconds=900 * count,
        wait_seconds=0,
        starts_at=EIGHT,
        ends_at=EIGHT + timedelta(hours=count + 1),
        lunch=None,
        closed_ids=(),
        traffic_percent=100,
        line=None,
        began_at=EIGHT,
    )
    return msgspec.structs.replace(plan, **changes)


def make_visit(stop: RouteStop, **changes: Any) -> VisitFact:
    """Return the visit of a stop as it was planned, nobody there yet."""
    visit = VisitFact(
        visit_id=stop.visit_id,
        rep_id=REP,
        account_id=stop.account_id,
        name=stop.name,
        category="convenience",
        location=stop.location,
        visit_minutes=15,
        on_date=DAY,
        status="planned",
        outcome=None,
        route_id=None,
        checked_in_at=None,
        done_at=None,
        visited_on=None,
        updated_at=EIGHT - timedelta(days=1),
        place=None,
        accuracy_m=None,
        distance_m=None,
        is_mock=False,
        is_excused=False,
    )
    return msgspec.structs.replace(visit, **changes)


def done(
    stop: RouteStop, *, late: float = 0, stay: float = 15, outcome: str = "met", **changes: Any
) -> VisitFact:
    """Return the visit of a stop as it was made at the door, so many minutes late."""
    came = stop.start_at + timedelta(minutes=late)
    told: dict[str, Any] = {
        "status": "done",
        "outcome": outcome,
        "checked_in_at": came,
        "done_at": came + timedelta(minutes=stay),
        "visited_on": DAY,
        "place": stop.location,
        "accuracy_m": 8.0,
        "distance_m": 10.0,
    }
    return make_visit(stop, **(told | changes))


def ids(plan: PlanFact) -> list[UUID]:
    """Return the plan's visits in its order."""
    return [stop.visit_id for stop in plan.stops]
