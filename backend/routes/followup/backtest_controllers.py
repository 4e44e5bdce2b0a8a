"""Backtests over HTTP."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from backend.api.payloads import Page
from backend.identity.call import Call
from backend.identity.permissions import OFFICE, PLANNERS
from backend.routes.followup import backtests
from backend.routes.followup.backtest_schemas import BacktestCreate, BacktestTold


class BacktestController(Controller):
    """Past days planned anew, against what was driven."""

    path = "/v1/followup/backtests"
    tags = ["follow up"]

    @post(operation_id="ask_backtest", guards=[PLANNERS], status_code=202, sync_to_thread=True)
    def ask_backtest(self, request: Call, data: JSONBody[BacktestCreate]) -> BacktestTold:
        """Ask for a rep's past days to be planned anew: a job that can be watched and stopped."""
        with request.db.for_org(request.actor.org_id) as connection:
            return backtests.ask(connection, request.actor, data, now=request.clock.now())

    @get(operation_id="list_backtests", guards=[OFFICE], sync_to_thread=True)
    def list_backtests(self, request: Call) -> Page[BacktestTold]:
        """List the latest 50 backtests."""
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            return Page(backtests.list_latest(connection, request.actor))

    @get("/{backtest_id:uuid}", operation_id="get_backtest", guards=[OFFICE], sync_to_thread=True)
    def get_backtest(self, request: Call, backtest_id: FromPath[UUID]) -> BacktestTold:
        """Read a backtest as far as it has come."""
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            return backtests.get(connection, request.actor, backtest_id)

    @post(
        "/{backtest_id:uuid}/cancel",
        operation_id="cancel_backtest",
        guards=[PLANNERS],
        status_code=200,
        sync_to_thread=True,
    )
    def cancel_backtest(self, request: Call, backtest_id: FromPath[UUID]) -> BacktestTold:
        """Stop a backtest after the day it is at; what it has found stays."""
        with request.db.for_org(request.actor.org_id) as connection:
            return backtests.cancel(connection, request.actor, backtest_id, now=request.clock.now())
