"""The SQL of what accounts are worth."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from backend.ids import OrgId
from backend.insights.classes import all_classes

YEAR_DAYS = 365
_LOCK = sa.text(
    "SELECT pg_advisory_xact_lock(hashtextextended('tuyen_value:' || cast(:org_id AS text), 0))"
)
_WITH_ROOM = sa.text("SET LOCAL work_mem = '128MB'")
# A day with a sale is one on which something was paid for: what comes back counts in the revenue.
# A fifth is that of the place in an order that ties do not blur: by the score's own figure, the two
# others, the account's id. The best buyer of all has 5, however few there are.
_MAKE = sa.text("""
WITH today AS (SELECT tuyen_today(:org_id) AS on_date),
bought AS MATERIALIZED (
  SELECT s.account_id, max(s.sold_on) FILTER (WHERE s.amount > 0) AS last_sold_on,
         (count(DISTINCT s.sold_on) FILTER (WHERE s.amount > 0))::int AS sold_days,
         sum(s.amount) AS revenue
    FROM sale s CROSS JOIN today t
   WHERE s.org_id = :org_id AND s.sold_on > t.on_date - cast(:days AS int)
     AND s.sold_on <= t.on_date
   GROUP BY s.account_id HAVING bool_or(s.amount > 0)),
placed AS (
  SELECT b.*, count(*) OVER () AS buyers,
         row_number() OVER (ORDER BY last_sold_on, revenue, sold_days, account_id) AS r,
         row_number() OVER (ORDER BY sold_days, revenue, last_sold_on, account_id) AS f,
         row_number() OVER (ORDER BY revenue, sold_days, last_sold_on, account_id) AS m
    FROM bought b JOIN account a
      ON a.org_id = :org_id AND a.id = b.account_id AND a.deleted_at IS NULL),
scored AS (
  SELECT p.*, ((5 * r + buyers - 1) / buyers)::smallint AS recency,
         ((5 * f + buyers - 1) / buyers)::smallint AS frequency,
         ((5 * m + buyers - 1) / buyers)::smallint AS monetary
    FROM placed p)
INSERT INTO account_value AS v (org_id, account_id, valued_on, last_sold_on, sold_days, revenue,
                                recency, frequency, monetary, rfm_class)
SELECT :org_id, s.account_id, t.on_date, s.last_sold_on, s.sold_days, s.revenue, s.recency,
       s.frequency, s.monetary, c.rfm_class
  FROM scored s CROSS JOIN today t
  JOIN unnest(cast(:recency AS smallint[]), cast(:frequency AS smallint[]),
              cast(:monetary AS smallint[]), cast(:classes AS text[]))
       c (recency, frequency, monetary, rfm_class) USING (recency, frequency, monetary)
 ORDER BY s.account_id
ON CONFLICT (org_id, account_id) DO UPDATE
   SET valued_on = excluded.valued_on, last_sold_on = excluded.last_sold_on,
       sold_days = excluded.sold_days, revenue = excluded.revenue, recency = excluded.recency,
       frequency = excluded.frequency, monetary = excluded.monetary,
       rfm_class = excluded.rfm_class
 WHERE (v.valued_on, v.last_sold_on, v.sold_days, v.revenue, v.recency, v.frequency, v.monetary,
        v.rfm_class) IS DISTINCT FROM
       (excluded.valued_on, excluded.last_sold_on, excluded.sold_days, excluded.revenue,
        excluded.recency, excluded.frequency, excluded.monetary, excluded.rfm_class)
""")
_FORGET = sa.text("""
DELETE FROM account_value v WHERE v.org_id = :org_id AND (v.valued_on <> tuyen_today(:org_id)
  OR NOT EXISTS (SELECT FROM sale s WHERE s.org_id = :org_id AND s.account_id = v.account_id
                   AND s.sold_on BETWEEN v.valued_on - cast(:days AS int) + 1 AND v.valued_on
                   AND s.amount > 0)
  OR EXISTS (SELECT FROM account a WHERE a.org_id = :org_id AND a.id = v.account_id
               AND a.deleted_at IS NOT NULL))
""")
_FIND = sa.text("""
SELECT o.currency, coalesce(v.valued_on,
         (SELECT max(w.valued_on) FROM account_value w WHERE w.org_id = :org_id)) AS valued_on,
       v.last_sold_on, coalesce(v.sold_days, 0) AS sold_days,
       coalesce(v.revenue, 0)::float8 AS revenue, v.recency, v.frequency, v.monetary, v.rfm_class,
       p.monthly_amount::float8 AS monthly_potential, p.source AS potential_source,
       p.said_on AS potential_said_on
  FROM organisation o
  LEFT JOIN account_value v ON v.org_id = :org_id AND v.account_id = :account_id
  LEFT JOIN account_potential p ON p.org_id = :org_id AND p.account_id = :account_id
 WHERE o.id = :org_id
""")


def make_values(connection: sa.Connection, org_id: OrgId) -> None:
    """Make anew what every account was worth in the year up to the organisation's own today."""
    scored = list(all_classes())
    values = {
        "org_id": org_id,
        "days": YEAR_DAYS,
        "recency": [one.recency for one in scored],
        "frequency": [one.frequency for one in scored],
        "monetary": [one.monetary for one in scored],
        "classes": [one.rfm_class for one in scored],
    }
    connection.execute(_WITH_ROOM)
    connection.execute(_LOCK, {"org_id": org_id})
    connection.execute(_MAKE, values)
    connection.execute(_FORGET, {"org_id": org_id, "days": YEAR_DAYS})


def find_value(connection: sa.Connection, org_id: OrgId, account_id: UUID) -> Mapping[str, Any]:
    """Return what an account is worth, with None for what is not known."""
    values = {"org_id": org_id, "account_id": account_id}
    return dict(connection.execute(_FIND, values).mappings().one())
