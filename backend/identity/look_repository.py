"""The SQL of looks at people's positions and tracks."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId, new_id

type Looked = Literal["position", "track"]

_INSERT = sa.text("""
INSERT INTO track_look (org_id, id, person_id, looked_by, on_date, what, looked_at)
SELECT :org_id, n.id, n.person_id, :by, :on_date, :what, :now
  FROM unnest(cast(:ids AS uuid[]), cast(:people AS uuid[])) n (id, person_id)
 WHERE NOT EXISTS (SELECT FROM track_look l
    WHERE l.org_id = :org_id AND l.person_id = n.person_id AND l.looked_by = :by
      AND l.on_date = :on_date AND l.what = :what
      AND l.looked_at > cast(:now AS timestamptz) - make_interval(mins => :within_minutes))
""")
_SELECT = sa.text("""
SELECT l.id, l.looked_by, u.full_name AS looked_by_name, l.on_date, l.what, l.looked_at
  FROM track_look l JOIN app_user u ON u.org_id = l.org_id AND u.id = l.looked_by
 WHERE l.org_id = :org_id AND l.person_id = :person_id
   AND (cast(:before AS uuid) IS NULL OR (l.looked_at, l.id) < (
     SELECT b.looked_at, b.id FROM track_look b
      WHERE b.org_id = :org_id AND b.id = :before AND b.person_id = :person_id))
 ORDER BY l.looked_at DESC, l.id DESC LIMIT :limit
""")


def insert_looks(
    connection: sa.Connection,
    org_id: OrgId,
    people: list[UUID],
    *,
    by: UserId,
    told: Mapping[str, object],
    within_minutes: int,
) -> None:
    """Keep a look at each person; none where the same was kept a few minutes ago."""
    values = {
        "org_id": org_id,
        "ids": [new_id() for _ in people],
        "people": people,
        "by": by,
        "within_minutes": within_minutes,
        **told,
    }
    connection.execute(_INSERT, values)


class LookRead(msgspec.Struct, frozen=True):
    """Somebody looked at where you were: `position` the last one, `track` the way of a day."""

    id: UUID
    looked_by: UUID
    looked_by_name: str
    on_date: date
    what: Looked
    looked_at: datetime


def select_looks(
    connection: sa.Connection,
    org_id: OrgId,
    person_id: UserId,
    *,
    before: UUID | None,
    limit: int,
) -> list[LookRead]:
    """Return the looks at a person, the latest first."""
    values = {"org_id": org_id, "person_id": person_id, "before": before, "limit": limit}
    rows = connection.execute(_SELECT, values).mappings()
    return [msgspec.convert(dict(row), LookRead) for row in rows]


def forget_looks(connection: sa.Connection, now: datetime) -> None:
    """Remove the organisation's looks of more than a year ago."""
    connection.execute(sa.text("SELECT track_look_forget(:now)"), {"now": now})
