"""All SQL of territories."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon

from backend.db.tenancy import driver_cursor
from backend.ids import OrgId, TerritoryId
from backend.territories.models import TERRITORY
from backend.territories.schemas import TerritoryRead

_SRID = 4326
# In the order of TerritoryRead's fields; seven decimals of a degree are a centimetre.
_SELECT = """SELECT t.id, t.parent_id, t.name, t.code, t.color, ST_AsGeoJSON(t.area, 7)::json, t.rv,
    coalesce(n.accounts, 0), coalesce(h.people, '[]')
  FROM territory t
  LEFT JOIN (SELECT a.territory_id, count(*) AS accounts FROM account a
              WHERE a.org_id = %(org)s AND a.deleted_at IS NULL AND a.territory_id IS NOT NULL
              GROUP BY a.territory_id) n ON n.territory_id = t.id
  LEFT JOIN (SELECT s.territory_id, json_agg(
                      json_build_object('user_id', u.id, 'full_name', u.full_name)
                      ORDER BY u.full_name, u.id) AS people
               FROM territory_assignment s
               JOIN app_user u ON u.org_id = s.org_id AND u.id = s.user_id
              WHERE s.org_id = %(org)s AND s.valid_from <= tuyen_today(%(org)s)
                AND (s.valid_to IS NULL OR s.valid_to > tuyen_today(%(org)s))
              GROUP BY s.territory_id) h ON h.territory_id = t.id
 WHERE t.org_id = %(org)s AND t.deleted_at IS NULL"""
_AFTER = """(t.name, t.id) > (
  (SELECT b.name FROM territory b WHERE b.org_id = %(org)s AND b.id = %(after)s), %(after)s)"""


def lock_areas(connection: sa.Connection, org_id: OrgId) -> None:
    """Wait until nobody places accounts, and keep others from it to the transaction's end."""
    with driver_cursor(connection) as cursor:
        cursor.execute("SELECT tuyen_lock_areas(%s, true)", (org_id,))


def place_accounts(
    connection: sa.Connection, org_id: OrgId, territories: Sequence[TerritoryId]
) -> int:
    """Put the accounts that these territories hold or cover where they belong; count the moved."""
    with driver_cursor(connection) as cursor:
        query = "SELECT territory_place_accounts(%s, %s::uuid[])"
        cursor.execute(query, (org_id, list(territories)))
        row = cursor.fetchone()
        return int(row[0]) if row else 0


def release_accounts(connection: sa.Connection, org_id: OrgId, territory_id: TerritoryId) -> int:
    """Let the accounts that were put here by hand go by their location again."""
    with driver_cursor(connection) as cursor:
        cursor.execute(
            "UPDATE account SET territory_is_manual = false WHERE org_id = %s AND territory_id = %s"
            " AND territory_is_manual",
            (org_id, territory_id),
        )
        return cursor.rowcount


def select_territories(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    among: Sequence[TerritoryId] | None,
    after: UUID | None,
    limit: int,
) -> list[TerritoryRead]:
    """Return live territories by name; `among` None is all."""
    conditions = [_SELECT]
    if among is not None:
        conditions.append("t.id = ANY (%(among)s::uuid[])")
    if after is not None:
        conditions.append(_AFTER)
    query = f"{' AND '.join(conditions)} ORDER BY t.name, t.id LIMIT %(limit)s"
    values = {
        "org": org_id,
        "among": list(among) if among is not None else None,
        "after": after,
        "limit": limit,
    }
    with driver_cursor(connection) as cursor:
        cursor.execute(query, values)
        return [_read(row) for row in cursor.fetchall()]


def find_territory(
    connection: sa.Connection, org_id: OrgId, territory_id: TerritoryId
) -> TerritoryRead | None:
    """Return a live territory of the organisation."""
    found = select_territories(connection, org_id, among=[territory_id], after=None, limit=1)
    return found[0] if found else None


def lock_territory(connection: sa.Connection, org_id: OrgId, territory_id: TerritoryId) -> bool:
    """Keep a live territory from other writers; False when there is none."""
    query = (
        sa.select(TERRITORY.c.id)
        .where(
            TERRITORY.c.org_id == org_id,
            TERRITORY.c.id == territory_id,
            TERRITORY.c.deleted_at.is_(None),
        )
        .with_for_update(key_share=True)
    )
    return connection.execute(query).one_or_none() is not None


def ancestors_of(
    connection: sa.Connection, org_id: OrgId, territory_id: TerritoryId
) -> set[TerritoryId]:
    """Return a live territory and all above it; an empty set when there is none."""
    with driver_cursor(connection) as cursor:
        cursor.execute(
            """WITH RECURSIVE up AS (
                 SELECT t.id, t.parent_id FROM territory t
                  WHERE t.org_id = %(org)s AND t.id = %(id)s AND t.deleted_at IS NULL
                 UNION
                 SELECT p.id, p.parent_id FROM territory p
                   JOIN up ON p.org_id = %(org)s AND p.id = up.parent_id)
               SELECT id FROM up""",
            {"org": org_id, "id": territory_id},
        )
        return {TerritoryId(row[0]) for row in cursor.fetchall()}


def names_taken(connection: sa.Connection, org_id: OrgId, names: Sequence[str]) -> set[str]:
    """Return those of the names that live territories have."""
    query = sa.select(TERRITORY.c.name).where(
        TERRITORY.c.org_id == org_id,
        TERRITORY.c.deleted_at.is_(None),
        TERRITORY.c.name.in_(names),
    )
    return set(connection.execute(query).scalars())


def find_by_name_or_code(
    connection: sa.Connection, org_id: OrgId, texts: Sequence[str]
) -> dict[str, TerritoryId]:
    """Return the live territories that are called so, or have that code; a code goes before."""
    if not texts:
        return {}
    query = (
        sa.select(TERRITORY.c.id, TERRITORY.c.name, TERRITORY.c.code)
        .where(
            TERRITORY.c.org_id == org_id,
            TERRITORY.c.deleted_at.is_(None),
            sa.or_(TERRITORY.c.name.in_(texts), TERRITORY.c.code.in_(texts)),
        )
        .order_by(TERRITORY.c.id.desc())
    )
    rows = connection.execute(query).all()
    by_name = {str(row.name): TerritoryId(row.id) for row in rows}
    return by_name | {str(row.code): TerritoryId(row.id) for row in rows if row.code}


def insert_territory(
    connection: sa.Connection,
    org_id: OrgId,
    territory_id: TerritoryId,
    values: Mapping[str, object],
) -> None:
    """Insert a territory; accounts stay where they are until they are placed."""
    connection.execute(
        sa.insert(TERRITORY).values(org_id=org_id, id=territory_id, **_shaped(values))
    )


def update_territory(
    connection: sa.Connection,
    org_id: OrgId,
    territory_id: TerritoryId,
    values: Mapping[str, object],
) -> None:
    """Change fields of a territory; its version goes up by one."""
    connection.execute(
        sa.update(TERRITORY)
        .where(TERRITORY.c.org_id == org_id, TERRITORY.c.id == territory_id)
        .values(**_shaped(values))
    )


def delete_territory(
    connection: sa.Connection, org_id: OrgId, territory_id: TerritoryId, heir: TerritoryId | None
) -> None:
    """Mark a territory as deleted and hang those below it on `heir`."""
    children = sa.and_(
        TERRITORY.c.org_id == org_id,
        TERRITORY.c.parent_id == territory_id,
        TERRITORY.c.deleted_at.is_(None),
    )
    connection.execute(sa.update(TERRITORY).where(children).values(parent_id=heir))
    update_territory(connection, org_id, territory_id, {"deleted_at": sa.func.now()})


def _shaped(values: Mapping[str, object]) -> dict[str, Any]:
    area = values.get("area")
    if not isinstance(area, MultiPolygon):
        return dict(values)
    return {**values, "area": from_shape(area, srid=_SRID)}


def _read(row: tuple[object, ...]) -> TerritoryRead:
    fields = dict(zip(TerritoryRead.__struct_fields__, row, strict=True))
    return msgspec.convert(fields, TerritoryRead)
