"""A batch being applied in one transaction: unit by unit, each whole or not at all."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import msgspec
import psycopg2
import psycopg2.errors
import sqlalchemy as sa

from backend.api.rendering import explain
from backend.db.tenancy import send
from backend.identity.actor import Actor
from backend.sync import ledger, quarantine
from backend.sync.aliases import follow_aliases
from backend.sync.anchors import Anchors, date_edit, since_boot
from backend.sync.changes import carry_out, refuse
from backend.sync.edit import Edit
from backend.sync.holds import Holds
from backend.sync.ledger import Known, hash_mutation, rejected, repeat
from backend.sync.parents import Parents
from backend.sync.protocol.messages import FINAL, Mutation, MutationResult, Op, Status
from backend.sync.registry import REGISTRY
from backend.sync.writes import Writes

_LOG = logging.getLogger("tuyen.sync")
_FAILED = frozenset({Status.REJECTED, Status.DEFERRED, Status.ERROR, Status.QUARANTINED})
_NEVER = frozenset({Status.REJECTED, Status.QUARANTINED})
_SERVER_FAULT = 500

type Results = dict[str, MutationResult]
"""What became of mutations, by their ids."""


class Terms(msgspec.Struct, frozen=True):
    """What holds for a whole batch: who sent it, when, and what the device's clocks are worth."""

    actor: Actor
    now: datetime
    clock_offset: timedelta = timedelta(0)
    anchors: Anchors = {}


class NeedsSavepointsError(Exception):
    """Something has to be undone, and nothing marks its beginning: begin anew with savepoints."""


class Batch:
    """Mutations being applied in a transaction that has claimed them.

    `known` are those that were seen before, by id. Savepoints cost a round trip for each mutation,
    so a batch is first tried without, and its rows are written together at its end; when something
    in it fails, it is begun anew, carefully, each mutation written at once.
    """

    def __init__(
        self,
        connection: sa.Connection,
        terms: Terms,
        known: Mapping[str, Known],
        *,
        is_careful: bool,
    ) -> None:
        self._connection = connection
        self._terms = terms
        self._known = dict(known)
        self._turned: dict[str, Mutation] = {}
        self._results: Results = {}
        self._parents = Parents(connection, terms.actor.org_id)
        self._writes = Writes(connection, terms.actor)
        self._holds = Holds(connection, terms.actor, self._writes)
        self._is_careful = is_careful
        self._is_clean = True

    def prepare(self, mutations: Sequence[Mutation]) -> None:
        """Hold and look up in a few statements what the mutations are about.

        What is meant for merged accounts is turned to those that stayed. They are looked for under
        the locks, so that no merge comes in between.
        """
        fresh = [one for one in mutations if one.id not in self._known]
        self._holds.hold_all(fresh)
        self._turned = follow_aliases(self._connection, self._terms.actor.org_id, fresh)
        elsewhere = [self._turned[one.id] for one in fresh if self._turned[one.id] is not one]
        if elsewhere:
            self._holds.hold_all(elsewhere)
        self._parents.look_up(self._turned.values())
        if self._is_careful:
            send(self._connection, "SAVEPOINT unit")

    def apply(self, unit: Sequence[Mutation]) -> list[MutationResult]:
        """Apply mutations that stand or fall together; return their results in order."""
        told: Results = {}
        fresh: list[Mutation] = []
        for one in unit:
            if one.id in self._known:
                told[one.id] = repeat(one, self._known[one.id])
            elif one.id not in {other.id for other in fresh}:
                fresh.append(one)
        self._results |= self._attempt(fresh, told) if fresh else {}
        self._parents.settle(fresh, self._results)
        answers = [self._answer(one, fresh, told) for one in unit]
        # From here on the same ids are repeats of these.
        for one in fresh:
            if self._results[one.id].status in FINAL:
                body_hash = hash_mutation(one)
                self._known[one.id] = Known("", None, body_hash, self._results[one.id])
        return answers

    def settle(self) -> Results:
        """Store the results, in the transaction of their effects; give up the claims of others."""
        self._flush()
        org_id = self._terms.actor.org_id
        final = [one for one in self._results.values() if one.status in FINAL]
        rest = [one.id for one in self._results.values() if one.status not in FINAL]
        ledger.store_results(self._connection, org_id, final)
        ledger.release(self._connection, org_id, rest)
        return self._results

    def _flush(self) -> None:
        """Write what is waiting; where some of it is refused, each has to be tried by itself."""
        try:
            self._writes.flush()
        except Exception as error:
            if self._is_careful or is_outage(error):
                raise
            raise NeedsSavepointsError from error

    def _answer(
        self, mutation: Mutation, fresh: Sequence[Mutation], told: Results
    ) -> MutationResult:
        """Return a mutation's result; one that says two things in a unit is refused the second."""
        if mutation.id in told:
            return told[mutation.id]
        first = next(one for one in fresh if one.id == mutation.id)
        if first is mutation or self._results[first.id].status not in FINAL:
            return self._results[first.id]
        return repeat(mutation, Known("", None, hash_mutation(first), self._results[first.id]))

    def _attempt(self, unit: Sequence[Mutation], told: Results) -> Results:
        """Apply a unit in a savepoint; what fails in it leaves nothing of it."""
        if any(one.status in _NEVER or one.was in _NEVER for one in told.values()):
            return {one.id: _group_failed(one, Status.REJECTED) for one in unit}
        is_group = len(unit) + len(told) > 1
        outcome: Results = {}
        self._begin()
        for mutation in unit:
            try:
                result = self._apply_one(mutation, is_group=is_group)
            except Exception as error:
                # One poisoned mutation must not stop the others; a lost connection stops them all.
                if is_outage(error):
                    raise
                # Also what failed by only reading has ended the transaction's present savepoint.
                self._is_clean = False
                self._undo()
                return self._fail(unit, mutation, error)
            if is_group and result.status in _FAILED:
                self._undo()
                return {
                    one.id: result if one is mutation else _group_failed(one, result.status)
                    for one in unit
                }
            outcome[mutation.id] = result
        return outcome

    def _apply_one(self, mutation: Mutation, *, is_group: bool) -> MutationResult:
        """Apply one mutation of a unit; a refusal becomes its result, a failure is raised."""
        mutation = self._turned[mutation.id]
        synced = REGISTRY.get(mutation.table)
        if synced is None:
            return rejected(mutation, "unknown_table", f"There is no table {mutation.table}.")
        waiting = self._parents.wait(mutation)
        if waiting is not None:
            return waiting
        edit = self._edit(mutation)
        if is_group and self._is_careful:
            send(self._connection, "SAVEPOINT member")
        self._is_clean = False
        try:
            result = carry_out(edit, mutation, synced, self._holds)
            if self._is_careful:
                self._writes.flush()
        except Exception as error:
            problem = explain(error)
            if is_outage(error) or problem is None or problem.status >= _SERVER_FAULT:
                raise
            self._undo("member" if is_group else "unit")
            self._is_clean = False
            result = refuse(edit, mutation, problem)
            # At once: what the next one comes to may be undone.
            self._writes.flush()
            return result
        if mutation.op is Op.CREATE and result.status is Status.APPLIED:
            self._parents.add(mutation)
        return result

    def _begin(self) -> None:
        """Begin a unit: what was done before stays, whatever becomes of it."""
        if not self._is_clean and self._is_careful:
            send(self._connection, "RELEASE SAVEPOINT unit; SAVEPOINT unit")
        self._is_clean = True

    def _undo(self, savepoint: str = "unit") -> None:
        """Undo what was done since a savepoint, which stays."""
        if self._is_clean:
            return
        if not self._is_careful:
            raise NeedsSavepointsError
        self._writes.clear()
        send(self._connection, f"ROLLBACK TO SAVEPOINT {savepoint}")
        self._holds.forget_all()
        self._is_clean = True

    def _fail(self, unit: Sequence[Mutation], culprit: Mutation, error: BaseException) -> Results:
        """Count a failure of ours; the third time set the whole unit aside."""
        _LOG.error("mutation %s of %s failed", culprit.id, culprit.table, exc_info=error)
        actor, offset = self._terms.actor, self._terms.clock_offset
        self._is_clean = False
        attempts = quarantine.count_failure(
            self._connection, actor, culprit, error, clock_offset=offset
        )
        if attempts < quarantine.MAX_ATTEMPTS:
            status, code, detail = Status.ERROR, "server_error", "Try again later."
        else:
            quarantine.set_aside(self._connection, actor, unit, culprit, clock_offset=offset)
            status, code = Status.QUARANTINED, "quarantined"
            detail = "The server could not take it; it is kept for an administrator."
        own = MutationResult(id=culprit.id, status=status, code=code, detail=detail)
        return {one.id: own if one is culprit else _group_failed(one, status) for one in unit}

    def _edit(self, mutation: Mutation) -> Edit:
        terms = self._terms
        boot_id, elapsed_ms = since_boot(mutation)
        return Edit(
            connection=self._connection,
            writes=self._writes,
            actor=terms.actor,
            now=terms.now,
            clock_offset=terms.clock_offset,
            at=mutation.at,
            boot_id=boot_id,
            elapsed_ms=elapsed_ms,
            anchored_at=date_edit(terms.anchors, mutation),
            is_in_sight=self._holds.is_in_sight,
        )


def units(mutations: Sequence[Mutation]) -> Iterator[list[Mutation]]:
    """Yield what must be applied together: the neighbours of one group, or one mutation."""
    for _, members in groupby(mutations, key=lambda one: one.group or one.id):
        yield list(members)


def is_outage(error: BaseException) -> bool:
    """Tell whether the database is at fault, not the mutation.

    Taking too long, or more than a limit of the database's, is the mutation's own.
    """
    cause = driver_error(error)
    # A server that goes away in mid-statement is at times told by the bare base class.
    is_down = (
        isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError)
        or type(cause) is psycopg2.DatabaseError
    )
    if not is_down or isinstance(cause, psycopg2.errors.QueryCanceled):
        return False
    return not (getattr(cause, "pgcode", None) or "").startswith("54")


def driver_error(error: BaseException) -> BaseException:
    """Return the driver's exception behind SQLAlchemy's."""
    return getattr(error, "orig", None) or error


def _group_failed(mutation: Mutation, status: Status) -> MutationResult:
    """Nothing of a group stands when one of it fails: the others share its fate."""
    detail = "Another change of the same group failed, so nothing of it was done."
    return MutationResult(id=mutation.id, status=status, code="group_failed", detail=detail)
