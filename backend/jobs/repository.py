"""All SQL of jobs that is our own."""

from uuid import UUID

import sqlalchemy as sa


def select_orgs(connection: sa.Connection) -> list[UUID]:
    """Return every organisation's id: the one list of them that the application may read."""
    return list(connection.execute(sa.text("SELECT tuyen_org_ids()")).scalars())
