"""The SQL of administrative units."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.admin_units.schemas import ChangeRow, KnownUnit, Search, UnitLink, UnitRead, UnitRow
from backend.db.bulk import recordset, rows_json
from backend.db.tenancy import driver_cursor
from backend.ids import OrgId

_LINK = """json_build_object('id', n.id, 'code', n.code, 'name', n.name, 'kind', n.kind,
  'changed_on', f.changed_on, 'share', f.share, 'has_outline', n.area IS NOT NULL)"""
# A later change goes on from an earlier one, so nothing goes round in circles. What no later
# change takes on is where it ends.
_BECAME = f"""
WITH RECURSIVE ahead AS (
  SELECT c.new_id, c.changed_on, c.share FROM admin_unit_change c
   WHERE c.org_id = :org_id AND c.old_id = u.id
  UNION ALL
  SELECT c.new_id, c.changed_on, a.share * c.share FROM ahead a
    JOIN admin_unit_change c ON c.org_id = :org_id AND c.old_id = a.new_id
   WHERE c.changed_on > a.changed_on)
SELECT json_agg({_LINK} ORDER BY f.share DESC NULLS LAST, n.name) FROM (
  SELECT a.new_id, max(a.changed_on) AS changed_on,
         CASE WHEN bool_and(a.share IS NOT NULL) THEN least(sum(a.share), 1) END AS share
    FROM ahead a WHERE NOT EXISTS (SELECT FROM admin_unit_change c WHERE c.org_id = :org_id
      AND c.old_id = a.new_id AND c.changed_on > a.changed_on)
   GROUP BY a.new_id) f
  JOIN admin_unit n ON n.org_id = :org_id AND n.id = f.new_id
"""  # noqa: S608  # constants only
_SELECT = f"""
SELECT u.id, u.code, u.name, u.kind, u.level, u.parent_id, p.name AS parent_name, u.valid_from,
       u.valid_to, CASE WHEN u.centroid IS NOT NULL
         THEN ARRAY[ST_X(u.centroid), ST_Y(u.centroid)] END AS location,
       u.area_km2, u.area IS NOT NULL AS has_outline, u.source, u.licence, u.vintage,
       coalesce(({_BECAME}), '[]') AS became
  FROM admin_unit u LEFT JOIN admin_unit p ON p.org_id = :org_id AND p.id = u.parent_id
 WHERE u.org_id = :org_id
"""  # noqa: S608  # constants only
_CLOSEST = """
   AND (u.code = :query OR u.name_folded LIKE ALL (ARRAY (
     SELECT '%' || replace(replace(replace(word, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'
       FROM regexp_split_to_table(tuyen_fold(:query), '\\s+') word WHERE word <> '')))
 ORDER BY u.code = :query DESC, u.name_folded = tuyen_fold(:query) DESC,
          starts_with(u.name_folded, tuyen_fold(:query)) DESC, u.valid_to IS NULL DESC,
          u.level, u.name_folded, u.id LIMIT :limit
"""
_AFTER = """
   AND (cast(:after AS uuid) IS NULL OR (u.name_folded, u.id) > (
     (SELECT b.name_folded FROM admin_unit b WHERE b.org_id = :org_id AND b.id = :after), :after))
 ORDER BY u.name_folded, u.id LIMIT :limit
"""
_CAME_FROM = f"""
SELECT coalesce(json_agg({_LINK} ORDER BY f.share DESC NULLS LAST, n.name), '[]')
  FROM admin_unit_change f JOIN admin_unit n ON n.org_id = :org_id AND n.id = f.old_id
 WHERE f.org_id = :org_id AND f.new_id = :id
"""  # noqa: S608  # constants only
_UNIT_TYPES = {
    "id": "uuid",
    "code": "text",
    "name": "text",
    "kind": "text",
    "level": "smallint",
    "area": "text",
    "valid_from": "date",
    "valid_to": "date",
    "source": "text",
    "licence": "text",
    "vintage": "text",
    "parent": "text",
}
_STORE = f"""
WITH told AS (SELECT u.*, ST_GeomFromWKB(decode(u.area, 'hex'), 4326) AS outline
                FROM {recordset(_UNIT_TYPES)})
INSERT INTO admin_unit AS a (org_id, id, code, name, kind, level, area, centroid, area_km2,
    valid_from, valid_to, source, licence, vintage)
SELECT %(org)s, id, code, name, kind, level, outline, ST_PointOnSurface(outline),
       ST_Area(outline::geography) / 1e6, valid_from, valid_to, source, licence, vintage FROM told
ON CONFLICT ON CONSTRAINT admin_unit_code_unique DO UPDATE SET name = excluded.name,
    kind = coalesce(excluded.kind, a.kind), area = coalesce(excluded.area, a.area),
    centroid = coalesce(excluded.centroid, a.centroid),
    area_km2 = coalesce(excluded.area_km2, a.area_km2),
    valid_to = coalesce(excluded.valid_to, a.valid_to), source = excluded.source,
    licence = excluded.licence, vintage = excluded.vintage
"""  # noqa: S608  # constants only
_SAME_DAYS = """p.level < u.level AND p.valid_from <= u.valid_from
  AND (p.valid_to IS NULL OR p.valid_to > u.valid_from)"""
# Few units have others below them: they are taken aside once, and not looked for a unit at a time.
_PARENTS = f"""
WITH told AS MATERIALIZED (
  SELECT u.code, u.level, u.valid_from, u.parent FROM {recordset(_UNIT_TYPES)}),
p AS MATERIALIZED (
  SELECT a.id, a.code, a.name, a.level, a.valid_from, a.valid_to, a.area, a.area_km2
    FROM admin_unit a WHERE a.org_id = %(org)s AND a.level < (SELECT max(level) FROM told))
UPDATE admin_unit u SET parent_id = coalesce(
    (SELECT p.id FROM p WHERE {_SAME_DAYS} AND (p.code = t.parent OR p.name = t.parent)
      ORDER BY p.code = t.parent DESC, p.level DESC LIMIT 1),
    (SELECT p.id FROM p WHERE {_SAME_DAYS} AND ST_Covers(p.area, u.centroid)
      ORDER BY p.level DESC, p.area_km2, p.id LIMIT 1))
  FROM told t
 WHERE u.org_id = %(org)s AND u.code = t.code AND u.level = t.level
   AND u.valid_from = t.valid_from
"""  # noqa: S608  # constants only
_CHANGE_TYPES = {
    "old_id": "uuid",
    "new_id": "uuid",
    "changed_on": "date",
    "share": "float8",
    "source": "text",
}
# Where nobody says the share, outlines do; slivers of borders that were drawn twice are no share.
_CHANGE = f"""
INSERT INTO admin_unit_change AS c (org_id, old_id, new_id, changed_on, share, source)
SELECT %(org)s, u.old_id, u.new_id, u.changed_on, coalesce(u.share, (
    SELECT CASE WHEN s.share > 0.001 THEN least(s.share, 1) END FROM (
      SELECT ST_Area(ST_Intersection(o.area, n.area)::geography) / 1e6 / o.area_km2 AS share
        FROM admin_unit o JOIN admin_unit n ON n.org_id = %(org)s AND n.id = u.new_id
       WHERE o.org_id = %(org)s AND o.id = u.old_id) s)), u.source
  FROM {recordset(_CHANGE_TYPES)}
ON CONFLICT (org_id, old_id, new_id) DO UPDATE SET changed_on = excluded.changed_on,
    share = excluded.share, source = excluded.source
"""  # noqa: S608  # constants only


def search_units(
    connection: sa.Connection, org_id: OrgId, search: Search, *, limit: int
) -> list[UnitRead]:
    """Return the units whose name has every word of the query, the closest names first.

    Diacritics and capitals do not count; a code counts when it is the whole query.
    """
    statement = sa.text(f"{_SELECT} {_conditions(search)} {_CLOSEST}")
    return _read(connection, statement, {**_values(org_id, search), "limit": limit})


def select_units(
    connection: sa.Connection, org_id: OrgId, search: Search, *, after: UUID | None, limit: int
) -> list[UnitRead]:
    """Return units by name, after the one named."""
    statement = sa.text(f"{_SELECT} {_conditions(search)} {_AFTER}")
    values = {**_values(org_id, search), "after": after, "limit": limit}
    return _read(connection, statement, values)


def find_unit(connection: sa.Connection, org_id: OrgId, unit_id: UUID) -> UnitRead | None:
    """Return a unit of the organisation."""
    statement = sa.text(f"{_SELECT} AND u.id = :id")
    found = _read(connection, statement, {"org_id": org_id, "id": unit_id})
    return found[0] if found else None


def select_origins(connection: sa.Connection, org_id: OrgId, unit_id: UUID) -> list[UnitLink]:
    """Return the former units that a unit's ground comes from."""
    found = connection.scalar(sa.text(_CAME_FROM), {"org_id": org_id, "id": unit_id})
    return msgspec.convert(found, list[UnitLink])


def find_area(connection: sa.Connection, org_id: OrgId, unit_id: UUID) -> bytes | None:
    """Return a unit's outline as WKB; None for a unit without one, or none."""
    statement = sa.text(
        "SELECT ST_AsBinary(area) FROM admin_unit WHERE org_id = :org_id AND id = :id"
    )
    found = connection.scalar(statement, {"org_id": org_id, "id": unit_id})
    return None if found is None else bytes(found)


def select_known(connection: sa.Connection, org_id: OrgId) -> list[KnownUnit]:
    """Return all units, the latest last."""
    statement = sa.text(
        "SELECT id, code, name, level, valid_from, valid_to FROM admin_unit"
        " WHERE org_id = :org_id ORDER BY valid_from, id"
    )
    rows = connection.execute(statement, {"org_id": org_id}).mappings()
    return [msgspec.convert(dict(row), KnownUnit) for row in rows]


def store_units(connection: sa.Connection, org_id: OrgId, units: Sequence[UnitRow]) -> int:
    """Insert units or bring them up to date, then find their parents; return how many."""
    if not units:
        return 0
    told = {"org": org_id, "rows": rows_json(msgspec.structs.asdict(one) for one in units)}
    with driver_cursor(connection) as cursor:
        cursor.execute(_STORE, told)
        stored = int(cursor.rowcount)
        cursor.execute(_PARENTS, told)
    return stored


def end_units(
    connection: sa.Connection, org_id: OrgId, ids: Sequence[UUID], ended_on: date
) -> None:
    """Let units hold no more from a day on, those that ended before left alone."""
    statement = sa.text("""UPDATE admin_unit SET valid_to = :ended_on
 WHERE org_id = :org_id AND id = ANY (:ids) AND valid_from < :ended_on
   AND (valid_to IS NULL OR valid_to > :ended_on)""")
    connection.execute(statement, {"org_id": org_id, "ids": list(ids), "ended_on": ended_on})


def store_changes(connection: sa.Connection, org_id: OrgId, changes: Sequence[ChangeRow]) -> int:
    """Insert changes or bring them up to date; outlines tell a share that nobody does."""
    if not changes:
        return 0
    rows = rows_json(msgspec.structs.asdict(one) for one in changes)
    with driver_cursor(connection) as cursor:
        cursor.execute(_CHANGE, {"org": org_id, "rows": rows})
        return int(cursor.rowcount)


def _conditions(search: Search) -> str:
    wanted = []
    if search.on is not None:
        wanted.append(
            "AND u.valid_from <= :on_date AND (u.valid_to IS NULL OR u.valid_to > :on_date)"
        )
    if search.level is not None:
        wanted.append("AND u.level = :level")
    if search.parent_id is not None:
        wanted.append("AND u.parent_id = :parent_id")
    return " ".join(wanted)


def _values(org_id: OrgId, search: Search) -> dict[str, object]:
    return {
        "org_id": org_id,
        "query": search.query,
        "on_date": search.on,
        "level": search.level,
        "parent_id": search.parent_id,
    }


def _read(
    connection: sa.Connection, statement: sa.TextClause, values: dict[str, object]
) -> list[UnitRead]:
    used = {name: value for name, value in values.items() if f":{name}" in statement.text}
    rows = connection.execute(statement, used).mappings()
    return [msgspec.convert(dict(row), UnitRead) for row in rows]
