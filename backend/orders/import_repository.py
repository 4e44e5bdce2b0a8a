"""The SQL of importing what was sold: names found at once, lines by COPY and one merge."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa
from psycopg2.extensions import cursor as Cursor  # noqa: N812  # a class that its library spells low

from backend.accounts.importing.repository import Stored
from backend.accounts.importing.rows import code_reference
from backend.accounts.phones import PhoneRefused, to_e164
from backend.db.tenancy import driver_cursor
from backend.ids import OrgId, new_id
from backend.orders.rows import PotentialRow, SaleRow

ANALYZE_FROM = 500
"""Changes from which on the planner's statistics are renewed at once."""
_LOCK = """SET LOCAL statement_timeout = '15min';
SELECT pg_advisory_xact_lock(hashtextextended('tuyen_import:' || %(org)s, 0))"""
_DAY = "SELECT tuyen_today(id), country FROM organisation WHERE id = %(org)s"
_NO_PHONE = re.compile(r"[a-wyz]", re.IGNORECASE)
"""Letters but x, which stands before an extension: reading a number takes long."""
_SOURCES = "('sheet', 'osm')"
# Ways to name an account, the surest first: our id, its code in a sheet, its reference, its phone.
_FIND = f"""
WITH asked AS MATERIALIZED (
  SELECT * FROM unnest(%(refs)s::text[], %(ids)s::uuid[], %(codes)s::text[], %(phones)s::text[])
    t (ref, id, code, phone)),
found AS (
  SELECT t.ref, 1 AS way, a.id FROM asked t JOIN account a ON a.org_id = %(org)s AND a.id = t.id
  UNION ALL
  SELECT t.ref, 2, a.id FROM asked t JOIN account a ON a.org_id = %(org)s AND a.source = 'sheet'
     AND a.source_ref = t.code
  UNION ALL
  SELECT t.ref, 3, a.id FROM asked t JOIN account a ON a.org_id = %(org)s
     AND a.source IN {_SOURCES} AND a.source_ref = t.ref
  UNION ALL
  SELECT t.ref, 4, s.account_id FROM asked t JOIN account_search s ON s.org_id = %(org)s
     AND s.phone = t.phone),
live AS (
  SELECT f.ref, f.way, a.id, a.deleted_at IS NULL AS is_live
    FROM found f LEFT JOIN account_alias l ON l.org_id = %(org)s AND l.id = f.id
    JOIN account a ON a.org_id = %(org)s AND a.id = coalesce(l.account_id, f.id)),
best AS (
  SELECT *, rank() OVER (PARTITION BY ref ORDER BY is_live DESC, way) AS place FROM live)
SELECT ref, array_agg(DISTINCT id ORDER BY id), bool_or(is_live) FROM best
 WHERE place = 1 GROUP BY ref
"""  # noqa: S608  # constants only
_REPS = """SELECT lower(email), id FROM app_user
 WHERE org_id = %(org)s AND lower(email) = ANY (%(emails)s)"""
_SALE_COLUMNS = (
    "id", "product_new_id", "invoice", "line", "sold_on", "account_id", "code", "name", "category",
    "quantity", "amount", "rep_id", "place",
)  # fmt: skip
_SALE_TABLE = """DROP TABLE IF EXISTS pg_temp.incoming_sale;
CREATE TEMP TABLE incoming_sale (id uuid, product_new_id uuid, invoice text, line int, sold_on date,
  account_id uuid, code text, name text, category text, quantity numeric, amount numeric,
  rep_id uuid, place int) ON COMMIT DROP"""
# A product is as the last row that names it tells; what no row tells stays.
_PRODUCTS = """INSERT INTO product AS p (org_id, id, code, name, category)
  SELECT %(org)s, (array_agg(product_new_id ORDER BY place))[1], code,
         coalesce((array_agg(name ORDER BY place DESC) FILTER (WHERE name IS NOT NULL))[1], code),
         (array_agg(category ORDER BY place DESC) FILTER (WHERE category IS NOT NULL))[1]
    FROM incoming_sale GROUP BY code ORDER BY code
  ON CONFLICT (org_id, code) DO UPDATE
     SET name = CASE WHEN excluded.name = excluded.code THEN p.name ELSE excluded.name END,
         category = coalesce(excluded.category, p.category)
   WHERE (p.name, p.category) IS DISTINCT FROM
     (CASE WHEN excluded.name = excluded.code THEN p.name ELSE excluded.name END,
      coalesce(excluded.category, p.category))"""
# Where the account lay when the day ended; what was never moved since lies there still.
_TERRITORY = """coalesce((
    SELECT t.territory_id FROM account_placement t
     WHERE t.org_id = %(org)s AND t.account_id = n.account_id
       AND t.left_at >= (n.sold_on + 1)::timestamp AT TIME ZONE
         (SELECT o.time_zone FROM organisation o WHERE o.id = %(org)s)
     ORDER BY t.left_at, t.territory_id LIMIT 1),
  (SELECT a.territory_id FROM account a WHERE a.org_id = %(org)s AND a.id = n.account_id))"""
_UPDATE_SALES = f"""UPDATE sale s SET account_id = n.account_id, product_id = p.id,
    sold_on = n.sold_on, quantity = n.quantity, amount = n.amount, rep_id = n.rep_id,
    territory_id = CASE WHEN (s.account_id, s.sold_on) = (n.account_id, n.sold_on)
      THEN s.territory_id ELSE {_TERRITORY} END
   FROM incoming_sale n JOIN product p ON p.org_id = %(org)s AND p.code = n.code
  WHERE s.org_id = %(org)s AND s.invoice = n.invoice AND s.line = n.line
    AND (s.account_id, s.product_id, s.sold_on, s.quantity, s.amount, s.rep_id)
        IS DISTINCT FROM
        (n.account_id, p.id, n.sold_on, n.quantity, n.amount, n.rep_id)"""  # noqa: S608
_INSERT_SALES = f"""INSERT INTO sale (org_id, id, account_id, product_id, sold_on, invoice, line,
    quantity, amount, rep_id, territory_id)
  SELECT %(org)s, n.id, n.account_id, p.id, n.sold_on, n.invoice, n.line, n.quantity, n.amount,
         n.rep_id, {_TERRITORY}
    FROM incoming_sale n JOIN product p ON p.org_id = %(org)s AND p.code = n.code
   WHERE NOT EXISTS (SELECT 1 FROM sale s WHERE s.org_id = %(org)s AND s.invoice = n.invoice
                        AND s.line = n.line)
   ORDER BY n.id"""  # noqa: S608  # constants only
_POTENTIALS = """WITH told AS (
    SELECT * FROM unnest(%(accounts)s::uuid[], %(amounts)s::numeric[], %(sources)s::text[],
                         %(days)s::date[]) t (account_id, monthly_amount, source, said_on)),
  changed AS (
    INSERT INTO account_potential AS p (org_id, account_id, monthly_amount, source, said_on)
    SELECT %(org)s, account_id, monthly_amount, source, said_on FROM told ORDER BY account_id
    ON CONFLICT (org_id, account_id) DO UPDATE
       SET monthly_amount = excluded.monthly_amount, source = excluded.source,
           said_on = excluded.said_on
     WHERE (p.monthly_amount, p.source, p.said_on)
           IS DISTINCT FROM (excluded.monthly_amount, excluded.source, excluded.said_on)
    RETURNING (xmax = 0) AS is_new)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM changed"""


class FoundAccount(msgspec.Struct, frozen=True):
    """What a reference names: more than one account where it does not tell them apart."""

    ids: tuple[UUID, ...]
    is_live: bool


class OrgFacts(NamedTuple):
    """The day it is for the organisation, and its country (ISO alpha-2)."""

    today: date
    country: str


def lock_imports(connection: sa.Connection, org_id: OrgId) -> OrgFacts:
    """Let no other import of the organisation run until the transaction ends."""
    with driver_cursor(connection) as cursor:
        cursor.execute(_LOCK, {"org": org_id})
        cursor.execute(_DAY, {"org": org_id})
        return OrgFacts._make(cursor.fetchone() or ())


def find_accounts(
    connection: sa.Connection, org_id: OrgId, refs: Iterable[str], country: str
) -> dict[str, FoundAccount]:
    """Return what each reference names: an id, a code or reference of an import, or a phone."""
    texts = sorted(set(refs) - {""})
    values = {
        "org": org_id,
        "refs": texts,
        "ids": [_id_of(text) for text in texts],
        "codes": [code_reference(text) for text in texts],
        "phones": [_phone_of(text, country) for text in texts],
    }
    with driver_cursor(connection) as cursor:
        cursor.execute(_FIND, values)
        return {ref: FoundAccount(tuple(ids), is_live) for ref, ids, is_live in cursor.fetchall()}


def find_reps(
    connection: sa.Connection, org_id: OrgId, emails: Iterable[str]
) -> Mapping[str, UUID]:
    """Return the people who sign in with these emails, in lower case."""
    with driver_cursor(connection) as cursor:
        cursor.execute(_REPS, {"org": org_id, "emails": sorted(set(emails) - {""})})
        return {str(email): person for email, person in cursor.fetchall()}


def store_sales(
    connection: sa.Connection,
    org_id: OrgId,
    lines: Sequence[tuple[SaleRow, UUID]],
    reps: Mapping[str, UUID],
) -> Stored:
    """Insert new lines and change known ones, each with its account; products follow."""
    values = {"org": org_id}
    with driver_cursor(connection) as cursor:
        cursor.execute(_SALE_TABLE)
        _copy(cursor, lines, reps)
        cursor.execute("ANALYZE incoming_sale")
        cursor.execute(_PRODUCTS, values)
        cursor.execute(_UPDATE_SALES, values)
        updated = cursor.rowcount
        cursor.execute(_INSERT_SALES, values)
        taken = cursor.rowcount
        if taken + updated > ANALYZE_FROM:
            cursor.execute("SELECT sale_analyze()")
    return Stored(taken, updated, len(lines) - taken - updated, 0)


def store_potentials(
    connection: sa.Connection, org_id: OrgId, rows: Sequence[tuple[PotentialRow, UUID]]
) -> Stored:
    """Keep what accounts could buy in a month, in place of what was said before."""
    values = {
        "org": org_id,
        "accounts": [account for _, account in rows],
        "amounts": [row.monthly_amount for row, _ in rows],
        "sources": [row.source for row, _ in rows],
        "days": [row.said_on for row, _ in rows],
    }
    with driver_cursor(connection) as cursor:
        cursor.execute(_POTENTIALS, values)
        taken, updated = cursor.fetchone() or (0, 0)
        if taken + updated > ANALYZE_FROM:
            cursor.execute("SELECT sale_analyze()")
    return Stored(taken, updated, len(rows) - taken - updated, 0)


def _copy(cursor: Cursor, lines: Sequence[tuple[SaleRow, UUID]], reps: Mapping[str, UUID]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NOTNULL)
    products = {line.product_code: new_id() for line, _ in lines}
    for place, (line, account_id) in enumerate(lines):
        writer.writerow((
            new_id(), products[line.product_code], line.invoice, line.line, line.sold_on,
            account_id, line.product_code, line.product_name or None, line.product_category or None,
            line.quantity, line.amount, reps.get(line.rep_email), place,
        ))  # fmt: skip
    text.seek(0)
    cursor.copy_expert(
        f"COPY incoming_sale ({', '.join(_SALE_COLUMNS)}) FROM STDIN (FORMAT csv)", text
    )


def _id_of(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None


def _phone_of(text: str, country: str) -> str | None:
    if _NO_PHONE.search(text):
        return None
    with suppress(PhoneRefused):
        return to_e164(text, country)
    return None
