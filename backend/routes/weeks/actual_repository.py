"""The SQL of what became of planned weeks: visits made, ways driven, accounts merged."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId
from backend.routes.weeks.comparing import Day
from backend.routes.weeks.schemas import NamedAccount


def select_actual_days(
    connection: sa.Connection, org_id: OrgId, rep_id: UUID, *, from_on: date, to_on: date
) -> dict[date, Day]:
    """Return a rep's days with visits made, a route or a drive, between two dates, both included.

    The distance is what was driven where that is settled, else the route's; the time is always
    the route's.
    """
    statement = sa.text(
        """
WITH made AS (
  SELECT planned_on AS on_date, array_agg(account_id ORDER BY done_at, id) AS account_ids
   FROM visit WHERE org_id = :org_id AND rep_id = :rep_id AND status = 'done'
    AND planned_on BETWEEN :from_on AND :to_on AND deleted_at IS NULL GROUP BY planned_on),
 planned AS (
  SELECT on_date, travel_seconds, distance_m FROM route WHERE org_id = :org_id
    AND rep_id = :rep_id AND on_date BETWEEN :from_on AND :to_on AND status = 'planned'
    AND deleted_at IS NULL),
 driven AS (
  SELECT on_date, distance_m FROM driven_day WHERE org_id = :org_id AND rep_id = :rep_id
    AND on_date BETWEEN :from_on AND :to_on)
SELECT on_date, coalesce(m.account_ids, '{}') AS account_ids,
  coalesce(p.travel_seconds, 0) AS travel_seconds,
  coalesce(d.distance_m, p.distance_m, 0) AS distance_m,
  coalesce(d.distance_m, p.distance_m) IS NOT NULL AS has_route,
  d.distance_m IS NOT NULL AS is_driven
 FROM made m FULL JOIN planned p USING (on_date) FULL JOIN driven d USING (on_date)"""
    )
    values = {"org_id": org_id, "rep_id": rep_id, "from_on": from_on, "to_on": to_on}
    rows = connection.execute(statement, values).mappings()
    found = [dict(row) for row in rows]
    return {row.pop("on_date"): msgspec.convert(row, Day) for row in found}


def select_merged(
    connection: sa.Connection, org_id: OrgId, account_ids: Collection[UUID]
) -> dict[UUID, NamedAccount]:
    """Return what those of the accounts became that were merged into another, by former id."""
    rows = connection.execute(
        sa.text(
            "SELECT l.id, a.id AS account_id, a.name FROM account_alias l JOIN account a"
            " ON a.org_id = l.org_id AND a.id = l.account_id"
            " WHERE l.org_id = :org_id AND l.id = ANY (cast(:ids AS uuid[]))"
        ),
        {"org_id": org_id, "ids": list(account_ids)},
    )
    return {row.id: NamedAccount(row.account_id, row.name) for row in rows}
