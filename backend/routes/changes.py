"""How two plans of one day differ."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from backend.routes.day.plan import DayPlan
from backend.routes.schemas import Change, RouteRead


def change_of_route(before: RouteRead, after: RouteRead) -> Change:
    """Return how a route differs from the one before."""
    return Change(
        travel_seconds=after.travel_seconds - before.travel_seconds,
        distance_m=after.distance_m - before.distance_m,
        wait_seconds=after.wait_seconds - before.wait_seconds,
        ends_later_seconds=round((after.ends_at - before.ends_at).total_seconds()),
        **_visits(
            [one.account_id for one in before.stops], [one.account_id for one in after.stops]
        ),
    )


def change_of_plan(before: DayPlan, after: DayPlan) -> Change:
    """Return how a plan, whose stops go by their accounts' ids, differs from the one before."""
    return Change(
        travel_seconds=after.travel_s - before.travel_s,
        distance_m=after.distance_m - before.distance_m,
        wait_seconds=after.wait_s - before.wait_s,
        ends_later_seconds=after.end_s - before.end_s,
        **_visits([UUID(one.key) for one in before.stops], [UUID(one.key) for one in after.stops]),
    )


def _visits(before: Sequence[UUID], after: Sequence[UUID]) -> dict[str, Any]:
    return {
        "visits": len(after) - len(before),
        "added_ids": [one for one in after if one not in set(before)],
        "removed_ids": [one for one in before if one not in set(after)],
    }
