"""Pull: pages are staged; all of them become the store's new state in one transaction."""

import sqlite3
from collections.abc import Callable

import msgspec

from backend.sync.protocol.messages import (
    MAX_PULL_ROWS,
    ManifestRequest,
    PullRequest,
    PullResponse,
)
from backend.sync.protocol.version import PROTOCOL_VERSION
from mobile_client.device.clock import Clock
from mobile_client.store.anchor import keep_anchor
from mobile_client.store.database import Database
from mobile_client.store.meta import write_meta
from mobile_client.store.points import At, pass_by
from mobile_client.store.pulled import (
    Applied,
    Ask,
    begin_pull,
    begin_resync,
    commit_pull,
    discard_stage,
    stage_page,
)
from mobile_client.store.resync import held_after, is_check_due
from mobile_client.sync.http import FULL, StorageProblem
from mobile_client.sync.package import FREE_BYTES
from mobile_client.sync.problems import ApiProblem
from mobile_client.sync.session import Sessions
from mobile_client.sync.tally import Tally

_PAGE_ROWS = 2000
_RESTARTS = 5
_LOST_CURSOR = frozenset({"epoch_changed", "cursor_invalid"})


class Puller:
    """Brings the store to one state that the server really had."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        clock: Clock,
        free: Callable[[], int],
        *,
        at: At = pass_by,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._clock = clock
        self._free = free
        self._at = at

    def pull(self, tally: Tally) -> None:
        """Fetch pages to the end and take them over, again where checksums do not fit.

        Pages that were staged when the connection was lost are kept, and the pull goes on there.
        Raises Unreachable, ApiProblem, SessionEnded, StorageProblem.
        """
        restarts = 0
        while True:
            ask = self._begin()
            try:
                page = self._fetch(ask)
            except ApiProblem as problem:
                restarts += 1
                if restarts > _RESTARTS or not self._prepare_restart(problem, ask):
                    raise
                continue
            applied = self._take(page, ask)
            if applied is not None:
                _count(applied, tally)
                if not applied.differing or applied.is_full:
                    return

    def _begin(self) -> Ask:
        with self._database.writing() as db:
            ask = begin_pull(db)
        self._at("pull.begun")
        if ask.kind == "full" and ask.token is None and self._free() < FREE_BYTES:
            raise StorageProblem(FULL)
        return ask

    def _prepare_restart(self, problem: ApiProblem, ask: Ask) -> bool:
        """Make the next request possible after a refused one; False when nothing can be done."""
        with self._database.writing() as db:
            if problem.code == "scope_changed":
                discard_stage(db, is_cursor_lost=False)
            elif problem.code == "cursor_expired":
                begin_resync(db)
            elif problem.code == "cursor_invalid" and ask.token is not None:
                # A page's token does not live as long as the cursor that the pull began with.
                discard_stage(db, is_cursor_lost=False)
            elif problem.code in _LOST_CURSOR:
                discard_stage(db, is_cursor_lost=True)
            else:
                return False
        return True

    def _fetch(self, ask: Ask) -> PullResponse:
        headers = {"Content-Type": "application/json"}
        if ask.has_mismatch:
            headers["Tuyen-Check"] = "mismatch"
        path, request = self._request(ask)
        reply = self._sessions.send(
            "POST", path, headers=headers, body=msgspec.json.encode(request)
        )
        self._at("pull.answered")
        try:
            return msgspec.json.decode(reply.body, type=PullResponse)
        except msgspec.MsgspecError as error:
            raise ApiProblem(
                reply.status, "bad_answer", "The server's answer is damaged."
            ) from error

    def _request(self, ask: Ask) -> tuple[str, PullRequest | ManifestRequest]:
        if ask.is_comparing and ask.cursor:
            with self._database.reading() as db:
                have, upto = held_after(db, ask.compared, MAX_PULL_ROWS)
            return "/v1/sync/manifest", ManifestRequest(
                device_id=self._sessions.device_id,
                cursor=ask.cursor,
                have=have,
                upto=upto,
                token=ask.token,
                limit=_PAGE_ROWS,
            )
        with self._database.reading() as db:
            is_due = ask.kind != "delta" or is_check_due(db, self._clock.now())
        return "/v1/sync/pull", PullRequest(
            device_id=self._sessions.device_id,
            cursor=None if ask.token else ask.cursor,
            token=ask.token,
            limit=_PAGE_ROWS,
            protocol=PROTOCOL_VERSION,
            check=is_due,
        )

    def _take(self, page: PullResponse, ask: Ask) -> Applied | None:
        """Stage a page, or take over the last one; a damaged one changes nothing."""
        try:
            with self._database.writing() as db:
                if ask.has_mismatch:
                    write_meta(db, "mismatch", "")
                applied = self._keep(db, page)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            with self._database.writing() as db:
                discard_stage(db, is_cursor_lost=False)
            raise ApiProblem(200, "bad_answer", f"A page makes no sense: {error}.") from error
        self._at("pull.staged" if applied is None else "pull.committed")
        return applied

    def _keep(self, db: sqlite3.Connection, page: PullResponse) -> Applied | None:
        now = self._clock.now()
        if page.state == "done" and page.cursor:
            keep_anchor(
                db,
                boot_id=self._clock.boot_id,
                elapsed_ms=self._clock.monotonic_ms(),
                server_at=page.server_time,
                now=now,
            )
            return commit_pull(db, page, now, at=self._at)
        if page.state != "more" or not (page.token or page.next):
            raise ApiProblem(200, "bad_answer", "The server's page has no way on.")
        stage_page(db, page)
        self._at("pull.staging")
        return None


def _count(applied: Applied, tally: Tally) -> None:
    tally.pulled_rows += applied.rows
    tally.drops += applied.drops
    tally.acks += applied.acks
    tally.pages += applied.pages
    tally.was_full_pull = tally.was_full_pull or applied.is_full
    tally.was_compared = tally.was_compared or applied.kind == "manifest"
    tally.differing |= set(applied.differing)
    tally.tables |= applied.tables
