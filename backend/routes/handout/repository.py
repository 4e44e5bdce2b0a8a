"""The SQL of a route's handouts: what is known of its stops."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId
from backend.routes.handout.schemas import StopDetails

_CONTACTS = 2
"""Of each account: whom to call."""

IN_SCOPE = """
a.deleted_at IS NULL AND (:sees_everything
  OR a.territory_id IN (SELECT tuyen_territories_of(:org_id, :user_id))
  OR a.territory_id IS NULL AND a.owner_id = :user_id
  OR a.id IN (SELECT tuyen_held_over(:org_id, :user_id)))
"""
"""Which accounts `a` a person sees."""

_DETAILS = f"""
SELECT v.id AS visit_id, v.status, a.name, a.address, a.phone, a.opening_hours,
  a.preferred_hours, coalesce(a.preferred_hours_are_firm, false) AS preferred_hours_are_firm,
  coalesce((SELECT json_agg(json_build_object('full_name', c.full_name, 'phone', c.phone))
    FROM (SELECT full_name, phone FROM contact
           WHERE org_id = a.org_id AND account_id = a.id AND phone IS NOT NULL
             AND deleted_at IS NULL
           ORDER BY created_at, id LIMIT :contacts) c), '[]') AS contacts
 FROM visit v LEFT JOIN account a ON a.org_id = v.org_id AND a.id = v.account_id AND {IN_SCOPE}
 WHERE v.org_id = :org_id AND v.id = ANY (cast(:ids AS uuid[])) AND v.deleted_at IS NULL
"""  # noqa: S608  # a constant


class Place(msgspec.Struct, frozen=True):
    """Where and in whose name the day is."""

    org_name: str
    time_zone: str
    country: str


def get_place(connection: sa.Connection, org_id: OrgId) -> Place:
    """Return the organisation's name, time zone and country."""
    row = connection.execute(
        sa.text("SELECT name AS org_name, time_zone, country FROM organisation WHERE id = :org_id"),
        {"org_id": org_id},
    ).mappings()
    return msgspec.convert(dict(row.one()), Place)


def select_details(
    connection: sa.Connection,
    org_id: OrgId,
    visit_ids: Sequence[UUID],
    *,
    user_id: UserId,
    sees_everything: bool,
) -> list[StopDetails]:
    """Return what is known of visits; of accounts out of the person's scope only the status."""
    values = {
        "org_id": org_id,
        "ids": list(visit_ids),
        "user_id": user_id,
        "sees_everything": sees_everything,
        "contacts": _CONTACTS,
    }
    rows = connection.execute(sa.text(_DETAILS), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[StopDetails])


def find_locale(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> str | None:
    """Return a person's language, None for somebody who is not there."""
    statement = sa.text("SELECT locale FROM app_user WHERE org_id = :org_id AND id = :id")
    locale: str | None = connection.scalar(statement, {"org_id": org_id, "id": user_id})
    return locale
