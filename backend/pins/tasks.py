"""The pins room's tasks, by name."""

from backend.ids import OrgId
from backend.jobs import Task, Work
from backend.pins import repository
from backend.pins.checking import carry_on

# After midnight of Vietnam, when the night's other work is done.
_EVERY_NIGHT = "40 18 * * *"


def _check_nightly(work: Work, org_id: OrgId) -> None:
    with work.db.for_org(org_id) as connection:
        repository.insert_check(connection, org_id, by=None)
    carry_on(work, org_id)


TASKS = [
    Task("pins.check_nightly", _check_nightly, cron=_EVERY_NIGHT, is_in_turn=True),
    Task("pins.check", carry_on, is_in_turn=True),
]
