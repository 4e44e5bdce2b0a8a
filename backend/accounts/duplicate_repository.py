"""All SQL of accounts that may be the same place twice."""

from uuid import UUID

import sqlalchemy as sa

from backend.accounts import repository
from backend.accounts.schemas import DuplicateRead, PairKey
from backend.db.tenancy import driver_cursor
from backend.ids import AccountId, OrgId, UserId

_OPEN = """SELECT d.account_id, d.other_id, d.reason, d.created_at,
    ST_Distance(a.location::geography, o.location::geography)
  FROM account_duplicate d
  JOIN account a ON a.org_id = d.org_id AND a.id = d.account_id AND a.deleted_at IS NULL
  JOIN account o ON o.org_id = d.org_id AND o.id = d.other_id AND o.deleted_at IS NULL
 WHERE d.org_id = %(org)s AND d.state = 'open'"""
_BEFORE = """ AND (d.created_at, d.account_id, d.other_id)
   < (%(at)s::timestamptz, %(account)s::uuid, %(other)s::uuid)"""
_ORDER = " ORDER BY d.created_at DESC, d.account_id DESC, d.other_id DESC LIMIT %(limit)s"


def find_duplicate(
    connection: sa.Connection, org_id: OrgId, account_id: AccountId
) -> AccountId | None:
    """Return the live account of the same phone, or of the same name within 150 m; the nearest."""
    with driver_cursor(connection) as cursor:
        query = "SELECT other_id FROM account_find_duplicate(%s, %s)"
        cursor.execute(query, (org_id, account_id))
        return _id(cursor.fetchone())


def flag_duplicate(
    connection: sa.Connection, org_id: OrgId, account_id: AccountId
) -> AccountId | None:
    """Keep the pair of a new account and the one it resembles; return that one's id."""
    with driver_cursor(connection) as cursor:
        cursor.execute("SELECT account_flag_duplicate(%s, %s)", (org_id, account_id))
        return _id(cursor.fetchone())


def select_open(
    connection: sa.Connection, org_id: OrgId, *, before: PairKey | None, limit: int
) -> list[DuplicateRead]:
    """Return the pairs of live accounts that nobody judged yet, latest first."""
    at, account, other = before or (None, None, None)
    values = {"org": org_id, "at": at, "account": account, "other": other, "limit": limit}
    with driver_cursor(connection) as cursor:
        cursor.execute(f"{_OPEN}{_BEFORE if before else ''}{_ORDER}", values)
        rows = cursor.fetchall()
    ids = {one for row in rows for one in row[:2]}
    known = {one.id: one for one in repository.select_by_ids(connection, org_id, list(ids))}
    return [
        DuplicateRead(known[account], known[other], reason, distance, at)
        for account, other, reason, at, distance in rows
    ]


def settle_distinct(
    connection: sa.Connection, org_id: OrgId, pair: tuple[UUID, UUID], by: UserId
) -> bool:
    """Note that the two are different places; False when no such pair is open."""
    with driver_cursor(connection) as cursor:
        cursor.execute(
            """UPDATE account_duplicate SET state = 'distinct', settled_at = now(), settled_by = %s
                WHERE org_id = %s AND state = 'open'
                  AND (account_id, other_id) IN ((%s, %s), (%s, %s))""",
            (by, org_id, *pair, *reversed(pair)),
        )
        return cursor.rowcount > 0


def _id(row: tuple[UUID | None, ...] | None) -> AccountId | None:
    found = row[0] if row else None
    return AccountId(found) if found is not None else None
