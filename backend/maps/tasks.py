"""The maps room's tasks, by name."""

from backend.ids import OrgId
from backend.jobs import Task, Work
from backend.maps.repository import fold_cells

_EVERY_FEW_MINUTES = "*/5 * * * *"


def _fold_cells(work: Work, org_id: OrgId) -> None:
    has_more = True
    while has_more and not work.is_ending:
        with work.db.for_org(org_id) as connection:
            has_more = fold_cells(connection, org_id)


TASKS = [Task("maps.fold_cells", _fold_cells, cron=_EVERY_FEW_MINUTES, is_in_turn=True)]
