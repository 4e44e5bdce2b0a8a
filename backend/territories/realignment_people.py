"""Reps who give territories away and take others over, and how that is undone."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from backend.db.tenancy import driver_cursor
from backend.ids import OrgId, TerritoryId, UserId, new_id
from backend.territories.realignment_schemas import AssignmentChange, PersonMove


def move_people(
    connection: sa.Connection, org_id: OrgId, people: Sequence[PersonMove], today: date
) -> list[AssignmentChange]:
    """End and begin assignments as of today; what is so already stays. Return what was changed."""
    changes: list[AssignmentChange] = []
    for one in people:
        if one.from_territory_id is not None:
            changes += _end(connection, org_id, one.user_id, one.from_territory_id, today)
    for one in people:
        if one.to_territory_id is not None:
            changes += _begin(connection, org_id, one.user_id, one.to_territory_id, today)
    return changes


def move_people_back(
    connection: sa.Connection, org_id: OrgId, changes: Sequence[AssignmentChange], today: date
) -> int:
    """Undo the changes as of today: end what was begun, give back what was ended; count these."""
    undone = 0
    for one in changes:
        if one.is_begun:
            undone += len(
                _end(connection, org_id, one.user_id, one.territory_id, today, only=one.id)
            )
    for one in changes:
        if not one.is_begun and (one.until_on is None or one.until_on > today):
            undone += len(
                _begin(
                    connection, org_id, one.user_id, one.territory_id, today, until_on=one.until_on
                )
            )
    return undone


def _end(
    connection: sa.Connection,
    org_id: OrgId,
    user_id: UserId,
    territory_id: TerritoryId,
    today: date,
    *,
    only: UUID | None = None,
) -> list[AssignmentChange]:
    values = {"org": org_id, "user": user_id, "territory": territory_id, "today": today, "id": only}
    with driver_cursor(connection) as cursor:
        cursor.execute(
            """WITH held AS (
                 SELECT id, valid_to FROM territory_assignment
                  WHERE org_id = %(org)s AND user_id = %(user)s AND territory_id = %(territory)s
                    AND valid_from <= %(today)s AND (valid_to IS NULL OR valid_to > %(today)s)
                    AND (%(id)s::uuid IS NULL OR id = %(id)s) FOR UPDATE)
               UPDATE territory_assignment t SET valid_to = %(today)s FROM held h
                WHERE t.org_id = %(org)s AND t.id = h.id RETURNING h.id, h.valid_to""",
            values,
        )
        return [
            AssignmentChange(row[0], user_id, territory_id, is_begun=False, until_on=row[1])
            for row in cursor.fetchall()
        ]


def _begin(
    connection: sa.Connection,
    org_id: OrgId,
    user_id: UserId,
    territory_id: TerritoryId,
    today: date,
    *,
    until_on: date | None = None,
) -> list[AssignmentChange]:
    """Begin an assignment, up to the next that the person has of this territory."""
    values = {
        "org": org_id,
        "id": new_id(),
        "user": user_id,
        "territory": territory_id,
        "today": today,
        "until": until_on,
    }
    with driver_cursor(connection) as cursor:
        cursor.execute(
            """INSERT INTO territory_assignment
                 (org_id, id, territory_id, user_id, valid_from, valid_to)
               SELECT %(org)s, %(id)s, %(territory)s, %(user)s, %(today)s, least(%(until)s::date, (
                        SELECT min(valid_from) FROM territory_assignment
                         WHERE org_id = %(org)s AND user_id = %(user)s
                           AND territory_id = %(territory)s AND valid_from > %(today)s))
                WHERE NOT EXISTS (
                  SELECT 1 FROM territory_assignment
                   WHERE org_id = %(org)s AND user_id = %(user)s AND territory_id = %(territory)s
                     AND valid_from <= %(today)s AND (valid_to IS NULL OR valid_to > %(today)s))
               RETURNING id""",
            values,
        )
        return [
            AssignmentChange(row[0], user_id, territory_id, is_begun=True)
            for row in cursor.fetchall()
        ]
