"""Push: apply a device's mutations, each exactly once, whatever is repeated or lost on the way."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

import msgspec
import psycopg2.errors
import sqlalchemy as sa

from backend.accounts.repository import lock_areas
from backend.api.problems import Problem
from backend.api.rendering import explain
from backend.clock import Clock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.sync import changelog, ledger
from backend.sync.ledger import hash_mutation, rejected, repeat, unknown
from backend.sync.parents import wait_for_parents
from backend.sync.protocol.merge import Merge, merge_patch
from backend.sync.protocol.messages import (
    Mutation,
    MutationResult,
    Op,
    PushRequest,
    PushResponse,
    Status,
    Value,
)
from backend.sync.registry import REGISTRY, Edit, SyncedTable

_LOG = logging.getLogger("tuyen.sync")
_ATTEMPTS = 4
_PASSING = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
)
_FAILED = frozenset({Status.REJECTED, Status.DEFERRED, Status.ERROR, Status.QUARANTINED})


def push(db: Database, actor: Actor, request: PushRequest, clock: Clock) -> PushResponse:
    """Apply a batch in one transaction and return a result for each mutation, in their order."""
    for attempt in range(_ATTEMPTS):
        now = clock.now()
        try:
            with db.for_org(actor.org_id) as connection:
                if any(one.table == "account" for one in request.mutations):
                    # Areas before accounts before children: everybody locks in this order.
                    lock_areas(connection, actor.org_id)
                batch = _Batch(db, connection, actor, now, now - request.client_time)
                results = [result for unit in _units(request) for result in batch.apply(unit)]
            return PushResponse(server_time=now, results=results)
        except (psycopg2.Error, sa.exc.DBAPIError) as error:
            if not isinstance(_cause(error), _PASSING) or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("The loop returns or raises.")


def _units(request: PushRequest) -> Iterator[list[Mutation]]:
    """Yield what must be applied together: the neighbours of one group, or one mutation."""
    for group, members in groupby(request.mutations, key=lambda one: one.group or one.id):
        del group
        yield list(members)


class _Batch:
    """A batch being applied in one transaction."""

    def __init__(
        self,
        db: Database,
        connection: sa.Connection,
        actor: Actor,
        now: datetime,
        clock_offset: timedelta,
    ) -> None:
        self.db = db
        self.connection = connection
        self.actor = actor
        self.now = now
        self.clock_offset = clock_offset
        self.fate: dict[str, Status] = {}
        """What became of the records that this batch tried to create."""

    def apply(self, unit: list[Mutation]) -> list[MutationResult]:
        """Apply mutations that stand or fall together."""
        results: list[MutationResult] = []
        with ledger.savepoint(self.connection):
            for mutation in unit:
                results.append(self._apply_one(mutation))
                if len(unit) > 1 and results[-1].status in _FAILED:
                    results = self._fail_group(unit, results[-1])
                    ledger.undo()
        if len(unit) > 1:
            self._store_failures(unit, results)
        for mutation, result in zip(unit, results, strict=True):
            if mutation.op is Op.CREATE:
                self.fate[mutation.rid] = result.status
        return results

    def _fail_group(self, unit: list[Mutation], culprit: MutationResult) -> list[MutationResult]:
        """Nothing of a group stands when one of it fails: the others share its fate."""
        status = Status.ERROR if culprit.status is Status.QUARANTINED else culprit.status
        shared = MutationResult(
            id="",
            status=status,
            code="group_failed",
            detail="Another change of the same visit failed, so this one waits with it.",
        )
        return [
            culprit if one.id == culprit.id else msgspec.structs.replace(shared, id=one.id)
            for one in unit
        ]

    def _store_failures(self, unit: list[Mutation], results: list[MutationResult]) -> None:
        """Store the final results of a group that was rolled back with everything in it."""
        for mutation, result in zip(unit, results, strict=True):
            if result.status in {Status.REJECTED, Status.QUARANTINED}:
                self._store_final(mutation, result)

    def _store_final(self, mutation: Mutation, result: MutationResult) -> None:
        known = ledger.claim(self.connection, self.actor, mutation, hash_mutation(mutation))
        if known is None:
            ledger.store_result(self.connection, self.actor.org_id, result)

    def _apply_one(self, mutation: Mutation) -> MutationResult:
        body_hash = hash_mutation(mutation)
        result: MutationResult | None = None
        try:
            with ledger.savepoint(self.connection):
                known = ledger.claim(self.connection, self.actor, mutation, body_hash)
                if known is not None:
                    return repeat(mutation, known, body_hash)
                result = self._carry_out(mutation)
                if result.status is Status.DEFERRED:
                    ledger.undo()
                ledger.store_result(self.connection, self.actor.org_id, result)
        except Exception as error:
            # One poisoned mutation must not stop the others; a lost connection stops them all.
            if _is_outage(error):
                raise
            return self._fail(mutation, error)
        return result

    def _carry_out(self, mutation: Mutation) -> MutationResult:
        """Apply one mutation inside a savepoint of its own; a refusal becomes its result."""
        synced = REGISTRY.get(mutation.table)
        if synced is None:
            return rejected(mutation, "unknown_table", f"There is no table {mutation.table}.")
        waiting = wait_for_parents(
            self.connection, self.actor.org_id, mutation, synced.table, self.fate
        )
        if waiting is not None:
            return waiting
        try:
            with ledger.savepoint(self.connection):
                return self._dispatch(mutation, synced)
        except Exception as error:
            problem = explain(error)
            if _is_outage(error) or problem is None or problem.status >= _SERVER_FAULT:
                raise
            return self._refuse(mutation, problem)

    def _dispatch(self, mutation: Mutation, synced: SyncedTable) -> MutationResult:
        match mutation.op:
            case Op.CREATE:
                return self._create(mutation, synced)
            case Op.PATCH:
                return self._patch(mutation, synced)
            case Op.DELETE:
                return self._delete(mutation, synced)

    def _create(self, mutation: Mutation, synced: SyncedTable) -> MutationResult:
        if synced.create is None:
            return rejected(mutation, "read_only", f"A {mutation.table} is not made on a phone.")
        unknown = [name for name in mutation.set if synced.table.field(name) is None]
        if unknown:
            return rejected(mutation, "unknown_field", f"Unknown fields: {', '.join(unknown)}.")
        synced.create(self._edit(mutation), UUID(mutation.rid), mutation.set)
        return self._applied(mutation, synced)

    def _patch(self, mutation: Mutation, synced: SyncedTable) -> MutationResult:
        if synced.change is None:
            code, detail = "read_only", f"A {mutation.table} cannot be changed by a phone."
            return rejected(mutation, code, detail)
        is_there = ledger.lock_record(self.connection, self.actor, mutation.table, mutation.rid)
        if is_there is None:
            return unknown(mutation)
        found = changelog.read_values(
            self.connection, self.actor.org_id, synced.table, UUID(mutation.rid)
        )
        server = found[1] if found else {}
        if not is_there:
            return self._conflict(mutation, "record_deleted", mutation.set, {})
        merge = merge_patch(
            synced.table,
            _wire(server),
            base=mutation.base,
            wanted=mutation.set,
            added=mutation.add,
            removed=mutation.remove,
        )
        if merge.refused:
            names = ", ".join(f"{one.field} ({one.code})" for one in merge.refused)
            return rejected(mutation, merge.refused[0].code, f"Not to be written: {names}.")
        if merge.changes:
            synced.change(self._edit(mutation), UUID(mutation.rid), merge.changes)
        return self._settle(mutation, synced, merge, server)

    def _settle(
        self, mutation: Mutation, synced: SyncedTable, merge: Merge, server: dict[str, object]
    ) -> MutationResult:
        """Tell what a merge came to, keeping the values that lost."""
        if not merge.kept_server:
            return self._applied(mutation, synced)
        mine = {name: mutation.set[name] for name in merge.kept_server}
        theirs = {name: server.get(name) for name in merge.kept_server}
        if not merge.changes:
            return self._conflict(mutation, "changed_meanwhile", mine, theirs)
        issue = ledger.insert_issue(
            self.connection, self.actor, mutation, code="merged", mine=mine, theirs=theirs
        )
        return msgspec.structs.replace(
            self._applied(mutation, synced),
            status=Status.MERGED,
            kept_server=list(merge.kept_server),
            issue=str(issue),
        )

    def _delete(self, mutation: Mutation, synced: SyncedTable) -> MutationResult:
        if synced.delete is None:
            code, detail = "read_only", f"A {mutation.table} cannot be deleted by a phone."
            return rejected(mutation, code, detail)
        is_there = ledger.lock_record(self.connection, self.actor, mutation.table, mutation.rid)
        if is_there is None:
            return unknown(mutation)
        if not is_there:
            # Deleted already: what the device wants holds.
            return MutationResult(id=mutation.id, status=Status.APPLIED)
        found = changelog.read_values(
            self.connection, self.actor.org_id, synced.table, UUID(mutation.rid)
        )
        if found and mutation.base_rv is not None and found[0] != mutation.base_rv:
            return self._conflict(mutation, "changed_meanwhile", {}, found[1])
        synced.delete(self._edit(mutation), UUID(mutation.rid))
        return MutationResult(id=mutation.id, status=Status.APPLIED)

    def _applied(self, mutation: Mutation, synced: SyncedTable) -> MutationResult:
        found = changelog.read_values(
            self.connection, self.actor.org_id, synced.table, UUID(mutation.rid)
        )
        return MutationResult(id=mutation.id, status=Status.APPLIED, rv=found[0] if found else None)

    def _conflict(
        self,
        mutation: Mutation,
        code: str,
        mine: dict[str, Value],
        theirs: dict[str, object],
    ) -> MutationResult:
        issue = ledger.insert_issue(
            self.connection, self.actor, mutation, code=code, mine=mine, theirs=theirs
        )
        return MutationResult(
            id=mutation.id,
            status=Status.CONFLICT,
            code=code,
            kept_server=sorted(mine),
            issue=str(issue),
        )

    def _refuse(self, mutation: Mutation, problem: Problem) -> MutationResult:
        if problem.code == "status_not_allowed":
            return self._conflict(mutation, problem.code, mutation.set, {})
        return rejected(mutation, problem.code, problem.detail)

    def _fail(self, mutation: Mutation, error: BaseException) -> MutationResult:
        """Count a failure of ours in a transaction of its own; the third time set it aside."""
        _LOG.error("mutation %s of %s failed", mutation.id, mutation.table, exc_info=error)
        with self.db.for_org(self.actor.org_id) as connection:
            attempts = ledger.count_failure(connection, self.actor, mutation, error)
        if attempts < ledger.MAX_ATTEMPTS:
            return MutationResult(
                id=mutation.id, status=Status.ERROR, code="server_error", detail="Try again later."
            )
        result = MutationResult(
            id=mutation.id,
            status=Status.QUARANTINED,
            code="quarantined",
            detail="The server could not take it; it is kept for an administrator.",
        )
        self._store_final(mutation, result)
        return result

    def _edit(self, mutation: Mutation) -> Edit:
        return Edit(
            connection=self.connection,
            actor=self.actor,
            now=self.now,
            clock_offset=self.clock_offset,
            at=mutation.at,
            boot_id=mutation.boot_id,
            elapsed_ms=mutation.elapsed_ms,
        )


def _cause(error: BaseException) -> BaseException:
    """Return the driver's exception behind SQLAlchemy's."""
    return getattr(error, "orig", None) or error


def _is_outage(error: BaseException) -> bool:
    """Tell whether the database is at fault, not the mutation; a time-out is the mutation's."""
    cause = _cause(error)
    is_down = isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError)
    return is_down and not isinstance(cause, psycopg2.errors.QueryCanceled)


_SERVER_FAULT = 500


def _wire(values: dict[str, object]) -> dict[str, Value]:
    return msgspec.convert(values, dict[str, Value])
