"""What a million prospects bought: a million and a half lines of invoices over 24 months."""

from contextlib import closing

import psycopg2

from backend.insights.service import value_accounts
from tests.benchmarks.maps_ground import Ground

_LINES_A_PROSPECT, _LINES_AN_INVOICE, _PRODUCTS = 1.5, 3, 200
_DAYS = 730
_PUT_IN_PRODUCTS = """
INSERT INTO product (org_id, id, code, name, category)
SELECT %(org)s, gen_random_uuid(), 'P' || g, 'Product ' || g, 'Category ' || g %% 12
  FROM generate_series(1, %(products)s) g
"""
# A fifth of all buy, some much more often than others.
_PUT_IN_SALES = """
INSERT INTO sale (org_id, id, account_id, product_id, sold_on, invoice, line, quantity, amount,
                  territory_id)
SELECT a.org_id, gen_random_uuid(), a.id, p.ids[1 + floor(random() * %(products)s)::int],
       i.sold_on, i.invoice::text, l.line, 1 + floor(random() * 20),
       1000 * (1 + floor(random() * 900)), a.territory_id
  FROM (SELECT array_agg(id ORDER BY code) AS ids FROM product WHERE org_id = %(org)s) p,
       (SELECT g AS invoice, floor(power(random(), 2) * %(buyers)s)::int AS buyer,
               current_date - floor(random() * %(days)s)::int AS sold_on
          FROM generate_series(1, %(invoices)s) g) i
  JOIN (SELECT org_id, id, territory_id, row_number() OVER (ORDER BY id) AS n FROM account
         WHERE org_id = %(org)s AND life_stage = 'customer') a ON a.n = i.buyer + 1
 CROSS JOIN generate_series(1, %(lines)s) l (line)
"""
_PUT_IN_POTENTIALS = """
INSERT INTO account_potential (org_id, account_id, monthly_amount, source, said_on)
SELECT org_id, id, 1000 * floor(random() * 9000), 'bench', current_date FROM account
 WHERE org_id = %(org)s
   AND (life_stage = 'customer' OR life_stage = 'prospect' AND right(id::text, 1) IN ('0', '1'))
"""


def sell(laid: Ground) -> int:
    """Put sales and potentials in where there are none; return how many lines there are."""
    with closing(psycopg2.connect(laid.owner_url)) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM sale)")
            is_there = cursor.fetchone() == (True,)
            if not is_there:
                cursor.execute("SELECT count(*) FROM account WHERE life_stage = 'customer'")
                (buyers,) = cursor.fetchone() or (0,)
                values = {
                    "org": str(laid.org_id),
                    "products": _PRODUCTS,
                    "days": _DAYS,
                    "buyers": buyers,
                    "lines": _LINES_AN_INVOICE,
                    "invoices": int(laid.prospects * _LINES_A_PROSPECT / _LINES_AN_INVOICE),
                }
                cursor.execute("SELECT setseed(0.25)")
                for statement in (_PUT_IN_PRODUCTS, _PUT_IN_SALES, _PUT_IN_POTENTIALS):
                    cursor.execute(statement, values)
        connection.autocommit = True
        with connection.cursor() as cursor:
            if not is_there:
                value(laid)
                cursor.execute("VACUUM (ANALYZE)")
            cursor.execute("SELECT count(*) FROM sale")
            (lines,) = cursor.fetchone() or (0,)
    return int(lines)


def value(laid: Ground) -> None:
    """Make values as the worker does, which waits longer than a request."""
    with laid.database.for_org(laid.org_id) as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = '5min'")
        value_accounts(connection, laid.org_id)
