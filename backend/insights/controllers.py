"""HTTP of what accounts are worth."""

from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath

from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.insights import service
from backend.insights.schemas import AccountValueRead


class InsightController(Controller):
    """What accounts are worth."""

    path = "/v1/accounts"
    tags = ["insights"]
    guards = [ANYBODY]

    @get("/{account_id:uuid}/value", operation_id="get_account_value", sync_to_thread=True)
    def get_account_value(self, request: Call, account_id: FromPath[UUID]) -> AccountValueRead:
        """Read what an account bought in a year, its scores among all buyers, and its potential."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.get_value(connection, actor, account_id)
