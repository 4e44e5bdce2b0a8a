"""The SQL of the tiles of prospects: accounts counted in the cells of a tile.

Near by, a tile's accounts are counted one by one: one index-only range scan over their Morton keys,
and no spatial operator, which row-level security would keep off the index. Far out a tile holds too
many of them; there sums are read that the database keeps for the cells of some levels, and beside
them what changed since (`account_cell_change`), so that a tile is exact at every moment.
"""

import json
from collections.abc import Sequence

import sqlalchemy as sa

from backend.accounts.filters import IS_OVERDUE, Filters, conditions
from backend.geo.tiles import WORLD_BITS, Tile, tile_range
from backend.maps.colouring import (
    BY_TERRITORY,
    DAYS_SINCE_VISIT,
    KEPT,
    ColourBy,
    Lens,
    SizeBy,
    class_of,
)
from backend.maps.schemas import Scope
from backend.maps.tile_ways import Way, choose_way

# `n = 1` features are the account itself.
_TILE = """
WITH cell AS ({cells})
SELECT ST_AsMVT(t, 'prospects', 4096, 'g') FROM (
  SELECT ST_MakePoint((x - :x0)::bigint * 4096 >> :shift, (y - :y0)::bigint * 4096 >> :shift) AS g,
         n, customers, CASE WHEN n = 1 THEN id END AS id, CASE WHEN n = 1 THEN life_stage END
           AS life_stage {more}
    FROM cell) t
"""
_COUNTED = """
SELECT count(*)::int AS n, avg(m.wx)::int AS x, avg(m.wy)::int AS y,
       min(m.account_id::text COLLATE "C") AS id, min(m.life_stage COLLATE "C") AS life_stage,
       (count(*) FILTER (WHERE m.life_stage = 'customer'))::int AS customers
  FROM account_map m
 WHERE m.org_id = :org_id AND m.qk >= :lo AND m.qk < :hi {conditions}
 GROUP BY m.qk >> :cell_shift
"""
# Of one account the exclusive or is its id, and the sum of stages its stage.
_ADDED = """
SELECT n, customers, x, y, CASE WHEN n = 1 THEN tuyen_uuid_of(id_high, id_low)::text END AS id,
       CASE WHEN n = 1 THEN (ARRAY['prospect', 'customer', 'lapsed', 'lost'])[stages] END
         AS life_stage
  FROM (
  SELECT sum(n)::int AS n, sum(customers)::int AS customers, sum(stages)::int AS stages,
         (sum(wx) / sum(n))::int AS x, (sum(wy) / sum(n))::int AS y,
         bit_xor(id_high) AS id_high, bit_xor(id_low) AS id_low
    FROM ({parts}) part GROUP BY cell HAVING sum(n) > 0) added
"""
_SUMS = """
SELECT m.cell >> :fold AS cell, m.n, m.customers, m.stages, m.wx, m.wy, m.id_high, m.id_low
       {more}
  FROM account_cell m
 WHERE m.org_id = :org_id AND m.level = :level AND m.is_sliced = :is_sliced
   AND m.cell >= :first_cell AND m.cell < :end_cell
"""
_CHANGES = """
SELECT m.qk >> :cell_shift AS cell, m.n, m.n * (m.life_stage = 'customer')::int AS customers,
       m.n * tuyen_stage_number(m.life_stage) AS stages, m.n * m.wx::float8 AS wx,
       m.n * m.wy::float8 AS wy, m.id_high, m.id_low {more}
  FROM account_cell_change m
 WHERE m.org_id = :org_id AND m.qk >= :lo AND m.qk < :hi
"""
_ACCOUNTS = """
SELECT m.qk >> :cell_shift AS cell, 1 AS n, (m.life_stage = 'customer')::int AS customers,
       tuyen_stage_number(m.life_stage) AS stages, m.wx::float8 AS wx, m.wy::float8 AS wy,
       tuyen_uuid_high(m.account_id) AS id_high, tuyen_uuid_low(m.account_id) AS id_low
       {more}
  FROM account_map m
 WHERE m.org_id = :org_id AND m.qk >= :lo AND m.qk < :hi
"""
# Coloured, accounts are counted by cell and class first; what is in a class alone has its id there.
_COUNTED_BY_CLASS = """
SELECT m.qk >> :cell_shift AS cell, {class_of} AS class, count(*)::int AS n,
       sum(m.wx::float8) AS wx, sum(m.wy::float8) AS wy, {weight} AS weight, {weighed} AS weighed,
       min(m.account_id::text COLLATE "C") AS id, min(m.life_stage COLLATE "C") AS life_stage,
       (count(*) FILTER (WHERE m.life_stage = 'customer'))::int AS customers
  FROM account_map m
 WHERE m.org_id = :org_id AND m.qk >= :lo AND m.qk < :hi {conditions}
 GROUP BY 1, 2
"""
_ADDED_BY_CLASS = """
SELECT cell, class, n, wx, wy, 0::float8 AS weight, 0 AS weighed, customers,
       CASE WHEN n = 1 THEN tuyen_uuid_of(id_high, id_low)::text END AS id,
       CASE WHEN n = 1 THEN (ARRAY['prospect', 'customer', 'lapsed', 'lost'])[stages] END
         AS life_stage
  FROM (
  SELECT cell, class, sum(n)::int AS n, sum(customers)::int AS customers,
         sum(stages)::int AS stages, sum(wx) AS wx, sum(wy) AS wy,
         bit_xor(id_high) AS id_high, bit_xor(id_low) AS id_low
    FROM ({parts}) part GROUP BY cell, class HAVING sum(n) > 0) added
"""
_BY_REP = """
SELECT p.cell, r.rep AS class, sum(p.n)::int AS n, sum(p.wx) AS wx, sum(p.wy) AS wy,
       sum(p.weight) AS weight, sum(p.weighed) AS weighed,
       sum(p.customers)::int AS customers, min(p.id) AS id, min(p.life_stage) AS life_stage
  FROM ({part}) p
  LEFT JOIN unnest(cast(:held AS text[]), cast(:holders AS text[])) r (territory, rep)
    ON r.territory = p.class
 GROUP BY 1, 2
"""
# Ranks of a cell's classes: the prevailing one first, and of as many the first by name.
_CLASSED = """
SELECT sum(n)::int AS n, sum(customers)::int AS customers, (sum(wx) / sum(n))::int AS x,
       (sum(wy) / sum(n))::int AS y, min(id) AS id, min(life_stage) AS life_stage,
       {weight}::real AS weight, max(n)::int AS class_n,
       (array_agg(class ORDER BY n DESC, class COLLATE "C"))[1:3] AS classes,
       (array_agg(n ORDER BY n DESC))[2:3] AS ns
  FROM ({part}) part GROUP BY cell
"""
_CLASS_TOLD = """, classes[1] AS class, CASE WHEN class_n < n THEN class_n END AS class_n,
         classes[2] AS next, ns[1] AS next_n, classes[3] AS third, ns[2] AS third_n"""
_ROUGH_TOLD = ", true AS is_rough"
# What a single account's shape tells is looked up by its id, whichever way it was counted: a cell
# that is in scope holds it. As an expression, so that no plan reads more accounts than these.
_SHAPE_TOLD = """, CASE WHEN n = 1 THEN (SELECT {class_of} FROM account_map m
          WHERE m.org_id = :org_id AND m.account_id = cell.id::uuid) END AS shape"""
_HOLDER = "cast(:holder_of AS jsonb) ->> {class_of}"
_WEIGHTS = {
    SizeBy.ACCOUNTS: "0::float8",
    SizeBy.POTENTIAL: "coalesce(sum(m.monthly_potential::float8), 0)",
    SizeBy.OVERDUE: f"(count(*) FILTER (WHERE {IS_OVERDUE}))::float8",
    SizeBy.LAST_VISIT: f"sum({DAYS_SINCE_VISIT})::float8",
}
# What is no sum is a mean: of how many, and of all parts together.
_WEIGHED = {SizeBy.LAST_VISIT: "count(m.last_visit_at)"}
_TOTALS = {SizeBy.LAST_VISIT: "(sum(weight) / nullif(sum(weighed), 0))"}
_IN_TERRITORIES = "AND m.territory_id = ANY (:scope)"
_OWN = "AND m.owner_id = :user_id AND m.territory_id IS NULL"
_IN_SCOPE = """
AND (m.territory_id = ANY (:scope) OR m.owner_id = :user_id AND m.territory_id IS NULL
     OR m.account_id = ANY (ARRAY (SELECT tuyen_held_over(:org_id, :user_id))))
"""
_HELD_OVER = """
AND m.account_id = ANY (ARRAY (SELECT tuyen_held_over(:org_id, :user_id)))
AND (m.territory_id = ANY (:scope)) IS NOT TRUE
AND (m.territory_id IS NULL AND m.owner_id = :user_id) IS NOT TRUE
"""


def read_prospects(
    connection: sa.Connection, scope: Scope, tile: Tile, filters: Filters, lens: Lens
) -> bytes:
    """Return a tile of account counts: n, customers; id and life_stage where n is 1.

    Coloured, it has the prevailing `class` and, where there are several, its `class_n`, the `next`
    one and the `third` with their `next_n` and `third_n`; sized, a `weight` (of days since the last
    visit the mean of who was visited); shaped, the `shape` of a single account. Where too many
    accounts lie in a tile to look at each, it is `is_rough`: counted without what asks each one.
    """
    way = choose_way(connection, scope, tile, filters, lens)
    bounds = tile_range(*tile, cell_bits=way.cell_bits)
    wanted, values = conditions(way.filters)
    values |= {**bounds._asdict(), "org_id": scope.org_id}
    if way.level is not None:
        to_level = 2 * (WORLD_BITS - way.level)
        values |= {
            "level": way.level,
            "is_sliced": way.is_sliced,
            "first_cell": bounds.lo >> to_level,
            "end_cell": bounds.hi >> to_level,
            "fold": bounds.cell_shift - to_level,
        }
    if scope.territory_ids is not None:
        values |= {"scope": scope.territory_array, "user_id": scope.user_id}
    if way.lens.colour_by is ColourBy.REP:
        held, holders = zip(*way.lens.reps, strict=True) if way.lens.reps else ((), ())
        values |= {"held": list(held), "holders": list(holders)}
    if way.lens.shape_by is ColourBy.REP:
        values |= {"holder_of": json.dumps(dict(way.lens.reps))}
    statement = sa.text(_TILE.format(cells=_cells(scope, way, wanted), more=_told(way)))
    bound = {name: values[name] for name in statement.compile().params}
    data = connection.scalar(statement, bound)
    return bytes(data) if data is not None else b""


def _told(way: Way) -> str:
    told = _ROUGH_TOLD if way.is_rough else ""
    if way.lens.colour_by is not None:
        told += _CLASS_TOLD
    if way.lens.size_by is not SizeBy.ACCOUNTS:
        told += ", weight"
    shape_by = way.lens.shape_by
    if shape_by is None:
        return told
    class_sql = class_of(shape_by, way.lens.currency)
    if shape_by is ColourBy.REP:
        class_sql = _HOLDER.format(class_of=class_sql)
    return told + _SHAPE_TOLD.format(class_of=class_sql)


def _cells(scope: Scope, way: Way, wanted: Sequence[str]) -> str:
    """Return the SQL of a tile's cells."""
    if way.lens.is_plain:
        if way.level is None:
            return _COUNTED.format(conditions=_narrowed(scope, wanted))
        return _ADDED.format(parts=_parts(scope, wanted, ""))
    colour_by = way.lens.colour_by
    class_sql = "NULL::text" if colour_by is None else class_of(colour_by, way.lens.currency)
    if way.level is None:
        weight = _WEIGHTS[way.lens.size_by]
        part = _COUNTED_BY_CLASS.format(
            class_of=class_sql,
            weight=weight,
            weighed=_WEIGHED.get(way.lens.size_by, "0"),
            conditions=_narrowed(scope, wanted),
        )
    else:
        is_known = colour_by in KEPT or colour_by in BY_TERRITORY
        assert is_known, colour_by  # noqa: S101  # no other way comes with sums
        part = _ADDED_BY_CLASS.format(parts=_parts(scope, wanted, f", {class_sql} AS class"))
    if colour_by is ColourBy.REP:
        part = _BY_REP.format(part=part)
    return _CLASSED.format(part=part, weight=_TOTALS.get(way.lens.size_by, "sum(weight)"))


def _narrowed(scope: Scope, wanted: Sequence[str]) -> str:
    in_scope = [] if scope.territory_ids is None else [_IN_SCOPE]
    return " ".join([*in_scope, *wanted])


def _parts(scope: Scope, wanted: Sequence[str], more: str) -> str:
    """Return the cells of sums, changes and, for a rep, accounts that no territory brings.

    Nobody's account is in two of these parts.
    """
    sums, changes, accounts = (one.format(more=more) for one in (_SUMS, _CHANGES, _ACCOUNTS))
    parts = [sums, changes]
    if scope.territory_ids is not None:
        inside = [part + _IN_TERRITORIES for part in parts]
        parts = [*inside, accounts + _OWN, accounts + _HELD_OVER]
    return " UNION ALL ".join(" ".join((part, *wanted)) for part in parts)
