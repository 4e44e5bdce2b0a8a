"""Push: the outbox in order, in batches; each mutation goes by its own answer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from random import Random

import msgspec

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import (
    FINAL,
    MAX_MUTATIONS,
    MAX_PUSH_BYTES,
    Mutation,
    MutationResult,
    PushRequest,
    PushResponse,
    Status,
)
from backend.sync.protocol.version import PROTOCOL_VERSION
from mobile_client.device.clock import Clock
from mobile_client.store.anchor import keep_anchor
from mobile_client.store.database import Database
from mobile_client.store.outbox import Unit, mark_sending, mark_unsent, waiting_units
from mobile_client.store.points import At, pass_by
from mobile_client.store.settling import settle
from mobile_client.sync.backoff import wait_seconds
from mobile_client.sync.http import Unreachable
from mobile_client.sync.problems import ApiProblem
from mobile_client.sync.session import Sessions
from mobile_client.sync.tally import Tally

_ENVELOPE_BYTES = 4096
_TOO_LARGE = 413
_UNREADABLE = 422
_SERVER_ERROR = 500
_SENDS_A_RUN = 2
_PATIENCE = 3


class Pusher:
    """Empties the outbox as far as the server takes it."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        clock: Clock,
        jitter: Random,
        *,
        at: At = pass_by,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._clock = clock
        self._jitter = jitter
        self._at = at

    def push(self, user_id: str, tally: Tally, *, is_forced: bool) -> None:
        """Send every due unit; raises Unreachable, ApiProblem, SessionEnded.

        A unit that the server puts off for its parent's sake gets a second chance in this run.
        Where the server knows another life of this device, the phone goes on as a new one.
        """
        sends: Counter[str] = Counter()
        deferred: set[str] = set()
        has_forked = False
        while batch := self._next_batch(user_id, sends, deferred, is_forced=is_forced):
            sends.update(unit.key for unit in batch)
            try:
                deferred |= self._send(batch, tally)
            except ApiProblem as problem:
                if problem.code != "device_forked" or has_forked:
                    raise
                has_forked = True
                self._sessions.become_new_device()
                sends.subtract(unit.key for unit in batch)

    def _next_batch(
        self, user_id: str, sends: Counter[str], deferred: set[str], *, is_forced: bool
    ) -> list[Unit]:
        """Return what to send now, empty at the end; no more is read than one request holds.

        An edit never overtakes an earlier one of the same record.
        """
        now_s = self._clock.now().timestamp()

        def due(waiting: Iterable[Unit]) -> Iterator[Unit]:
            blocked: set[str] = set()
            for unit in waiting:
                is_again = unit.key in deferred
                may_go = is_forced or is_again or unit.is_due(now_s)
                if not may_go or unit.records & blocked:
                    blocked |= unit.records
                elif sends[unit.key] < (_SENDS_A_RUN if is_again else 1):
                    yield unit

        with self._database.reading() as db:
            return next(batches(due(waiting_units(db, user_id))), [])

    def _send(self, batch: Sequence[Unit], tally: Tally) -> set[str]:
        """Send one batch, smaller ones when it is refused whole; return the deferred units."""
        mutations = [mutation for unit in batch for mutation in unit.mutations]
        with self._database.writing() as db:
            mark_sending(db, batch)
        self._at("push.marked")
        try:
            response = self._post(mutations)
        except Unreachable as error:
            self._put_back(batch, did_leave=error.was_sent)
            raise
        except ApiProblem as problem:
            self._put_back(batch, did_leave=True)
            if not _should_split(batch, problem):
                raise
            return self._split(batch, problem, tally)
        except BaseException:
            self._put_back(batch, did_leave=True)
            raise
        self._at("push.answered")
        deferred = self._take_results(batch, response.results, tally, response.server_time)
        self._at("push.settled")
        return deferred

    def _post(self, mutations: list[Mutation]) -> PushResponse:
        request = PushRequest(
            device_id=self._sessions.device_id,
            batch_id=new_id(),
            client_time=self._clock.now(),
            mutations=mutations,
            protocol=PROTOCOL_VERSION,
            boot_id=self._clock.boot_id,
            elapsed_ms=self._clock.monotonic_ms(),
        )
        headers = {"Content-Type": "application/json"}
        body = msgspec.json.encode(request)
        reply = self._sessions.send("POST", "/v1/sync/push", headers=headers, body=body)
        try:
            return msgspec.json.decode(reply.body, type=PushResponse)
        except msgspec.MsgspecError as error:
            raise ApiProblem(
                reply.status, "bad_answer", "The server's answer is damaged."
            ) from error

    def _put_back(self, batch: Sequence[Unit], *, did_leave: bool) -> None:
        with self._database.writing() as db:
            mark_unsent(db, batch, did_leave=did_leave)

    def _split(self, batch: Sequence[Unit], problem: ApiProblem, tally: Tally) -> set[str]:
        """Halve a refused batch until the one unit is found that the server cannot read."""
        if len(batch) > 1:
            half = len(batch) // 2
            return self._send(batch[:half], tally) | self._send(batch[half:], tally)
        code = "batch_too_large" if problem.status == _TOO_LARGE else problem.code
        status = Status.ERROR if problem.status >= _SERVER_ERROR else Status.QUARANTINED
        results = [
            MutationResult(id=mutation.id, status=status, code=code, detail=problem.message)
            for mutation in batch[0].mutations
        ]
        return self._take_results(batch, results, tally)

    def _take_results(
        self,
        batch: Sequence[Unit],
        results: Sequence[MutationResult],
        tally: Tally,
        server_at: datetime | None = None,
    ) -> set[str]:
        """Keep each answer in one transaction; what got none is tried again later."""
        now = self._clock.now()
        answers = {result.id: result for result in results}
        deferred: set[str] = set()
        with self._database.writing() as db:
            if server_at is not None:
                boot_id, elapsed_ms = self._clock.boot_id, self._clock.monotonic_ms()
                keep_anchor(
                    db, boot_id=boot_id, elapsed_ms=elapsed_ms, server_at=server_at, now=now
                )
            for unit in batch:
                wait = wait_seconds(unit.tries + 1, self._jitter)
                for mutation in unit.mutations:
                    result = answers.get(mutation.id) or _no_answer(mutation)
                    settle(db, result, now=now, next_try_at=now.timestamp() + wait)
                    tally.count(result.status)
                    if result.status not in FINAL:
                        deferred |= {unit.key} if result.status is Status.DEFERRED else set()
            self._at("push.settling")
        return deferred


def _should_split(batch: Sequence[Unit], problem: ApiProblem) -> bool:
    """Tell whether one unit may be what the server cannot take; none may hold up the others."""
    if problem.status in {_TOO_LARGE, _UNREADABLE}:
        return True
    return problem.status == _SERVER_ERROR and max(unit.tries for unit in batch) >= _PATIENCE


def _no_answer(mutation: Mutation) -> MutationResult:
    detail = "The server gave no answer for this."
    return MutationResult(id=mutation.id, status=Status.ERROR, code="no_answer", detail=detail)


def batches(units: Iterable[Unit]) -> Iterator[list[Unit]]:
    """Yield the units in order, as many at a time as one request may hold; no unit is split."""
    batch: list[Unit] = []
    count, size = 0, _ENVELOPE_BYTES
    for unit in units:
        bytes_of = sum(len(msgspec.json.encode(mutation)) + 1 for mutation in unit.mutations)
        is_full = count + len(unit.mutations) > MAX_MUTATIONS or size + bytes_of > MAX_PUSH_BYTES
        if batch and is_full:
            yield batch
            batch, count, size = [], 0, _ENVELOPE_BYTES
        batch.append(unit)
        count += len(unit.mutations)
        size += bytes_of
    if batch:
        yield batch
