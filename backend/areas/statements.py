"""The statements of areas; the repository fills in who may see what, and where it lies.

The accounts of an area are those of whole ranges of keys, which the index has, and of the ranges
at its edge those whose own place the area covers (`ST_Covers` of longitude and latitude: a place
on the border, or on that of a hole, lies in the area). No spatial operator stands where an index
would be looked for, because row-level security would keep it off.
"""

COLUMNS = """m.account_id, m.life_stage, m.category, m.channel, m.priority, m.visit_every_days,
  m.last_visit_at, m.territory_id"""
SPOT_COLUMNS = "m.account_id, m.life_stage, m.wx, m.wy"
# Most accounts of a large area were never visited: those that were have an index of their own.
VISITED_COLUMNS, VISITED = (
    "m.account_id, m.visit_every_days, m.last_visit_at",
    "AND m.last_visit_at IS NOT NULL",
)
# Who bought something or could has a narrow row of its own.
# What filters ask of an account besides territory, stage and category stands on the map alone.
WORTH_WITH_ALL = """(SELECT w.*, o.channel, o.priority, o.visit_every_days, o.last_visit_at
   FROM account_worth w
   JOIN account_map o ON o.org_id = w.org_id AND o.account_id = w.account_id)"""
WORTH_COLUMNS = "m.account_id, m.territory_id, m.last_sold_on, m.monthly_potential, m.rfm_class"
# OFFSET 0 keeps the planner from joining everybody's accounts with a guess of how many there are.
IN_CELLS = """
SELECT p.* FROM unnest(cast(:inner_lo AS bigint[]), cast(:inner_hi AS bigint[])) r (lo, hi)
 CROSS JOIN LATERAL (SELECT {columns} FROM {table} m
   WHERE m.org_id = :org_id AND m.qk >= r.lo AND m.qk < r.hi {conditions} OFFSET 0) p
UNION ALL
SELECT p.* FROM unnest(cast(:edge_lo AS bigint[]), cast(:edge_hi AS bigint[])) r (lo, hi)
 CROSS JOIN LATERAL (SELECT {columns} FROM {table} m
   WHERE m.org_id = :org_id AND m.qk >= r.lo AND m.qk < r.hi {conditions} OFFSET 0) p
 CROSS JOIN LATERAL (SELECT FROM account a WHERE a.org_id = :org_id AND a.id = p.account_id
    AND ST_Covers(ST_GeomFromWKB(:area, 4326), a.location) OFFSET 0) placed
"""
IN_TERRITORIES = """
SELECT {columns} FROM (SELECT id AS account_id, territory_id, owner_id, life_stage, category,
    channel, priority, visit_every_days, last_visit_at
   FROM account WHERE org_id = :org_id AND deleted_at IS NULL
    AND territory_id = ANY (cast(:members AS uuid[]))) m
 WHERE true {conditions}
"""
SPOTS_IN_TERRITORIES = """
SELECT p.account_id, p.life_stage, q.wx, q.wy FROM ({found}) p
  JOIN account_map q ON q.org_id = :org_id AND q.account_id = p.account_id
"""
WORTH_IN_TERRITORIES = """
SELECT * FROM (SELECT m.account_id, m.territory_id,
    (SELECT max(s.sold_on) FROM sale s WHERE s.org_id = :org_id AND s.account_id = m.account_id)
      AS last_sold_on,
    (SELECT p.monthly_amount FROM account_potential p
      WHERE p.org_id = :org_id AND p.account_id = m.account_id) AS monthly_potential,
    (SELECT v.rfm_class FROM account_value v
      WHERE v.org_id = :org_id AND v.account_id = m.account_id) AS rfm_class
   FROM ({found}) m OFFSET 0) p
 WHERE p.last_sold_on IS NOT NULL OR p.monthly_potential IS NOT NULL
"""
IN_SCOPE = """
AND (m.territory_id = ANY (cast(:scope AS uuid[]))
     OR m.owner_id = :user_id AND m.territory_id IS NULL
     OR m.account_id = ANY (ARRAY (SELECT tuyen_held_over(:org_id, :user_id))))
"""
_LAST_ON = "(last_visit_at AT TIME ZONE cast(:zone AS text))::date"
_RECENT = """last_visit_at >= (cast(:before_from AS date) - cast(:late AS int))::timestamp
  AT TIME ZONE cast(:zone AS text)"""
# Who was not visited since before both periods was due in them, or not; others are looked at alone.
TALLY = f"""
WITH picked AS ({{picked}})
SELECT life_stage, category, channel, priority, count(*)::int AS n,
       (count(*) FILTER (WHERE last_visit_at IS NULL))::int AS never_visited,
       (count(*) FILTER (WHERE {_LAST_ON} + visit_every_days < :today))::int AS overdue,
       (count(*) FILTER (WHERE {_RECENT}))::int AS recent,
       (count(*) FILTER (WHERE last_visit_at IS NULL OR NOT {_RECENT}
          AND {_LAST_ON} + visit_every_days <= :to_date))::int AS due,
       (count(*) FILTER (WHERE last_visit_at IS NULL OR NOT {_RECENT}
          AND {_LAST_ON} + visit_every_days <= :before_to))::int AS due_before
  FROM picked GROUP BY 1, 2, 3, 4
"""  # noqa: S608  # constants only
_RECENT_VISITS = f"""
recent AS MATERIALIZED (
  SELECT p.account_id, p.visit_every_days, {_LAST_ON} AS last_on FROM picked p WHERE {_RECENT}),
followed AS MATERIALIZED (
  SELECT r.account_id, r.visit_every_days, v.visits, v.visits_before,
         greatest(v.last_on, CASE WHEN r.last_on < :from_date THEN r.last_on END) AS last_on,
         greatest(v.last_on_before, CASE WHEN r.last_on < :before_from THEN r.last_on END)
           AS last_on_before
    FROM recent r CROSS JOIN LATERAL (
    SELECT (count(*) FILTER (WHERE v.planned_on >= :from_date))::int AS visits,
           (count(*) FILTER (WHERE v.planned_on BETWEEN :before_from AND :before_to))::int
             AS visits_before,
           (max(v.done_at) FILTER (WHERE v.planned_on < :from_date)
             AT TIME ZONE cast(:zone AS text))::date AS last_on,
           (max(v.done_at) FILTER (WHERE v.planned_on < :before_from)
             AT TIME ZONE cast(:zone AS text))::date AS last_on_before
      FROM visit v WHERE v.org_id = :org_id AND v.account_id = r.account_id
       AND v.planned_on <= :to_date AND v.status = 'done' AND v.deleted_at IS NULL) v)
"""  # noqa: S608  # constants only
FOLLOWED = f"""
WITH picked AS ({{visited}}), {_RECENT_VISITS}
SELECT coalesce(sum(visits), 0)::int AS visits, coalesce(sum(visits_before), 0)::int
         AS visits_before,
       (count(*) FILTER (WHERE visits > 0))::int AS visited,
       (count(*) FILTER (WHERE visits_before > 0))::int AS visited_before,
       (count(*) FILTER (WHERE is_due))::int AS due,
       (count(*) FILTER (WHERE was_due))::int AS due_before,
       (count(*) FILTER (WHERE is_due AND visits > 0))::int AS covered,
       (count(*) FILTER (WHERE was_due AND visits_before > 0))::int AS covered_before
  FROM (SELECT *, coalesce(last_on + visit_every_days <= :to_date, true) AS is_due,
               coalesce(last_on_before + visit_every_days <= :before_to, true) AS was_due
          FROM followed) f
"""  # noqa: S608  # constants only
_TOLD = f"""
SELECT a.id, a.name, a.life_stage, a.category, CASE WHEN a.location IS NOT NULL
         THEN ARRAY[ST_X(a.location), ST_Y(a.location)] END AS location, a.last_visit_at,
       greatest(cast(:today AS date) - ({_LAST_ON} + a.visit_every_days), 0) AS overdue_days,
       t.visits, coalesce(s.revenue, 0)::float8 AS revenue,
       p.monthly_amount::float8 AS monthly_potential
  FROM top t JOIN account a ON a.org_id = :org_id AND a.id = t.account_id
 CROSS JOIN LATERAL (SELECT sum(s.amount) AS revenue FROM sale s
   WHERE s.org_id = :org_id AND s.account_id = t.account_id
    AND s.sold_on BETWEEN :from_date AND :to_date) s
  LEFT JOIN account_potential p ON p.org_id = :org_id AND p.account_id = t.account_id
"""  # noqa: S608  # constants only
_VISITS = """(SELECT count(*) FROM visit v WHERE v.org_id = :org_id
    AND v.account_id = o.account_id AND v.status = 'done' AND v.deleted_at IS NULL
    AND v.planned_on BETWEEN :from_date AND :to_date)::int AS visits"""
MOST_OVERDUE = f"""
WITH picked AS ({{visited}}),
top AS (SELECT o.account_id, {_VISITS}
    FROM (SELECT account_id FROM picked WHERE {_LAST_ON} + visit_every_days < :today
           ORDER BY {_LAST_ON} + visit_every_days, account_id LIMIT :count) o)
{_TOLD} ORDER BY overdue_days DESC, a.id
"""  # noqa: S608  # constants only
MOST_VISITED = f"""
WITH picked AS ({{visited}}), {_RECENT_VISITS},
top AS (SELECT account_id, visits FROM followed WHERE visits > 0
         ORDER BY visits DESC, account_id LIMIT :count)
{_TOLD} ORDER BY t.visits DESC, a.id
"""  # noqa: S608  # constants only
# Only who bought since both periods began is looked up in the books.
WORTHS = """
WITH picked AS ({worth})
SELECT p.rfm_class, count(*)::int AS accounts,
       coalesce(sum(p.monthly_potential), 0)::float8 AS potential,
       count(p.monthly_potential)::int AS potential_accounts,
       coalesce(sum(s.revenue), 0)::float8 AS revenue,
       coalesce(sum(s.revenue_before), 0)::float8 AS revenue_before,
       coalesce(sum(s.revenue) FILTER (WHERE p.monthly_potential > 0), 0)::float8 AS of_potential,
       coalesce(sum(s.revenue_before) FILTER (WHERE p.monthly_potential > 0), 0)::float8
         AS of_potential_before,
       (count(*) FILTER (WHERE s.has_bought))::int AS buyers,
       (count(*) FILTER (WHERE s.has_bought_before))::int AS buyers_before
  FROM picked p CROSS JOIN LATERAL (
    SELECT sum(s.amount) FILTER (WHERE s.sold_on >= :from_date) AS revenue,
           sum(s.amount) FILTER (WHERE s.sold_on < :from_date) AS revenue_before,
           bool_or(s.amount > 0 AND s.sold_on >= :from_date) AS has_bought,
           bool_or(s.amount > 0 AND s.sold_on < :from_date) AS has_bought_before
      FROM sale s WHERE s.org_id = :org_id AND s.account_id = p.account_id
       AND s.sold_on BETWEEN :before_from AND :to_date AND p.last_sold_on >= :before_from) s
 GROUP BY 1
"""
MOST_REVENUE = f"""
WITH picked AS ({{worth}}),
top AS (SELECT o.account_id, {_VISITS}
    FROM (SELECT p.account_id, s.revenue FROM picked p CROSS JOIN LATERAL (
            SELECT sum(s.amount) AS revenue FROM sale s
             WHERE s.org_id = :org_id AND s.account_id = p.account_id
              AND s.sold_on BETWEEN :from_date AND :to_date AND p.last_sold_on >= :from_date) s
           WHERE s.revenue > 0 ORDER BY s.revenue DESC, p.account_id LIMIT :count) o)
{_TOLD} ORDER BY s.revenue DESC, a.id
"""  # noqa: S608  # constants only
MOST_POTENTIAL = f"""
WITH picked AS ({{worth}}),
top AS (SELECT o.account_id, {_VISITS}
    FROM (SELECT account_id FROM picked WHERE monthly_potential > 0
           ORDER BY monthly_potential DESC, account_id LIMIT :count) o)
{_TOLD} ORDER BY p.monthly_amount DESC, a.id
"""  # noqa: S608  # constants only
# As bytes, because many numbers travel slowly one by one.
EDGE_KEYS = """
SELECT string_agg(int8send(p.qk), '')
  FROM unnest(cast(:edge_lo AS bigint[]), cast(:edge_hi AS bigint[])) r (lo, hi)
 CROSS JOIN LATERAL (SELECT m.qk FROM account_map m
   WHERE m.org_id = :org_id AND m.qk >= r.lo AND m.qk < r.hi {conditions} OFFSET 0) p
"""
LISTED = """
WITH picked AS ({picked}),
page AS (SELECT account_id FROM picked
          WHERE cast(:after AS uuid) IS NULL OR account_id > cast(:after AS uuid)
          ORDER BY account_id LIMIT :limit)
SELECT a.id, a.name, a.life_stage, a.category, a.channel, a.priority, a.address, a.phone,
       CASE WHEN a.location IS NOT NULL THEN ARRAY[ST_X(a.location), ST_Y(a.location)] END
         AS location, a.territory_id, a.visit_every_days, a.last_visit_at
  FROM page p JOIN account a ON a.org_id = :org_id AND a.id = p.account_id ORDER BY a.id
"""
