"""Push: apply a device's mutations, each exactly once, whatever is repeated or lost on the way."""

from datetime import datetime

import psycopg2
import psycopg2.errors
import sqlalchemy as sa

from backend.accounts.repository import lock_areas
from backend.clock import Clock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.sync import forks, ledger
from backend.sync.anchors import drop_anchor, find_anchors
from backend.sync.batch import Batch, NeedsSavepointsError, Terms, driver_error, units
from backend.sync.protocol.messages import MutationResult, PushRequest, PushResponse

_ATTEMPTS = 4
_PASSING = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
)


def push(db: Database, actor: Actor, request: PushRequest, clock: Clock) -> PushResponse:
    """Apply a batch in one transaction and return a result for each mutation, in their order.

    Raises DeviceForked, and applies nothing, when the device lives twice.
    """
    if forks.is_counted(request):
        forks.check_counts(request.mutations)
    attempts, is_careful = 0, False
    while True:
        now = clock.now()
        try:
            with db.for_org(actor.org_id) as connection:
                results = _apply(connection, actor, request, now, is_careful=is_careful)
            return PushResponse(server_time=now, results=results)
        except NeedsSavepointsError:
            is_careful = True
        except (psycopg2.Error, sa.exc.DBAPIError) as error:
            attempts += 1
            if not isinstance(driver_error(error), _PASSING) or attempts == _ATTEMPTS:
                raise


def _apply(
    connection: sa.Connection,
    actor: Actor,
    request: PushRequest,
    now: datetime,
    *,
    is_careful: bool,
) -> list[MutationResult]:
    """Claim the mutations, apply them unit by unit, and keep their results."""
    mutations, is_counted = request.mutations, forks.is_counted(request)
    # Areas before accounts before children: everybody locks in this order.
    lock_areas(connection, actor.org_id)
    known = ledger.claim(connection, actor, mutations, is_counted=is_counted)
    if is_counted:
        forks.check_lives(actor, mutations, known)
    drop_anchor(connection, actor, request, now)
    anchors = find_anchors(connection, actor, mutations)
    terms = Terms(actor, now, now - request.client_time, anchors)
    batch = Batch(connection, terms, known, is_careful=is_careful)
    batch.prepare(mutations)
    results = [result for unit in units(mutations) for result in batch.apply(unit)]
    batch.settle()
    return results
