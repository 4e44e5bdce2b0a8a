"""Sales put in by hand, for tests that count them."""

from collections.abc import Iterable
from contextlib import closing
from datetime import date
from uuid import UUID

import psycopg2
import psycopg2.extras

from backend.ids import new_id
from tests.support.people import Org

type Sold = tuple[UUID, date, int]
"""An account, a day and an amount."""


def add_sales(owner_url: str, org: Org, sold: Iterable[Sold], *, code: str = "SP") -> None:
    """Insert a line for each, of one product; the account's territory is that of today."""
    rows = [(org.id, new_id(), *one, str(new_id())) for one in sold]
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        cur.execute(
            "INSERT INTO product (org_id, id, code, name) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (org_id, code) DO UPDATE SET name = excluded.name RETURNING id",
            (org.id, new_id(), code, code),
        )
        (product_id,) = cur.fetchone() or (None,)
        psycopg2.extras.execute_values(
            cur,
            "INSERT INTO sale (org_id, id, account_id, sold_on, amount, invoice, product_id,"
            f" territory_id) SELECT o::uuid, i::uuid, a::uuid, d::date, m, v, '{product_id}'::uuid,"
            " (SELECT territory_id FROM account WHERE id = a::uuid)"
            " FROM (VALUES %s) t (o, i, a, d, m, v)",
            rows,
        )


def add_potential(owner_url: str, org: Org, potentials: Iterable[tuple[UUID, int]]) -> None:
    """Say what accounts could buy in a month."""
    rows = [(org.id, account, amount) for account, amount in potentials]
    with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cur:
        psycopg2.extras.execute_values(
            cur,
            "INSERT INTO account_potential (org_id, account_id, monthly_amount, source, said_on)"
            " VALUES %s",
            rows,
            template="(%s, %s, %s, 'test', current_date)",
        )
