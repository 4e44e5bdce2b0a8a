"""All SQL of who holds which territory when."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from backend.db.tenancy import driver_cursor
from backend.identity.models import app_user
from backend.ids import OrgId, TerritoryId, UserId, new_id
from backend.territories.models import ASSIGNMENT, TERRITORY
from backend.territories.schemas import AssignmentRead

_COLUMNS = (
    ASSIGNMENT.c.id,
    ASSIGNMENT.c.territory_id,
    ASSIGNMENT.c.user_id,
    app_user.c.full_name,
    ASSIGNMENT.c.valid_from,
    ASSIGNMENT.c.valid_to,
)


def today_of(connection: sa.Connection, org_id: OrgId) -> date:
    """Return the day that it is for the organisation."""
    today: date = connection.execute(sa.select(sa.func.tuyen_today(org_id))).scalar_one()
    return today


def is_rep(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> bool:
    """Tell whether the person is an active rep of the organisation."""
    query = sa.select(app_user.c.id).where(
        app_user.c.org_id == org_id,
        app_user.c.id == user_id,
        app_user.c.role == "rep",
        app_user.c.is_active,
    )
    return connection.execute(query).one_or_none() is not None


def select_assignments(
    connection: sa.Connection, org_id: OrgId, territory_id: TerritoryId
) -> list[AssignmentRead]:
    """Return past, present and future holders of a territory, latest first.

    Who held it for a part of a day only is not among them.
    """
    query = (
        _joined(org_id)
        .where(
            ASSIGNMENT.c.territory_id == territory_id,
            ASSIGNMENT.c.valid_to.is_distinct_from(ASSIGNMENT.c.valid_from),
        )
        .order_by(ASSIGNMENT.c.valid_from.desc(), ASSIGNMENT.c.id)
    )
    return [AssignmentRead(*row) for row in connection.execute(query)]


def select_held(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> list[TerritoryId]:
    """Return the live territories that a person holds today, those below them left out."""
    today = sa.func.tuyen_today(org_id)
    query = (
        _joined(org_id)
        .with_only_columns(ASSIGNMENT.c.territory_id)
        .where(
            ASSIGNMENT.c.user_id == user_id,
            ASSIGNMENT.c.valid_from <= today,
            sa.or_(ASSIGNMENT.c.valid_to.is_(None), ASSIGNMENT.c.valid_to > today),
        )
        .order_by(ASSIGNMENT.c.territory_id)
    )
    return [TerritoryId(one) for one in connection.execute(query).scalars()]


def find_assignment(
    connection: sa.Connection, org_id: OrgId, assignment_id: UUID
) -> AssignmentRead | None:
    """Return an assignment of a live territory, kept from other writers."""
    query = _joined(org_id).where(ASSIGNMENT.c.id == assignment_id)
    row = connection.execute(query.with_for_update(of=ASSIGNMENT)).one_or_none()
    return AssignmentRead(*row) if row else None


def insert_assignment(
    connection: sa.Connection, org_id: OrgId, assignment_id: UUID, values: Mapping[str, Any]
) -> None:
    """Insert an assignment; the database refuses two at once of a person to a territory."""
    connection.execute(sa.insert(ASSIGNMENT).values(org_id=org_id, id=assignment_id, **values))


def end_assignment(
    connection: sa.Connection, org_id: OrgId, assignment_id: UUID, on_date: date
) -> None:
    """End an assignment; the day given is the first on which it no longer holds."""
    connection.execute(
        sa.update(ASSIGNMENT)
        .where(ASSIGNMENT.c.org_id == org_id, ASSIGNMENT.c.id == assignment_id)
        .values(valid_to=on_date)
    )


def delete_assignment(connection: sa.Connection, org_id: OrgId, assignment_id: UUID) -> None:
    """Remove an assignment that never held."""
    connection.execute(
        sa.delete(ASSIGNMENT).where(ASSIGNMENT.c.org_id == org_id, ASSIGNMENT.c.id == assignment_id)
    )


def end_held(
    connection: sa.Connection,
    org_id: OrgId,
    user_id: UserId,
    territory_id: TerritoryId,
    today: date,
    *,
    only: UUID | None = None,
) -> list[tuple[UUID, date | None]]:
    """End as of today what a person holds of a territory; return ids and former last days."""
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
        return [(row[0], row[1]) for row in cursor.fetchall()]


def begin_unheld(
    connection: sa.Connection,
    org_id: OrgId,
    user_id: UserId,
    territory_id: TerritoryId,
    today: date,
    *,
    until_on: date | None = None,
) -> list[UUID]:
    """Begin today what a person does not hold, up to the next time that they do; return its id."""
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
        return [row[0] for row in cursor.fetchall()]


def _joined(org_id: OrgId) -> sa.Select[Any]:
    person = sa.and_(
        app_user.c.org_id == ASSIGNMENT.c.org_id, app_user.c.id == ASSIGNMENT.c.user_id
    )
    territory = sa.and_(
        TERRITORY.c.org_id == ASSIGNMENT.c.org_id,
        TERRITORY.c.id == ASSIGNMENT.c.territory_id,
        TERRITORY.c.deleted_at.is_(None),
    )
    return (
        sa.select(*_COLUMNS)
        .join_from(ASSIGNMENT, app_user, person)
        .join(TERRITORY, territory)
        .where(ASSIGNMENT.c.org_id == org_id)
    )
