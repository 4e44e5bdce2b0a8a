"""The cube's tasks, by name."""

import h3

from backend.cube.cell_repository import save_cells, select_without_cell
from backend.cube.columns import FINEST
from backend.cube.repository import forget_changes
from backend.ids import OrgId
from backend.jobs import Task, Work

_EVERY_FEW_MINUTES, _EVERY_HOUR = "*/5 * * * *", "7 * * * *"
_AT_ONCE = 20_000


def _place_cells(work: Work, org_id: OrgId) -> None:
    """Find the H3 cells of new places once, so that nobody who asks waits for them."""
    last = None
    while not work.is_ending:
        with work.db.for_org(org_id) as connection:
            places, last = select_without_cell(connection, org_id, last, most=_AT_ONCE)
            cells = [h3.str_to_int(h3.latlng_to_cell(one.lat, one.lon, FINEST)) for one in places]
            save_cells(connection, org_id, places, cells)
        if last is None:
            return


def _forget_changes(work: Work, org_id: OrgId) -> None:
    with work.db.for_org(org_id) as connection:
        forget_changes(connection, org_id)


TASKS = [
    Task("cube.place_cells", _place_cells, cron=_EVERY_FEW_MINUTES, is_in_turn=True),
    Task("cube.forget_changes", _forget_changes, cron=_EVERY_HOUR, is_in_turn=True),
]
