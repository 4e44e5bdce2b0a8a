"""HTTP of accounts that may be the same place twice, and of making them one."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from backend.accounts import duplicates, merging
from backend.accounts.schemas import AccountMerge, AccountRead, DuplicateRead, PairKey
from backend.api.etags import tagged
from backend.api.paging import DEFAULT_LIMIT, CursorQuery, LimitQuery, decode_cursor, encode_cursor
from backend.api.payloads import Page
from backend.api.problems import malformed_field
from backend.identity.call import Call
from backend.identity.permissions import PLANNERS
from backend.ids import AccountId

_KEY_PARTS = 3


class DuplicateController(Controller):
    """Accounts that may be the same place twice."""

    path = "/v1/accounts"
    tags = ["accounts"]
    guards = [PLANNERS]

    @get("/duplicates", operation_id="list_duplicates", sync_to_thread=True)
    def list_duplicates(
        self, request: Call, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
    ) -> Page[DuplicateRead]:
        """List the pairs of accounts that may be one place, latest first, until somebody says."""
        actor, before = request.actor, _read_cursor(cursor)
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            found = duplicates.list_open(connection, actor, before=before, limit=limit + 1)
        items = found[:limit]
        if len(found) <= limit:
            return Page(items)
        last = items[-1]
        key = (last.flagged_at.isoformat(), str(last.account.id), str(last.other.id))
        return Page(items, encode_cursor(*key))

    @post(
        "/duplicates/{account_id:uuid}/{other_id:uuid}/distinct",
        operation_id="settle_distinct",
        status_code=204,
        sync_to_thread=True,
    )
    def settle_distinct(
        self, request: Call, account_id: FromPath[UUID], other_id: FromPath[UUID]
    ) -> None:
        """Say that the two accounts are different places: they are not flagged again."""
        actor, pair = request.actor, (AccountId(account_id), AccountId(other_id))
        with request.db.for_org(actor.org_id) as connection:
            duplicates.settle_distinct(connection, actor, *pair)

    @post(
        "/{account_id:uuid}/merge",
        operation_id="merge_account",
        status_code=200,
        sync_to_thread=True,
    )
    def merge_account(
        self, request: Call, account_id: FromPath[UUID], data: JSONBody[AccountMerge]
    ) -> Response[AccountRead]:
        """Make an account part of another one, which is the answer; its id stays as an alias."""
        actor = request.actor
        with request.db.for_org(actor.org_id) as connection:
            account = merging.merge_account(connection, actor, AccountId(account_id), data.into)
        return tagged(account, account.rv)


def _read_cursor(cursor: str | None) -> PairKey | None:
    """Return the place of the last pair seen; raise Malformed for what is not ours."""
    key = decode_cursor(cursor, _KEY_PARTS)
    if key is None:
        return None
    try:
        return datetime.fromisoformat(key[0]), UUID(key[1]), UUID(key[2])
    except ValueError as error:
        raise malformed_field(
            "cursor", "This is no cursor of ours: leave it out to start anew."
        ) from error
