"""The SQL of a realignment's preview: what it would move, and who holds what now."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import driver_cursor
from backend.ids import OrgId, TerritoryId, UserId
from backend.territories.holdover_repository import LOST
from backend.territories.realignment_repository import FINGERPRINT, MOVES, selected
from backend.territories.realignment_schemas import Flow, RealignmentRead, SampleAccount

_SAMPLE = 500
# One pass over the moves: figures by flow, the fingerprint, the box and a sample spread by id.
_MOVES = f"""WITH m AS MATERIALIZED ({MOVES}),
 a AS MATERIALIZED (
  SELECT m.*, a.name, a.life_stage, a.location, a.empties_owed FROM m
    JOIN account a ON a.org_id = %(org)s AND a.id = m.account_id),
 work AS (
  SELECT m.from_territory_id AS f, m.to_territory_id AS t,
         count(*) FILTER (WHERE visit_is_open(v.status, v.planned_on, %(today)s)) AS open_visits,
         count(*) FILTER (WHERE v.status = 'done' AND v.planned_on > %(today)s::date - 90) AS done
    FROM m JOIN visit v ON v.org_id = %(org)s AND v.account_id = m.account_id
     AND v.deleted_at IS NULL AND v.planned_on > %(today)s::date - 90
   GROUP BY 1, 2),
 flow AS (
  SELECT from_territory_id AS f, to_territory_id AS t, count(*) AS accounts,
         count(*) FILTER (WHERE life_stage = 'customer') AS customers,
         count(*) FILTER (WHERE life_stage = 'prospect') AS prospects, sum(empties_owed) AS owed
    FROM a GROUP BY 1, 2)
SELECT (SELECT {FINGERPRINT} FROM m),
  (SELECT coalesce(json_agg(json_build_array(f.f, f.t, f.accounts, f.customers, f.prospects,
            coalesce(w.open_visits, 0), coalesce(w.done, 0), f.owed)
            ORDER BY f.accounts DESC, f.f, f.t), '[]')
     FROM flow f LEFT JOIN work w ON (w.f, w.t) IS NOT DISTINCT FROM (f.f, f.t)),
  (SELECT CASE WHEN count(location) > 0 THEN
     ARRAY[min(ST_X(location)), min(ST_Y(location)), max(ST_X(location)), max(ST_Y(location))] END
     FROM a),
  (SELECT coalesce(json_agg(s), '[]') FROM (
     SELECT account_id, name, CASE WHEN location IS NOT NULL THEN
              json_build_array(ST_X(location), ST_Y(location)) END AS at,
            from_territory_id, to_territory_id
       FROM a ORDER BY hashtextextended(account_id::text, 0), account_id LIMIT {_SAMPLE}) s)
"""  # noqa: S608  # constants only


class Moves(msgspec.Struct, frozen=True):
    """What a plan would move."""

    fingerprint: str
    flows: list[Flow]
    bounds: list[float] | None
    sample: list[SampleAccount]


class Ground(msgspec.Struct, frozen=True):
    """The territories as they are: who stands below whom, who holds them, how much is in them."""

    parents: dict[TerritoryId, TerritoryId | None]
    accounts: dict[TerritoryId, int]
    names: dict[UserId, str]
    """The active reps."""
    roots: dict[UserId, frozenset[TerritoryId]]
    """What they hold today themselves."""


def read_moves(
    connection: sa.Connection, org_id: OrgId, found: RealignmentRead, area: str | None, today: date
) -> Moves:
    """Return what the plan would move; `area` is hexadecimal WKB."""
    with driver_cursor(connection) as cursor:
        cursor.execute(_MOVES, {"org": org_id, "today": today, **selected(found, area)})
        fingerprint, flows, bounds, sample = cursor.fetchone() or ("", [], None, [])
    return Moves(
        fingerprint,
        [msgspec.convert(_named(Flow, row), Flow) for row in flows],
        bounds,
        [msgspec.convert(_named(SampleAccount, row.values()), SampleAccount) for row in sample],
    )


def count_lost_work(
    connection: sa.Connection,
    org_id: OrgId,
    found: RealignmentRead,
    area: str | None,
    lost: Mapping[str, Any],
) -> int:
    """Count the accounts, once a rep, where outgoing reps have visits to finish."""
    query = f"SELECT count(*) FROM ({LOST.format(moves=MOVES)}) w"  # noqa: S608  # constants only
    with driver_cursor(connection) as cursor:
        cursor.execute(query, {"org": org_id, **lost, **selected(found, area)})
        row = cursor.fetchone()
        return int(row[0]) if row else 0


def read_ground(connection: sa.Connection, org_id: OrgId) -> Ground:
    """Return the territories of an organisation as they are held today."""
    values = {"org": org_id}
    with driver_cursor(connection) as cursor:
        cursor.execute(
            "SELECT id, parent_id FROM territory WHERE org_id = %(org)s AND deleted_at IS NULL",
            values,
        )
        parents = {TerritoryId(row[0]): row[1] for row in cursor.fetchall()}
        cursor.execute(
            "SELECT territory_id, count(*) FROM account WHERE org_id = %(org)s"
            " AND deleted_at IS NULL AND territory_id IS NOT NULL GROUP BY territory_id",
            values,
        )
        accounts = {TerritoryId(row[0]): int(row[1]) for row in cursor.fetchall()}
        cursor.execute(
            """SELECT u.id, u.full_name, coalesce(array_agg(s.territory_id)
                      FILTER (WHERE s.territory_id IS NOT NULL), '{}')
                 FROM app_user u LEFT JOIN territory_assignment s
                   ON s.org_id = u.org_id AND s.user_id = u.id
                  AND s.valid_from <= tuyen_today(%(org)s)
                  AND (s.valid_to IS NULL OR s.valid_to > tuyen_today(%(org)s))
                WHERE u.org_id = %(org)s AND u.role = 'rep' AND u.is_active
                GROUP BY u.id, u.full_name""",
            values,
        )
        people = cursor.fetchall()
    names = {UserId(row[0]): str(row[1]) for row in people}
    roots = {UserId(row[0]): frozenset(TerritoryId(one) for one in row[2]) for row in people}
    return Ground(parents, accounts, names, roots)


def _named(kind: type[msgspec.Struct], row: Iterable[object]) -> dict[str, Any]:
    return dict(zip(kind.__struct_fields__, row, strict=True))
