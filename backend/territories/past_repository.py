"""The SQL of what territories were."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId
from backend.territories.past_schemas import TerritoryMoment, TerritoryThen

# A day begins when it begins for the organisation. A holding that was noted before its territory
# was there changes nothing that could be looked at.
_MOMENTS = sa.text("""
WITH own AS (SELECT time_zone FROM organisation WHERE id = :org_id),
state AS (
  SELECT v.*, lag(v.since) OVER one AS was_since, lag(v.until) OVER one AS was_until,
         v.area IS DISTINCT FROM lag(v.area) OVER one AS is_redrawn,
         v.parent_id IS DISTINCT FROM lag(v.parent_id) OVER one AS is_moved,
         (v.name, v.code, v.color) IS DISTINCT FROM
         (lag(v.name) OVER one, lag(v.code) OVER one, lag(v.color) OVER one) AS is_renamed,
         lead(v.since) OVER one AS next_since
    FROM territory_version v WHERE v.org_id = :org_id
  WINDOW one AS (PARTITION BY v.territory_id ORDER BY v.since)),
born AS (SELECT territory_id, min(since) AS since FROM state GROUP BY 1),
change AS (
  SELECT since AS at, name, territory_id,
         CASE WHEN was_since IS NULL OR was_until < since THEN 'begun' END AS begun,
         was_since IS NOT NULL AND was_until = since AND is_redrawn AS is_redrawn,
         was_since IS NOT NULL AND was_until = since AND is_renamed AS is_renamed,
         was_since IS NOT NULL AND was_until = since AND is_moved AS is_moved,
         false AS is_ended, false AS is_held
    FROM state
  UNION ALL
  SELECT until, name, territory_id, NULL, false, false, false, true, false FROM state
   WHERE until IS NOT NULL AND next_since IS DISTINCT FROM until
  UNION ALL
  SELECT d.at, last.name, s.territory_id, NULL, false, false, false, false, true
    FROM territory_assignment s CROSS JOIN own o JOIN born b ON b.territory_id = s.territory_id
   CROSS JOIN LATERAL (VALUES (s.valid_from::timestamp AT TIME ZONE o.time_zone),
                              (s.valid_to::timestamp AT TIME ZONE o.time_zone)) d (at)
   CROSS JOIN LATERAL (SELECT v.name FROM territory_version v
     WHERE v.org_id = :org_id AND v.territory_id = s.territory_id AND v.since <= d.at
     ORDER BY v.since DESC LIMIT 1) last
   WHERE s.org_id = :org_id AND d.at > b.since)
SELECT at, count(begun)::int AS begun, (count(*) FILTER (WHERE is_redrawn))::int AS redrawn,
       (count(*) FILTER (WHERE is_renamed))::int AS renamed,
       (count(*) FILTER (WHERE is_moved))::int AS moved,
       (count(*) FILTER (WHERE is_ended))::int AS ended,
       (count(DISTINCT territory_id) FILTER (WHERE is_held))::int AS people,
       (array_agg(DISTINCT name ORDER BY name))[1:5] AS names
  FROM change WHERE at <= now() GROUP BY at ORDER BY at DESC LIMIT :limit
""")
_THEN = sa.text("""
SELECT v.territory_id AS id, v.parent_id, v.name, v.code, v.color,
       ST_AsGeoJSON(v.area, 7)::json AS area, coalesce(h.people, '[]') AS holders
  FROM territory_version v
  LEFT JOIN (SELECT s.territory_id, json_agg(
                      json_build_object('user_id', u.id, 'full_name', u.full_name)
                      ORDER BY u.full_name, u.id) AS people
               FROM territory_assignment s
               JOIN app_user u ON u.org_id = s.org_id AND u.id = s.user_id
               JOIN organisation o ON o.id = s.org_id
              WHERE s.org_id = :org_id
                AND daterange(s.valid_from, s.valid_to)
                    @> (cast(:moment AS timestamptz) AT TIME ZONE o.time_zone)::date
              GROUP BY s.territory_id) h ON h.territory_id = v.territory_id
 WHERE v.org_id = :org_id AND v.since <= :moment AND (v.until IS NULL OR v.until > :moment)
 ORDER BY v.name, v.territory_id
""")
# Where an account was then: where it left from next, or where it is.
_COUNTS = sa.text("""
WITH later AS (
  SELECT DISTINCT ON (p.account_id) p.account_id, p.territory_id FROM account_placement p
   WHERE p.org_id = :org_id AND p.left_at > :moment ORDER BY p.account_id, p.left_at)
SELECT coalesce(l.territory_id, a.territory_id) AS territory_id, count(*) AS accounts
  FROM account a LEFT JOIN later l ON l.account_id = a.id
 WHERE a.org_id = :org_id AND a.created_at <= :moment
   AND (a.deleted_at IS NULL OR a.deleted_at > :moment)
 GROUP BY 1
""")


def select_moments(
    connection: sa.Connection, org_id: OrgId, *, limit: int
) -> list[TerritoryMoment]:
    """Return the moments up to now at which territories changed, the latest first."""
    rows = connection.execute(_MOMENTS, {"org_id": org_id, "limit": limit}).mappings()
    return [msgspec.convert(dict(row), TerritoryMoment) for row in rows]


def is_past(connection: sa.Connection, moment: datetime) -> bool:
    """Tell whether a moment has come, by the clock that wrote the versions."""
    return bool(connection.scalar(sa.text("SELECT :moment <= now()"), {"moment": moment}))


def select_then(
    connection: sa.Connection, org_id: OrgId, moment: datetime
) -> tuple[list[TerritoryThen], int]:
    """Return the territories of a moment by name, and how many accounts were in none."""
    values = {"org_id": org_id, "moment": moment}
    counts = {row.territory_id: row.accounts for row in connection.execute(_COUNTS, values)}
    rows = connection.execute(_THEN, values).mappings().all()
    found = [
        msgspec.convert(dict(row) | {"accounts": counts.pop(row["id"], 0)}, TerritoryThen)
        for row in rows
    ]
    return found, sum(counts.values())
