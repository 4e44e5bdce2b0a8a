"""The SQL of holding over: whose accounts have work to finish, and how long they keep them."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import driver_cursor
from backend.ids import OrgId, UserId

_NOTED = """SELECT account_id, from_territory_id, to_territory_id FROM realignment_move
    WHERE org_id = %(org)s AND realignment_id = %(id)s"""
# Visits to finish of reps, at accounts that are theirs before and no longer after.
LOST = """WITH m AS MATERIALIZED ({moves}),
 before (rep_id, territory_id) AS (
  SELECT * FROM unnest(%(before_by)s::uuid[], %(before)s::uuid[])),
 after (rep_id, territory_id) AS (SELECT * FROM unnest(%(after_by)s::uuid[], %(after)s::uuid[])),
 work AS (
  SELECT v.account_id, v.rep_id, a.owner_id = v.rep_id AS is_own,
    CASE WHEN m.account_id IS NULL THEN a.territory_id ELSE m.from_territory_id END AS came_from,
    CASE WHEN m.account_id IS NULL THEN a.territory_id ELSE m.to_territory_id END AS went_to
   FROM visit v
   JOIN account a ON a.org_id = v.org_id AND a.id = v.account_id AND a.deleted_at IS NULL
   JOIN app_user u ON u.org_id = v.org_id AND u.id = v.rep_id AND u.is_active AND u.role = 'rep'
   LEFT JOIN m ON m.account_id = a.id
  WHERE v.org_id = %(org)s AND v.rep_id = ANY (%(reps)s::uuid[]) AND v.deleted_at IS NULL
    AND v.planned_on >= %(today)s::date - 7 AND visit_is_open(v.status, v.planned_on, %(today)s))
SELECT DISTINCT account_id, rep_id FROM work
 WHERE CASE WHEN came_from IS NULL THEN is_own
            ELSE (rep_id, came_from) IN (SELECT rep_id, territory_id FROM before) END
   AND NOT CASE WHEN went_to IS NULL THEN coalesce(is_own, false)
                ELSE (rep_id, went_to) IN (SELECT rep_id, territory_id FROM after) END"""
_HOLD_OVER = """INSERT INTO account_holdover AS h
    (org_id, account_id, user_id, realignment_id, until_on)
  SELECT %(org)s, w.account_id, w.rep_id, %(id)s, %(until)s::date FROM ({lost}) w
   ORDER BY w.account_id, w.rep_id
  ON CONFLICT (org_id, account_id, user_id)
  DO UPDATE SET until_on = greatest(h.until_on, excluded.until_on)"""
_LEND = """INSERT INTO account_holdover AS h (org_id, account_id, user_id, until_on)
  SELECT a.org_id, a.id, %(user)s, %(until)s::date FROM account a
   WHERE a.org_id = %(org)s AND a.id = ANY (%(accounts)s::uuid[]) AND a.deleted_at IS NULL
     AND (a.territory_id IN (SELECT tuyen_territories_of(%(org)s, %(user)s))
          OR a.territory_id IS NULL AND a.owner_id = %(user)s) IS NOT TRUE
   ORDER BY a.id
  ON CONFLICT (org_id, account_id, user_id)
  DO UPDATE SET until_on = greatest(h.until_on, excluded.until_on)
   WHERE h.realignment_id IS NULL"""
_REPS_AT_WORK = """SELECT DISTINCT v.rep_id FROM realignment_move m
  JOIN visit v ON v.org_id = m.org_id AND v.account_id = m.account_id AND v.deleted_at IS NULL
   AND v.planned_on >= %(today)s::date - 7 AND visit_is_open(v.status, v.planned_on, %(today)s)
 WHERE m.org_id = %(org)s AND m.realignment_id = %(id)s"""
_END_HOLDOVERS = """DELETE FROM account_holdover h
 WHERE h.org_id = %(org)s AND (h.until_on <= %(today)s
   OR h.realignment_id IS NOT NULL AND NOT EXISTS (
   SELECT 1 FROM visit v WHERE v.org_id = h.org_id AND v.account_id = h.account_id
      AND v.rep_id = h.user_id AND v.deleted_at IS NULL
      AND visit_is_open(v.status, v.planned_on, %(today)s)))"""


class Holdings(msgspec.Struct, frozen=True):
    """Which territories reps hold, those below included, as two columns."""

    held_by: list[UUID]
    held: list[UUID]


def select_reps_at_work(
    connection: sa.Connection, org_id: OrgId, realignment_id: UUID, today: date
) -> set[UserId]:
    """Return who has visits to finish at the accounts noted."""
    with driver_cursor(connection) as cursor:
        cursor.execute(_REPS_AT_WORK, {"org": org_id, "id": realignment_id, "today": today})
        return {UserId(row[0]) for row in cursor.fetchall()}


def read_holdings(connection: sa.Connection, org_id: OrgId, reps: Collection[UserId]) -> Holdings:
    """Return what these people hold today."""
    with driver_cursor(connection) as cursor:
        cursor.execute(
            "SELECT r, tuyen_territories_of(%s, r) FROM unnest(%s::uuid[]) r", (org_id, list(reps))
        )
        rows = cursor.fetchall()
    return Holdings([row[0] for row in rows], [row[1] for row in rows])


def lost_work(
    reps: Collection[UserId], before: Holdings, after: Holdings, today: date
) -> dict[str, Any]:
    """Return the parameters of `LOST`."""
    return {
        "reps": list(reps),
        "before_by": before.held_by,
        "before": before.held,
        "after_by": after.held_by,
        "after": after.held,
        "today": today,
    }


def hold_over(
    connection: sa.Connection,
    org_id: OrgId,
    realignment_id: UUID,
    lost: Mapping[str, Any],
    until_on: date,
) -> int:
    """Let outgoing reps keep the accounts where they have visits to finish; count these."""
    values = {"org": org_id, "id": realignment_id, "until": until_on, **lost}
    with driver_cursor(connection) as cursor:
        cursor.execute(_HOLD_OVER.format(lost=LOST.format(moves=_NOTED)), values)
        return cursor.rowcount


def lend(
    connection: sa.Connection, org_id: OrgId, user_id: UserId, accounts: list[UUID], until_on: date
) -> int:
    """Let a rep see accounts of others for a while, to make visits there; count these.

    What a realignment holds over for the rep ends when it would have.
    """
    values = {"org": org_id, "user": user_id, "accounts": accounts, "until": until_on}
    with driver_cursor(connection) as cursor:
        cursor.execute(_LEND, values)
        return cursor.rowcount


def release_holdovers(connection: sa.Connection, org_id: OrgId, realignment_id: UUID) -> None:
    """End what a realignment held over."""
    with driver_cursor(connection) as cursor:
        cursor.execute(
            "DELETE FROM account_holdover WHERE org_id = %s AND realignment_id = %s",
            (org_id, realignment_id),
        )


def end_holdovers(connection: sa.Connection, org_id: OrgId, today: date) -> int:
    """End what is held over until today, or by a realignment with no open work left; count it."""
    with driver_cursor(connection) as cursor:
        cursor.execute(_END_HOLDOVERS, {"org": org_id, "today": today})
        return cursor.rowcount
