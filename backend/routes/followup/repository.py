"""The SQL of follow up: days as they were planned and made, and what was due in them."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId
from backend.routes.followup.facts import PlanFact, VisitFact

_PLANS = """
SELECT r.id, r.rep_id, r.on_date, r.profile, r.stops, r.distance_m, r.travel_seconds,
  r.wait_seconds, r.starts_at, r.ends_at, r.lunch,
  CASE WHEN :has_lines THEN ST_AsEncodedPolyline(r.line, 6) END AS line,
  coalesce((SELECT jsonb_agg(d -> 'account_id') FROM jsonb_array_elements(r.dropped) d
             WHERE d ->> 'reason' = 'closed_today'), '[]') AS closed_ids,
  coalesce(cast(r.inputs -> 'request' ->> 'traffic_percent' AS int), 100) AS traffic_percent,
  coalesce(cast(r.inputs ->> 'frozen_count' AS int), 0) AS frozen_count,
  (SELECT min(f.starts_at) FROM route f WHERE f.org_id = r.org_id AND f.rep_id = r.rep_id
      AND f.on_date = r.on_date AND f.deleted_at IS NULL) AS began_at
 FROM route r
 WHERE r.org_id = :org_id AND r.on_date BETWEEN :from_date AND :to_date AND r.status = 'planned'
   AND r.deleted_at IS NULL AND (cast(:rep_id AS uuid) IS NULL OR r.rep_id = :rep_id)
 ORDER BY r.on_date, r.rep_id
"""

_VISITS = """
SELECT v.id AS visit_id, v.rep_id, v.account_id, v.kind, a.name, a.category, a.visit_minutes,
  v.planned_on AS on_date, v.status, v.outcome, v.route_id, v.updated_at, v.done_at,
  coalesce(c.corrected_at, v.checked_in_at) AS checked_in_at,
  (coalesce(c.corrected_at, v.checked_in_at, v.done_at) AT TIME ZONE o.time_zone)::date
    AS visited_on,
  CASE WHEN a.location IS NOT NULL
       THEN json_build_array(ST_X(a.location), ST_Y(a.location)) END AS location,
  CASE WHEN c.location IS NOT NULL
       THEN json_build_array(ST_X(c.location), ST_Y(c.location)) END AS place,
  c.accuracy_m, c.distance_m, coalesce(c.is_mock, false) AS is_mock,
  EXISTS (SELECT 1 FROM objection b WHERE b.org_id = v.org_id AND b.visit_id = v.id
           AND b.state = 'accepted') AS is_excused
 FROM visit v
 JOIN organisation o ON o.id = v.org_id
 JOIN account a ON a.org_id = v.org_id AND a.id = v.account_id
 LEFT JOIN LATERAL (
   SELECT i.* FROM check_in i WHERE i.org_id = v.org_id AND i.visit_id = v.id
      AND NOT EXISTS (SELECT 1 FROM check_in w WHERE w.org_id = i.org_id
                       AND w.account_id = i.account_id AND w.voids = i.id)
    ORDER BY i.corrected_at, i.id LIMIT 1) c ON true
 WHERE v.org_id = :org_id
   AND v.planned_on BETWEEN cast(:from_date AS date) - 14 AND cast(:to_date AS date) + 14
   AND (v.planned_on BETWEEN :from_date AND :to_date
        OR v.status IN ('checked_in', 'done')
           AND (coalesce(c.corrected_at, v.checked_in_at, v.done_at) AT TIME ZONE o.time_zone)::date
             BETWEEN :from_date AND :to_date)
   AND v.deleted_at IS NULL AND (cast(:rep_id AS uuid) IS NULL OR v.rep_id = :rep_id)
 ORDER BY v.planned_on, v.rep_id, v.id
"""

_DUE = """
WITH rep AS (SELECT unnest(cast(:rep_ids AS uuid[])) AS id),
 held AS (
  SELECT r.id AS rep_id, a.id
    FROM rep r CROSS JOIN LATERAL tuyen_territories_of(:org_id, r.id) t (id)
    JOIN account a ON a.org_id = :org_id AND a.territory_id = t.id AND a.deleted_at IS NULL
  UNION
  SELECT r.id, a.id FROM rep r JOIN account a ON a.org_id = :org_id AND a.owner_id = r.id
    AND a.territory_id IS NULL AND a.deleted_at IS NULL
  UNION
  SELECT r.id, h.id FROM rep r CROSS JOIN LATERAL tuyen_held_over(:org_id, r.id) h (id)),
 mine AS (
  SELECT h.rep_id, a.id, a.visit_every_days, greatest(
     (SELECT max(v.done_at) FROM visit v WHERE v.org_id = a.org_id AND v.account_id = a.id
        AND v.status = 'done' AND v.deleted_at IS NULL AND v.planned_on < :from_date),
     CASE WHEN (a.last_visit_at AT TIME ZONE o.time_zone)::date < :from_date
          THEN a.last_visit_at END) AT TIME ZONE o.time_zone AS last_at
   FROM held h JOIN account a ON a.org_id = :org_id AND a.id = h.id AND a.deleted_at IS NULL
    AND a.location IS NOT NULL
   JOIN organisation o ON o.id = a.org_id)
SELECT m.rep_id, count(*) AS due, count(*) FILTER (WHERE EXISTS (
    SELECT 1 FROM visit v WHERE v.org_id = :org_id AND v.account_id = m.id AND v.status = 'done'
       AND v.deleted_at IS NULL AND v.planned_on BETWEEN :from_date AND :to_date)) AS covered
 FROM mine m
 WHERE m.last_at IS NULL OR m.last_at::date + m.visit_every_days <= :to_date
 GROUP BY m.rep_id
"""


class Due(msgspec.Struct, frozen=True):
    """How many accounts of a rep were due in a period, and how many of them were visited."""

    rep_id: UUID
    due: int
    covered: int


def select_plans(
    connection: sa.Connection,
    org_id: OrgId,
    from_date: date,
    to_date: date,
    *,
    rep_id: UUID | None = None,
    has_lines: bool = False,
) -> list[PlanFact]:
    """Return the plans in use, by day; without lines unless they are wanted."""
    values = {
        "org_id": org_id,
        "from_date": from_date,
        "to_date": to_date,
        "rep_id": rep_id,
        "has_lines": has_lines,
    }
    rows = connection.execute(sa.text(_PLANS), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[PlanFact], strict=False)


def select_visits(
    connection: sa.Connection,
    org_id: OrgId,
    from_date: date,
    to_date: date,
    *,
    rep_id: UUID | None = None,
) -> list[VisitFact]:
    """Return the visits planned on these days, or made on them up to two weeks off their day.

    Each comes with its first check-in that was not voided.
    """
    values = {"org_id": org_id, "from_date": from_date, "to_date": to_date, "rep_id": rep_id}
    rows = connection.execute(sa.text(_VISITS), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[VisitFact], strict=False)


def find_line(connection: sa.Connection, org_id: OrgId, route_id: UUID) -> str | None:
    """Return a route's line as an encoded polyline of precision 6, None where it has none."""
    line: str | None = connection.execute(
        sa.text(
            "SELECT ST_AsEncodedPolyline(line, 6) FROM route WHERE org_id = :org_id AND id = :id"
        ),
        {"org_id": org_id, "id": route_id},
    ).scalar()
    return line


def select_due(
    connection: sa.Connection,
    org_id: OrgId,
    rep_ids: Sequence[UUID],
    from_date: date,
    to_date: date,
) -> list[Due]:
    """Return the coverage of each rep's present accounts over the period.

    Due is what was not visited for its interval by the period's last day; visited, by whom ever.
    """
    values = {
        "org_id": org_id,
        "rep_ids": list(rep_ids),
        "from_date": from_date,
        "to_date": to_date,
    }
    rows = connection.execute(sa.text(_DUE), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[Due])


def select_people(connection: sa.Connection, org_id: OrgId, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names of people, those only that the organisation has."""
    rows = connection.execute(
        sa.text(
            "SELECT id, full_name FROM app_user"
            " WHERE org_id = :org_id AND id = ANY (cast(:ids AS uuid[]))"
        ),
        {"org_id": org_id, "ids": list(ids)},
    )
    return {row.id: row.full_name for row in rows}


def get_time_zone(connection: sa.Connection, org_id: OrgId) -> str:
    """Return the organisation's time zone."""
    zone: str = connection.execute(
        sa.text("SELECT time_zone FROM organisation WHERE id = :org_id"), {"org_id": org_id}
    ).scalar_one()
    return zone
