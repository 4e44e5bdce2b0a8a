"""Check-ins away from an account's pin, and a check of all pins."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg2

from backend.clock import SystemClock
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.jobs import Work
from backend.pins.tasks import TASKS
from backend.routes.engines import Engines
from tests.support.databases import TestDatabase
from tests.support.people import Org

METRE = 1 / 111_195
"""Of latitude, in degrees."""


def see(  # a check-in
    owner_url: str,
    org: Org,
    account_id: UUID,
    *,
    at: Sequence[float],
    days_ago: int,
    rep: Actor | None = None,
    accuracy_m: float | None = 10,
    is_mock: bool = False,
) -> UUID:
    """Insert a visit that was done, with a check-in at a position."""
    visit_id, check_in_id = new_id(), new_id()
    moment = datetime.now(UTC) - timedelta(days=days_ago)
    who = (rep or org.rep).user_id
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        cur.execute(
            "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome,"
            " checked_in_at, done_at) VALUES (%s, %s, %s, %s, %s, 'done', 'met', %s, %s)",
            (org.id, visit_id, account_id, who, moment.date(), moment, moment),
        )
        cur.execute(
            "INSERT INTO check_in (org_id, id, account_id, visit_id, rep_id, captured_at,"
            " corrected_at, location, accuracy_m, is_mock) VALUES (%s, %s, %s, %s, %s, %s, %s,"
            " ST_SetSRID(ST_MakePoint(%s, %s), 4326), %s, %s)",
            (org.id, check_in_id, account_id, visit_id, who, moment, moment, *at, accuracy_m,
             is_mock),
        )  # fmt: skip
    return check_in_id


def check_pins(database: TestDatabase, org: Org, network_dir: Path = Path("/nowhere")) -> None:
    """Look at all pins of an organisation, as the job of the night does."""
    engines = Engines(network_dir)
    try:
        work = Work(database.database, SystemClock(), {Engines: engines})
        TASKS[0].call(work, {"org_id": str(org.id)})
    finally:
        engines.close()
