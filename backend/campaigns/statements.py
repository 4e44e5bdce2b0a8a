"""The statements of campaigns; the repository fills in who may see what.

Visits are those done that were planned on a day of the campaign, as areas count them. A sale counts
as bought when its amount is above nought.
"""

_TODAY = "(SELECT tuyen_today(:org_id))"
_ENDED_ON = """(k.ended_at AT TIME ZONE
  (SELECT o.time_zone FROM organisation o WHERE o.id = :org_id))::date"""
# Least passes over what is null.
COUNTED_TO = f"least(k.ends_on, {_TODAY}, {_ENDED_ON})"
# A row `m` has what scope asks.
MEMBERS = """
SELECT m.* FROM (SELECT c.account_id, c.added_at, a.territory_id, a.owner_id
   FROM campaign_account c
   JOIN account a ON a.org_id = c.org_id AND a.id = c.account_id AND a.deleted_at IS NULL
  WHERE c.org_id = :org_id AND c.campaign_id = {campaign}) m
 WHERE true {scope}
"""
CAMPAIGNS = f"""
SELECT k.id, k.name, k.purpose, k.starts_on, k.ends_on, k.ended_at,
       CASE WHEN k.ended_at IS NOT NULL OR k.ends_on < {_TODAY} THEN 'ended'
            WHEN k.starts_on > {_TODAY} THEN 'planned' ELSE 'running' END AS state,
       {COUNTED_TO} AS counted_to, k.created_by, u.full_name AS created_by_name, k.created_at, k.rv
  FROM campaign k JOIN app_user u ON u.org_id = k.org_id AND u.id = k.created_by
 WHERE k.org_id = :org_id
"""  # noqa: S608  # constants only
_VISITED = """EXISTS (SELECT FROM visit v WHERE v.org_id = :org_id
    AND v.account_id = m.account_id AND v.planned_on BETWEEN {since} AND {until}
    AND v.status = 'done' AND v.deleted_at IS NULL)"""
_BOUGHT = """EXISTS (SELECT FROM sale s WHERE s.org_id = :org_id
    AND s.account_id = m.account_id AND s.sold_on BETWEEN {since} AND {until} AND s.amount > 0)"""
_OF_K = {"since": "k.since", "until": "k.until"}
COUNTS = f"""
SELECT k.id, n.* FROM unnest(cast(:ids AS uuid[]), cast(:since AS date[]), cast(:until AS date[]))
         k (id, since, until)
 CROSS JOIN LATERAL (
  SELECT count(*)::int AS accounts, (count(*) FILTER (WHERE is_visited))::int AS visited,
         (count(*) FILTER (WHERE has_bought))::int AS bought,
         (count(*) FILTER (WHERE NOT is_visited AND NOT has_bought))::int AS open
    FROM (SELECT {_VISITED.format(**_OF_K)} AS is_visited, {_BOUGHT.format(**_OF_K)} AS has_bought
            FROM ({{members}}) m OFFSET 0) e) n
"""  # noqa: S608  # constants only
SHARES = """
WITH members AS MATERIALIZED ({members}),
each AS MATERIALIZED (
  SELECT m.territory_id, CASE WHEN m.territory_id IS NULL THEN m.owner_id END AS owner_id,
         v.*, s.*
    FROM members m CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE v.planned_on >= :since) AS visits,
           count(*) FILTER (WHERE v.planned_on < :since) AS visits_before
      FROM visit v WHERE v.org_id = :org_id AND v.account_id = m.account_id
       AND v.planned_on BETWEEN :before AND :until
       AND v.status = 'done' AND v.deleted_at IS NULL) v
   CROSS JOIN LATERAL (
    SELECT sum(s.amount) FILTER (WHERE s.sold_on >= :since) AS revenue,
           sum(s.amount) FILTER (WHERE s.sold_on < :since) AS revenue_before,
           coalesce(bool_or(s.amount > 0 AND s.sold_on >= :since), false) AS has_bought,
           coalesce(bool_or(s.amount > 0 AND s.sold_on < :since), false) AS had_bought
      FROM sale s WHERE s.org_id = :org_id AND s.account_id = m.account_id
       AND s.sold_on BETWEEN :before AND :until) s)
SELECT territory_id, owner_id, count(*)::int AS accounts,
       (count(*) FILTER (WHERE visits > 0))::int AS visited,
       (count(*) FILTER (WHERE has_bought))::int AS bought,
       (count(*) FILTER (WHERE visits = 0 AND NOT has_bought))::int AS open,
       coalesce(sum(revenue), 0)::float8 AS revenue, sum(visits)::int AS visits,
       sum(visits_before)::int AS visits_before,
       (count(*) FILTER (WHERE visits_before > 0))::int AS visited_before,
       (count(*) FILTER (WHERE had_bought))::int AS bought_before,
       coalesce(sum(revenue_before), 0)::float8 AS revenue_before
  FROM each GROUP BY 1, 2
"""
_OF_ONE = {"since": ":since", "until": ":until"}
OPEN = f"AND NOT {_VISITED.format(**_OF_ONE)} AND NOT {_BOUGHT.format(**_OF_ONE)}"
IN_TERRITORY = " AND m.territory_id = :territory_id"
ACCOUNTS = """
WITH page AS (
  SELECT m.account_id, m.added_at FROM ({members}) m
   WHERE (cast(:after AS uuid) IS NULL OR m.account_id > cast(:after AS uuid)) {only}
   ORDER BY m.account_id LIMIT :limit)
SELECT a.id, a.name, a.life_stage, a.category, a.address, a.phone,
       CASE WHEN a.location IS NOT NULL THEN ARRAY[ST_X(a.location), ST_Y(a.location)] END
         AS location, a.territory_id, t.name AS territory_name, p.added_at, v.visited_on,
       v.planned_on, s.bought_on, coalesce(s.revenue, 0)::float8 AS revenue,
       v.visited_on IS NULL AND s.bought_on IS NULL AS is_open
  FROM page p JOIN account a ON a.org_id = :org_id AND a.id = p.account_id
  LEFT JOIN territory t ON t.org_id = :org_id AND t.id = a.territory_id
 CROSS JOIN LATERAL (
  SELECT max(v.planned_on) FILTER (WHERE v.status = 'done' AND v.planned_on <= :until)
           AS visited_on,
         min(v.planned_on) FILTER (WHERE v.status = 'planned'
           AND v.planned_on >= tuyen_today(:org_id)) AS planned_on
    FROM visit v WHERE v.org_id = :org_id AND v.account_id = p.account_id
     AND v.planned_on >= :since AND v.deleted_at IS NULL) v
 CROSS JOIN LATERAL (
  SELECT max(s.sold_on) FILTER (WHERE s.amount > 0) AS bought_on, sum(s.amount) AS revenue
    FROM sale s WHERE s.org_id = :org_id AND s.account_id = p.account_id
     AND s.sold_on BETWEEN :since AND :until) s
 ORDER BY a.id
"""
NAMES = """
SELECT id, name FROM territory WHERE org_id = :org_id AND id = ANY (cast(:territories AS uuid[]))
UNION ALL
SELECT id, full_name FROM app_user WHERE org_id = :org_id AND id = ANY (cast(:people AS uuid[]))
"""
