"""All SQL of who a day is planned for, and what may be visited on it."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.ids import OrgId, UserId
from backend.routes.visiting_hours import AccountHours
from backend.visits.kinds import VisitKind

HOURS = """json_build_object('opening', a.opening_hours, 'preferred', a.preferred_hours,
                      'is_firm', a.preferred_hours_are_firm)"""
"""The SQL of an account's hours, as `AccountHours` reads them; the account is `a`."""


class Rep(msgspec.Struct, frozen=True):
    """Whose day it is, and where it begins unless said otherwise."""

    full_name: str
    role: str
    is_active: bool
    time_zone: str
    country: str
    base: tuple[float, float] | None
    """[longitude, latitude] of home, or of the account in the middle of the territories."""
    has_territory: bool


class Candidate(msgspec.Struct, frozen=True):
    """An account that is due, or that was asked for."""

    id: UUID
    name: str
    location: tuple[float, float]
    hours: AccountHours
    visit_minutes: int
    priority: int
    overdue_days: int
    is_required: bool
    kind: VisitKind = VisitKind.ROUTINE
    is_learned: bool = False
    """Whether the visit minutes are what visits really took, or a planner's word on that.

    A kind's own minutes come before those of the account, which are of its usual visits.
    """


def find_rep(connection: sa.Connection, org_id: OrgId, rep_id: UserId) -> Rep | None:
    """Return the person whose day is planned, or None."""
    # The middle of an area may lie in a field or at sea; an account has a street at its door.
    statement = sa.text(
        """
WITH held AS (SELECT t.id, t.area FROM territory t
  WHERE t.org_id = :org_id AND t.id IN (SELECT tuyen_territories_of(:org_id, :rep_id))),
 door AS (SELECT a.location FROM account a
  WHERE a.org_id = :org_id AND a.deleted_at IS NULL AND a.territory_id IN (SELECT id FROM held)
    AND a.location IS NOT NULL),
 base AS (SELECT u.*, coalesce(
     u.home_location,
     (SELECT location FROM door ORDER BY
        location <-> (SELECT ST_Centroid(ST_Collect(location)) FROM door), location LIMIT 1),
     (SELECT ST_PointOnSurface(ST_Collect(area)) FROM held)) AS place
   FROM app_user u WHERE u.org_id = :org_id AND u.id = :rep_id)
SELECT b.full_name, b.role, b.is_active, o.time_zone, o.country,
  CASE WHEN b.place IS NULL THEN NULL ELSE json_build_array(ST_X(b.place), ST_Y(b.place)) END
    AS base, EXISTS (SELECT tuyen_territories_of(:org_id, :rep_id)) AS has_territory
 FROM base b JOIN organisation o ON o.id = b.org_id"""
    )
    row = connection.execute(statement, {"org_id": org_id, "rep_id": rep_id}).mappings()
    found = row.one_or_none()
    return msgspec.convert(dict(found), Rep, strict=False) if found is not None else None


def select_candidates(
    connection: sa.Connection,
    org_id: OrgId,
    rep_id: UserId,
    on_date: date,
    *,
    near: Sequence[float],
    required: Sequence[UUID],
    excluded: Sequence[UUID],
    limit: int,
    planned: Sequence[UUID] | None = None,
    kinds: Mapping[UUID, VisitKind],
) -> list[Candidate]:
    """Return the accounts asked for and, nearest first within a priority, those that are due.

    The caller has checked those asked for. Excluded ones are left out. Due, in the rep's
    territories and among the own accounts outside every territory, is what was not visited for its
    interval, or is among the `planned` where there are any, or was put on the day by hand, and has
    no visit done or begun on that day. What is lent to the rep counts on the day that it is lent
    for. Visits are of the `kinds` asked for, else of those that people planned them for by hand,
    else of those that the accepted weeks have for the account; others to a prospect whom nobody
    has visited are first ones.
    """
    # What stands on a day is few rows and often without statistics yet: each is read once.
    statement = sa.text(
        f"""
WITH by_hand AS MATERIALIZED (
  SELECT v.account_id AS id, min(v.asked_kind) AS kind FROM visit v
   WHERE v.org_id = :org_id AND v.rep_id = :rep_id AND v.planned_on = :on_date
     AND v.status = 'planned' AND v.is_by_hand AND v.deleted_at IS NULL GROUP BY v.account_id),
 seen AS MATERIALIZED (
  SELECT v.account_id AS id FROM visit v
   WHERE v.org_id = :org_id AND v.planned_on = :on_date AND v.status IN ('checked_in', 'done')),
 lent AS MATERIALIZED (
  SELECT h.account_id AS id FROM account_holdover h
   WHERE h.org_id = :org_id AND h.user_id = :rep_id
     AND (h.realignment_id IS NOT NULL OR EXISTS (SELECT 1 FROM visit v
           WHERE v.org_id = :org_id AND v.account_id = h.account_id AND v.rep_id = :rep_id
             AND v.planned_on = :on_date AND v.status = 'planned' AND v.deleted_at IS NULL))),
 standing AS MATERIALIZED (
  SELECT coalesce(l.account_id, cast(r.rule ->> 'account_id' AS uuid)) AS id,
    r.rule ->> 'kind' AS kind
   FROM coverage_day d JOIN coverage_plan p ON p.org_id = d.org_id AND p.id = d.plan_id
   CROSS JOIN LATERAL jsonb_array_elements(p.request -> 'rules') r (rule)
   LEFT JOIN account_alias l
     ON l.org_id = d.org_id AND l.id = cast(r.rule ->> 'account_id' AS uuid)
  WHERE d.org_id = :org_id AND d.rep_id = :rep_id AND d.on_date = :on_date),
 mine AS (
  SELECT a.id, a.priority, a.location,
    coalesce(cast(:on_date AS date) - d.due_on, 0) AS overdue,
    a.id IN (SELECT id FROM by_hand) AS is_by_hand,
    CASE WHEN cast(:planned AS uuid[]) IS NOT NULL THEN a.id = ANY (cast(:planned AS uuid[]))
         ELSE coalesce(d.due_on <= :on_date, true) END AS is_due,
    a.id = ANY (cast(:required AS uuid[])) AS is_required
   FROM account a JOIN organisation o ON o.id = a.org_id,
   LATERAL (
     SELECT (a.last_visit_at AT TIME ZONE o.time_zone)::date + a.visit_every_days AS due_on) d
  WHERE a.org_id = :org_id AND a.deleted_at IS NULL AND a.location IS NOT NULL
    AND NOT a.id = ANY (cast(:excluded AS uuid[]))
    AND (a.territory_id IN (SELECT tuyen_territories_of(:org_id, :rep_id))
         OR a.territory_id IS NULL AND a.owner_id = :rep_id
         OR a.id IN (SELECT id FROM lent)
         OR a.id = ANY (cast(:required AS uuid[])))
    AND a.id NOT IN (SELECT id FROM seen)),
 chosen AS MATERIALIZED (
  SELECT id, overdue, is_required, row_number() OVER (
     ORDER BY is_required DESC, is_by_hand DESC, priority, overdue > 0 DESC,
       location <-> ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), id) AS place
   FROM mine WHERE is_due OR is_by_hand OR is_required ORDER BY place LIMIT :limit)
SELECT a.id, a.name, json_build_array(ST_X(a.location), ST_Y(a.location)) AS location,
  {HOURS} AS hours, coalesce(k.minutes, m.minutes) AS visit_minutes, w.kind,
  k.minutes IS NOT NULL OR m.is_learned AS is_learned, a.priority,
  greatest(c.overdue, 0) AS overdue_days, c.is_required
 FROM chosen c JOIN account a ON a.org_id = :org_id AND a.id = c.id,
  LATERAL (SELECT coalesce(
     (SELECT asked.kind FROM unnest(cast(:kind_ids AS uuid[]), cast(:kinds AS text[]))
         asked (id, kind) WHERE asked.id = a.id),
     (SELECT b.kind FROM by_hand b WHERE b.id = a.id),
     (SELECT min(s.kind) FROM standing s WHERE s.id = a.id),
     tuyen_usual_kind(a.life_stage, a.last_visit_at)) AS kind) w,
  LATERAL tuyen_visit_minutes(:org_id, a.id, a.category, a.visit_minutes) m,
  LATERAL tuyen_kind_minutes(:org_id, w.kind) k (minutes)
 ORDER BY c.place"""  # noqa: S608  # a constant
    )
    rows = connection.execute(
        statement,
        {
            "org_id": org_id,
            "rep_id": rep_id,
            "on_date": on_date,
            "required": list(required),
            "excluded": list(excluded),
            "lon": near[0],
            "lat": near[1],
            "limit": limit,
            "planned": None if planned is None else list(planned),
            "kind_ids": list(kinds),
            "kinds": list(kinds.values()),
        },
    ).mappings()
    return msgspec.convert([dict(row) for row in rows], list[Candidate], strict=False)


def select_unvisitable(
    connection: sa.Connection,
    org_id: OrgId,
    account_ids: Sequence[UUID],
    *,
    within: UserId | None,
) -> list[UUID]:
    """Return those ids that are no account on the map, or none in the person's scope (`within`)."""
    statement = sa.text(
        """
SELECT i.id FROM unnest(cast(:ids AS uuid[])) WITH ORDINALITY i (id, place) WHERE NOT EXISTS (
  SELECT 1 FROM account a WHERE a.org_id = :org_id AND a.id = i.id AND a.deleted_at IS NULL
     AND a.location IS NOT NULL
     AND (cast(:within AS uuid) IS NULL
          OR a.territory_id IN (SELECT tuyen_territories_of(:org_id, :within))
          OR a.territory_id IS NULL AND a.owner_id = :within
          OR tuyen_is_held_over(:org_id, :within, a.id)))
 ORDER BY i.place"""
    )
    values = {"org_id": org_id, "ids": list(account_ids), "within": within}
    return list(connection.execute(statement, values).scalars())


def select_names(
    connection: sa.Connection, org_id: OrgId, account_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """Return the names of accounts."""
    rows = connection.execute(
        sa.text(
            "SELECT id, name FROM account WHERE org_id = :org_id"
            " AND id = ANY (cast(:ids AS uuid[])) ORDER BY name, id"
        ),
        {"org_id": org_id, "ids": list(account_ids)},
    )
    return {row.id: row.name for row in rows}
