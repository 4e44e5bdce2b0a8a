"""The SQL of calendars: what they show, and who may read them."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId
from backend.routes.handout.feed_schemas import CalendarFeedRead, Feed, FeedLunch, FeedVisit
from backend.routes.handout.repository import IN_SCOPE

MAX_VISITS = 3000
"""Forty a day in the 75 days of a calendar."""

_FEED_VISITS = f"""
WITH plan AS (
  SELECT r.id AS route_id, r.profile, r.is_estimate, r.updated_at, r.lunch, s.stop
   FROM route r CROSS JOIN LATERAL jsonb_array_elements(r.stops) s (stop)
  WHERE r.org_id = :org_id AND r.rep_id = :user_id AND r.on_date BETWEEN :first AND :last
    AND r.deleted_at IS NULL)
SELECT v.id, v.rv, greatest(v.updated_at, a.updated_at, p.updated_at) AS updated_at, v.planned_on,
  v.planned_at, a.visit_minutes, a.name, a.address,
  CASE WHEN a.location IS NULL THEN NULL
       ELSE json_build_array(ST_X(a.location), ST_Y(a.location)) END AS location,
  p.stop, p.profile, p.is_estimate, cast(p.lunch ->> 'starts_at' AS timestamptz) AS lunch_at,
  cast(p.lunch ->> 'minutes' AS int) AS lunch_minutes,
  cast(p.lunch ->> 'after_sequence' AS int) AS lunch_after
 FROM visit v
 JOIN account a ON a.org_id = v.org_id AND a.id = v.account_id
 LEFT JOIN plan p ON p.route_id = v.route_id AND cast(p.stop ->> 'visit_id' AS uuid) = v.id
 WHERE v.org_id = :org_id AND v.rep_id = :user_id AND v.planned_on BETWEEN :first AND :last
   AND v.status <> 'cancelled' AND v.deleted_at IS NULL AND {IN_SCOPE}
 ORDER BY v.planned_on, v.planned_at NULLS FIRST, v.id LIMIT :limit
"""  # noqa: S608  # a constant


_FEED_LUNCHES = """
SELECT id AS route_id, rv, updated_at, profile, is_estimate, lunch,
  lunch -> 'location' AS location FROM route
 WHERE org_id = :org_id AND rep_id = :rep_id AND on_date BETWEEN :first AND :last
   AND status = 'planned' AND deleted_at IS NULL
   AND jsonb_typeof(lunch -> 'location') = 'array' ORDER BY on_date, id
"""


def lock_person(connection: sa.Connection, org_id: OrgId, user_id: UUID) -> tuple[str, bool] | None:
    """Return a person's name and whether they are active, holding the row; None when unknown."""
    row = connection.execute(
        sa.text(
            "SELECT full_name, is_active FROM app_user WHERE org_id = :org_id AND id = :id"
            " FOR NO KEY UPDATE"
        ),
        {"org_id": org_id, "id": user_id},
    ).one_or_none()
    return None if row is None else (str(row.full_name), bool(row.is_active))


def count_feeds(connection: sa.Connection, org_id: OrgId, rep_id: UUID) -> int:
    """Return how many calendars of a person's visits can be read."""
    statement = sa.text(
        "SELECT count(*) FROM calendar_feed"
        " WHERE org_id = :org_id AND rep_id = :rep_id AND revoked_at IS NULL"
    )
    return int(connection.scalar(statement, {"org_id": org_id, "rep_id": rep_id}) or 0)


def insert_feed(connection: sa.Connection, org_id: OrgId, values: Mapping[str, Any]) -> None:
    """Insert a calendar."""
    connection.execute(
        sa.text(
            "INSERT INTO calendar_feed (org_id, id, rep_id, created_by, label, secret_hash)"
            " VALUES (:org_id, :id, :rep_id, :created_by, :label, :secret_hash)"
        ),
        {"org_id": org_id, **values},
    )


def select_feeds(
    connection: sa.Connection, org_id: OrgId, user_id: UserId, *, feed_id: UUID | None = None
) -> list[CalendarFeedRead]:
    """Return the calendars that show a person's visits or that they made, newest first."""
    rows = connection.execute(
        sa.text(
            "SELECT f.id, f.rep_id, u.full_name AS rep_name, f.label, f.created_at"
            " FROM calendar_feed f JOIN app_user u ON u.org_id = f.org_id AND u.id = f.rep_id"
            " WHERE f.org_id = :org_id AND f.revoked_at IS NULL"
            " AND :user_id IN (f.rep_id, f.created_by)"
            " AND (cast(:feed_id AS uuid) IS NULL OR f.id = :feed_id)"
            " ORDER BY f.created_at DESC, f.id"
        ),
        {"org_id": org_id, "user_id": user_id, "feed_id": feed_id},
    ).mappings()
    return msgspec.convert([dict(row) for row in rows], list[CalendarFeedRead])


def revoke_feed(connection: sa.Connection, org_id: OrgId, user_id: UserId, feed_id: UUID) -> bool:
    """End one of a person's calendars; tell whether there was one to end."""
    row = connection.execute(
        sa.text(
            "UPDATE calendar_feed SET revoked_at = now() WHERE org_id = :org_id AND id = :id"
            " AND revoked_at IS NULL AND :user_id IN (rep_id, created_by) RETURNING id"
        ),
        {"org_id": org_id, "id": feed_id, "user_id": user_id},
    ).one_or_none()
    return row is not None


def find_feed_place(connection: sa.Connection, secret_hash: bytes) -> tuple[OrgId, UUID] | None:
    """Return whose calendar an address is, before any organisation is known."""
    row = connection.execute(
        sa.text("SELECT org_id, feed_id FROM tuyen_find_calendar_feed(:hash)"),
        {"hash": secret_hash},
    ).one_or_none()
    return None if row is None else (OrgId(row.org_id), row.feed_id)


def find_feed(connection: sa.Connection, org_id: OrgId, feed_id: UUID) -> Feed | None:
    """Return a calendar that may be read now, or None."""
    row = connection.execute(
        sa.text(
            "SELECT f.id, f.rep_id, u.role, u.full_name, u.locale, o.name AS org_name, o.time_zone"
            " FROM calendar_feed f JOIN app_user u ON u.org_id = f.org_id AND u.id = f.rep_id"
            " JOIN organisation o ON o.id = f.org_id"
            " WHERE f.org_id = :org_id AND f.id = :id AND f.revoked_at IS NULL AND u.is_active"
        ),
        {"org_id": org_id, "id": feed_id},
    ).mappings()
    found = row.one_or_none()
    return None if found is None else msgspec.convert(dict(found), Feed)


def select_feed_visits(
    connection: sa.Connection,
    org_id: OrgId,
    rep_id: UserId,
    days: tuple[date, date],
    *,
    sees_everything: bool,
) -> list[FeedVisit]:
    """Return a person's visits in their scope, soonest first, without those cancelled."""
    values = {
        "org_id": org_id,
        "user_id": rep_id,
        "first": days[0],
        "last": days[1],
        "sees_everything": sees_everything,
        "limit": MAX_VISITS,
    }
    rows = connection.execute(sa.text(_FEED_VISITS), values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[FeedVisit])


def select_feed_lunches(
    connection: sa.Connection, org_id: OrgId, rep_id: UserId, days: tuple[date, date]
) -> list[FeedLunch]:
    """Return a person's lunches that have a place of their own, soonest first."""
    rows = connection.execute(
        sa.text(_FEED_LUNCHES),
        {"org_id": org_id, "rep_id": rep_id, "first": days[0], "last": days[1]},
    ).mappings()
    return msgspec.convert([dict(row) for row in rows], list[FeedLunch])
