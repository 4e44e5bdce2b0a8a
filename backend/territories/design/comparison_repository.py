"""The SQL of comparing scenarios: accounts with what moves along, reps' homes, the currency."""

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from backend.ids import OrgId, TerritoryId
from backend.territories.design.comparison import ComparedAccount

_ACCOUNTS = """
SELECT a.id, a.name, a.territory_id, ST_X(a.location) AS lon, ST_Y(a.location) AS lat,
  a.life_stage, a.visit_minutes, a.visit_every_days,
  coalesce(s.amount, 0)::float8, coalesce(p.monthly_amount, 0)::float8, v.open_visits
 FROM account a
 LEFT JOIN account_potential p ON p.org_id = a.org_id AND p.account_id = a.id
 LEFT JOIN LATERAL (
   SELECT sum(s.amount) AS amount FROM sale s
    WHERE s.org_id = a.org_id AND s.account_id = a.id
      AND s.sold_on > tuyen_today(:org_id) - 365 AND s.sold_on <= tuyen_today(:org_id)) s ON true
 LEFT JOIN LATERAL (
   SELECT count(*) AS open_visits FROM visit v
    WHERE v.org_id = a.org_id AND v.account_id = a.id AND v.deleted_at IS NULL
      AND visit_is_open(v.status, v.planned_on, tuyen_today(:org_id))) v ON true
 WHERE a.org_id = :org_id AND a.deleted_at IS NULL AND a.location IS NOT NULL
   AND a.territory_id = ANY (cast(:ids AS uuid[]))
 ORDER BY a.name, a.id
"""
_HOMES = """
SELECT s.territory_id, ST_X(u.home_location) AS lon, ST_Y(u.home_location) AS lat
  FROM territory_assignment s
  JOIN app_user u ON u.org_id = s.org_id AND u.id = s.user_id AND u.home_location IS NOT NULL
 WHERE s.org_id = :org_id AND s.territory_id = ANY (cast(:ids AS uuid[]))
   AND s.valid_from <= tuyen_today(:org_id)
   AND (s.valid_to IS NULL OR s.valid_to > tuyen_today(:org_id))
 ORDER BY s.territory_id, u.id
"""


def select_compared(
    connection: sa.Connection, org_id: OrgId, territories: Sequence[TerritoryId]
) -> list[ComparedAccount]:
    """Return the accounts on the map in these territories, by name."""
    values = {"org_id": org_id, "ids": list(territories)}
    return [ComparedAccount(*row) for row in connection.execute(sa.text(_ACCOUNTS), values)]


def select_homes(
    connection: sa.Connection, org_id: OrgId, territories: Sequence[TerritoryId]
) -> dict[TerritoryId, list[tuple[float, float]]]:
    """Return the homes of those who hold the territories today, longitude first."""
    homes: dict[TerritoryId, list[tuple[float, float]]] = defaultdict(list)
    for row in connection.execute(sa.text(_HOMES), {"org_id": org_id, "ids": list(territories)}):
        homes[TerritoryId(row.territory_id)].append((row.lon, row.lat))
    return homes
