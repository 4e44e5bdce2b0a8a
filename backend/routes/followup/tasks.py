"""Follow up's tasks, by name; each is of one organisation."""

from uuid import UUID

from backend.ids import OrgId
from backend.jobs import Task, Work
from backend.routes.engines import Engines
from backend.routes.followup import backtest, backtests, teaching


def _learn(work: Work, org_id: OrgId) -> None:
    teaching.learn(work.db, org_id, work.part(Engines), now=work.clock.now())


def _backtest(work: Work, org_id: OrgId, backtest_id: UUID) -> None:
    backtest.run(work.db, org_id, backtest_id, work.part(Engines), now=work.clock.now())


# In Vietnam one at night: the day's work has arrived, and tomorrow's plans are not made yet.
TASKS = [
    Task(teaching.LEARN, _learn, cron="11 18 * * *"),
    Task(backtests.TASK, _backtest),
]
