"""Reps who give territories away and take others over, and how that is undone."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from backend.ids import OrgId, TerritoryId, UserId
from backend.territories import assignment_repository as repository
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
    ended = repository.end_held(connection, org_id, user_id, territory_id, today, only=only)
    return [
        AssignmentChange(key, user_id, territory_id, is_begun=False, until_on=until_on)
        for key, until_on in ended
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
    begun = repository.begin_unheld(
        connection, org_id, user_id, territory_id, today, until_on=until_on
    )
    return [AssignmentChange(key, user_id, territory_id, is_begun=True) for key in begun]
