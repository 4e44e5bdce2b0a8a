"""The SQL of the day as it runs."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId, new_id
from backend.live.schemas import HoursRead, Standing
from backend.routes.followup.traces import StoredFix

LATE_MINUTES = 15
_TAIL = 2000
"""Fixes looked back from the last one: a break of some hours does not hide what came before."""


class Worker(NamedTuple):
    """A rep with what tells the working hours of the day."""

    id: UUID
    name: str
    hours: str | None
    starts_at: datetime | None
    ends_at: datetime | None


class Ground(NamedTuple):
    """The organisation's own day and clock."""

    time_zone: str
    country: str


class Seen(NamedTuple):
    """A check-in with a position."""

    rep_id: UUID
    at: datetime
    lon: float
    lat: float
    accuracy_m: float | None


def read_ground(connection: sa.Connection, org_id: OrgId) -> Ground:
    """Return where the organisation is."""
    statement = sa.text("SELECT time_zone, country FROM organisation WHERE id = :org_id")
    return Ground._make(connection.execute(statement, {"org_id": org_id}).one())


def select_workers(
    connection: sa.Connection, org_id: OrgId, on_date: date, *, rep_id: UUID | None
) -> list[Worker]:
    """Return the reps who may sign in, by name."""
    statement = sa.text("""
SELECT u.id, u.full_name AS name, coalesce(own.hours, everybody.hours) AS hours,
       r.starts_at, r.ends_at
  FROM app_user u
  LEFT JOIN working_hours own ON own.org_id = :org_id AND own.rep_id = u.id
  LEFT JOIN working_hours everybody ON everybody.org_id = :org_id AND everybody.rep_id IS NULL
  LEFT JOIN route r ON r.org_id = :org_id AND r.rep_id = u.id AND r.on_date = :on_date
   AND r.status = 'planned' AND r.deleted_at IS NULL
 WHERE u.org_id = :org_id AND u.role = 'rep' AND u.is_active
   AND (cast(:rep_id AS uuid) IS NULL OR u.id = :rep_id)
 ORDER BY u.full_name, u.id""")
    values = {"org_id": org_id, "on_date": on_date, "rep_id": rep_id}
    return [Worker._make(row) for row in connection.execute(statement, values)]


def select_check_ins(
    connection: sa.Connection, org_id: OrgId, on_date: date, reps: Sequence[UUID]
) -> list[Seen]:
    """Return the check-ins of a day's visits that have a position, the latest first."""
    statement = sa.text("""
SELECT c.rep_id, c.corrected_at AS at, ST_X(c.location) AS lon, ST_Y(c.location) AS lat,
       c.accuracy_m::float8 AS accuracy_m
  FROM visit v JOIN check_in c ON c.org_id = :org_id AND c.visit_id = v.id
 WHERE v.org_id = :org_id AND v.planned_on = :on_date AND v.deleted_at IS NULL
   AND c.rep_id = ANY (:reps) AND c.location IS NOT NULL AND NOT c.is_mock AND c.voids IS NULL
   AND NOT EXISTS (SELECT FROM check_in o
                    WHERE o.org_id = :org_id AND o.visit_id = c.visit_id AND o.voids = c.id)
 ORDER BY c.corrected_at DESC, c.id DESC""")
    values = {"org_id": org_id, "on_date": on_date, "reps": list(reps)}
    return [Seen._make(row) for row in connection.execute(statement, values)]


def select_fixes(
    connection: sa.Connection, org_id: OrgId, on_date: date, reps: Sequence[UUID]
) -> dict[UUID, list[StoredFix]]:
    """Return the last fixes of a day's traces, in order of time."""
    statement = sa.text(f"""
SELECT rep_id, jsonb_path_query_array(fixes, '$[last - {_TAIL} to last]') AS fixes FROM trace
 WHERE org_id = :org_id AND on_date = :on_date AND rep_id = ANY (:reps)""")  # noqa: S608
    values = {"org_id": org_id, "on_date": on_date, "reps": list(reps)}
    rows = connection.execute(statement, values)
    return {row.rep_id: msgspec.convert(row.fixes, list[StoredFix]) for row in rows}


def select_standings(
    connection: sa.Connection, org_id: OrgId, on_date: date, *, now: datetime
) -> dict[UUID, Standing]:
    """Return how far each person is with the visits of a day."""
    statement = sa.text("""
WITH day AS (
  SELECT v.rep_id, v.id, v.status, v.planned_at, v.sequence, v.account_id, a.name,
         CASE WHEN a.location IS NOT NULL
           THEN ARRAY[ST_X(a.location), ST_Y(a.location)] END AS location,
         row_number() OVER (PARTITION BY v.rep_id, v.status
           ORDER BY v.planned_at NULLS LAST, v.sequence NULLS LAST, v.id) AS nth
    FROM visit v JOIN account a ON a.org_id = :org_id AND a.id = v.account_id
   WHERE v.org_id = :org_id AND v.planned_on = :on_date AND v.deleted_at IS NULL
     AND v.status <> 'cancelled')
SELECT rep_id, count(*)::int AS planned, (count(*) FILTER (WHERE status = 'done'))::int AS done,
       (count(*) FILTER (WHERE status = 'checked_in'))::int AS under_way,
       (count(*) FILTER (WHERE status = 'planned' AND planned_at
          < cast(:now AS timestamptz) - make_interval(mins => :late)))::int AS late,
       (SELECT json_build_object('visit_id', n.id, 'account_id', n.account_id,
          'account_name', n.name, 'location', n.location, 'planned_at', n.planned_at)
          FROM day n WHERE n.rep_id = d.rep_id AND n.status = 'planned' AND n.nth = 1) AS next_stop
  FROM day d GROUP BY rep_id""")
    values = {"org_id": org_id, "on_date": on_date, "now": now, "late": LATE_MINUTES}
    rows = connection.execute(statement, values).mappings()
    told: list[dict[str, Any]] = [dict(row) for row in rows]
    return {one.pop("rep_id"): msgspec.convert(one, Standing) for one in told}


def select_hours(
    connection: sa.Connection, org_id: OrgId, *, rep_id: UserId | None
) -> list[HoursRead]:
    """Return the working hours that are set; for a rep those of everybody, and their own."""
    statement = sa.text("""
SELECT h.rep_id, u.full_name AS rep_name, h.hours FROM working_hours h
  LEFT JOIN app_user u ON u.org_id = :org_id AND u.id = h.rep_id
 WHERE h.org_id = :org_id
   AND (cast(:rep_id AS uuid) IS NULL OR h.rep_id IS NULL OR h.rep_id = :rep_id)
 ORDER BY h.rep_id IS NOT NULL, u.full_name, h.rep_id""")
    rows = connection.execute(statement, {"org_id": org_id, "rep_id": rep_id}).mappings()
    return [msgspec.convert(dict(row), HoursRead) for row in rows]


def write_hours(
    connection: sa.Connection, org_id: OrgId, rep_id: UUID | None, hours: str | None, *, by: UserId
) -> None:
    """Set working hours, or take them away."""
    values = {"org_id": org_id, "rep_id": rep_id}
    if hours is None:
        statement = sa.text(
            "DELETE FROM working_hours WHERE org_id = :org_id"
            " AND rep_id IS NOT DISTINCT FROM cast(:rep_id AS uuid)"
        )
        connection.execute(statement, values)
        return
    connection.execute(
        sa.text("""
INSERT INTO working_hours (org_id, id, rep_id, hours, changed_by)
VALUES (:org_id, :id, :rep_id, :hours, :by)
ON CONFLICT ON CONSTRAINT working_hours_once
DO UPDATE SET hours = excluded.hours, changed_by = excluded.changed_by"""),
        {**values, "id": new_id(), "hours": hours, "by": by},
    )
