"""All SQL of visit routes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId
from backend.routes.schemas import PlanRequest, RouteRead
from backend.visits.kinds import VisitKind

_SELECT = """
SELECT r.id, r.rep_id, u.full_name AS rep_name, r.on_date, r.status, r.profile, r.is_estimate,
  cast(r.inputs -> 'request' ->> 'traffic_percent' AS int) AS traffic_percent,
  r.engine, r.seed, r.distance_m, r.travel_seconds, r.wait_seconds, r.starts_at, r.ends_at,
  ST_AsEncodedPolyline(r.line, 6) AS line, r.stops, r.dropped, r.lunch,
  round(100.0 * (r.objective - r.bound) / nullif(r.objective, 0), 2) AS gap_percent,
  coalesce(r.inputs -> 'request', '{}') AS choices,
  coalesce(cast(r.inputs ->> 'frozen_count' AS int), 0) AS begun_count, r.rv
 FROM route r JOIN app_user u ON u.org_id = r.org_id AND u.id = r.rep_id
"""


def lock_day(connection: sa.Connection, org_id: OrgId, rep_id: UserId) -> None:
    """Let one plan at a time be written for a person."""
    connection.execute(
        sa.text("SELECT 1 FROM app_user WHERE org_id = :org_id AND id = :id FOR NO KEY UPDATE"),
        {"org_id": org_id, "id": rep_id},
    )


def is_in_use(connection: sa.Connection, org_id: OrgId, route_id: UUID) -> bool:
    """Return whether a route is its day's plan; the caller holds the day's lock."""
    statement = sa.text(
        "SELECT status = 'planned' AND deleted_at IS NULL FROM route"
        " WHERE org_id = :org_id AND id = :id"
    )
    found = connection.execute(statement, {"org_id": org_id, "id": route_id})
    return bool(found.scalar_one_or_none())


class DayVisit(msgspec.Struct, frozen=True):
    """A visit of the day that a new plan may keep."""

    id: UUID
    account_id: UUID
    is_open: bool
    """Planned by a route and not begun, so that a new route may cancel it."""
    is_begun: bool


def retire_route(
    connection: sa.Connection, org_id: OrgId, rep_id: UserId, on_date: date
) -> list[DayVisit]:
    """Mark the day's present route replaced; return the day's visits that were not cancelled."""
    connection.execute(
        sa.text(
            "UPDATE route SET status = 'replaced' WHERE org_id = :org_id AND rep_id = :rep_id"
            " AND on_date = :on_date AND status = 'planned'"
        ),
        {"org_id": org_id, "rep_id": rep_id, "on_date": on_date},
    )
    rows = connection.execute(
        sa.text(
            "SELECT id, account_id, status = 'planned' AND route_id IS NOT NULL AS is_open,"
            " status <> 'planned' AS is_begun"
            " FROM visit WHERE org_id = :org_id AND rep_id = :rep_id AND planned_on = :on_date"
            " AND status <> 'cancelled' AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE"
        ),
        {"org_id": org_id, "rep_id": rep_id, "on_date": on_date},
    ).mappings()
    return msgspec.convert([dict(row) for row in rows], list[DayVisit])


def find_present_request(
    connection: sa.Connection, org_id: OrgId, rep_id: UUID, on_date: date
) -> PlanRequest | None:
    """Return what was asked for a rep's present plan of a day; None when there is none."""
    request = connection.execute(
        sa.text(
            "SELECT inputs -> 'request' FROM route WHERE org_id = :org_id AND rep_id = :rep_id"
            " AND on_date = :on_date AND status = 'planned' AND deleted_at IS NULL"
        ),
        {"org_id": org_id, "rep_id": rep_id, "on_date": on_date},
    ).scalar_one_or_none()
    return None if request is None else msgspec.convert(request, PlanRequest)


def find_request(connection: sa.Connection, org_id: OrgId, route_id: UUID) -> PlanRequest:
    """Return what was asked when a route that is there was planned."""
    request = connection.execute(
        sa.text("SELECT inputs -> 'request' FROM route WHERE org_id = :org_id AND id = :id"),
        {"org_id": org_id, "id": route_id},
    ).scalar_one()
    return msgspec.convert(request, PlanRequest)


class BegunVisit(msgspec.Struct, frozen=True):
    """A visit of a day that was begun, with what a stop needs that no plan had."""

    id: UUID
    account_id: UUID
    name: str
    location: tuple[float, float] | None
    begun_at: datetime
    left_at: datetime
    is_over: bool
    minutes: int
    """How long a visit of the account usually takes."""
    kind: VisitKind


def select_begun(
    connection: sa.Connection, org_id: OrgId, rep_id: UUID, on_date: date
) -> list[BegunVisit]:
    """Return a rep's visits of a day that were begun or done, in the order of their beginning."""
    rows = connection.execute(
        sa.text(
            "SELECT v.id, v.account_id, v.kind, a.name, CASE WHEN a.location IS NOT NULL"
            " THEN ARRAY[ST_X(a.location), ST_Y(a.location)] END AS location,"
            " coalesce(v.checked_in_at, v.done_at, v.planned_at, v.updated_at) AS begun_at,"
            " coalesce(v.done_at, v.checked_in_at, v.planned_at, v.updated_at) AS left_at,"
            " v.status = 'done' AS is_over, m.minutes"
            " FROM visit v JOIN account a ON a.org_id = v.org_id AND a.id = v.account_id,"
            " LATERAL tuyen_visit_minutes(a.org_id, a.id, a.category, a.visit_minutes) m"
            " WHERE v.org_id = :org_id AND v.rep_id = :rep_id AND v.planned_on = :on_date"
            " AND v.status IN ('checked_in', 'done') AND v.deleted_at IS NULL"
            " ORDER BY begun_at, v.planned_at, v.id"
        ),
        {"org_id": org_id, "rep_id": rep_id, "on_date": on_date},
    ).mappings()
    return msgspec.convert([dict(row) for row in rows], list[BegunVisit], strict=False)


def select_planned_by_others(
    connection: sa.Connection,
    org_id: OrgId,
    account_ids: Sequence[UUID],
    on_date: date,
    *,
    besides: Sequence[UUID],
) -> list[UUID]:
    """Return those accounts that somebody `besides` these reps has still to visit on a day."""
    statement = sa.text(
        "SELECT DISTINCT account_id FROM visit WHERE org_id = :org_id AND planned_on = :on_date"
        " AND status = 'planned' AND deleted_at IS NULL"
        " AND account_id = ANY (cast(:account_ids AS uuid[]))"
        " AND NOT rep_id = ANY (cast(:besides AS uuid[])) ORDER BY account_id"
    )
    values = {
        "org_id": org_id,
        "account_ids": list(account_ids),
        "on_date": on_date,
        "besides": list(besides),
    }
    return list(connection.execute(statement, values).scalars())


class ReworkedVisit(msgspec.Struct, frozen=True):
    """An open visit as the rep's own last order has it; `reason` says why it is left out."""

    account_id: UUID
    reason: str | None


def select_reworked(
    connection: sa.Connection, org_id: OrgId, route_id: UUID
) -> list[ReworkedVisit]:
    """Return the open visits of the rework that a route's day follows; none where none does."""
    statement = sa.text(
        """
WITH followed AS (SELECT plan FROM rework WHERE org_id = :org_id AND route_id = :route_id
   AND state = 'applied' ORDER BY made_at DESC, id DESC LIMIT 1),
 named AS (
  SELECT cast(s ->> 'visit_id' AS uuid) AS visit_id, NULL AS reason
    FROM followed, jsonb_array_elements(plan -> 'stops') s
  UNION ALL
  SELECT cast(d ->> 'visit_id' AS uuid), d ->> 'reason'
    FROM followed, jsonb_array_elements(plan -> 'dropped') d)
SELECT v.account_id, n.reason FROM named n
  JOIN visit v ON v.org_id = :org_id AND v.id = n.visit_id
 WHERE v.status = 'planned' AND v.deleted_at IS NULL ORDER BY v.id"""
    )
    rows = connection.execute(statement, {"org_id": org_id, "route_id": route_id}).mappings()
    return msgspec.convert([dict(row) for row in rows], list[ReworkedVisit])


def insert_route(connection: sa.Connection, org_id: OrgId, values: Mapping[str, Any]) -> None:
    """Insert a planned route; JSON parts come encoded, `line` as [longitude, latitude] pairs."""
    connection.execute(
        sa.text(
            """
INSERT INTO route (org_id, id, rep_id, on_date, profile, engine, seed, is_estimate, distance_m,
  travel_seconds, wait_seconds, starts_at, ends_at, line, stops, dropped, lunch, inputs, objective,
  bound, pack)
VALUES (:org_id, :id, :rep_id, :on_date, :profile, :engine, :seed, :is_estimate, :distance_m,
  :travel_seconds, :wait_seconds, :starts_at, :ends_at,
  ST_SetSRID(ST_GeomFromText(cast(:line AS text)), 4326), cast(:stops AS jsonb),
  cast(:dropped AS jsonb), cast(:lunch AS jsonb), cast(:inputs AS jsonb),
  :objective, :bound, :pack)"""
        ),
        {"org_id": org_id, "pack": None, **values},
    )


def upsert_visits(
    connection: sa.Connection, org_id: OrgId, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert a route's visits, or bring the ones kept from the former plan to the new times."""
    if rows:
        connection.execute(
            sa.text(
                "INSERT INTO visit (org_id, id, account_id, rep_id, route_id, planned_on,"
                " planned_at, sequence, kind) VALUES (:org_id, :id, :account_id, :rep_id,"
                " :route_id, :planned_on, :planned_at, :sequence, :kind)"
                " ON CONFLICT (org_id, id) DO UPDATE SET route_id = excluded.route_id,"
                " planned_at = excluded.planned_at, sequence = excluded.sequence,"
                " kind = excluded.kind"
            ),
            [{"org_id": org_id, **row} for row in rows],
        )


def cancel_visits(connection: sa.Connection, org_id: OrgId, visit_ids: Sequence[UUID]) -> None:
    """Cancel visits that the new plan has no place for; a check-in can still revive them."""
    connection.execute(
        sa.text(
            "UPDATE visit SET status = 'cancelled' WHERE org_id = :org_id"
            " AND id = ANY (cast(:ids AS uuid[]))"
        ),
        {"org_id": org_id, "ids": list(visit_ids)},
    )


def select_routes(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    on_date: date | None = None,
    rep_id: UUID | None = None,
    route_id: UUID | None = None,
    limit: int = 200,
) -> list[RouteRead]:
    """Return routes in use, newest day first; a single one by id also when it was replaced."""
    where = ["r.org_id = :org_id", "r.deleted_at IS NULL"]
    values: dict[str, Any] = {"org_id": org_id, "limit": limit}
    for column, value in {"on_date": on_date, "rep_id": rep_id, "id": route_id}.items():
        if value is not None:
            where.append(f"r.{column} = :{column}")
            values[column] = value
    if route_id is None:
        where.append("r.status = 'planned'")
    statement = (
        f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY r.on_date DESC, u.full_name, r.id"
        " LIMIT :limit"
    )
    rows = connection.execute(sa.text(statement), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[RouteRead], strict=False)


def midnight_utc(connection: sa.Connection, on_date: date, time_zone: str) -> datetime:
    """Return when a local day begins, as the database's time zones have it."""
    statement = sa.text("SELECT cast(:on_date AS timestamp) AT TIME ZONE :zone")
    moment: datetime = connection.execute(
        statement, {"on_date": on_date, "zone": time_zone}
    ).scalar_one()
    return moment
