"""The SQL of what a rep's weeks are made of: accounts with their visits, and the days accepted."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId
from backend.routes.candidate_repository import HOURS
from backend.routes.visiting_hours import AccountHours
from backend.routes.weeks.schemas import CoverageRequest
from backend.visits.kinds import SPECIAL_KINDS, VisitKind

_IN_SCOPE = """(a.territory_id IN (SELECT tuyen_territories_of(:org_id, :rep_id))
       OR a.territory_id IS NULL AND a.owner_id = :rep_id
       OR a.id IN (SELECT tuyen_held_over(:org_id, :rep_id)))"""

_WANTED = """NOT a.id = ANY (cast(:excluded AS uuid[]))
  AND (cast(:only AS uuid[]) IS NULL OR a.id = ANY (cast(:only AS uuid[])))"""

_FIXED = """
SELECT asked.route_id, cast(n.account_id AS uuid) AS account_id FROM (
   SELECT id AS route_id, inputs -> 'request' AS wish FROM route
    WHERE org_id = :org_id AND rep_id = :rep_id AND status = 'planned' AND deleted_at IS NULL
      AND on_date BETWEEN greatest(:from_on, tuyen_today(:org_id)) AND :last_on OFFSET 0) asked,
  LATERAL (SELECT jsonb_array_elements_text(wish -> 'account_ids')
     UNION SELECT jsonb_array_elements_text(wish -> 'order')
     UNION SELECT jsonb_array_elements(wish -> 'appointments') ->> 'account_id') n (account_id)
"""
"""Which accounts people fixed in the routes to come; each route is unpacked once."""

OWED_DAYS = 28
"""A visit that was skipped longer ago is not made up for: the frequency has brought another."""

_MOST_DUE = 120


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An account of a rep with what is known of its visits.

    `visit_minutes` are those of its usual visits, learned or fixed where they are. `last_on` is the
    last visit before the weeks; `done_on` are visits made or begun in them until now, `promised_on`
    those that people planned by hand, or fixed in the route of a day: by name, by appointment, in
    their order.
    """

    id: UUID
    name: str
    location: tuple[float, float] | None
    hours: AccountHours
    is_prospect: bool
    visit_minutes: int
    visit_every_days: int
    visit_frequency: str | None
    last_on: date | None
    done_on: tuple[date, ...]
    promised_on: tuple[date, ...]


class Held(msgspec.Struct, frozen=True):
    """An account that a rep holds, and where it is."""

    id: UUID
    name: str
    location: tuple[float, float] | None


class AcceptedDay(msgspec.Struct, frozen=True):
    """A day of an accepted plan, and its accounts."""

    on_date: date
    account_ids: tuple[UUID, ...]


def select_held(
    connection: sa.Connection, org_id: OrgId, rep_id: UserId, request: CoverageRequest
) -> list[Held]:
    """Return the accounts that a rep holds today, as far as the request wants them."""
    statement = sa.text(
        f"""
SELECT a.id, a.name, json_build_array(ST_X(a.location), ST_Y(a.location)) AS location
 FROM account a WHERE a.org_id = :org_id AND a.deleted_at IS NULL AND {_IN_SCOPE} AND {_WANTED}
 ORDER BY a.id"""  # noqa: S608  # a constant
    )
    values = {"org_id": org_id, "rep_id": rep_id, **_wanted(request)}
    rows = connection.execute(statement, values).mappings()
    return [msgspec.convert(_placed(dict(row)), Held) for row in rows]


def select_accounts(
    connection: sa.Connection,
    org_id: OrgId,
    rep_id: UserId,
    request: CoverageRequest,
    *,
    first_on: date,
    last_on: date,
    today: date,
) -> list[AccountFacts]:
    """Return the accounts of `select_held` with their visits, as known for these weeks.

    Of weeks that are over the visits made in them are not known: they are planned as if to come.
    """
    made_to = request.from_on - timedelta(1) if last_on < today else today
    statement = sa.text(
        f"""
WITH fixed AS MATERIALIZED ({_FIXED})
SELECT a.id, a.name, json_build_array(ST_X(a.location), ST_Y(a.location)) AS location,
  {HOURS} AS hours, a.life_stage = 'prospect' AS is_prospect,
  m.minutes AS visit_minutes, a.visit_every_days, a.visit_frequency,
  greatest(v.last_on, CASE WHEN a.last_visit_at::date < :first_on THEN a.last_visit_at::date END)
    AS last_on,
  coalesce(v.done_on, '{{}}') AS done_on, coalesce(v.promised_on, '{{}}') AS promised_on
 FROM account a LEFT JOIN LATERAL (
   SELECT max(planned_on) FILTER (WHERE is_made AND planned_on < :first_on) AS last_on,
     array_agg(DISTINCT planned_on) FILTER (
       WHERE is_made AND planned_on BETWEEN :first_on AND :made_to) AS done_on,
     array_agg(DISTINCT planned_on) FILTER (
       WHERE status = 'planned' AND rep_id = :rep_id AND is_by_hand
         AND planned_on BETWEEN greatest(:from_on, tuyen_today(:org_id)) AND :last_on)
       AS promised_on
    FROM (SELECT w.planned_on, w.status, w.rep_id, w.status IN ('checked_in', 'done') AS is_made,
        w.route_id IS NULL OR w.is_by_hand
          OR (w.route_id, a.id) IN (SELECT route_id, account_id FROM fixed) AS is_by_hand
       FROM visit w
      WHERE w.org_id = a.org_id AND w.account_id = a.id AND w.deleted_at IS NULL) w) v ON true,
  LATERAL tuyen_visit_minutes(:org_id, a.id, a.category, a.visit_minutes) m
 WHERE a.org_id = :org_id AND a.deleted_at IS NULL AND {_IN_SCOPE} AND {_WANTED}
 ORDER BY a.id"""  # noqa: S608  # a constant
    )
    values = {
        "org_id": org_id,
        "rep_id": rep_id,
        "first_on": first_on,
        "from_on": request.from_on,
        "made_to": made_to,
        "last_on": last_on,
        **_wanted(request),
    }
    rows = connection.execute(statement, values).mappings()
    return [msgspec.convert(_placed(dict(row)), AccountFacts) for row in rows]


def select_kind_minutes(connection: sa.Connection, org_id: OrgId) -> dict[VisitKind, int]:
    """Return how long visits of a kind take, of those kinds that have minutes of their own."""
    statement = sa.text(
        "SELECT k.kind, m.minutes FROM unnest(cast(:kinds AS text[])) k (kind),"
        " LATERAL tuyen_kind_minutes(:org_id, k.kind) m (minutes) WHERE m.minutes IS NOT NULL"
    )
    rows = connection.execute(statement, {"org_id": org_id, "kinds": list(SPECIAL_KINDS)})
    return {VisitKind(row.kind): row.minutes for row in rows}


def select_accepted(
    connection: sa.Connection, org_id: OrgId, rep_id: UserId, *, from_on: date, to_on: date
) -> list[AcceptedDay]:
    """Return a rep's accepted days between two dates, both included, in order.

    An account that was merged since is the one it became, once a day.
    """
    statement = sa.text(
        """
SELECT d.on_date, ARRAY(
   SELECT coalesce(l.account_id, p.id) FROM unnest(d.account_ids) WITH ORDINALITY p (id, place)
    LEFT JOIN account_alias l ON l.org_id = d.org_id AND l.id = p.id
    GROUP BY 1 ORDER BY min(p.place)) AS account_ids
 FROM coverage_day d WHERE d.org_id = :org_id AND d.rep_id = :rep_id
  AND d.on_date BETWEEN :from_on AND :to_on ORDER BY d.on_date"""
    )
    values = {"org_id": org_id, "rep_id": rep_id, "from_on": from_on, "to_on": to_on}
    rows = connection.execute(statement, values).mappings()
    return [msgspec.convert(dict(row), AcceptedDay) for row in rows]


def select_due(
    connection: sa.Connection, org_id: OrgId, rep_id: UserId, on_date: date
) -> list[UUID] | None:
    """Return who is due by the plan that was accepted for a day, at most 120, those skipped last.

    Skipped is who was planned on a day that is over, and was not visited since. None when no
    accepted plan holds on the day.
    """
    statement = sa.text(
        """
WITH planned AS (
  SELECT coalesce(l.account_id, p.id) AS id, d.on_date, p.place
   FROM coverage_day d CROSS JOIN LATERAL unnest(d.account_ids) WITH ORDINALITY p (id, place)
   LEFT JOIN account_alias l ON l.org_id = d.org_id AND l.id = p.id
  WHERE d.org_id = :org_id AND d.rep_id = :rep_id
    AND (d.on_date = :on_date
         OR d.on_date < least(:on_date, tuyen_today(:org_id)) AND d.on_date >= :back_to)),
 newest AS (SELECT DISTINCT ON (id) id, on_date, place FROM planned ORDER BY id, on_date DESC)
SELECT n.id FROM newest n WHERE n.on_date = :on_date OR NOT EXISTS (
   SELECT 1 FROM visit v WHERE v.org_id = :org_id AND v.account_id = n.id
      AND v.status IN ('checked_in', 'done') AND v.planned_on >= n.on_date)
 ORDER BY n.on_date = :on_date DESC, n.on_date DESC, n.place LIMIT :limit"""
    )
    values = {
        "org_id": org_id,
        "rep_id": rep_id,
        "on_date": on_date,
        "back_to": on_date - timedelta(OWED_DAYS),
        "limit": _MOST_DUE,
    }
    holds = sa.text(
        "SELECT EXISTS (SELECT 1 FROM coverage_day WHERE org_id = :org_id AND rep_id = :rep_id"
        " AND on_date = :on_date)"
    )
    if not connection.execute(holds, values).scalar_one():
        return None
    return list(connection.execute(statement, values).scalars())


def select_reps_of_team(
    connection: sa.Connection, org_id: OrgId, team_id: UUID
) -> Sequence[UserId] | None:
    """Return a team's active reps by name; None when there is no such team."""
    values = {"org_id": org_id, "team_id": team_id}
    known = sa.text("SELECT 1 FROM team WHERE org_id = :org_id AND id = :team_id")
    if connection.execute(known, values).one_or_none() is None:
        return None
    statement = sa.text(
        "SELECT id FROM app_user WHERE org_id = :org_id AND team_id = :team_id AND is_active"
        " AND role = 'rep' ORDER BY full_name, id"
    )
    return list(connection.execute(statement, values).scalars())


def _wanted(request: CoverageRequest) -> dict[str, object]:
    return {"excluded": request.excluded_ids, "only": request.account_ids}


def _placed(row: dict[str, object]) -> dict[str, object]:
    location = row["location"]
    is_known = isinstance(location, list) and None not in location
    return {**row, "location": location if is_known else None}
