"""The SQL of what lies around a place, whatever is filtered by."""

from uuid import UUID

import sqlalchemy as sa

from backend.areas.near_schemas import NearAccount
from backend.areas.repository import conditions_of
from backend.areas.schemas import AreaFilter
from backend.geo.vocabulary import LonLat
from backend.maps.schemas import Scope

_MORE = 30
"""Mercator's order is that of metres, nearly: so many more are measured."""
_FAR_M = 30_000.0
"""From here on it is not, by so much that more than those might change places."""
_MOST_LOOKED_AT = 20_000
_HERE = "tuyen_world_point(:lon, :lat)"
_AROUND = f"""
SELECT m.account_id, m.mark * 40075016.7 / 16777216 * cos(radians(:lat)) AS about_m FROM (
  SELECT m.*, point(m.wx, m.wy) <-> {_HERE} AS mark FROM account_map m WHERE m.org_id = :org_id
   ORDER BY point(m.wx, m.wy) <-> {_HERE} LIMIT :looked_at) m
 WHERE true {{conditions}} LIMIT :count
"""  # noqa: S608  # constants only
# The square of half the chord, which grows as the distance does.
_ANYWHERE = """
SELECT m.account_id FROM (
  SELECT m.*, radians(m.wx / 16777216::float8 * 360 - 180) AS lon,
         atan(sinh(pi() * (1 - 2 * m.wy / 16777216::float8))) AS lat
    FROM account_map m WHERE m.org_id = :org_id) m
 WHERE true {conditions}
 ORDER BY power(sin((m.lat - radians(:lat)) / 2), 2)
        + cos(m.lat) * cos(radians(:lat)) * power(sin((m.lon - radians(:lon)) / 2), 2)
 LIMIT :count
"""
_MEASURED = """
SELECT a.id, a.name, a.life_stage, a.category, a.priority, a.address, a.phone,
       ARRAY[ST_X(a.location), ST_Y(a.location)], a.last_visit_at,
       ST_Distance(a.location::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography)
         AS distance_m
  FROM account a WHERE a.org_id = :org_id AND a.id = ANY (cast(:ids AS uuid[]))
 ORDER BY distance_m, a.id LIMIT :limit
"""


def select_near(
    connection: sa.Connection, scope: Scope, here: LonLat, filters: AreaFilter, *, limit: int
) -> list[NearAccount]:
    """Return the nearest accounts in scope that a filter leaves in, nearest first."""
    ids = _ids(connection, scope, here, filters, limit + _MORE)
    values = {"org_id": scope.org_id, "ids": ids, "limit": limit, **here._asdict()}
    rows = connection.execute(sa.text(_MEASURED), values)
    return [NearAccount(*row) for row in rows]


def _ids(
    connection: sa.Connection, scope: Scope, here: LonLat, filters: AreaFilter, count: int
) -> list[UUID]:
    """Look at those around; where too few of them are wanted, at all that are."""
    conditions, values = conditions_of(scope, filters)
    values |= {"count": count, "looked_at": _MOST_LOOKED_AT, **here._asdict()}
    around = connection.execute(sa.text(_AROUND.format(conditions=conditions)), values).all()
    if len(around) < count or around[-1].about_m > _FAR_M:
        statement = sa.text(_ANYWHERE.format(conditions=conditions))
        return list(connection.scalars(statement, values))
    return [row.account_id for row in around]
