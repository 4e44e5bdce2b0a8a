"""Issues and the quarantine over HTTP."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page, Payload
from backend.identity.call import Call
from backend.identity.permissions import ADMINS, ANYBODY
from backend.sync import desk, replay
from backend.sync.issues import IssueRead, IssueState, Resolution
from backend.sync.protocol.messages import MutationResult
from backend.sync.quarantine import QuarantineRead, QuarantineState


class IssueChoice(Payload, frozen=True):
    """What a person chose."""

    resolution: Resolution


class Settled(msgspec.Struct, frozen=True):
    """What became of a mutation that was set aside, and of those set aside with it."""

    results: list[MutationResult]


class IssueController(Controller):
    """Values that lost a merge, until a person chooses."""

    path = "/v1/sync/issues"
    tags = ["sync"]
    guards = [ANYBODY]

    @get(operation_id="list_issues", sync_to_thread=True)
    def list_issues(
        self,
        request: Call,
        which: Annotated[
            IssueState, QueryParameter(name="state", description="open, resolved or all")
        ] = IssueState.OPEN,
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[IssueRead]:
        """List one's own issues, latest first; managers and administrators get everybody's."""
        actor, before = request.actor, decode_id_cursor(cursor)
        with request.db.for_org(actor.org_id) as connection:
            found = desk.list_issues(connection, actor, which, before=before, limit=limit + 1)
        items = found[:limit]
        return Page(items, encode_cursor(str(items[-1].id)) if len(found) > limit else None)

    @post(
        "/{issue_id:uuid}/resolve",
        operation_id="resolve_issue",
        status_code=200,
        sync_to_thread=True,
    )
    def resolve_issue(
        self, request: Call, issue_id: FromPath[UUID], data: JSONBody[IssueChoice]
    ) -> IssueRead:
        """Choose one's own values (`mine`), the server's (`theirs`), or neither (`dismissed`)."""
        actor, now = request.actor, request.clock.now()
        with request.db.for_org(actor.org_id) as connection:
            return desk.resolve_issue(connection, actor, issue_id, data.resolution, now)


class QuarantineController(Controller):
    """Mutations that the server failed at three times."""

    path = "/v1/sync/quarantine"
    tags = ["sync"]

    @get(operation_id="list_quarantine", guards=[ANYBODY], sync_to_thread=True)
    def list_quarantine(
        self,
        request: Call,
        which: Annotated[
            QuarantineState | None,
            QueryParameter(name="state", description="Only what is in this state"),
        ] = None,
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[QuarantineRead]:
        """List what was set aside of one's own; managers and administrators get everybody's."""
        actor, before = request.actor, decode_id_cursor(cursor)
        with request.db.for_org(actor.org_id) as connection:
            found = desk.list_quarantine(connection, actor, which, before=before, limit=limit + 1)
        items = found[:limit]
        is_last = len(found) <= limit
        return Page(items, None if is_last else encode_cursor(str(items[-1].mutation_id)))

    @post(
        "/{mutation_id:uuid}/replay",
        operation_id="replay_mutation",
        guards=[ADMINS],
        status_code=200,
        sync_to_thread=True,
    )
    def replay_mutation(self, request: Call, mutation_id: FromPath[UUID]) -> Settled:
        """Try a mutation again, with its group, as the person and device that sent it."""
        actor, now = request.actor, request.clock.now()
        with request.db.for_org(actor.org_id) as connection:
            return Settled(replay.replay(connection, actor, mutation_id, now))

    @post(
        "/{mutation_id:uuid}/discard",
        operation_id="discard_mutation",
        guards=[ADMINS],
        status_code=200,
        sync_to_thread=True,
    )
    def discard_mutation(self, request: Call, mutation_id: FromPath[UUID]) -> Settled:
        """Give a mutation up, with its group; its device hears so with the next pull."""
        actor, now = request.actor, request.clock.now()
        with request.db.for_org(actor.org_id) as connection:
            return Settled(desk.discard(connection, actor, mutation_id, now))
