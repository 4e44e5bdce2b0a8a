"""What maps ask of the database besides tiles: scope, extent and the versions behind ETags.

A version names the visible state exactly: it changes with every change that a tile could show, and
never comes back to an older value. Tables that only grow in versions (`rv` rises with every update,
rows are marked as deleted and never removed) have the count and the sum of their versions.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from backend.geo.tiles import world24_to_lonlat
from backend.geo.vocabulary import Bounds
from backend.ids import OrgId, UserId
from backend.maps.schemas import Scope

_ACCOUNTS_VERSION = sa.text("SELECT account_version(:org_id, cast(:ids AS uuid[]), :user_id)")
_TERRITORIES_VERSION = sa.text("""
SELECT count(*) || '.' || coalesce(sum(rv), 0) FROM territory
 WHERE org_id = :org_id AND (cast(:ids AS uuid[]) IS NULL OR id = ANY (:ids))
""")
# Stops and visits are drawn where their accounts are: a moved account makes a new version too.
_ROUTES_VERSION = sa.text("""
WITH day AS (SELECT rv, stops FROM route WHERE org_id = :org_id AND on_date = :on_date)
SELECT (SELECT count(*) || '.' || coalesce(sum(rv), 0) FROM day) || '.' ||
       (SELECT coalesce(sum(a.rv), 0) FROM day CROSS JOIN LATERAL jsonb_array_elements(stops) s
          JOIN account a ON a.org_id = :org_id AND a.id = (s ->> 'account_id')::uuid)
""")
_VISITS_VERSION = sa.text("""
SELECT count(*) || '.' || coalesce(sum(v.rv), 0) || '.' || coalesce(sum(a.rv), 0) || '.'
    || coalesce((SELECT md5(string_agg(h::text, ',' ORDER BY h))
                   FROM tuyen_held_over(:org_id, :user_id) h), '')
  FROM visit v JOIN account a ON a.org_id = v.org_id AND a.id = v.account_id
 WHERE v.org_id = :org_id AND v.planned_on = :on_date
""")
_TERRITORY_EXTENT = sa.text("""
SELECT min(ST_XMin(area)), min(ST_YMin(area)), max(ST_XMax(area)), max(ST_YMax(area))
  FROM territory WHERE org_id = :org_id AND deleted_at IS NULL AND area IS NOT NULL
   AND (cast(:ids AS uuid[]) IS NULL OR id = ANY (:ids))
""")
_ACCOUNT_EXTENT = sa.text("""
SELECT min(wx), max(wy), max(wx), min(wy) FROM account_map
 WHERE org_id = :org_id AND (cast(:ids AS uuid[]) IS NULL OR territory_id = ANY (:ids))
""")
_IS_CROWDED = sa.text("SELECT account_map_is_crowded(:org_id, :lo, :hi, :most)")
_WORTH_VERSION = sa.text("SELECT version FROM account_worth_version WHERE org_id = :org_id")
_CAMPAIGNS_VERSION = sa.text("""
SELECT string_agg(k.rv::text, ',' ORDER BY k.id) FROM campaign k
 WHERE k.org_id = :org_id AND k.id = ANY (cast(:ids AS uuid[]))
""")
# A territory below one that somebody holds is held, too; of several the nearest, then the first.
_HOLDERS = sa.text("""
WITH RECURSIVE line AS (
  SELECT t.id, t.id AS above, 0 AS steps FROM territory t
   WHERE t.org_id = :org_id AND t.deleted_at IS NULL
  UNION ALL
  SELECT l.id, t.parent_id, l.steps + 1 FROM line l
    JOIN territory t ON t.org_id = :org_id AND t.id = l.above AND t.deleted_at IS NULL
   WHERE t.parent_id IS NOT NULL)
SELECT DISTINCT ON (l.id) l.id::text AS territory_id, a.user_id::text AS rep_id
  FROM line l JOIN territory_assignment a ON a.org_id = :org_id AND a.territory_id = l.above
   AND a.valid_from <= tuyen_today(:org_id)
   AND (a.valid_to IS NULL OR a.valid_to > tuyen_today(:org_id))
 WHERE cast(:ids AS uuid[]) IS NULL OR l.id = ANY (:ids)
 ORDER BY l.id, l.steps, a.valid_from, a.user_id
""")
_CHANGES_AT_ONCE = 50_000


class OrgDay(NamedTuple):
    """The day it is for an organisation, and its time zone."""

    today: date
    time_zone: str


def select_territories_of(
    connection: sa.Connection, org_id: OrgId, user_id: UserId
) -> tuple[UUID, ...]:
    """Return the territories that a person holds today, those below them included."""
    statement = sa.text("SELECT tuyen_territories_of(:org_id, :user_id)")
    return tuple(connection.scalars(statement, {"org_id": org_id, "user_id": user_id}))


def get_org_day(connection: sa.Connection, org_id: OrgId) -> OrgDay:
    """Return the organisation's day and time zone."""
    statement = sa.text(
        "SELECT tuyen_today(id) AS today, time_zone FROM organisation WHERE id = :org_id"
    )
    row = connection.execute(statement, {"org_id": org_id}).one()
    return OrgDay(row.today, row.time_zone)


def is_crowded(connection: sa.Connection, org_id: OrgId, lo: int, hi: int, *, most: int) -> bool:
    """Tell whether more accounts than that lie in a range of keys, whosoever they are."""
    values = {"org_id": org_id, "lo": lo, "hi": hi, "most": most}
    return bool(connection.execute(_IS_CROWDED, values).scalar_one())


def read_worth_version(connection: sa.Connection, org_id: OrgId) -> int:
    """Return the version of what accounts are worth."""
    return int(connection.scalar(_WORTH_VERSION, {"org_id": org_id}) or 0)


def read_campaigns_version(
    connection: sa.Connection, org_id: OrgId, campaign_ids: Sequence[UUID]
) -> str:
    """Return the version of which accounts are in some campaigns."""
    values = {"org_id": org_id, "ids": list(campaign_ids)}
    return str(connection.scalar(_CAMPAIGNS_VERSION, values) or "")


def select_holders(connection: sa.Connection, scope: Scope) -> tuple[tuple[str, str], ...]:
    """Return the territories in scope with who holds each today."""
    values = {"org_id": scope.org_id, "ids": scope.territory_array}
    return tuple((row.territory_id, row.rep_id) for row in connection.execute(_HOLDERS, values))


def read_accounts_version(connection: sa.Connection, scope: Scope) -> str:
    """Return the version of the accounts in scope: one index look-up a territory."""
    return _version(connection, _ACCOUNTS_VERSION, scope, user_id=scope.user_id)


def read_territories_version(connection: sa.Connection, scope: Scope) -> str:
    """Return the version of the territories in scope."""
    return _version(connection, _TERRITORIES_VERSION, scope)


def read_routes_version(connection: sa.Connection, scope: Scope, on_date: date) -> str:
    """Return the version of a day's routes."""
    return _version(connection, _ROUTES_VERSION, scope, on_date=on_date)


def read_visits_version(connection: sa.Connection, scope: Scope, on_date: date) -> str:
    """Return the version of a day's visits."""
    return _version(connection, _VISITS_VERSION, scope, on_date=on_date, user_id=scope.user_id)


def find_territory_extent(connection: sa.Connection, scope: Scope) -> Bounds | None:
    """Return the box of the territories in scope, None without any."""
    values = {"org_id": scope.org_id, "ids": scope.territory_array}
    west, south, east, north = connection.execute(_TERRITORY_EXTENT, values).one()
    return None if west is None else Bounds(west, south, east, north)


def find_account_extent(connection: sa.Connection, scope: Scope) -> Bounds | None:
    """Return the box of the accounts in scope, None without any."""
    values = {"org_id": scope.org_id, "ids": scope.territory_array}
    left, bottom, right, top = connection.execute(_ACCOUNT_EXTENT, values).one()
    if left is None:
        return None
    south_west, north_east = world24_to_lonlat(left, bottom), world24_to_lonlat(right, top)
    return Bounds(south_west.lon, south_west.lat, north_east.lon, north_east.lat)


def fold_cells(connection: sa.Connection, org_id: OrgId) -> bool:
    """Add what changed on the map to the sums behind tiles far out; return whether more is left.

    So many changes go in one transaction as take a second or two.
    """
    statement = sa.text("SELECT account_cells_fold(:org_id, :most)")
    values = {"org_id": org_id, "most": _CHANGES_AT_ONCE}
    return int(connection.execute(statement, values).scalar_one()) == _CHANGES_AT_ONCE


def _version(
    connection: sa.Connection, statement: sa.TextClause, scope: Scope, **values: object
) -> str:
    bound = {"org_id": scope.org_id, "ids": scope.territory_array} | values
    return str(connection.scalar(statement, bound))
