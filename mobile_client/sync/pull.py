"""Pull: pages are staged; all of them become the store's new state in one transaction."""

import msgspec

from backend.sync.protocol.messages import PullRequest, PullResponse
from mobile_client.device.clock import Clock
from mobile_client.store.database import Database
from mobile_client.store.pulled import Applied, begin_pull, commit_pull, discard_stage, stage_page
from mobile_client.sync.problems import ApiProblem
from mobile_client.sync.session import Sessions
from mobile_client.sync.tally import Tally

_PAGE_ROWS = 1000
_RESTARTS = 5
_LOST_CURSOR = frozenset({"cursor_expired", "epoch_changed", "cursor_invalid"})


class Puller:
    """Brings the store to one state that the server really had."""

    def __init__(self, database: Database, sessions: Sessions, clock: Clock) -> None:
        self._database = database
        self._sessions = sessions
        self._clock = clock

    def pull(self, tally: Tally) -> Applied:
        """Fetch pages to the end and take them over; raises Unreachable, ApiProblem, SessionEnded.

        Pages that were staged when the connection was lost are kept, and the pull goes on there.
        """
        restarts = 0
        while True:
            try:
                page = self._fetch()
            except ApiProblem as problem:
                restarts += 1
                if not _can_restart(problem) or restarts > _RESTARTS:
                    raise
                with self._database.writing() as db:
                    discard_stage(db, is_cursor_lost=problem.code in _LOST_CURSOR)
                continue
            applied = self._take(page)
            if applied is not None:
                self._count(applied, tally)
                return applied

    def _fetch(self) -> PullResponse:
        with self._database.writing() as db:
            cursor, token = begin_pull(db)
        request = PullRequest(
            device_id=self._sessions.device_id,
            cursor=None if token else cursor,
            token=token,
            limit=_PAGE_ROWS,
        )
        headers = {"Content-Type": "application/json"}
        body = msgspec.json.encode(request)
        reply = self._sessions.send("POST", "/v1/sync/pull", headers=headers, body=body)
        try:
            return msgspec.json.decode(reply.body, type=PullResponse)
        except msgspec.MsgspecError as error:
            raise ApiProblem(
                reply.status, "bad_answer", "The server's answer is damaged."
            ) from error

    def _take(self, page: PullResponse) -> Applied | None:
        """Stage a page, or take over the last one; a damaged one changes nothing."""
        try:
            with self._database.writing() as db:
                if page.state == "done" and page.cursor:
                    return commit_pull(db, page, self._clock.now())
                if page.state != "more" or not page.token:
                    raise ApiProblem(200, "bad_answer", "The server's page has no way on.")
                stage_page(db, page)
                return None
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            with self._database.writing() as db:
                discard_stage(db, is_cursor_lost=False)
            raise ApiProblem(200, "bad_answer", f"A page makes no sense: {error}.") from error

    @staticmethod
    def _count(applied: Applied, tally: Tally) -> None:
        tally.pulled_rows += applied.rows
        tally.drops += applied.drops
        tally.acks += applied.acks
        tally.pages += applied.pages
        tally.was_full_pull = tally.was_full_pull or applied.is_full
        tally.tables |= applied.tables


def _can_restart(problem: ApiProblem) -> bool:
    return problem.code == "scope_changed" or problem.code in _LOST_CURSOR
