"""Looks at where people were: each is kept, and told to the person who was looked at.

Whatever answers with a person's position or track calls `note_looks` before it answers.
"""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from backend.identity import look_repository
from backend.identity.actor import Actor
from backend.identity.look_repository import Looked, LookRead

ONE_LOOK_MINUTES = 10
"""Looks of one person at the same within so long are one."""


def note_looks(  # who, whom, what, when
    connection: sa.Connection,
    actor: Actor,
    people: Iterable[UUID],
    on_date: date,
    what: Looked,
    *,
    now: datetime,
) -> None:
    """Keep that the actor looks at people of a day; a look at oneself is none."""
    others = sorted({one for one in people if one != actor.user_id})
    if others:
        look_repository.insert_looks(
            connection,
            actor.org_id,
            others,
            by=actor.user_id,
            told={"on_date": on_date, "what": what, "now": now},
            within_minutes=ONE_LOOK_MINUTES,
        )


def list_looks(
    connection: sa.Connection, actor: Actor, *, before: UUID | None, limit: int
) -> list[LookRead]:
    """Return who looked at the actor, the latest look first."""
    return look_repository.select_looks(
        connection, actor.org_id, actor.user_id, before=before, limit=limit
    )
