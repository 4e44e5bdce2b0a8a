"""All SQL of who holds which territory when."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from backend.identity.models import app_user
from backend.ids import OrgId, TerritoryId, UserId
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
