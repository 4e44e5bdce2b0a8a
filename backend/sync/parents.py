"""What a mutation hangs on: a record or parent that may be not here yet, or never come."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import sqlalchemy as sa

from backend.ids import OrgId
from backend.sync import ledger
from backend.sync.ledger import rejected
from backend.sync.protocol.messages import Mutation, MutationResult, Op, Status
from backend.sync.protocol.tables import Table

_NEVER = frozenset({Status.REJECTED, Status.QUARANTINED})
_LATER = frozenset({Status.DEFERRED, Status.ERROR})


def wait_for_parents(
    connection: sa.Connection,
    org_id: OrgId,
    mutation: Mutation,
    table: Table,
    fates: Mapping[str, Status],
) -> MutationResult | None:
    """Return `deferred` or `parent_rejected` when what the mutation hangs on is not there.

    `fates` tells what became of the records that this batch tried to create. A change of a record
    that nobody ever tried to create goes on, to be answered by who looks for it.
    """
    for name, rid in _needed(mutation, table):
        if ledger.exists(connection, org_id, name, rid):
            continue
        fate = fates.get(rid) or ledger.find_creation(connection, org_id, rid)
        if fate in _NEVER:
            return rejected(mutation, "parent_rejected", "What it belongs to was not taken.")
        if fate in _LATER or mutation.op is Op.CREATE:
            detail = "What it belongs to is not known yet: send that first."
            return MutationResult(
                id=mutation.id, status=Status.DEFERRED, code="parent_unknown", detail=detail
            )
    return None


def _needed(mutation: Mutation, table: Table) -> Iterator[tuple[str, str]]:
    """Yield tables and ids of what has to be there."""
    if mutation.op is not Op.CREATE:
        yield mutation.table, mutation.rid
    elif table.parent:
        for parent in ("account", "visit"):
            rid = mutation.set.get(f"{parent}_id")
            if isinstance(rid, str) and _is_id(rid):
                yield parent, rid


def _is_id(text: str) -> bool:
    """Tell whether a field can be looked up; where not, the room's own check names it."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
