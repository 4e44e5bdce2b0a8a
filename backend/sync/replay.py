"""What was set aside is tried again, as the person and from the device that it came from."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from backend.accounts.repository import lock_areas
from backend.identity.actor import Actor, Role
from backend.identity.repository import find_user
from backend.sync import desk, ledger
from backend.sync.anchors import find_anchors
from backend.sync.batch import Batch, Terms
from backend.sync.protocol.messages import FINAL, MutationResult, Status
from backend.sync.quarantine import QuarantineRead, QuarantineState


def replay(
    connection: sa.Connection, actor: Actor, mutation_id: UUID, now: datetime
) -> list[MutationResult]:
    """Apply a mutation that was set aside and all of its group; return their results.

    A final result takes the place of `quarantined`, and the device hears it with its next pull.
    With `deferred`, or when the server fails at it again, all stays set aside.
    """
    lock_areas(connection, actor.org_id)
    unit = desk.hold_set_aside(connection, actor, mutation_id)
    mutations = [one.body for one in unit]
    author = _author(connection, actor, unit[0])
    terms = Terms(
        author,
        now,
        timedelta(milliseconds=unit[0].clock_offset_ms),
        find_anchors(connection, author, mutations),
    )
    batch = Batch(connection, terms, {}, is_careful=True)
    batch.prepare(mutations)
    results = batch.apply(mutations)
    if all(one.status in FINAL and one.status is not Status.QUARANTINED for one in results):
        ledger.replace_results(connection, actor.org_id, results)
        desk.settle(connection, actor, unit, QuarantineState.REPLAYED, now)
    return results


def _author(connection: sa.Connection, actor: Actor, one: QuarantineRead) -> Actor:
    """Return who made a mutation, in today's role."""
    person = find_user(connection, actor.org_id, one.user_id)
    role = Role(person.role) if person is not None else Role.REP
    return Actor(actor.org_id, one.user_id, role, one.device_id)
