"""The traffic that a plan reckons with."""

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId
from backend.routes.followup.learned_repository import find_traffic
from backend.routes.schemas import PlanRequest

_USUAL = 100


def with_traffic(connection: sa.Connection, org_id: OrgId, request: PlanRequest) -> PlanRequest:
    """Return the request with the traffic learned for its hours, unless it says its own."""
    if request.traffic_percent is not None:
        return request
    first, end = request.shift_start.hour, request.shift_end
    last = max(end.hour if end.minute else end.hour - 1, first)
    known = find_traffic(connection, org_id, request.profile, first, last)
    return msgspec.structs.replace(request, traffic_percent=known or _USUAL)
