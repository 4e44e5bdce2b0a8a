"""The engine: one run sends, receives and uploads; every failure ends in a state with a message."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from mobile_client.device.clock import Clock
from mobile_client.store.captures import purge_files
from mobile_client.store.database import Database
from mobile_client.store.drafts import purge_taken
from mobile_client.store.failures import is_storage_full
from mobile_client.store.outbox import count_unsent, purge_sent, put_back_all
from mobile_client.store.points import At, pass_by
from mobile_client.store.wiping import wipe_data
from mobile_client.sync.backoff import wait_seconds
from mobile_client.sync.http import FULL, StorageProblem, Unreachable
from mobile_client.sync.package import MapPackage
from mobile_client.sync.problems import BUSY, ApiProblem, SessionEnded
from mobile_client.sync.pull import Puller
from mobile_client.sync.push import Pusher
from mobile_client.sync.session import Sessions
from mobile_client.sync.tally import Problem, SyncReport, Tally
from mobile_client.sync.upload import Uploader
from mobile_client.views import SyncState, Topic

_ALL_TOPICS: tuple[Topic, ...] = ("session", "today", "accounts", "map")
_NOT_FOUND = 404
_MAP_MINUTES = 60
_FULL_SECONDS = 30
_NO_SPACE = "no_space"


@dataclass(frozen=True, slots=True)
class EngineState:
    """How the engine stands; `next_try_at` is None when nothing is to be tried again.

    `code` is a word for why it does not go on: `offline`, `no_space`, or what the server said.
    """

    state: SyncState = "idle"
    message: str = ""
    next_try_at: datetime | None = None
    code: str = ""


class SyncEngine:
    """Runs one synchronisation at a time, whoever asks."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        clock: Clock,
        media_folder: Path,
        package: MapPackage,
        *,
        notify: Callable[[Topic], None],
        jitter: Random,
        free: Callable[[], int],
        at: At = pass_by,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._clock = clock
        self._media_folder = media_folder
        self._package = package
        self._notify = notify
        self._jitter = jitter
        self._pusher = Pusher(database, sessions, clock, jitter, at=at)
        self._puller = Puller(database, sessions, clock, free, at=at)
        self._uploader = Uploader(database, sessions, clock, jitter, media_folder, at=at)
        self._running = threading.Lock()
        self._failures = 0
        self._map_checked_at: datetime | None = None
        self._state = EngineState()

    @property
    def state(self) -> EngineState:
        """How the engine stands now."""
        return self._state

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Keep the engine from running; waits for a run that is under way."""
        with self._running:
            yield

    def run(self, *, is_forced: bool) -> SyncReport:
        """Push, pull and upload once; never raises for what network, server or disk do.

        `is_forced` sends also what is held for undo or put off after a failure.
        """
        with self._running:
            session = self._sessions.current
            tally = Tally()
            if session is None:
                return tally.report("error", "Nobody is signed in.", 0)
            self._set(EngineState("syncing"))
            try:
                ended = self._attempt(session.user_id, tally, is_forced=is_forced)
            finally:
                self._sessions.hang_up()
            self._set(ended)
            self._tell(tally)
            with self._database.reading() as db:
                left = count_unsent(db, session.user_id)
            return tally.report(ended.state, ended.message, left)

    def _attempt(self, user_id: str, tally: Tally, *, is_forced: bool) -> EngineState:
        try:
            try:
                self._steps(user_id, tally, is_forced=is_forced)
            except SessionEnded as error:
                self._end_session(error)
                return EngineState("error", error.message, code=error.code)
        except Unreachable as error:
            return self._put_off("offline", Problem("offline", str(error)))
        except ApiProblem as problem:
            return self._put_off("error", _told(problem))
        except (OSError, sqlite3.Error) as error:
            return self._put_off("error", _unsaved(error))
        if tally.problems:
            waits = [problem.retry_after_s for problem in tally.problems]
            return self._put_off("error", replace(tally.problems[0], retry_after_s=max(waits)))
        self._failures = 0
        return EngineState()

    def _steps(self, user_id: str, tally: Tally, *, is_forced: bool) -> None:
        with self._database.writing() as db:
            # A run that could not even write down how it ended left its mutations in flight.
            put_back_all(db)
        if self._sessions.is_copy:
            self._sessions.become_new_device()
        steps: tuple[Callable[[], object], ...] = (
            lambda: self._pusher.push(user_id, tally, is_forced=is_forced),
            lambda: self._puller.pull(tally),
            lambda: self._uploader.upload(user_id, tally, is_forced=is_forced),
            lambda: self._refresh_map(tally),
        )
        for step in steps:
            try:
                step()
            except ApiProblem as problem:
                # One door that is shut does not keep the others shut, unless the server is busy.
                if problem.status in BUSY:
                    raise
                tally.problems.append(_told(problem))
            except StorageProblem as error:
                # What has no room yet does not keep back what can leave the phone.
                tally.problems.append(Problem(_NO_SPACE, str(error)))
        now_s = self._clock.now().timestamp()
        with self._database.writing() as db:
            purge_sent(db, now_s)
            purge_taken(db)
            purge_files(db, self._media_folder, now_s)

    def _refresh_map(self, tally: Tally) -> None:
        now = self._clock.now()
        checked = self._map_checked_at
        is_fresh = checked is not None and abs(now - checked) < timedelta(minutes=_MAP_MINUTES)
        if is_fresh and self._package.path() and "territory" not in tally.tables:
            return
        try:
            tally.is_map_new = self._package.refresh()
        except ApiProblem as problem:
            # A user without territories has no map; that is no fault of this run.
            if problem.status != _NOT_FOUND:
                raise
        self._map_checked_at = now

    def _end_session(self, error: SessionEnded) -> None:
        """Let the person sign in again; a phone that lost its access loses the data as well."""
        if error.must_wipe:
            with self._database.writing() as db:
                wipe_data(db)
                purge_files(db, self._media_folder, float("inf"))
            self._package.remove()
        self._sessions.forget(is_revoked=error.code == "device_revoked")
        for topic in _ALL_TOPICS:
            self._notify(topic)

    def _put_off(self, state: SyncState, problem: Problem) -> EngineState:
        """Set the next try; a full phone is looked at often, for a person frees it at any time."""
        if problem.code == _NO_SPACE:
            wait = float(_FULL_SECONDS)
        else:
            self._failures += 1
            asked_s = problem.retry_after_s
            wait = wait_seconds(self._failures, self._jitter, at_least_s=asked_s)
        next_try_at = self._clock.now() + timedelta(seconds=wait)
        return EngineState(state, problem.message, next_try_at, problem.code)

    def _set(self, state: EngineState) -> None:
        self._state = state
        self._notify("sync")

    def _tell(self, tally: Tally) -> None:
        if tally.tables or tally.pushed:
            self._notify("today")
            self._notify("accounts")
        if tally.files_sent:
            self._notify("media")
        if tally.is_map_new:
            self._notify("map")


def _told(problem: ApiProblem) -> Problem:
    return Problem(problem.code, problem.message, problem.retry_after_s)


def _unsaved(error: OSError | sqlite3.Error) -> Problem:
    if is_storage_full(error):
        return Problem(_NO_SPACE, FULL)
    return Problem("not_saved", f"This phone could not save: {error}")
