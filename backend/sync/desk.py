"""What people at a desk do about sync: look at issues, resolve them, give up what was set aside."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.accounts.repository import lock_areas
from backend.api.problems import Conflict, NotFound
from backend.identity import audit
from backend.identity.actor import Actor, Role
from backend.ids import UserId
from backend.sync import issues, ledger, quarantine
from backend.sync.edit import Edit
from backend.sync.holds import Holds
from backend.sync.issues import IssueRead, IssueState, Resolution
from backend.sync.protocol.messages import MutationResult, Status
from backend.sync.quarantine import QuarantineRead, QuarantineState
from backend.sync.resolving import resolve
from backend.sync.writes import Writes

_ELDERS = frozenset({Role.MANAGER, Role.ADMIN})
"""Those who see everybody's issues."""


class SettledBefore(Conflict):
    """What was set aside is no longer there to be settled."""

    code, title = "settled_before", "This was settled before"


def list_issues(
    connection: sa.Connection, actor: Actor, state: IssueState, *, before: UUID | None, limit: int
) -> list[IssueRead]:
    """Return one's own issues, to managers and administrators everybody's, latest first."""
    return issues.select_issues(
        connection, actor.org_id, state=state, owner=_owner(actor), before=before, limit=limit
    )


def resolve_issue(
    connection: sa.Connection, actor: Actor, issue_id: UUID, choice: Resolution, now: datetime
) -> IssueRead:
    """Resolve an issue as its owner's phone would; the same choice again changes nothing."""
    lock_areas(connection, actor.org_id)
    _find_issue(connection, actor, issue_id)
    writes = Writes(connection, actor)
    edit = Edit(
        connection=connection, writes=writes, actor=actor, now=now, clock_offset=timedelta(0)
    )
    holds = Holds(connection, actor, writes)
    resolve(edit, holds, issue_id, {"resolution": choice.value})
    writes.flush()
    return _find_issue(connection, actor, issue_id)


def list_quarantine(
    connection: sa.Connection,
    actor: Actor,
    state: QuarantineState | None,
    *,
    before: UUID | None,
    limit: int,
) -> list[QuarantineRead]:
    """Return what was set aside of one's own, to managers and administrators of everybody."""
    found = quarantine.select_set_aside(
        connection, actor.org_id, state=state, owner=_owner(actor), before=before, limit=limit
    )
    if actor.role is Role.ADMIN:
        return found
    return [msgspec.structs.replace(one, error=None) for one in found]


def hold_set_aside(
    connection: sa.Connection, actor: Actor, mutation_id: UUID
) -> list[QuarantineRead]:
    """Return a mutation and what was set aside with it, held.

    Raises NotFound for what was never set aside, SettledBefore for what is not any more.
    """
    unit = quarantine.hold_unit(connection, actor.org_id, mutation_id)
    if not unit:
        raise NotFound(f"No mutation {mutation_id} was set aside.")
    if any(one.state is not QuarantineState.SET_ASIDE for one in unit):
        raise SettledBefore(f"This was {unit[0].state.value} already.")
    return unit


def discard(
    connection: sa.Connection, actor: Actor, mutation_id: UUID, now: datetime
) -> list[MutationResult]:
    """Give up a mutation and what was set aside with it; their device is told so."""
    unit = hold_set_aside(connection, actor, mutation_id)
    detail = "An administrator looked at it and gave it up."
    results = [
        MutationResult(str(one.mutation_id), Status.REJECTED, code="discarded", detail=detail)
        for one in unit
    ]
    ledger.replace_results(connection, actor.org_id, results)
    settle(connection, actor, unit, QuarantineState.DISCARDED, now)
    return results


def settle(
    connection: sa.Connection,
    actor: Actor,
    unit: list[QuarantineRead],
    state: QuarantineState,
    now: datetime,
) -> None:
    """Close what was set aside, and write down who did."""
    quarantine.settle_unit(connection, actor, unit[0].unit_id, state, now)
    for one in unit:
        audit.record(
            connection,
            actor,
            f"mutation.{state.value}",
            subject="mutation",
            subject_id=one.mutation_id,
            detail={"table": one.body.table, "rid": one.body.rid, "op": one.body.op.value},
        )


def _find_issue(connection: sa.Connection, actor: Actor, issue_id: UUID) -> IssueRead:
    issue = issues.find_issue(connection, actor.org_id, issue_id)
    if issue is None or _owner(actor) not in {None, issue.user_id}:
        raise NotFound(f"There is no issue {issue_id}, or it is not yours.")
    return issue


def _owner(actor: Actor) -> UserId | None:
    return None if actor.role in _ELDERS else actor.user_id
