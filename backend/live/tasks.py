"""The live room's tasks, by name."""

from backend.identity.look_repository import forget_looks
from backend.ids import OrgId
from backend.jobs import Task, Work

_EVERY_NIGHT = "10 19 * * *"


def _forget_looks(work: Work, org_id: OrgId) -> None:
    """Forget who looked at whom more than a year ago."""
    with work.db.for_org(org_id) as connection:
        forget_looks(connection, work.clock.now())


TASKS = [Task("live.forget_looks", _forget_looks, cron=_EVERY_NIGHT)]
