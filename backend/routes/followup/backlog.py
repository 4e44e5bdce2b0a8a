"""Days whose driving no question had the time to settle: a job settles them."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa

from backend.ids import OrgId
from backend.jobs import Work, enqueue_in_turn
from backend.routes.engines import Engines
from backend.routes.followup.settling import read_ground, settle, weeks_of
from backend.routes.weeks.planning import WorkerEnding

TASK = "routes.settle"
"""The task's name."""


def ask_to_settle(
    connection: sa.Connection, org_id: OrgId, from_date: date, to_date: date, rep_id: UUID | None
) -> None:
    """Ask for a period to be settled, of one person or of all; behind what others wait for."""
    enqueue_in_turn(
        connection, TASK, org_id=org_id, from_date=from_date, to_date=to_date, rep_id=rep_id
    )


def settle_period(
    work: Work, org_id: OrgId, from_date: date, to_date: date, rep_id: UUID | None
) -> None:
    """Settle what of a period waits; raise WorkerEnding when asked to stop."""
    for first, last in weeks_of(from_date, to_date):
        ground, now = read_ground(work.db, org_id, first, last, rep_id=rep_id), work.clock.now()
        settle(work.db, org_id, ground, work.part(Engines), now=now, is_over=lambda: work.is_ending)
        if work.is_ending:
            raise WorkerEnding("The worker ends: the days are settled later.")
