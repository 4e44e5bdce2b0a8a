"""Follow up's tasks, by name; each is of one organisation."""

from backend.ids import OrgId
from backend.jobs import Task, Work
from backend.routes.followup import teaching


def _learn(work: Work, org_id: OrgId) -> None:
    teaching.learn(work.db, org_id, now=work.clock.now())


# In Vietnam one at night: the day's work has arrived, and tomorrow's plans are not made yet.
TASKS = [Task(teaching.LEARN, _learn, cron="11 18 * * *")]
