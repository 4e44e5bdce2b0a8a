"""All SQL of jobs that is our own."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa


def select_orgs(connection: sa.Connection) -> list[UUID]:
    """Return every organisation's id: the one list of them that the application may read."""
    return list(connection.execute(sa.text("SELECT tuyen_org_ids()")).scalars())


def is_waiting(connection: sa.Connection, lock: str, args: Mapping[str, object]) -> bool:
    """Tell whether a job that takes its turn by `lock` waits to be done with these arguments."""
    statement = sa.text(
        "SELECT EXISTS (SELECT 1 FROM jobs.procrastinate_jobs"
        " WHERE lock = :lock AND status = 'todo' AND args = cast(:args AS jsonb))"
    )
    values = {"lock": lock, "args": msgspec.json.encode(args).decode()}
    return bool(connection.execute(statement, values).scalar_one())
