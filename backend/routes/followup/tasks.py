"""Follow up's tasks, by name; each is of one organisation."""

from uuid import UUID

from backend.ids import OrgId
from backend.jobs import Task, Work
from backend.routes.followup import backtest, backtests, teaching


def _learn(work: Work, org_id: OrgId) -> None:
    teaching.learn(work, org_id)


def _backtest(work: Work, org_id: OrgId, backtest_id: UUID) -> None:
    backtest.run(work, org_id, backtest_id)


# In Vietnam one at night: the day's work has arrived, and tomorrow's plans are not made yet.
TASKS = [
    Task(teaching.LEARN, _learn, cron="11 18 * * *"),
    Task(backtests.TASK, _backtest),
]
