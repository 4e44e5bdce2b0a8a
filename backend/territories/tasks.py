"""The territories room's tasks, by name; each is of one organisation, on its own day."""

from backend.ids import OrgId
from backend.jobs import Task, Work
from backend.territories import realignment
from backend.territories.assignment_repository import today_of
from backend.territories.design.working import make_design

_EVERY_QUARTER = "*/15 * * * *"


def _apply_due(work: Work, org_id: OrgId) -> None:
    with work.db.for_org(org_id) as connection:
        realignment.apply_due(connection, org_id, today_of(connection, org_id))


def _end_holdovers(work: Work, org_id: OrgId) -> None:
    with work.db.for_org(org_id) as connection:
        realignment.end_holdovers(connection, org_id, today_of(connection, org_id))


TASKS = [
    Task("territories.apply_due", _apply_due, cron=_EVERY_QUARTER),
    Task("territories.end_holdovers", _end_holdovers, cron=_EVERY_QUARTER),
    Task("territories.make_design", make_design),
]
