"""All SQL of reworks."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.bulk import recordset, rows_json
from backend.db.tenancy import driver_cursor
from backend.ids import OrgId, UserId
from backend.routes.rework.schemas import ReworkedVisit, ReworkRead


class HeldRoute(msgspec.Struct, frozen=True):
    """A route held against a new plan of its day."""

    rep_id: UUID
    on_date: date
    status: str
    midnight: datetime
    """When its day begins in the organisation's time zone."""


def lock_route(connection: sa.Connection, org_id: OrgId, route_id: UUID) -> HeldRoute | None:
    """Hold a route and return it, or None."""
    row = (
        connection.execute(
            sa.text(
                "SELECT r.rep_id, r.on_date, r.status,"
                " cast(r.on_date AS timestamp) AT TIME ZONE o.time_zone AS midnight"
                " FROM route r JOIN organisation o ON o.id = r.org_id"
                " WHERE r.org_id = :org_id AND r.id = :id AND r.deleted_at IS NULL"
                " FOR NO KEY UPDATE OF r"
            ),
            {"org_id": org_id, "id": route_id},
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else msgspec.convert(dict(row), HeldRoute)


def lock_day_visits(
    connection: sa.Connection,
    org_id: OrgId,
    rep_id: UserId,
    on_date: date,
    visit_ids: Sequence[UUID],
) -> set[UUID]:
    """Hold the visits, their accounts first; return those of the rep and the day."""
    values = {"org_id": org_id, "rep_id": rep_id, "on_date": on_date, "ids": list(visit_ids)}
    connection.execute(
        sa.text(
            "SELECT 1 FROM account a WHERE a.org_id = :org_id AND a.id IN (SELECT v.account_id"
            " FROM visit v WHERE v.org_id = :org_id AND v.id = ANY (cast(:ids AS uuid[])))"
            " ORDER BY a.id FOR NO KEY UPDATE"
        ),
        values,
    )
    rows = connection.execute(
        sa.text(
            "SELECT id FROM visit WHERE org_id = :org_id AND id = ANY (cast(:ids AS uuid[]))"
            " AND rep_id = :rep_id AND planned_on = :on_date ORDER BY id FOR NO KEY UPDATE"
        ),
        values,
    )
    return set(rows.scalars())


def has_later(connection: sa.Connection, org_id: OrgId, route_id: UUID, made_at: datetime) -> bool:
    """Tell whether the visits follow a rework of this route that was made later."""
    statement = sa.text(
        "SELECT 1 FROM rework WHERE org_id = :org_id AND route_id = :route_id"
        " AND state = 'applied' AND made_at > :made_at LIMIT 1"
    )
    values = {"org_id": org_id, "route_id": route_id, "made_at": made_at}
    return connection.execute(statement, values).first() is not None


def insert_rework(connection: sa.Connection, org_id: OrgId, values: Mapping[str, Any]) -> None:
    """Insert a rework; `plan` comes encoded."""
    connection.execute(
        sa.text(
            "INSERT INTO rework (org_id, id, route_id, rep_id, made_at, reason, plan, state)"
            " VALUES (:org_id, :id, :route_id, :rep_id, :made_at, :reason, cast(:plan AS jsonb),"
            " :state)"
        ),
        {"org_id": org_id, **values},
    )


_ORDER = {"id": "uuid", "sequence": "int", "planned_at": "timestamptz"}
# Numbers go on after the visits of the day that were begun, whatever the phone knew of them.
_FOLLOW = f"""UPDATE visit v SET planned_at = u.planned_at, sequence = u.sequence + (
   SELECT count(*) FROM visit b WHERE b.org_id = v.org_id AND b.rep_id = v.rep_id
      AND b.planned_on = v.planned_on AND b.deleted_at IS NULL
      AND b.status IN ('checked_in', 'done') AND NOT b.id = ANY (%(ids)s::uuid[]))
 FROM {recordset(_ORDER)} WHERE v.org_id = %(org)s::uuid AND v.id = u.id
  AND v.status = 'planned' AND v.deleted_at IS NULL"""  # noqa: S608  # constants


def order_visits(
    connection: sa.Connection, org_id: OrgId, rows: Sequence[Mapping[str, object]]
) -> None:
    """Give open visits the place (`sequence` from 1) and time of `rows`; begun ones keep theirs."""
    ids = [str(row["id"]) for row in rows if row["sequence"] is not None]
    with driver_cursor(connection) as cursor:
        cursor.execute(_FOLLOW, {"org": str(org_id), "rows": rows_json(rows), "ids": ids})


def select_reworks(
    connection: sa.Connection, org_id: OrgId, rep_id: UUID, on_date: date, limit: int
) -> list[ReworkRead]:
    """Return the newest reworks of a rep's day in the order in which they were made."""
    rows = connection.execute(
        sa.text(
            "SELECT * FROM (SELECT w.id, w.route_id, w.made_at, w.received_at, w.reason, w.state,"
            " w.plan FROM rework w JOIN route r ON r.org_id = w.org_id AND r.id = w.route_id"
            " WHERE w.org_id = :org_id AND r.rep_id = :rep_id AND r.on_date = :on_date"
            " ORDER BY w.made_at DESC, w.id DESC LIMIT :limit) newest ORDER BY made_at, id"
        ),
        {"org_id": org_id, "rep_id": rep_id, "on_date": on_date, "limit": limit},
    ).mappings()
    return msgspec.convert([dict(row) for row in rows], list[ReworkRead])


def select_visits(
    connection: sa.Connection, org_id: OrgId, visit_ids: Sequence[UUID]
) -> list[ReworkedVisit]:
    """Return visits with whom they are to: those that were begun first, in that order."""
    rows = connection.execute(
        sa.text(
            "SELECT v.id AS visit_id, v.account_id, a.name, v.status,"
            " coalesce(v.checked_in_at, v.done_at) AS checked_in_at FROM visit v"
            " JOIN account a ON a.org_id = v.org_id AND a.id = v.account_id"
            " WHERE v.org_id = :org_id AND v.id = ANY (cast(:ids AS uuid[]))"
            " ORDER BY coalesce(v.checked_in_at, v.done_at) NULLS LAST, v.sequence NULLS LAST, v.id"
        ),
        {"org_id": org_id, "ids": list(visit_ids)},
    ).mappings()
    return msgspec.convert([dict(row) for row in rows], list[ReworkedVisit])
