"""The SQL of areas: which accounts lie in one, and what they come to.

The accounts of an area are those of whole ranges of keys, which the index has, and of the ranges
at its edge those whose own place the area covers (`ST_Covers` of longitude and latitude: a place
on the border, or on that of a hole, lies in the area). No spatial operator stands where an index
would be looked for, because row-level security would keep it off.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import numpy as np
import shapely
import sqlalchemy as sa

from backend.areas.schemas import AreaAccount, AreaFilter, TopAccount, TopBy
from backend.geo.cover import Cover, cover, settle
from backend.maps.schemas import Scope

# The planner guesses many accounts in a range, and would sort them on disk to count them.
_WITH_ROOM = sa.text("SET LOCAL work_mem = '64MB'")
_LATE_DAYS = 14
"""A visit may be done so many days off the day that it was planned on."""

_COLUMNS = """m.account_id, m.life_stage, m.category, m.channel, m.priority, m.visit_every_days,
  m.last_visit_at"""
# Most accounts of a large area were never visited: those that were have an index of their own.
_VISITED_COLUMNS, _VISITED = (
    "m.account_id, m.visit_every_days, m.last_visit_at",
    "AND m.last_visit_at IS NOT NULL",
)
# OFFSET 0 keeps the planner from joining everybody's accounts with a guess of how many there are.
_IN_CELLS = """
SELECT p.* FROM unnest(cast(:inner_lo AS bigint[]), cast(:inner_hi AS bigint[])) r (lo, hi)
 CROSS JOIN LATERAL (SELECT {columns} FROM account_map m
   WHERE m.org_id = :org_id AND m.qk >= r.lo AND m.qk < r.hi {conditions} OFFSET 0) p
UNION ALL
SELECT p.* FROM unnest(cast(:edge_lo AS bigint[]), cast(:edge_hi AS bigint[])) r (lo, hi)
 CROSS JOIN LATERAL (SELECT {columns} FROM account_map m
   WHERE m.org_id = :org_id AND m.qk >= r.lo AND m.qk < r.hi {conditions} OFFSET 0) p
 CROSS JOIN LATERAL (SELECT FROM account a WHERE a.org_id = :org_id AND a.id = p.account_id
    AND ST_Covers(ST_GeomFromWKB(:area, 4326), a.location) OFFSET 0) placed
"""
_IN_TERRITORIES = """
SELECT {columns} FROM (SELECT id AS account_id, territory_id, owner_id, life_stage, category,
    channel, priority, visit_every_days, last_visit_at
   FROM account WHERE org_id = :org_id AND deleted_at IS NULL
    AND territory_id = ANY (cast(:members AS uuid[]))) m
 WHERE true {conditions}
"""
_IN_SCOPE = """
AND (m.territory_id = ANY (cast(:scope AS uuid[]))
     OR m.owner_id = :user_id AND m.territory_id IS NULL
     OR m.account_id = ANY (ARRAY (SELECT tuyen_held_over(:org_id, :user_id))))
"""
_LAST_ON = "(last_visit_at AT TIME ZONE cast(:zone AS text))::date"
_RECENT = """last_visit_at >= (cast(:before_from AS date) - cast(:late AS int))::timestamp
  AT TIME ZONE cast(:zone AS text)"""
# Who was not visited since before both periods was due in them, or not; others are looked at alone.
_TALLY = f"""
WITH picked AS ({{picked}})
SELECT life_stage, category, channel, priority, count(*)::int AS n,
       (count(*) FILTER (WHERE last_visit_at IS NULL))::int AS never_visited,
       (count(*) FILTER (WHERE {_LAST_ON} + visit_every_days < :today))::int AS overdue,
       (count(*) FILTER (WHERE {_RECENT}))::int AS recent,
       (count(*) FILTER (WHERE last_visit_at IS NULL OR NOT {_RECENT}
          AND {_LAST_ON} + visit_every_days <= :to_date))::int AS due,
       (count(*) FILTER (WHERE last_visit_at IS NULL OR NOT {_RECENT}
          AND {_LAST_ON} + visit_every_days <= :before_to))::int AS due_before
  FROM picked GROUP BY 1, 2, 3, 4
"""  # noqa: S608  # constants only
_RECENT_VISITS = f"""
recent AS MATERIALIZED (
  SELECT p.account_id, p.visit_every_days, {_LAST_ON} AS last_on FROM picked p WHERE {_RECENT}),
followed AS MATERIALIZED (
  SELECT r.account_id, r.visit_every_days, v.visits, v.visits_before,
         greatest(v.last_on, CASE WHEN r.last_on < :from_date THEN r.last_on END) AS last_on,
         greatest(v.last_on_before, CASE WHEN r.last_on < :before_from THEN r.last_on END)
           AS last_on_before
    FROM recent r CROSS JOIN LATERAL (
    SELECT (count(*) FILTER (WHERE v.planned_on >= :from_date))::int AS visits,
           (count(*) FILTER (WHERE v.planned_on BETWEEN :before_from AND :before_to))::int
             AS visits_before,
           (max(v.done_at) FILTER (WHERE v.planned_on < :from_date)
             AT TIME ZONE cast(:zone AS text))::date AS last_on,
           (max(v.done_at) FILTER (WHERE v.planned_on < :before_from)
             AT TIME ZONE cast(:zone AS text))::date AS last_on_before
      FROM visit v WHERE v.org_id = :org_id AND v.account_id = r.account_id
       AND v.planned_on <= :to_date AND v.status = 'done' AND v.deleted_at IS NULL) v)
"""  # noqa: S608  # constants only
_FOLLOWED = f"""
WITH picked AS ({{visited}}), {_RECENT_VISITS}
SELECT coalesce(sum(visits), 0)::int AS visits, coalesce(sum(visits_before), 0)::int
         AS visits_before,
       (count(*) FILTER (WHERE visits > 0))::int AS visited,
       (count(*) FILTER (WHERE visits_before > 0))::int AS visited_before,
       (count(*) FILTER (WHERE is_due))::int AS due,
       (count(*) FILTER (WHERE was_due))::int AS due_before,
       (count(*) FILTER (WHERE is_due AND visits > 0))::int AS covered,
       (count(*) FILTER (WHERE was_due AND visits_before > 0))::int AS covered_before
  FROM (SELECT *, coalesce(last_on + visit_every_days <= :to_date, true) AS is_due,
               coalesce(last_on_before + visit_every_days <= :before_to, true) AS was_due
          FROM followed) f
"""  # noqa: S608  # constants only
_TOLD = f"""
SELECT a.id, a.name, a.life_stage, a.category, CASE WHEN a.location IS NOT NULL
         THEN ARRAY[ST_X(a.location), ST_Y(a.location)] END AS location, a.last_visit_at,
       greatest(cast(:today AS date) - ({_LAST_ON} + a.visit_every_days), 0) AS overdue_days,
       t.visits
  FROM top t JOIN account a ON a.org_id = :org_id AND a.id = t.account_id
"""  # noqa: S608  # constants only
_MOST_OVERDUE = f"""
WITH picked AS ({{visited}}),
top AS (SELECT o.account_id, (SELECT count(*) FROM visit v WHERE v.org_id = :org_id
            AND v.account_id = o.account_id AND v.status = 'done' AND v.deleted_at IS NULL
            AND v.planned_on BETWEEN :from_date AND :to_date)::int AS visits
    FROM (SELECT account_id FROM picked WHERE {_LAST_ON} + visit_every_days < :today
           ORDER BY {_LAST_ON} + visit_every_days, account_id LIMIT :count) o)
{_TOLD} ORDER BY overdue_days DESC, a.id
"""  # noqa: S608  # constants only
_MOST_VISITED = f"""
WITH picked AS ({{visited}}), {_RECENT_VISITS},
top AS (SELECT account_id, visits FROM followed WHERE visits > 0
         ORDER BY visits DESC, account_id LIMIT :count)
{_TOLD} ORDER BY t.visits DESC, a.id
"""  # noqa: S608  # constants only
# As bytes, because many numbers travel slowly one by one.
_EDGE_KEYS = """
SELECT string_agg(int8send(p.qk), '')
  FROM unnest(cast(:edge_lo AS bigint[]), cast(:edge_hi AS bigint[])) r (lo, hi)
 CROSS JOIN LATERAL (SELECT m.qk FROM account_map m
   WHERE m.org_id = :org_id AND m.qk >= r.lo AND m.qk < r.hi {conditions} OFFSET 0) p
"""
_LISTED = """
WITH picked AS ({picked}),
page AS (SELECT account_id FROM picked
          WHERE cast(:after AS uuid) IS NULL OR account_id > cast(:after AS uuid)
          ORDER BY account_id LIMIT :limit)
SELECT a.id, a.name, a.life_stage, a.category, a.channel, a.priority, a.address, a.phone,
       CASE WHEN a.location IS NOT NULL THEN ARRAY[ST_X(a.location), ST_Y(a.location)] END
         AS location, a.territory_id, a.visit_every_days, a.last_visit_at
  FROM page p JOIN account a ON a.org_id = :org_id AND a.id = p.account_id ORDER BY a.id
"""


class Place(msgspec.Struct, frozen=True):
    """Where accounts are looked for: in the cells of an area, or in territories."""

    area: shapely.MultiPolygon | None
    territory_ids: tuple[UUID, ...] = ()


class Days(msgspec.Struct, frozen=True):
    """A period and the one before it, both ends included, in the organisation's own days."""

    today: date
    time_zone: str
    from_date: date
    to_date: date
    before_from: date
    before_to: date


class Slice(NamedTuple):
    """Accounts alike in four ways: how many, and how many of them are what."""

    life_stage: str
    category: str | None
    channel: str | None
    priority: int
    n: int
    never_visited: int
    overdue: int
    recent: int
    """Visited so late that what was due depends on each of their visits."""
    due: int
    due_before: int


class Followed(NamedTuple):
    """What the recently visited accounts of an area come to, in a period and the one before."""

    visits: int
    visits_before: int
    visited: int
    visited_before: int
    due: int
    due_before: int
    covered: int
    covered_before: int


NOTHING_FOLLOWED = Followed(0, 0, 0, 0, 0, 0, 0, 0)


class Selection:
    """The accounts of a place that a person may see and asks for; of one moment.

    The connection's transaction is a snapshot: the ranges of keys are drawn around what it sees.
    """

    def __init__(
        self, connection: sa.Connection, scope: Scope, place: Place, filters: AreaFilter
    ) -> None:
        self._connection = connection
        connection.execute(_WITH_ROOM)
        conditions, values = _conditions(scope, filters)
        if place.area is None:
            template = _IN_TERRITORIES
            values["members"] = list(place.territory_ids)
        else:
            template = _IN_CELLS
            values["area"] = shapely.to_wkb(place.area)
            rough = cover(place.area)
            data = self._read(_EDGE_KEYS.format(conditions=conditions), values | _ends(rough))
            keys = np.frombuffer(bytes(data.scalar_one() or b""), ">i8").astype(np.int64)
            values |= _ends(settle(rough, place.area, keys))
        self._picked = template.format(columns=_COLUMNS, conditions=conditions)
        self._visited = template.format(
            columns=_VISITED_COLUMNS, conditions=f"{conditions} {_VISITED}"
        )
        self._values = values

    def count_slices(self, days: Days) -> list[Slice]:
        """Return the accounts, counted by life stage, category, channel and priority."""
        return [Slice._make(row) for row in self._run(_TALLY, days)]

    def follow(self, days: Days) -> Followed:
        """Return what those accounts come to that `count_slices` calls recent."""
        return Followed._make(self._run(_FOLLOWED, days).one())

    def select_top(self, days: Days, top_by: TopBy, *, count: int) -> list[TopAccount]:
        """Return the accounts longest overdue, or most often visited in the period."""
        statement = _MOST_OVERDUE if top_by == "overdue" else _MOST_VISITED
        rows = self._run(statement, days, count=count).mappings()
        return msgspec.convert([dict(row) for row in rows], list[TopAccount])

    def select_accounts(self, *, after: UUID | None, limit: int) -> list[AreaAccount]:
        """Return accounts by id, after the one named."""
        rows = self._run(_LISTED, None, after=after, limit=limit).mappings()
        return msgspec.convert([dict(row) for row in rows], list[AreaAccount])

    def _run(self, statement: str, days: Days | None, **more: object) -> sa.CursorResult[Any]:
        values = self._values | more
        if days is not None:
            values |= msgspec.structs.asdict(days) | {"zone": days.time_zone, "late": _LATE_DAYS}
        return self._read(statement.format(picked=self._picked, visited=self._visited), values)

    def _read(self, statement: str, values: Mapping[str, Any]) -> sa.CursorResult[Any]:
        query = sa.text(statement)
        return self._connection.execute(
            query, {name: values[name] for name in query.compile().params}
        )


def _conditions(scope: Scope, filters: AreaFilter) -> tuple[str, dict[str, Any]]:
    """Return the SQL of who may see what and asks for what, and what it binds."""
    values: dict[str, Any] = {"org_id": scope.org_id}
    conditions: list[str] = []
    if scope.territory_ids is not None:
        conditions.append(_IN_SCOPE)
        values |= {"scope": list(scope.territory_ids), "user_id": scope.user_id}
    chosen: dict[str, tuple[Sequence[object], str]] = {
        "life_stage": (filters.life_stages, "text[]"),
        "category": (filters.categories, "text[]"),
        "territory_id": (filters.territory_ids, "uuid[]"),
    }
    for column, (wanted, kind) in chosen.items():
        if wanted:
            conditions.append(f"AND m.{column} = ANY (cast(:{column} AS {kind}))")
            values[column] = list(wanted)
    return " ".join(conditions), values


def _ends(found: Cover) -> dict[str, list[int]]:
    return {
        "inner_lo": [one.lo for one in found.inner],
        "inner_hi": [one.hi for one in found.inner],
        "edge_lo": [one.lo for one in found.edge],
        "edge_hi": [one.hi for one in found.edge],
    }
