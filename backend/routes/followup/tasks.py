"""Follow up's tasks, by name; each is of one organisation."""

from datetime import date
from uuid import UUID

from backend.ids import OrgId
from backend.jobs import Task, Work
from backend.routes.followup import backlog, backtest, backtests, teaching


def _learn(work: Work, org_id: OrgId) -> None:
    teaching.learn(work, org_id)


def _backtest(work: Work, org_id: OrgId, backtest_id: UUID) -> None:
    backtest.run(work, org_id, backtest_id)


def _settle(work: Work, org_id: OrgId, from_date: date, to_date: date, rep_id: UUID | None) -> None:
    backlog.settle_period(work, org_id, from_date, to_date, rep_id)


# In Vietnam one at night: the day's work has arrived, and tomorrow's plans are not made yet.
TASKS = [
    Task(teaching.LEARN, _learn, cron="11 18 * * *", is_in_turn=True),
    Task(backtests.TASK, _backtest),
    Task(backlog.TASK, _settle),
]
